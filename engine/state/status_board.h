// The status lists of all issuers, shared by all workers: what the lists that were fetched last say of each token.
//
// Concurrency
//   writers    StatusSeat::publish(), withdraw() and end: control threads; serialised by mutex_
//   readers    all workers, through observe()
//   publish    Snapshot::publish() of the next view; [P1] [P2] [P3] of base/snapshot.h
//   reclaim    a view whose last pin has ended is freed by the next publish or reclaim(); a list with the last view
//   that
//              names it
//   staleness  a worker may use the old list for the rest of its batch: its checks had arrived before the publish
//   invariant  I1 a view and a list never change after publish
//              I2 a seat's number is never another's: whoever has an old number finds nothing
#pragma once

#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"

#include "base/mutex.h"
#include "base/snapshot.h"

namespace assay::state {

// The statuses of many tokens, packed: draft-ietf-oauth-status-list, "Compressed Byte Array".
//
//   bits = 2     byte 0                byte 1
//               | 7 6 5 4 3 2 1 0 |   | 7 6 5 4 3 2 1 0 |
//   index         3   2   1   0         7   6   5   4
class StatusList {
 public:
  // Precondition: `bits` is 1, 2, 4 or 8.
  StatusList(std::uint32_t bits, std::vector<std::uint8_t> bytes) noexcept : bits_(bits), bytes_(std::move(bytes)) {}

  // The status at `index`; nothing behind the end. Cost: one load from anywhere in the list.
  [[nodiscard]] std::optional<std::uint8_t> find(std::uint32_t index) const noexcept {
    const std::uint64_t first_bit = std::uint64_t{index} * bits_;
    if (first_bit / 8 >= bytes_.size()) return std::nullopt;
    const unsigned byte = bytes_[static_cast<std::size_t>(first_bit / 8)];
    return static_cast<std::uint8_t>((byte >> (first_bit % 8)) & ((1U << bits_) - 1));
  }

  // How many statuses there is room for.
  [[nodiscard]] std::uint64_t size() const noexcept { return std::uint64_t{bytes_.size()} * 8 / bits_; }
  [[nodiscard]] std::size_t bytes() const noexcept { return bytes_.size(); }

 private:
  std::uint32_t bits_;
  std::vector<std::uint8_t> bytes_;
};

// A list and until when it may be believed.
struct ServedStatusList {
  StatusList list;
  std::int64_t expires_us = std::numeric_limits<std::int64_t>::max();  // wall clock: its `exp` and the leeway
};

using StatusSeatNumber = std::uint64_t;

// All lists at one time.
class StatusView {
 public:
  // Null: none is there.
  [[nodiscard]] const ServedStatusList* find(StatusSeatNumber seat) const noexcept {
    const auto found = lists_.find(seat);
    return found == lists_.end() ? nullptr : found->second.get();
  }

 private:
  friend class StatusBoard;
  absl::flat_hash_map<StatusSeatNumber, std::shared_ptr<const ServedStatusList>> lists_;
};

class StatusBoard {
 public:
  StatusBoard() : view_(std::make_unique<const StatusView>()) {}

  using Pin = base::Snapshot<StatusView>::Pin;
  // All lists, for the length of a batch.
  [[nodiscard]] Pin observe(base::ReaderIndex reader) noexcept { return view_.observe(reader); }
  // Frees old views that nobody pins any more; returns how many are still waiting.
  std::size_t reclaim() { return view_.reclaim(); }

 private:
  friend class StatusSeat;
  [[nodiscard]] StatusSeatNumber take_seat();
  // Null: there is none any more.
  void publish(StatusSeatNumber seat, std::shared_ptr<const ServedStatusList> list);

  base::Snapshot<StatusView> view_;
  base::Mutex mutex_;
  StatusSeatNumber next_seat_ ABSL_GUARDED_BY(mutex_) = 1;
};

// One list's place on the board.
//
//   cost   publishing copies what the view says of every list: tens of nanoseconds a list
class StatusSeat {
 public:
  explicit StatusSeat(std::shared_ptr<StatusBoard> board) : board_(std::move(board)), number_(board_->take_seat()) {}
  // Takes the list off the board.
  ~StatusSeat() { withdraw(); }
  StatusSeat(const StatusSeat&) = delete;
  StatusSeat& operator=(const StatusSeat&) = delete;

  [[nodiscard]] StatusSeatNumber number() const noexcept { return number_; }
  void publish(ServedStatusList list) {
    board_->publish(number_, std::make_shared<const ServedStatusList>(std::move(list)));
  }
  void withdraw() { board_->publish(number_, nullptr); }

 private:
  std::shared_ptr<StatusBoard> board_;
  StatusSeatNumber number_;
};

}  // namespace assay::state

// The way of requests from any thread to the log's one.
//
// Concurrency
//   writers    any thread: push(), ask_to_forget(); the log's thread: wait(), settle(); the destructor: end()
//   guard      one mutex, held for a few instructions, never while a callback runs or the disk is waited for
//   wake       a condition variable, notified after each change; wait() looks at the state first, so none is missed
//   invariant  I1 a request is in the queue or with the log's thread, never in both
//              I2 after end() nothing enters; what is in the queue is still handed over
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "absl/base/thread_annotations.h"

#include "assay/revocation_log.h"
#include "base/mutex.h"
#include "store/log_row.h"

namespace assay::store {

// The end of a fleet's update: its outcome, and the records that were written and change what is forbidden here, with
// their sequences in this log: those of other nodes, and own ones whose times those have raised. The records are
// borrowed for the call.
using FleetDone = std::function<void(AppendResult, std::span<const RevocationRecord>)>;

// Rows of the log in the order of their sequences; empty at its end, or where `complaint` says why not.
using RowsDone = std::function<void(std::vector<LoggedRecord>, std::string complaint)>;

// What the fleet's stream holds, made durable together with the place in it. Every record has a stamp. One whose origin
// is kHere was pushed by this node and has come back; its sequence is the one that it was pushed with.
struct FleetUpdate {
  std::vector<LoggedRecord> records;    // in any order; may be empty
  std::optional<std::string> position;  // where this node now is in the fleet's stream; absent: where it was
  std::uint64_t pushed_through = 0;     // every row up to this sequence has a stamp; lower than before: ignored
};

struct AppendRequest {
  std::vector<RevocationRecord> records;
  AppendDone done;
};

struct FleetRequest {
  FleetUpdate update;
  FleetDone done;
};

struct ReadRequest {
  std::uint64_t after = 0;
  std::size_t count_max = 0;
  RowsDone done;
};

using WriteRequest = std::variant<AppendRequest, FleetRequest>;

// How many records a request brings.
[[nodiscard]] inline std::size_t record_count(const WriteRequest& request) noexcept {
  const auto* append = std::get_if<AppendRequest>(&request);
  return append != nullptr ? append->records.size() : std::get<FleetRequest>(request).update.records.size();
}

// What the log's thread does next.
struct LogTurn {
  std::vector<WriteRequest> writes;  // one group, in the order in which they came
  std::vector<ReadRequest> reads;
  bool ended = false;  // end() was called and the queue is empty behind this turn
};

class LogQueue {
 public:
  // A group takes requests until it holds this many records; a request is never split.
  static constexpr std::size_t kGroupRecordsMax = 16384;
  static constexpr std::int64_t kForgetNothing = std::numeric_limits<std::int64_t>::min();

  // False: the queue has ended, and `request` is untouched.
  [[nodiscard]] bool push(WriteRequest& request);
  [[nodiscard]] bool push(ReadRequest& request);

  // From now on forget_before_us() says at least this.
  void ask_to_forget(std::int64_t now_us);

  // The latest time that ask_to_forget() named.
  [[nodiscard]] std::int64_t forget_before_us() const {
    base::MutexLock lock(mutex_);
    return forget_before_us_;
  }

  // No request enters from now on.
  void end();

  // Waits for requests, ask_to_forget() or end(), at most so long, and takes a group of them. For the log's thread.
  [[nodiscard]] LogTurn wait(std::chrono::milliseconds wait_max);

  // Counts the records of a group as settled. For the log's thread.
  void settle(std::size_t count) {
    base::MutexLock lock(mutex_);
    queued_count_ -= count;
  }

  // Records that were pushed and are not settled yet.
  [[nodiscard]] std::size_t queued_count() const {
    base::MutexLock lock(mutex_);
    return queued_count_;
  }

 private:
  mutable base::Mutex mutex_;
  std::condition_variable_any changed_;
  std::deque<WriteRequest> writes_ ABSL_GUARDED_BY(mutex_);
  std::vector<ReadRequest> reads_ ABSL_GUARDED_BY(mutex_);
  std::size_t queued_count_ ABSL_GUARDED_BY(mutex_) = 0;
  std::int64_t forget_before_us_ ABSL_GUARDED_BY(mutex_) = kForgetNothing;
  bool woken_ ABSL_GUARDED_BY(mutex_) = false;
  bool ended_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace assay::store

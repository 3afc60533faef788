// Lock-free publication of immutable values: one writer at a time replaces the value, each reader thread pins the one it
// sees for the length of a batch through its own hazard slot.
//
// Concurrency
//   writers    publish(): any control thread; serialised by publish_mutex_
//   readers    observe(): one thread per reader index; wait-free but for retries while a publish is in flight; stores
//              only to its own slot's cache line
//   publish    current_ exchange in publish()                                     [P1]
//   observe    slot store, then current_ re-read in observe(), both seq_cst       [P1] [P2]
//   reclaim    publish() scans all slots (seq_cst) and frees the retired values that no slot names; a reader that sleeps
//              inside a batch keeps at most the one value in its slot alive and delays nobody
//   staleness  a reader may use the old value for the rest of its batch: its checks had arrived before the publish
//   invariant  I1 a published value is never changed
//              I2 a slot names a value only while its reader uses it; null otherwise
//              I3 a value is freed only after it left current_ and no slot names it
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <memory>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "assay/limits.h"
#include "base/check.h"
#include "base/counters.h"

namespace assay::base {

// Identifies a reader thread to every snapshot of an engine: a number below kWorkersMax that no other live reader has.
using ReaderIndex = std::size_t;

template <typename T>
class Snapshot {
 public:
  explicit Snapshot(std::unique_ptr<const T> first);
  ~Snapshot();  // no reader may be inside observe()..Pin
  Snapshot(const Snapshot&) = delete;
  Snapshot& operator=(const Snapshot&) = delete;

  // Keeps the value alive that was current when it was made. Movable, thread-confined to its reader.
  class Pin {
   public:
    Pin() = default;
    Pin(Pin&& other) noexcept;
    Pin& operator=(Pin&& other) noexcept;
    ~Pin();
    [[nodiscard]] const T& operator*() const noexcept { return *value_; }
    [[nodiscard]] const T* operator->() const noexcept { return value_; }
    [[nodiscard]] const T* get() const noexcept { return value_; }

   private:
    friend class Snapshot;
    const T* value_ = nullptr;
    std::atomic<const T*>* slot_ = nullptr;
  };

  // Pins the current value. Precondition: this reader holds no other Pin of this snapshot.
  [[nodiscard]] Pin observe(ReaderIndex reader) noexcept;

  // Replaces the value; frees retired ones that nobody pins. Never waits for a reader.
  void publish(std::unique_ptr<const T> next);

  // Frees retired values that nobody pins any more; returns how many are still waiting.
  std::size_t reclaim();

 private:
  struct alignas(kCacheLineBytes) Slot {
    std::atomic<const T*> value{nullptr};
  };

  void reclaim_locked() ABSL_EXCLUSIVE_LOCKS_REQUIRED(publish_mutex_);

  std::atomic<const T*> current_;  // written by publish(), read by all; never null
  std::array<Slot, kWorkersMax + 1> slots_;  // slot i: written by reader i, read by reclaim; the last is for control reads
  absl::Mutex publish_mutex_;
  std::vector<const T*> retired_ ABSL_GUARDED_BY(publish_mutex_);
};

}  // namespace assay::base

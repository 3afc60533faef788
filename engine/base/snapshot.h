// Lock-free publication of immutable values: one writer at a time replaces the value, each reader thread pins the one
// it sees for the length of a batch through its own hazard slot.
//
// Concurrency
//   writers    publish(), reclaim(): any control thread; serialised by publish_mutex_
//   readers    observe(): one thread per reader index; wait-free but for one retry per publish that falls between
//              its two reads of current_; stores only to its own slot's cache line
//   publish    current_ exchange in publish(), release                                           [P1]
//   observe    current_ re-read in observe(), acquire: sees the whole value                      [P1]
//   hazard     observe() stores its slot, then re-reads current_; publish() exchanges current_, then scans the slots:
//              all four seq_cst, because each side stores one place and then reads the other's, and at least one must
//              see the other: either the scan finds the slot, or the re-read finds another value and the reader lets go
//                                                                                                [P2]
//   reclaim    a Pin's end stores null to its slot, release; the scan reads it, acquire: the reader's last use of the
//              value happens before it is freed                                                  [P3]
//              a reader that sleeps inside a batch keeps at most the one value in its slot alive and delays nobody; the
//              next publish() or reclaim() after its Pin ended frees that value
//   unpaired   relaxed where no other thread's order matters: before the object is shared and after its last use, the
//              latest store of this thread or of its lock's last holder, and a guess that nothing is read through
//                                                                                                [P4]
//   staleness  a reader may use the old value for the rest of its batch: its checks had arrived before the publish
//   reuse      a value freed and a new one made at the same address between observe()'s store and re-read are not told
//              apart, and need not be: the re-read then read the new value's publish [P1], and the slot names the new
//              value. Nothing is read through the pointer before
//   invariant  I1 a published value is never changed
//              I2 a slot names a value only while its reader uses it or is about to check it; null otherwise
//              I3 a value is freed only after it left current_ and a scan that began later found no slot naming it
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>
#include <memory>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"

#include "assay/limits.h"
#include "base/check.h"
#include "base/counters.h"
#include "base/mutex.h"

namespace assay::base {

// Identifies a reader thread to every snapshot of an engine: a number below kWorkersMax that no other live reader has,
// or kControlReader.
using ReaderIndex = std::size_t;

// The reader index of the control plane. Not a thread of its own: whoever observes under it must hold the one lock that
// serialises control reads, or be the control thread where only that reads. Two at a time are a bug (DCHECK).
inline constexpr ReaderIndex kControlReader = kWorkersMax;

// How many readers a snapshot has room for: all workers and the control plane.
inline constexpr std::size_t kReadersMax = kWorkersMax + 1;

// Publishes values of T to up to kReadersMax threads.
//
//   memory   kReadersMax + 2 cache lines, and the values: the current one and at most one more per pinned reader
//   cost     observe and Pin's end: two stores to the reader's own line, one of them a full barrier
//            publish and reclaim: kReadersMax loads; T's destructor runs under publish_mutex_ and must not use the
//            snapshot
//   sharing  the object itself is handed to its readers by other means (starting their threads)
template <typename T>
class Snapshot {
 public:
  // Precondition: `first` is not null.
  explicit Snapshot(std::unique_ptr<const T> first) : current_(first.release()) {
    ASSAY_CHECK(current_.load(std::memory_order_relaxed) != nullptr);  // [P4]
  }

  // Frees the current and all retired values. Precondition: every Pin has ended and no thread will call again, made
  // known to this thread by other means (joining them).
  ~Snapshot() {
    for (const Slot& slot : slots_) ASSAY_CHECK(slot.value.load(std::memory_order_relaxed) == nullptr);  // [P4]
    for (const T* value : retired_) delete value;
    delete current_.load(std::memory_order_relaxed);  // [P4]
  }
  Snapshot(const Snapshot&) = delete;
  Snapshot& operator=(const Snapshot&) = delete;

  // Keeps the value alive that was current when it was made; that reference dies with the Pin. Movable, thread-confined
  // to its reader, must end before its snapshot does. An empty Pin (default-made or moved from) pins nothing and must
  // not be dereferenced.
  class [[nodiscard]] Pin {
   public:
    Pin() = default;
    Pin(Pin&& other) noexcept
        : value_(std::exchange(other.value_, nullptr)), slot_(std::exchange(other.slot_, nullptr)) {}
    // Lets go of its own value first. To pin a snapshot anew, empty the old pin before observe(): `pin = {}`.
    Pin& operator=(Pin&& other) noexcept {
      if (this != &other) {
        let_go();
        value_ = std::exchange(other.value_, nullptr);
        slot_ = std::exchange(other.slot_, nullptr);
      }
      return *this;
    }
    ~Pin() { let_go(); }
    [[nodiscard]] const T& operator*() const noexcept { return *value_; }
    [[nodiscard]] const T* operator->() const noexcept { return value_; }
    [[nodiscard]] const T* get() const noexcept { return value_; }

   private:
    friend class Snapshot;
    Pin(const T* value, std::atomic<const T*>& slot) noexcept : value_(value), slot_(&slot) {}

    void let_go() noexcept {
      if (slot_ != nullptr) slot_->store(nullptr, std::memory_order_release);  // [P3]
    }

    const T* value_ = nullptr;
    std::atomic<const T*>* slot_ = nullptr;
  };

  // Pins the current value. Preconditions (DCHECK): `reader` is below kReadersMax and holds no other Pin of this
  // snapshot.
  Pin observe(ReaderIndex reader) noexcept {
    ASSAY_DCHECK(reader < kReadersMax);
    std::atomic<const T*>& slot = slots_[reader].value;
    ASSAY_DCHECK(slot.load(std::memory_order_relaxed) == nullptr);  // [P4]
    const T* guess = current_.load(std::memory_order_relaxed);      // [P4]
    for (;;) {
      slot.store(guess, std::memory_order_seq_cst);                   // [P2]
      const T* confirmed = current_.load(std::memory_order_seq_cst);  // [P1] [P2]
      if (confirmed == guess) return Pin(confirmed, slot);
      guess = confirmed;
    }
  }

  // Replaces the value; frees retired ones that nobody pins. Never waits for a reader. Precondition: `next` is not
  // null.
  void publish(std::unique_ptr<const T> next) {
    ASSAY_CHECK(next != nullptr);
    const MutexLock lock(publish_mutex_);
    retired_.push_back(current_.exchange(next.release(), std::memory_order_seq_cst));  // [P1] [P2]
    reclaim_locked();
  }

  // Frees retired values that nobody pins any more; returns how many are still waiting.
  std::size_t reclaim() {
    const MutexLock lock(publish_mutex_);
    reclaim_locked();
    return retired_.size();
  }

  // The current value, for a thread that is the only publisher while it uses it (it holds the lock under which all
  // publishing is done): only publish() retires the value, so that no slot is needed.
  [[nodiscard]] const T& latest() const noexcept {
    return *current_.load(std::memory_order_relaxed);  // [P4]
  }

 private:
  // One line per reader, so that pinning writes no line that another thread reads in the steady state.
  struct alignas(kCacheLineBytes) Slot {
    std::atomic<const T*> value{
        nullptr};  // written by its reader, read by scans; a stale read of an old pin only delays
  };
  static_assert(sizeof(Slot) == kCacheLineBytes);

  void reclaim_locked() ABSL_EXCLUSIVE_LOCKS_REQUIRED(publish_mutex_) {
    std::array<const T*, kReadersMax> pinned;
    for (std::size_t i = 0; i < kReadersMax; ++i) {
      pinned[i] = slots_[i].value.load(std::memory_order_seq_cst);  // [P2] [P3]
    }
    const auto is_pinned = [&pinned](const T* value) {
      return std::find(pinned.begin(), pinned.end(), value) != pinned.end();
    };
    const auto first_free = std::partition(retired_.begin(), retired_.end(), is_pinned);
    std::for_each(first_free, retired_.end(), std::default_delete<const T>());
    retired_.erase(first_free, retired_.end());
  }

  // Written by publish(), read by all; never null. Alone on its line: in the steady state every reader shares it.
  alignas(kCacheLineBytes) std::atomic<const T*> current_;
  std::array<Slot, kReadersMax> slots_;
  alignas(kCacheLineBytes) Mutex publish_mutex_;
  std::vector<const T*> retired_
      ABSL_GUARDED_BY(publish_mutex_);  // left current_ and not freed: at most one per reader
};

}  // namespace assay::base

// The way of a request from any thread to the fetcher's one.
//
// Concurrency
//   writers    any thread: push(); the fetcher's thread: take_all(), count_completed(); the destructor: ask_to_stop()
//   guard      one mutex, held for a few instructions, never while a callback runs
//   invariant  I1 in_flight_ counts the requests that were pushed within the limit and are not completed
#pragma once

#include <chrono>
#include <cstddef>
#include <mutex>
#include <utility>
#include <vector>

#include <absl/base/thread_annotations.h>

#include "assay/fetcher.h"

namespace assay::outbound {

// A request with its caller and its end.
struct Work {
  FetchRequest request;
  FetchDone done;
  std::chrono::steady_clock::time_point deadline;
  bool over_limit = false;  // to be refused; `request` is then empty
};

// A mutex that clang's thread-safety analysis knows; std::mutex of libstdc++ carries no annotations, and the packaged
// absl::Mutex is not instrumented for ThreadSanitizer.
class ABSL_LOCKABLE InboxMutex {
 public:
  void lock() ABSL_EXCLUSIVE_LOCK_FUNCTION() { mutex_.lock(); }
  void unlock() ABSL_UNLOCK_FUNCTION() { mutex_.unlock(); }

 private:
  std::mutex mutex_;
};

class ABSL_SCOPED_LOCKABLE InboxLock {
 public:
  explicit InboxLock(InboxMutex& mutex) ABSL_EXCLUSIVE_LOCK_FUNCTION(mutex) : mutex_(mutex) { mutex_.lock(); }
  ~InboxLock() ABSL_UNLOCK_FUNCTION() { mutex_.unlock(); }
  InboxLock(const InboxLock&) = delete;
  InboxLock& operator=(const InboxLock&) = delete;

 private:
  InboxMutex& mutex_;
};

// Requests between fetch() and the fetcher's thread, and the count of those that are not completed yet.
class Inbox {
 public:
  // Requests pushed while `in_flight_max` are not completed are marked over_limit and not counted.
  explicit Inbox(std::size_t in_flight_max) : in_flight_max_(in_flight_max) {}

  void push(Work work) {
    InboxLock lock(mutex_);
    if (in_flight_ >= in_flight_max_) {
      work.over_limit = true;
      work.request = {};
    } else {
      ++in_flight_;
    }
    waiting_.push_back(std::move(work));
  }

  // In the order of the pushes.
  [[nodiscard]] std::vector<Work> take_all() {
    InboxLock lock(mutex_);
    return std::exchange(waiting_, {});
  }

  // One counted request is answered.
  void count_completed() {
    InboxLock lock(mutex_);
    --in_flight_;
  }

  void ask_to_stop() {
    InboxLock lock(mutex_);
    stopping_ = true;
  }

  [[nodiscard]] bool asked_to_stop() {
    InboxLock lock(mutex_);
    return stopping_;
  }

 private:
  const std::size_t in_flight_max_;
  InboxMutex mutex_;
  std::vector<Work> waiting_ ABSL_GUARDED_BY(mutex_);
  std::size_t in_flight_ ABSL_GUARDED_BY(mutex_) = 0;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace assay::outbound

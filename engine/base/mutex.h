// The mutex of the control plane, known to clang's thread-safety analysis.
//
// It is std::mutex and not absl::Mutex because the thread sanitizer follows pthread locks by itself and a prebuilt
// Abseil not at all: under it every value that absl::Mutex guards looks raced for.
#pragma once

#include <mutex>

#include "absl/base/thread_annotations.h"

namespace assay::base {

// Never taken by a worker. Not recursive.
class ABSL_LOCKABLE Mutex {
 public:
  void lock() noexcept ABSL_EXCLUSIVE_LOCK_FUNCTION() { mutex_.lock(); }
  void unlock() noexcept ABSL_UNLOCK_FUNCTION() { mutex_.unlock(); }

 private:
  std::mutex mutex_;
};

// Holds a Mutex, which must outlive it, from construction to destruction.
class ABSL_SCOPED_LOCKABLE MutexLock {
 public:
  explicit MutexLock(Mutex& mutex) noexcept ABSL_EXCLUSIVE_LOCK_FUNCTION(mutex) : mutex_(mutex) { mutex_.lock(); }
  ~MutexLock() ABSL_UNLOCK_FUNCTION() { mutex_.unlock(); }
  MutexLock(const MutexLock&) = delete;
  MutexLock& operator=(const MutexLock&) = delete;

 private:
  Mutex& mutex_;
};

}  // namespace assay::base

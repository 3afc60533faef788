// Where other threads leave items for one thread that waits on descriptors.
//
// Concurrency
//   writers    any thread, through put() and wake()
//   readers    the thread that waits, through take_all()
//   locks      mutex_; held for a push or a swap alone
//   lifetime   shared with everybody who may still put, so that an item may come after its reader is gone
#pragma once

#include <cstdint>
#include <sys/eventfd.h>
#include <unistd.h>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"

#include "base/check.h"
#include "base/descriptor.h"
#include "base/mutex.h"

namespace assay::base {

template <typename T>
class WakeInbox {
 public:
  using Item = T;

  WakeInbox() : event_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) { ASSAY_CHECK(event_.number() >= 0); }

  void put(Item item) ABSL_LOCKS_EXCLUDED(mutex_) {
    {
      const MutexLock lock(mutex_);
      items_.push_back(std::move(item));
    }
    wake();
  }

  // In the order of the puts.
  [[nodiscard]] std::vector<Item> take_all() ABSL_LOCKS_EXCLUDED(mutex_) {
    std::uint64_t events = 0;
    // EAGAIN means that nothing was counted since the last time.
    [[maybe_unused]] const ssize_t read_bytes = read(event_.number(), &events, sizeof events);
    const MutexLock lock(mutex_);
    return std::exchange(items_, {});
  }

  // Readable when something was put, or wake() called, since the last take_all.
  [[nodiscard]] int fd() const noexcept { return event_.number(); }

  void wake() noexcept {
    const std::uint64_t one = 1;
    const ssize_t written = write(event_.number(), &one, sizeof one);
    ASSAY_CHECK(written == sizeof one);
  }

 private:
  const Descriptor event_;
  Mutex mutex_;
  std::vector<Item> items_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace assay::base

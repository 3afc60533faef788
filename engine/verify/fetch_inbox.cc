#include "verify/fetch_inbox.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include "base/check.h"

namespace assay::verify {

FetchInbox::FetchInbox() : fd_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) { ASSAY_CHECK(fd_ >= 0); }

FetchInbox::~FetchInbox() { close(fd_); }

void FetchInbox::wake() noexcept {
  const std::uint64_t one = 1;
  const ssize_t written = write(fd_, &one, sizeof one);
  ASSAY_CHECK(written == sizeof one);
}

void FetchInbox::put(std::uint64_t fetch_id, FetchResult result) {
  {
    const base::MutexLock lock(mutex_);
    items_.push_back({.fetch_id = fetch_id, .result = std::move(result)});
  }
  wake();
}

std::vector<FetchInbox::Item> FetchInbox::take_all() {
  std::uint64_t events = 0;
  // EAGAIN means that nothing was counted since the last time.
  [[maybe_unused]] const ssize_t read_bytes = read(fd_, &events, sizeof events);
  const base::MutexLock lock(mutex_);
  return std::exchange(items_, {});
}

}  // namespace assay::verify

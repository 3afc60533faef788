// Several descriptors behind the one that a TurnHandler may wait for.
#pragma once

#include <sys/epoll.h>

#include "base/check.h"
#include "base/descriptor.h"

namespace assay::server {

class WakeSet {
 public:
  WakeSet() : epoll_(epoll_create1(EPOLL_CLOEXEC)) { ASSAY_CHECK(epoll_.number() >= 0); }

  // `fd` must outlive the set and be one that can be polled.
  void add(int fd) {
    epoll_event event{};
    event.events = EPOLLIN;
    ASSAY_CHECK(epoll_ctl(epoll_.number(), EPOLL_CTL_ADD, fd, &event) == 0);
  }

  // Readable as long as one of them is; it cannot be read itself.
  [[nodiscard]] int fd() const noexcept { return epoll_.number(); }

 private:
  base::Descriptor epoll_;
};

}  // namespace assay::server

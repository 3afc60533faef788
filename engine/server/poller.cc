#include "server/poller.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <system_error>
#include <unistd.h>
#include <vector>

#include "base/check.h"

namespace assay::server {
namespace {

// What an epoll event is about: its kind and an index, in epoll_data.
//
//   63        32 31         0
//   [   kind    |   index   ]
enum class Source : std::uint32_t { kListener, kConnection, kWatch };

constexpr std::uint64_t tag(Source source, std::uint32_t index) noexcept {
  return (static_cast<std::uint64_t>(source) << 32) | index;
}

struct Listener {
  int fd = -1;
  bool armed = false;
};

struct Slot {
  int fd = -1;
  std::uint32_t interest = 0;  // events asked for
  std::string_view unsent;     // the rest of a send that the kernel did not take yet
  bool broken = false;         // a send failed; told in the next turn
};

class Poller final : public Transport {
 public:
  Poller(const TransportOptions& options, int epoll_fd)
      : epoll_fd_(epoll_fd), listeners_(options.listeners_max), slots_(options.slots_max), received_(kReceiveBytes) {}
  ~Poller() override;

  void listen(std::uint32_t listener, int fd) override;
  void stop_listening() override;
  void watch(std::uint32_t watch, int fd) override;
  void attach(std::uint32_t slot, int fd) override;
  void pause_receiving(std::uint32_t slot) override;
  void resume_receiving(std::uint32_t slot) override;
  [[nodiscard]] Progress send(std::uint32_t slot, std::string_view bytes) override;
  void end_sending(std::uint32_t slot) override;
  [[nodiscard]] Progress close(std::uint32_t slot) override;
  void wait(std::int64_t timeout_ns) override;
  void deliver(TransportEvents& events, std::int64_t now_ns) override;
  [[nodiscard]] std::uint64_t receive_restarts() const noexcept override { return 0; }

 private:
  // Connections that one listener accepts in one turn.
  static constexpr int kAcceptsPerTurn = 64;

  void arm_listener(std::uint32_t listener);
  void disarm_listener(std::uint32_t listener);
  void accept_some(std::uint32_t listener, TransportEvents& events, std::int64_t now_ns);
  void receive_some(std::uint32_t slot, TransportEvents& events);
  void send_rest(std::uint32_t slot, TransportEvents& events);
  void set_interest(std::uint32_t slot, std::uint32_t interest);
  [[nodiscard]] bool push(std::uint32_t slot);

  int epoll_fd_;
  bool listening_ = false;
  std::int64_t accept_paused_until_ns_ = 0;  // 0: not paused
  std::vector<Listener> listeners_;
  std::vector<Slot> slots_;
  std::vector<std::uint32_t> broken_;  // slots whose send failed since the last turn
  std::vector<char> received_;
  std::array<epoll_event, kEventsPerTurn> ready_{};
  int ready_count_ = 0;
};

Poller::~Poller() {
  for (const Slot& slot : slots_) {
    if (slot.fd >= 0) ::close(slot.fd);
  }
  ::close(epoll_fd_);
}

void Poller::listen(std::uint32_t listener, int fd) {
  // Another worker may take the connection between epoll's word and accept.
  ASSAY_CHECK(::fcntl(fd, F_SETFL, ::fcntl(fd, F_GETFL) | O_NONBLOCK) == 0);
  listening_ = true;
  listeners_[listener].fd = fd;
  arm_listener(listener);
}

void Poller::arm_listener(std::uint32_t listener) {
  epoll_event event{};
  // Workers share the descriptor of a Unix socket: one of them wakes, not all.
  event.events = EPOLLIN | EPOLLEXCLUSIVE;
  event.data.u64 = tag(Source::kListener, listener);
  ASSAY_CHECK(::epoll_ctl(epoll_fd_, EPOLL_CTL_ADD, listeners_[listener].fd, &event) == 0);
  listeners_[listener].armed = true;
}

void Poller::disarm_listener(std::uint32_t listener) {
  if (!listeners_[listener].armed) return;
  ASSAY_CHECK(::epoll_ctl(epoll_fd_, EPOLL_CTL_DEL, listeners_[listener].fd, nullptr) == 0);
  listeners_[listener].armed = false;
}

void Poller::stop_listening() {
  for (std::uint32_t i = 0; i < listeners_.size(); ++i) disarm_listener(i);
  listening_ = false;
  accept_paused_until_ns_ = 0;
}

void Poller::watch(std::uint32_t watch, int fd) {
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.u64 = tag(Source::kWatch, watch);
  ASSAY_CHECK(::epoll_ctl(epoll_fd_, EPOLL_CTL_ADD, fd, &event) == 0);
}

void Poller::attach(std::uint32_t slot, int fd) {
  ASSAY_CHECK(slots_[slot].fd < 0);
  slots_[slot] = Slot{.fd = fd, .interest = EPOLLIN, .unsent = {}, .broken = false};
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.u64 = tag(Source::kConnection, slot);
  if (::epoll_ctl(epoll_fd_, EPOLL_CTL_ADD, fd, &event) == 0) return;
  // ENOMEM or ENOSPC: the connection cannot be served.
  slots_[slot].broken = true;
  broken_.push_back(slot);
}

void Poller::set_interest(std::uint32_t slot, std::uint32_t interest) {
  if (slots_[slot].interest == interest) return;
  slots_[slot].interest = interest;
  epoll_event event{};
  event.events = interest;
  event.data.u64 = tag(Source::kConnection, slot);
  ASSAY_CHECK(::epoll_ctl(epoll_fd_, EPOLL_CTL_MOD, slots_[slot].fd, &event) == 0);
}

void Poller::pause_receiving(std::uint32_t slot) {
  set_interest(slot, slots_[slot].interest & ~static_cast<std::uint32_t>(EPOLLIN));
}

void Poller::resume_receiving(std::uint32_t slot) { set_interest(slot, slots_[slot].interest | EPOLLIN); }

// Gives the kernel what is unsent. False: the connection broke.
//   EAGAIN          the socket buffer is full: the rest goes when epoll says so
//   EINTR           again
//   EPIPE, ECONNRESET, ETIMEDOUT, EHOSTUNREACH, ENETUNREACH, ENOBUFS, ENOMEM   broken
bool Poller::push(std::uint32_t slot) {
  std::string_view& unsent = slots_[slot].unsent;
  while (!unsent.empty()) {
    const ssize_t sent = ::send(slots_[slot].fd, unsent.data(), unsent.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent < 0 && errno == EINTR) continue;
    if (sent < 0) return errno == EAGAIN || errno == EWOULDBLOCK;
    unsent.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

Progress Poller::send(std::uint32_t slot, std::string_view bytes) {
  ASSAY_DCHECK(slots_[slot].unsent.empty());
  slots_[slot].unsent = bytes;
  if (!push(slot)) {
    slots_[slot].broken = true;
    broken_.push_back(slot);
    return Progress::kInFlight;
  }
  if (slots_[slot].unsent.empty()) return Progress::kDone;
  set_interest(slot, slots_[slot].interest | EPOLLOUT);
  return Progress::kInFlight;
}

void Poller::send_rest(std::uint32_t slot, TransportEvents& events) {
  if (slots_[slot].unsent.empty()) return;
  if (!push(slot)) return events.on_broken(slot);
  if (!slots_[slot].unsent.empty()) return;
  set_interest(slot, slots_[slot].interest & ~static_cast<std::uint32_t>(EPOLLOUT));
  events.on_sent(slot);
}

void Poller::end_sending(std::uint32_t slot) { static_cast<void>(::shutdown(slots_[slot].fd, SHUT_WR)); }

Progress Poller::close(std::uint32_t slot) {
  ::close(slots_[slot].fd);  // leaves the epoll set by itself: the descriptor is never duplicated
  slots_[slot] = Slot{};
  return Progress::kDone;
}

void Poller::wait(std::int64_t timeout_ns) {
  if (!broken_.empty()) timeout_ns = 0;
  if (accept_paused_until_ns_ != 0) timeout_ns = std::min(timeout_ns, kAcceptPauseNs);
  constexpr std::int64_t kNsPerMs = 1'000'000;
  const auto timeout_ms = static_cast<int>((timeout_ns + kNsPerMs - 1) / kNsPerMs);
  ready_count_ = ::epoll_wait(epoll_fd_, ready_.data(), static_cast<int>(ready_.size()), timeout_ms);
  if (ready_count_ >= 0) return;
  ASSAY_CHECK(errno == EINTR);
  ready_count_ = 0;
}

void Poller::deliver(TransportEvents& events, std::int64_t now_ns) {
  if (listening_ && accept_paused_until_ns_ != 0 && now_ns >= accept_paused_until_ns_) {
    accept_paused_until_ns_ = 0;
    for (std::uint32_t i = 0; i < listeners_.size(); ++i) {
      if (listeners_[i].fd >= 0 && !listeners_[i].armed) arm_listener(i);
    }
  }
  while (!broken_.empty()) {
    const std::uint32_t slot = broken_.back();
    broken_.pop_back();
    if (slots_[slot].broken) events.on_broken(slot);
  }
  for (int i = 0; i < ready_count_; ++i) {
    const epoll_event& event = ready_[static_cast<std::size_t>(i)];
    const auto index = static_cast<std::uint32_t>(event.data.u64);
    switch (static_cast<Source>(event.data.u64 >> 32)) {
      case Source::kListener: accept_some(index, events, now_ns); break;
      case Source::kWatch: events.on_wake(index); break;
      case Source::kConnection:
        if ((event.events & (EPOLLOUT | EPOLLERR | EPOLLHUP)) != 0 && slots_[index].fd >= 0) send_rest(index, events);
        if ((event.events & (EPOLLIN | EPOLLERR | EPOLLHUP)) != 0 && slots_[index].fd >= 0) {
          receive_some(index, events);
        }
        break;
    }
  }
  ready_count_ = 0;
}

// accept4 can yield
//   EAGAIN          nothing is left, or another worker was faster
//   EINTR, ECONNABORTED, EPROTO and the network's own errors   that connection is gone: the next one
//   EMFILE, ENFILE, ENOBUFS, ENOMEM   would repeat at once: pause
void Poller::accept_some(std::uint32_t listener, TransportEvents& events, std::int64_t now_ns) {
  for (int i = 0; i < kAcceptsPerTurn && listeners_[listener].armed; ++i) {
    const int fd = ::accept4(listeners_[listener].fd, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd >= 0) {
      events.on_accepted(listener, fd);
      continue;
    }
    if (errno == EAGAIN || errno == EWOULDBLOCK) return;
    if (errno != EMFILE && errno != ENFILE && errno != ENOBUFS && errno != ENOMEM) continue;
    disarm_listener(listener);
    accept_paused_until_ns_ = now_ns + kAcceptPauseNs;
    events.on_accept_failed();
    return;
  }
}

// recv can yield
//   0               the peer ended its stream
//   EAGAIN, EINTR   nothing now: epoll tells again
//   ECONNRESET, ETIMEDOUT, EHOSTUNREACH and the like   broken
void Poller::receive_some(std::uint32_t slot, TransportEvents& events) {
  if ((slots_[slot].interest & EPOLLIN) == 0) {
    // Only an error or a hang-up is told without being asked for; left alone it would be told in every turn.
    return events.on_broken(slot);
  }
  const ssize_t received = ::recv(slots_[slot].fd, received_.data(), received_.size(), MSG_DONTWAIT);
  if (received > 0) {
    events.on_received(slot, {received_.data(), static_cast<std::size_t>(received)});
  } else if (received == 0) {
    pause_receiving(slot);
    events.on_end(slot);
  } else if (errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR) {
    events.on_broken(slot);
  }
}

}  // namespace

OpenedTransport open_poller(const TransportOptions& options) {
  const int epoll_fd = ::epoll_create1(EPOLL_CLOEXEC);
  if (epoll_fd < 0) return tl::unexpected(std::string("epoll_create1: ") + std::generic_category().message(errno));
  return std::unique_ptr<Transport>(std::make_unique<Poller>(options, epoll_fd));
}

}  // namespace assay::server

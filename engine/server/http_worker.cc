#include "server/http_worker.h"

#include <algorithm>
#include <arpa/inet.h>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>
#include <utility>

#include "assay/limits.h"
#include "base/check.h"
#include "base/clock.h"

namespace assay::server {
namespace {

constexpr std::uint32_t kServerWatch = 0;
constexpr std::uint32_t kHandlerWatch = 1;

constexpr std::int64_t kNsPerMs = 1'000'000;

// How often deadlines are looked at: a quarter of the shortest, so that none is missed by much more than that.
constexpr std::int64_t kScanNsMax = 1'000 * kNsPerMs;
constexpr std::int64_t kScanNsMin = 5 * kNsPerMs;

// Bytes that are read and dropped behind the last response of a connection; then it is reset after all.
constexpr std::uint32_t kLingerBytesMax = 4 * 1024 * 1024;

// How long stopping waits for the kernel to hand back what is in flight.
constexpr std::int64_t kCloseNsMax = 1'000 * kNsPerMs;

std::int64_t ns_of(std::chrono::milliseconds time) noexcept { return std::chrono::nanoseconds(time).count(); }

std::int64_t scan_interval(const HttpLimits& limits) noexcept {
  const std::chrono::milliseconds shortest =
      std::min({limits.idle_timeout, limits.head_timeout, limits.body_timeout, limits.drain_timeout});
  return std::clamp(ns_of(shortest) / 4, kScanNsMin, kScanNsMax);
}

}  // namespace

void Responder::answer(ExchangeId id, const HttpResponse& response) { worker_->answer(id, response); }

void Responder::vouch(ExchangeId id, Standing standing) noexcept { worker_->vouch(id, standing); }

HttpServerStats Responder::stats() const noexcept {
  HttpServerStats stats;
  worker_->add_to(stats);
  return stats;
}

HttpWorker::HttpWorker(const HttpLimits& limits, std::vector<WorkerListener> listeners, int event_fd,
                       std::unique_ptr<TurnHandler> handler, Displaced displaced)
    : limits_(limits),
      displaced_(displaced),
      listeners_(std::move(listeners)),
      event_fd_(event_fd),
      handler_(std::move(handler)),
      responder_(*this),
      scan_interval_ns_(scan_interval(limits)),
      connections_(limits.connections_max),
      listed_(limits.connections_max) {
  for (const WorkerListener& listener : listeners_) {
    const bool keep_body = listener.body == BodyUse::kKeep;
    reader_limits_.push_back({.head_bytes_max = limits.head_bytes_max,
                              .fields_max = limits.headers_max,
                              .body_bytes_max = limits.body_bytes_max,
                              .keep_body = keep_body});
    intake_bytes_max_.push_back(limits.head_bytes_max + (keep_body ? limits.body_bytes_max : 0) + kReceiveBytes);
  }
  free_connections_.reserve(connections_.size());
  for (std::size_t i = connections_.size(); i > 0; --i) free_connections_.push_back(static_cast<std::uint32_t>(i - 1));
  batch_.reserve(kBatchMax);
}

HttpWorker::~HttpWorker() {
  for (const WorkerListener& listener : listeners_) {
    if (listener.fd >= 0) ::close(listener.fd);
  }
  ::close(event_fd_);
}

void HttpWorker::add_to(HttpServerStats& sum) const noexcept {
  // Closed first: what opens in between then shows as open, and never the other way round.
  const std::uint64_t closed = counters_.read(kConnectionsClosed);
  const std::uint64_t opened = counters_.read(kConnectionsOpened);
  sum.connections_open += opened > closed ? opened - closed : 0;
  sum.connections_accepted += opened;
  sum.connections_refused += counters_.read(kConnectionsRefused);
  sum.connections_displaced += counters_.read(kConnectionsDisplaced);
  sum.accept_failures += counters_.read(kAcceptFailures);
  sum.requests += counters_.read(kRequests);
  sum.requests_abandoned += counters_.read(kRequestsAbandoned);
  sum.refused_syntax += counters_.read(kRefusedSyntax);
  sum.refused_head_size += counters_.read(kRefusedHeadSize);
  sum.refused_body_size += counters_.read(kRefusedBodySize);
  sum.timeouts_idle += counters_.read(kTimeoutsIdle);
  sum.timeouts_head += counters_.read(kTimeoutsHead);
  sum.timeouts_body += counters_.read(kTimeoutsBody);
  sum.timeouts_send += counters_.read(kTimeoutsSend);
  sum.receive_restarts += counters_.read(kReceiveRestarts);
}

TransportOptions HttpWorker::transport_options() const noexcept {
  return {.slots_max = static_cast<std::uint32_t>(connections_.size()),
          .listeners_max = static_cast<std::uint32_t>(listeners_.size())};
}

void HttpWorker::order(WorkerOrder order) noexcept {
  WorkerOrder current = order_.load(std::memory_order_relaxed);  // [W1] refined by the exchange below
  while (current < order && !order_.compare_exchange_weak(current, order, std::memory_order_release,  // [W1]
                                                          std::memory_order_relaxed)) {}
  const std::uint64_t one = 1;
  // It fails only where the counter is full, and then the worker wakes anyway.
  static_cast<void>(::write(event_fd_, &one, sizeof one) == static_cast<ssize_t>(sizeof one));
}

void HttpWorker::serve(Transport& transport) {
  transport_ = &transport;
  transport_->watch(kServerWatch, event_fd_);
  if (handler_->wake_fd() >= 0) transport_->watch(kHandlerWatch, handler_->wake_fd());
  for (std::uint32_t i = 0; i < listeners_.size(); ++i) transport_->listen(i, listeners_[i].fd);
  now_ = {.wall_us = base::wall_us(), .monotonic_ns = base::monotonic_ns()};
  next_scan_ns_ = now_.monotonic_ns + scan_interval_ns_;
  while (!finished()) turn();
  close_all();
  transport_ = nullptr;
}

// One turn: everything that happened is read first, then decided as one batch, then sent with one call per connection.
void HttpWorker::turn() {
  transport_->wait(ready_.empty() ? std::max<std::int64_t>(0, next_scan_ns_ - now_.monotonic_ns) : 0);
  now_ = {.wall_us = base::wall_us(), .monotonic_ns = base::monotonic_ns()};
  transport_->deliver(*this, now_.monotonic_ns);
  obey();
  if (std::exchange(handler_woken_, false)) handler_->on_wake(responder_, now_);
  gather();
  if (!batch_.empty()) handler_->on_requests(batch_, responder_, now_);
  batch_.clear();
  settle_touched();
  if (!newcomers_.empty()) seat_newcomers();
  if (now_.monotonic_ns >= next_scan_ns_) expire_overdue();
}

bool HttpWorker::finished() const noexcept {
  if (stopping_) return true;
  return draining_ && (connections_open_ == 0 || now_.monotonic_ns >= drain_deadline_ns_);
}

void HttpWorker::obey() {
  switch (order_.load(std::memory_order_acquire)) {  // [W1]
    case WorkerOrder::kServe: return;
    case WorkerOrder::kDrain: return begin_drain();
    case WorkerOrder::kStop: stopping_ = true; return;
  }
}

void HttpWorker::begin_drain() {
  if (draining_) return;
  draining_ = true;
  drain_deadline_ns_ = now_.monotonic_ns + ns_of(limits_.drain_timeout);
  transport_->stop_listening();
  for (std::uint32_t i = 0; i < listeners_.size(); ++i) {
    accept_rest(i);
    ::close(std::exchange(listeners_[i].fd, -1));
  }
  const std::int64_t grace_ends_ns = now_.monotonic_ns + kDrainGraceNs;
  for (Connection& connection : connections_) {
    if (connection.awaiting != Awaiting::kRequest) continue;
    connection.deadline_ns = std::min(connection.deadline_ns, grace_ends_ns);
  }
  scan_interval_ns_ = kScanNsMin;
  next_scan_ns_ = now_.monotonic_ns + scan_interval_ns_;
}

// Takes the connections that the kernel completed already: closing the socket would reset them.
void HttpWorker::accept_rest(std::uint32_t listener) {
  const int fd = listeners_[listener].fd;
  ASSAY_CHECK(::fcntl(fd, F_SETFL, ::fcntl(fd, F_GETFL) | O_NONBLOCK) == 0);
  for (std::uint32_t i = 0; i < limits_.connections_max; ++i) {
    const int accepted = ::accept4(fd, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (accepted < 0) return;
    on_accepted(listener, accepted);
  }
}

void HttpWorker::close_all() {
  stopping_ = true;
  transport_->stop_listening();
  for (const Newcomer& newcomer : newcomers_) ::close(newcomer.fd);
  newcomers_.clear();
  for (std::uint32_t i = 0; i < connections_.size(); ++i) {
    const Connection::Phase phase = connections_[i].phase;
    if (phase == Connection::Phase::kOpen || phase == Connection::Phase::kLingering) begin_close(i);
  }
  const std::int64_t give_up_ns = base::monotonic_ns() + kCloseNsMax;
  while (connections_open_ > 0 && now_.monotonic_ns < give_up_ns) {
    transport_->wait(kScanNsMin);
    now_.monotonic_ns = base::monotonic_ns();
    transport_->deliver(*this, now_.monotonic_ns);
  }
  transport_->wait(0);  // hands the last closes over
}

void HttpWorker::on_accepted(std::uint32_t listener, int fd) {
  if (stopping_) {
    counters_.add(kConnectionsRefused);
    ::close(fd);
  } else if (free_connections_.empty() || !newcomers_.empty()) {
    newcomers_.push_back({.listener = listener, .fd = fd});
  } else {
    open_connection(listener, fd);
  }
}

void HttpWorker::open_connection(std::uint32_t listener, int fd) {
  const std::uint32_t index = free_connections_.back();
  free_connections_.pop_back();
  Connection& connection = connections_[index];
  connection = Connection{};
  connection.phase = Connection::Phase::kOpen;
  connection.listener = listener;
  connection.number = ++connections_numbered_;
  name_peer(connection, fd);
  ++connections_open_;
  counters_.add(kConnectionsOpened);
  transport_->attach(index, fd);
  touch(index);
}

void HttpWorker::name_peer(Connection& connection, int fd) {
  connection.peer_kind = listeners_[connection.listener].kind;
  if (connection.peer_kind == Peer::Kind::kUnix) return;
  sockaddr_storage address{};
  socklen_t bytes = sizeof address;
  // A peer that is gone already stays without an address, which no list of trusted ones holds.
  if (::getpeername(fd, reinterpret_cast<sockaddr*>(&address), &bytes) != 0) return;
  const char* text = nullptr;
  if (address.ss_family == AF_INET) {
    sockaddr_in v4{};
    std::memcpy(&v4, &address, sizeof v4);
    text = ::inet_ntop(AF_INET, &v4.sin_addr, connection.address, sizeof connection.address);
  } else if (address.ss_family == AF_INET6) {
    sockaddr_in6 v6{};
    std::memcpy(&v6, &address, sizeof v6);
    constexpr std::size_t kMappedPrefixBytes = 12;
    text = IN6_IS_ADDR_V4MAPPED(&v6.sin6_addr)
               ? ::inet_ntop(AF_INET, &v6.sin6_addr.s6_addr[kMappedPrefixBytes], connection.address,
                             sizeof connection.address)
               : ::inet_ntop(AF_INET6, &v6.sin6_addr, connection.address, sizeof connection.address);
  }
  connection.address_bytes = text == nullptr ? std::uint8_t{0} : static_cast<std::uint8_t>(std::strlen(text));
}

void HttpWorker::on_accept_failed() { counters_.add(kAcceptFailures); }

void HttpWorker::on_received(std::uint32_t slot, std::string_view bytes) {
  Connection& connection = connections_[slot];
  if (connection.phase == Connection::Phase::kLingering) {
    connection.lingered_bytes += static_cast<std::uint32_t>(bytes.size());
    if (connection.lingered_bytes > kLingerBytesMax) on_broken(slot);
    return;
  }
  if (connection.phase != Connection::Phase::kOpen || connection.reads_no_more) return;
  if (connection.intake == nullptr) connection.intake = intakes_.take();
  const bool fits = connection.intake->take(bytes, connection.storage(), intake_bytes_max_[connection.listener]);
  if (!fits && !connection.paused) {
    connection.paused = true;
    transport_->pause_receiving(slot);
  }
  make_ready(slot);
  touch(slot);
}

void HttpWorker::on_end(std::uint32_t slot) {
  connections_[slot].ended = true;
  touch(slot);
}

void HttpWorker::on_broken(std::uint32_t slot) {
  connections_[slot].broken = true;
  touch(slot);
}

void HttpWorker::on_sent(std::uint32_t slot) {
  Connection& connection = connections_[slot];
  connection.sending = false;
  connection.outbox->sending.clear();
  connection.awaiting = Awaiting::kNothing;
  touch(slot);
}

void HttpWorker::on_closed(std::uint32_t slot) { release(slot); }

void HttpWorker::on_wake(std::uint32_t watch) {
  if (watch == kHandlerWatch) {
    handler_woken_ = true;
    return;
  }
  std::uint64_t count = 0;
  static_cast<void>(::read(event_fd_, &count, sizeof count) == static_cast<ssize_t>(sizeof count));
}

void HttpWorker::make_ready(std::uint32_t index) {
  if ((listed_[index] & kReady) != 0) return;
  listed_[index] = static_cast<std::uint8_t>(listed_[index] | kReady);
  ready_.push_back(index);
}

void HttpWorker::touch(std::uint32_t index) {
  if ((listed_[index] & kTouched) != 0) return;
  listed_[index] = static_cast<std::uint8_t>(listed_[index] | kTouched);
  touched_.push_back(index);
}

}  // namespace assay::server

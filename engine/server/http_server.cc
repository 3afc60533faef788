#include "server/http_server.h"

#include <algorithm>
#include <cerrno>
#include <future>
#include <sys/eventfd.h>
#include <system_error>
#include <thread>
#include <unistd.h>
#include <utility>

#include "assay/limits.h"
#include "server/http_worker.h"
#include "server/listening_socket.h"
#include "server/poller.h"
#include "server/ring.h"

namespace assay::server {
namespace {

using OpenTransport = OpenedTransport (*)(const TransportOptions&);

// What is wrong with the options; empty if nothing is.
std::string fault_of(const HttpServerOptions& options) {
  if (options.listeners.empty()) return "the server has no listener";
  if (!options.make_handler) return "the server has no handler";
  if (options.workers > kWorkersMax) return "more than " + std::to_string(kWorkersMax) + " workers";
  const HttpLimits& limits = options.limits;
  if (limits.connections_max == 0 || limits.connections_max > UINT32_MAX / 2) return "connections_max is out of range";
  // Offsets of the reader have 32 bits.
  if (limits.head_bytes_max > UINT32_MAX / 4 || limits.body_bytes_max > UINT32_MAX / 4) return "a limit is too large";
  return {};
}

std::uint32_t workers_for(std::uint32_t asked) {
  if (asked != 0) return asked;
  const unsigned cores = std::thread::hardware_concurrency();
  return std::min(cores == 0 ? 1U : cores, static_cast<unsigned>(kWorkersMax));
}

}  // namespace

class HttpServer::Impl {
 public:
  ~Impl() {
    order_all(WorkerOrder::kStop);
    join();
  }

  // An empty string, or what is wrong.
  [[nodiscard]] std::string start(HttpServerOptions& options);
  void order_all(WorkerOrder order) noexcept {
    for (const std::unique_ptr<HttpWorker>& worker : workers_) worker->order(order);
  }
  void join() {
    for (std::thread& thread : threads_) thread.join();
    threads_.clear();
  }
  [[nodiscard]] HttpServerStats stats() const noexcept;
  [[nodiscard]] std::span<const Address> addresses() const noexcept { return addresses_; }
  [[nodiscard]] const PollerReport& poller() const noexcept { return poller_; }
  [[nodiscard]] std::size_t worker_count() const noexcept { return workers_.size(); }

 private:
  [[nodiscard]] std::string make_workers(HttpServerOptions& options, std::uint32_t count);
  [[nodiscard]] std::string start_threads(OpenTransport open);
  [[nodiscard]] std::string choose_poller(PollerChoice choice);

  std::vector<Address> addresses_;
  PollerReport poller_;
  std::vector<std::unique_ptr<HttpWorker>> workers_;
  std::vector<ListeningSocket> sockets_;
  std::vector<std::thread> threads_;
};

std::string HttpServer::Impl::start(HttpServerOptions& options) {
  if (std::string fault = fault_of(options); !fault.empty()) return fault;
  const std::uint32_t count = workers_for(options.workers);
  for (const ListenerOptions& listener : options.listeners) {
    auto socket = ListeningSocket::bind(listener.address, count);
    if (!socket) return socket.error();
    addresses_.push_back(socket->address());
    sockets_.push_back(std::move(*socket));
  }
  if (std::string fault = make_workers(options, count); !fault.empty()) return fault;
  return choose_poller(options.poller);
}

std::string HttpServer::Impl::make_workers(HttpServerOptions& options, std::uint32_t count) {
  for (std::uint32_t i = 0; i < count; ++i) {
    std::unique_ptr<TurnHandler> handler = options.make_handler(i);
    if (handler == nullptr) return "the server has no handler";
    const int event_fd = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (event_fd < 0) return std::string("eventfd: ") + std::generic_category().message(errno);
    std::vector<WorkerListener> listeners;
    for (std::size_t j = 0; j < sockets_.size(); ++j) {
      const bool is_unix = addresses_[j].kind == Address::Kind::kUnix;
      listeners.push_back({.fd = sockets_[j].take(i),
                           .kind = is_unix ? Peer::Kind::kUnix : Peer::Kind::kTcp,
                           .body = options.listeners[j].body});
    }
    workers_.push_back(std::make_unique<HttpWorker>(options.limits, std::move(listeners), event_fd, std::move(handler),
                                                    options.displaced));
  }
  return {};
}

// Starts one thread per worker; they serve only if all of them could open their transport. Else the first complaint,
// and no thread is left.
std::string HttpServer::Impl::start_threads(OpenTransport open) {
  std::promise<bool> go;
  const std::shared_future<bool> may_go = go.get_future().share();
  std::vector<std::future<std::string>> reports;
  for (const std::unique_ptr<HttpWorker>& worker : workers_) {
    std::promise<std::string> report;
    reports.push_back(report.get_future());
    threads_.emplace_back([worker = worker.get(), report = std::move(report), may_go, open]() mutable {
      OpenedTransport transport = open(worker->transport_options());
      report.set_value(transport ? std::string() : transport.error());
      if (may_go.get() && transport) worker->serve(**transport);
    });
  }
  std::string fault;
  for (std::future<std::string>& report : reports) {
    std::string complaint = report.get();
    if (fault.empty()) fault = std::move(complaint);
  }
  go.set_value(fault.empty());
  if (!fault.empty()) join();
  return fault;
}

std::string HttpServer::Impl::choose_poller(PollerChoice choice) {
  std::string refusal;
  switch (choice) {
    case PollerChoice::kEpoll:
      poller_ = {.name = "epoll", .reason = "the configuration asks for it"};
      return start_threads(open_poller);
    case PollerChoice::kIoUring:
      poller_ = {.name = "io_uring", .reason = "the configuration asks for it"};
      return start_threads(open_ring);
    case PollerChoice::kAuto:
      poller_ = {.name = "io_uring", .reason = "the kernel permits it"};
      refusal = start_threads(open_ring);
      if (refusal.empty()) return {};
      poller_ = {.name = "epoll", .reason = refusal};
      return start_threads(open_poller);
  }
  return "an unknown choice of poller";
}

HttpServerStats HttpServer::Impl::stats() const noexcept {
  HttpServerStats sum;
  for (const std::unique_ptr<HttpWorker>& worker : workers_) worker->add_to(sum);
  return sum;
}

tl::expected<std::unique_ptr<HttpServer>, std::string> HttpServer::start(HttpServerOptions options) {
  auto impl = std::make_unique<Impl>();
  std::string fault = impl->start(options);
  if (!fault.empty()) return tl::unexpected(std::move(fault));
  return std::unique_ptr<HttpServer>(new HttpServer(std::move(impl)));
}

HttpServer::HttpServer(std::unique_ptr<Impl> impl) noexcept : impl_(std::move(impl)) {}
HttpServer::~HttpServer() = default;

std::span<const Address> HttpServer::bound_addresses() const noexcept { return impl_->addresses(); }
const PollerReport& HttpServer::poller() const noexcept { return impl_->poller(); }
std::uint32_t HttpServer::workers() const noexcept { return static_cast<std::uint32_t>(impl_->worker_count()); }
HttpServerStats HttpServer::stats() const noexcept { return impl_->stats(); }
void HttpServer::drain() noexcept { impl_->order_all(WorkerOrder::kDrain); }
void HttpServer::join() { impl_->join(); }

}  // namespace assay::server

// A generic HTTP/1.1 server: one thread per worker, each with its own io_uring (or epoll), listening sockets and
// connections. Nothing is shared between workers on the path of a request.
//
//   auto server = HttpServer::start({.listeners = {{.address = {.host = "127.0.0.1"}}},
//                                    .make_handler = [](std::uint32_t) { return std::make_unique<MyHandler>(); }});
//   if (!server) complain(server.error());
//   ...
//   (*server)->drain();  // from any thread; then
//   (*server)->join();
//
// A handler sees all complete requests of one turn of its worker's loop as one batch, several of one pipelined
// connection included, and may answer each at once or in a later turn, in any order: every connection gets its
// responses in the order of its requests.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "assay/engine.h"
#include "assay/expected.h"
#include "assay/settings.h"
#include "server/http.h"

namespace assay::server {

class HttpWorker;
struct HttpServerStats;

// Names one request of one worker until it is answered or abandoned. A stale id is recognised (generation) and has no
// effect.
struct ExchangeId {
  std::uint32_t slot = 0;
  std::uint32_t generation = 0;

  friend constexpr bool operator==(const ExchangeId&, const ExchangeId&) = default;
};

// A request that waits for its answer. `request` and its views live until then.
struct Exchange {
  ExchangeId id;
  const HttpRequest* request = nullptr;
};

// Where a handler puts its answers. Belongs to one worker: use it only inside the handler's calls, on its thread.
class Responder {
 public:
  // Writes the response into the connection's output at once; `response` may die after the call. The request's views
  // die with the call. An id that was answered or abandoned before is ignored.
  // Cost: one copy, no allocation once the worker's buffers have grown to the size in use.
  void answer(ExchangeId id, const HttpResponse& response);

  // The client of this request has proved to be so much: its connection stands so high from now on (Displaced), or as
  // it does where that is higher. An id that was answered or abandoned before is ignored.
  void vouch(ExchangeId id, Standing standing) noexcept;

  // Of this worker alone.
  [[nodiscard]] HttpServerStats stats() const noexcept;

 private:
  friend class HttpWorker;
  explicit Responder(HttpWorker& worker) noexcept : worker_(&worker) {}
  HttpWorker* worker_;
};

// What a program does with requests. One object per worker; all calls come from that worker's thread, one at a time.
// No call may block or throw.
class TurnHandler {
 public:
  virtual ~TurnHandler() = default;

  // All requests that this turn completed, 1 .. kBatchMax, oldest first within each connection. Those that are not
  // answered when this returns stay pending; their requests stay valid.
  virtual void on_requests(std::span<const Exchange> exchanges, Responder& responder, Now now) = 0;

  // The client of a pending request went away, or the server stops: no answer is wanted any more. The request's views
  // die with the call. Not called for a request that was answered.
  virtual void on_abandoned(ExchangeId id) = 0;

  // A descriptor that is readable when on_wake has something to do; -1: none. Asked once, before the first turn; stays
  // the handler's and must outlive it being served.
  [[nodiscard]] virtual int wake_fd() const { return -1; }

  // wake_fd() is readable. The handler reads it empty. Called again in the next turn if it stays readable.
  virtual void on_wake(Responder& /*responder*/, Now /*now*/) {}
};

// Makes the handler of worker `worker_index` (0 ..). Called on the starting thread, in order. The handler is destroyed
// with the server, after its thread has ended.
using TurnHandlerFactory = std::function<std::unique_ptr<TurnHandler>(std::uint32_t worker_index)>;

// What happens to request bodies.
enum class BodyUse : std::uint8_t {
  kDiscard,  // read to its end, bounded, and dropped
  kKeep,     // whole in HttpRequest::body
};

// Whose place a new connection gets once connections_max is reached.
enum class Displaced : std::uint8_t {
  kIdle,      // a client's that has never asked, or has asked nothing for head_timeout; of none: the new one is closed
  kUnproven,  // the oldest connection's of the lowest Standing, whatever it does; where all are kTrusted: as kIdle
};

struct ListenerOptions {
  Address address;
  BodyUse body = BodyUse::kDiscard;
};

struct HttpServerOptions {
  std::vector<ListenerOptions> listeners;  // at least one
  std::uint32_t workers = 1;               // 0: one per core; at most kWorkersMax
  HttpLimits limits = {};
  PollerChoice poller = PollerChoice::kAuto;
  Displaced displaced = Displaced::kIdle;
  TurnHandlerFactory make_handler = {};
};

// Sums over all workers since the start, except where said. Each value is exact, the set is not one moment's.
struct HttpServerStats {
  std::uint64_t connections_open = 0;  // now
  std::uint64_t connections_accepted = 0;
  std::uint64_t connections_refused = 0;    // closed at once: connections_max reached
  std::uint64_t connections_displaced = 0;  // their place was given to a new one: Displaced
  std::uint64_t accept_failures = 0;        // no descriptor or memory left; accepting pauses for a moment
  std::uint64_t requests = 0;               // complete, given to a handler
  std::uint64_t requests_abandoned = 0;     // the client left before the answer
  std::uint64_t refused_syntax = 0;         // 400, 417, 501, 505
  std::uint64_t refused_head_size = 0;      // 431
  std::uint64_t refused_body_size = 0;      // 413
  std::uint64_t timeouts_idle = 0;
  std::uint64_t timeouts_head = 0;
  std::uint64_t timeouts_body = 0;
  std::uint64_t timeouts_send = 0;     // the client does not read its responses
  std::uint64_t receive_restarts = 0;  // io_uring: the provided buffers ran out for a moment
};

// How the workers wait for the kernel.
struct PollerReport {
  std::string name;    // "io_uring" or "epoll"
  std::string reason;  // why that one: for people, never empty
};

class HttpServer {
 public:
  // Binds every listener, starts every worker and returns once all of them serve.
  //
  //   errors   one sentence for people: which address cannot be bound and why; io_uring was demanded and is refused; no
  //            listener, no handler, or too many workers. Nothing is left running then
  //   poller   kAuto takes io_uring where the kernel permits it and else epoll, and poller() says so; the other two
  //            choices are never replaced
  //   unix     a socket file that nobody listens on any more is replaced; it is removed again at the end
  [[nodiscard]] static tl::expected<std::unique_ptr<HttpServer>, std::string> start(HttpServerOptions options);

  // Stops at once (pending requests are abandoned) and joins.
  ~HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  // The listeners' addresses in the order of the options, with the port that was bound where 0 was asked.
  [[nodiscard]] std::span<const Address> bound_addresses() const noexcept;
  [[nodiscard]] const PollerReport& poller() const noexcept;
  // Worker threads.
  [[nodiscard]] std::uint32_t workers() const noexcept;
  // Thread-safe.
  [[nodiscard]] HttpServerStats stats() const noexcept;

  // Stops accepting, lets requests that have begun finish (their responses say Connection: close), closes connections
  // that stay idle, and ends every worker, at the latest after HttpLimits::drain_timeout. Returns at once. Thread-safe;
  // a second call has no effect. Async-signal-safe it is not.
  void drain() noexcept;

  // Waits until every worker has ended: after drain(), and only then. One thread only.
  void join();

  class Impl;

 private:
  explicit HttpServer(std::unique_ptr<Impl> impl) noexcept;
  std::unique_ptr<Impl> impl_;
};

}  // namespace assay::server

// One worker of the HTTP server: its loop, its connections, its requests.
//
// Concurrency
//   writers    the worker's thread owns everything but order_; any thread may give orders through order()
//   readers    counters: any thread (base/counters.h)
//   publish    order_ release-store in order(), then a byte into the event descriptor            [W1]
//   observe    order_ acquire-load in obey(), once per turn                                      [W1]
//   staleness  an order is seen in the turn that the event descriptor begins
//   invariant  I1 orders only grow: serve < drain < stop
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <memory>
#include <vector>

#include "base/counters.h"
#include "server/connection.h"
#include "server/exchange_table.h"
#include "server/http_server.h"
#include "server/transport.h"

namespace assay::server {

// What a worker is told from outside.
enum class WorkerOrder : std::uint8_t { kServe, kDrain, kStop };

// Indices of a worker's counters.
enum WorkerCounter : std::size_t {
  kConnectionsOpened,
  kConnectionsClosed,
  kConnectionsRefused,
  kConnectionsDisplaced,
  kAcceptFailures,
  kRequests,
  kRequestsAbandoned,
  kRefusedSyntax,
  kRefusedHeadSize,
  kRefusedBodySize,
  kTimeoutsIdle,
  kTimeoutsHead,
  kTimeoutsBody,
  kTimeoutsSend,
  kReceiveRestarts,
  kWorkerCounterCount,
};
using WorkerCounters = base::Counters<kWorkerCounterCount>;

// While draining, a connection without a request is closed after this time: a request that its client had sent before
// it could know arrives by then.
inline constexpr std::int64_t kDrainGraceNs = 100'000'000;

// A listening socket as one worker holds it; the descriptor is the worker's own and closed by it.
struct WorkerListener {
  int fd = -1;
  Peer::Kind kind = Peer::Kind::kTcp;
  BodyUse body = BodyUse::kDiscard;
};

class HttpWorker final : private TransportEvents {
 public:
  //   listeners  in the order of the server's; taken over, closed at the latest by the destructor
  //   event_fd   an eventfd of this worker alone; taken over
  HttpWorker(const HttpLimits& limits, std::vector<WorkerListener> listeners, int event_fd,
             std::unique_ptr<TurnHandler> handler, Displaced displaced = Displaced::kIdle);
  ~HttpWorker();
  HttpWorker(const HttpWorker&) = delete;
  HttpWorker& operator=(const HttpWorker&) = delete;

  // Serves until ordered to stop, or to drain and nothing is left. Once; on the thread that opened `transport`.
  void serve(Transport& transport);

  // Thread-safe. An order below the current one is ignored.
  void order(WorkerOrder order) noexcept;
  [[nodiscard]] TransportOptions transport_options() const noexcept;

  // Adds this worker's counts. Thread-safe.
  void add_to(HttpServerStats& sum) const noexcept;

  // As Responder has them.
  void answer(ExchangeId id, const HttpResponse& response);
  void vouch(ExchangeId id, Standing standing) noexcept;

 private:
  // TransportEvents
  void on_accepted(std::uint32_t listener, int fd) override;
  void on_accept_failed() override;
  void on_received(std::uint32_t slot, std::string_view bytes) override;
  void on_end(std::uint32_t slot) override;
  void on_broken(std::uint32_t slot) override;
  void on_sent(std::uint32_t slot) override;
  void on_closed(std::uint32_t slot) override;
  void on_wake(std::uint32_t watch) override;

  // The loop: http_worker.cc.
  void turn();
  void obey();
  void begin_drain();
  void accept_rest(std::uint32_t listener);
  void open_connection(std::uint32_t listener, int fd);
  void close_all();
  [[nodiscard]] bool finished() const noexcept;
  void name_peer(Connection& connection, int fd);

  // Requests and answers: http_worker_requests.cc.
  void gather();
  [[nodiscard]] bool read_requests(std::uint32_t index);
  void give_out(std::uint32_t index);
  void refuse(std::uint32_t index, int status);
  void write_answered(Connection& connection);
  void drop_exchanges(Connection& connection);
  [[nodiscard]] bool is_blocked(const Connection& connection) const noexcept;

  // What becomes of a connection after a turn: http_worker_connections.cc.
  void settle_touched();
  void settle(std::uint32_t index);
  void ask_for_body(Connection& connection);
  void settle_input(std::uint32_t index);
  void send_queued(std::uint32_t index);
  void end_connection(std::uint32_t index);
  void seat_newcomers();
  void displace(std::size_t count);
  [[nodiscard]] bool gives_way(const Connection& connection) const noexcept;
  [[nodiscard]] bool may_be_displaced(std::uint32_t index) const noexcept;
  void begin_close(std::uint32_t index);
  void release(std::uint32_t index);
  void release_intake(Connection& connection);
  void release_outbox(Connection& connection);
  void set_deadline(std::uint32_t index);
  [[nodiscard]] std::int64_t timeout_ns(Awaiting awaiting) const noexcept;
  void expire_overdue();
  void expire(std::uint32_t index);

  void make_ready(std::uint32_t index);
  void touch(std::uint32_t index);
  [[nodiscard]] Outbox& outbox_of(Connection& connection);

  const HttpLimits limits_;
  const Displaced displaced_;
  std::vector<WorkerListener> listeners_;
  std::vector<Http1Limits> reader_limits_;     // by listener
  std::vector<std::size_t> intake_bytes_max_;  // by listener
  const int event_fd_;
  std::unique_ptr<TurnHandler> handler_;
  Transport* transport_ = nullptr;
  Responder responder_;
  std::atomic<WorkerOrder> order_{WorkerOrder::kServe};
  WorkerCounters counters_;

  Now now_;
  std::int64_t scan_interval_ns_ = 0;
  std::int64_t next_scan_ns_ = 0;
  std::int64_t drain_deadline_ns_ = 0;
  bool draining_ = false;
  bool stopping_ = false;
  bool handler_woken_ = false;
  std::uint64_t seen_restarts_ = 0;

  std::vector<Connection> connections_;  // by slot
  std::vector<std::uint32_t> free_connections_;
  std::int64_t connections_numbered_ = 0;  // since the start
  std::uint32_t connections_open_ = 0;
  std::uint32_t connections_closing_ = 0;  // of these: their slots are free soon

  // Accepted, and without a slot until the next end of a turn that has one.
  struct Newcomer {
    std::uint32_t listener = 0;
    int fd = -1;
  };
  std::deque<Newcomer> newcomers_;
  ExchangeTable exchanges_;
  SparePool<Intake> intakes_;
  SparePool<Outbox> outboxes_;

  // Lists of slots, each slot at most once in each.
  enum Listed : std::uint8_t { kReady = 1, kTouched = 2 };
  std::vector<std::uint8_t> listed_;       // by slot
  std::vector<std::uint32_t> ready_;       // there may be requests to read
  std::vector<std::uint32_t> ready_next_;  // of the next turn
  std::vector<std::uint32_t> touched_;     // to be settled at the end of the turn
  std::vector<Exchange> batch_;
};

}  // namespace assay::server

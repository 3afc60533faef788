// The decision side of one worker: all requests of a turn become one batch of checks, each verdict a response.
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <span>
#include <vector>

#include "assay/engine.h"
#include "assay/limits.h"
#include "assay/settings.h"
#include "base/arena.h"
#include "base/counters.h"
#include "server/challenge.h"
#include "server/http_server.h"
#include "server/identity_headers.h"
#include "server/introspection_writer.h"
#include "server/judged_request.h"
#include "server/oauth_error.h"

namespace assay::server {

// The answers that one worker gave, by code; kNone counts the accepted ones. Written by the worker (base/counters.h).
using AnswerCounters = base::Counters<kErrorCodeCount>;

// What one worker counts.
struct CheckCounters {
  AnswerCounters answers;
  ClientFaultCounters client_faults;  // of those that introspect
};

// What a handler needs to know of one listener, in the order of HttpServerOptions::listeners.
struct CheckedListener {
  const ListenerSettings* settings = nullptr;  // must outlive the handler
  PeerTrust trust;
};

// Decides the requests of one worker. Thread-confined; claims its memory at construction.
//
// A check that needs an answer from an authorization server keeps its request waiting: nothing of it is copied, it is
// read again when its ticket settles.
class CheckHandler final : public TurnHandler {
 public:
  // `counters` must outlive the handler.
  CheckHandler(Worker worker, std::span<const CheckedListener> listeners, CheckCounters& counters);
  ~CheckHandler() override;

  void on_requests(std::span<const Exchange> exchanges, Responder& responder, Now now) override;
  void on_abandoned(ExchangeId id) override;
  [[nodiscard]] int wake_fd() const override { return worker_.completion_fd(); }
  // Redeems up to kBatchMax settled tickets; what is left keeps wake_fd readable.
  void on_wake(Responder& responder, Now now) override;

 private:
  // One listener's rules and the buffers of its responses.
  struct Entrance {
    CheckedListener listener;
    RefusalWriter refusals;
    IdentityWriter identities;
    IntrospectionWriter introspections;  // in mode introspection the only one that answers

    [[nodiscard]] bool takes_introspections() const noexcept {
      return listener.settings->mode == ListenerMode::kIntrospection;
    }
  };
  struct Waiting {
    Exchange exchange;
    Ticket ticket;
  };

  // Adds a request to the batch, or refuses it at once; decides the batch before where it has no room for one more.
  // `ticket` is that of its settled answer, if it has one.
  void admit(const Exchange& exchange, Ticket ticket, Responder& responder, Now now);
  // Scratch that reading a request may take, in bytes.
  [[nodiscard]] std::size_t scratch_bytes_of(const HttpRequest& request) const noexcept;
  // What is asked about a request; nothing where it was refused.
  [[nodiscard]] std::optional<Check> read_or_refuse(const Exchange& exchange, Responder& responder);
  // What is asked about a request, without a ticket. How many tokens there are is the engine's to refuse, so that its
  // counts are whole. Views live as long as the request and the batch.
  [[nodiscard]] tl::expected<Check, Refusal> read_check(const HttpRequest& request) noexcept;
  // As read_check, of a call of a client. RFC 7662 sec 2.1.
  [[nodiscard]] tl::expected<Check, OauthError> read_introspection(const HttpRequest& request) noexcept;
  // Decides and answers the batch, and empties it.
  void decide_batch(Responder& responder, Now now);
  void answer(const Exchange& exchange, const Verdict& verdict, Responder& responder);
  void refuse(const Exchange& exchange, const Refusal& refusal, Responder& responder);

  Worker worker_;
  std::vector<Entrance> entrances_;
  CheckCounters& counters_;
  base::Arena scratch_;  // of one batch: query tokens and forms, decoded
  std::array<Exchange, kBatchMax> batch_;
  std::array<Check, kBatchMax> checks_;
  std::array<Verdict, kBatchMax> verdicts_;
  std::size_t batch_count_ = 0;
  std::vector<Waiting> waiting_;  // at most kPendingMax: the engine gives out no more tickets
};

}  // namespace assay::server

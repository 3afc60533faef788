// Puts the issuer behind the generic HTTP server.
//
// Concurrency
//   writers    one: the main thread, once, when all keys are generated
//   readers    the one worker of the server
//   publish    issuer_ release-store in publish()        [P1]
//   observe    issuer_ acquire-load in on_requests()     [P1]
//   staleness  until the pointer is seen requests are answered 503 with Retry-After
//   invariant  after publish() only the worker touches the issuer
#pragma once

#include <atomic>
#include <span>

#include "issuer/issuer.h"
#include "server/http_server.h"

namespace assay::development {

// Where the main thread puts the issuer once it is made: the port must be known before, for its base URL.
class IssuerSlot {
 public:
  // `issuer` must outlive the server.
  void publish(Issuer* issuer) { issuer_.store(issuer, std::memory_order_release); }  // [P1]
  // Null before publish.
  [[nodiscard]] Issuer* observe() const { return issuer_.load(std::memory_order_acquire); }  // [P1]

 private:
  std::atomic<Issuer*> issuer_{nullptr};  // written by the main thread, read by the worker
};

class IssuerHandler final : public server::TurnHandler {
 public:
  // `slot` must outlive the handler.
  explicit IssuerHandler(const IssuerSlot& slot) : slot_(slot) {}

  void on_requests(std::span<const server::Exchange> exchanges, server::Responder& responder, Now now) override;
  void on_abandoned(server::ExchangeId /*id*/) override {}  // every request is answered in its own turn

 private:
  const IssuerSlot& slot_;
};

}  // namespace assay::development

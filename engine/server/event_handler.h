// The listeners that security event tokens are pushed to. RFC 8935.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "assay/control.h"
#include "assay/security_event.h"
#include "base/wake_inbox.h"
#include "server/http_server.h"

namespace assay::server {

// Answers, on its own thread, where allocating and locking are allowed:
//
//   POST /events   202 once what the token asks for is recorded, or where nothing is to be done. RFC 8935 sec 2.2
//                  400 {"err":...,"description":...} where the token is refused. RFC 8935 sec 2.3
//                  503 with Retry-After where it is to be sent again: the same body without "err"
//
// Another method: 405; another path: 404; a body that is no application/secevent+jwt: 400.
class EventHandler final : public TurnHandler {
 public:
  // `control` must outlive the handler. `entrances` are those of the listeners, in the order of
  // HttpServerOptions::listeners.
  EventHandler(Control& control, std::vector<std::uint32_t> entrances);

  void on_requests(std::span<const Exchange> exchanges, Responder& responder, Now now) override;
  // An event acts whether or not its transmitter waits for the answer.
  void on_abandoned(ExchangeId /*id*/) override {}
  [[nodiscard]] int wake_fd() const override { return inbox_->fd(); }
  void on_wake(Responder& responder, Now now) override;

 private:
  // What became of a token, for a request that may be gone.
  struct Settled {
    ExchangeId id;
    EventResult result;
  };
  void receive(const Exchange& exchange, Responder& responder, Now now);

  Control& control_;
  const std::vector<std::uint32_t> entrances_;
  const std::shared_ptr<base::WakeInbox<Settled>> inbox_;  // shared with every EventDone
};

}  // namespace assay::server

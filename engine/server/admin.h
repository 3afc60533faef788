// The admin listener's endpoints: what people and their tools ask about a running sidecar. Nothing here changes state,
// shows claims or secrets.
#pragma once

#include <deque>
#include <span>
#include <string>
#include <string_view>

#include "assay/control.h"
#include "server/check_handler.h"
#include "server/drain_flag.h"
#include "server/http_server.h"

namespace assay::server {

// What the endpoints look at. Everything must outlive the handler and may be read from any thread.
struct AdminSources {
  const Control& control;
  const HttpServer& checks;
  const std::deque<AnswerCounters>& answers;  // of the workers of `checks`
  const DrainFlag& draining;
};

// Answers, on its own thread, where allocating and locking are allowed:
//
//   GET /healthz   200 while the process serves
//   GET /readyz    200, or 503 with what is missing; "degraded" is what is not whole while checks go on:
//                  {"ready":false,"missing":["..."],"degraded":[],"poller":"epoll","reason":"..."}
//   GET /metrics   Prometheus text format 0.0.4
//   GET /keys      {"keys":[{"issuer":...,"kid":...,"type":...,"alg":...,"bits":...,"usable":...,"reason":...,
//                  "thumbprint":...,"first_seen":...,"last_seen":...}]}; times in seconds since the epoch, or null
//
// HEAD is answered as GET. Another method: 405; another path: 404.
class AdminHandler final : public TurnHandler {
 public:
  explicit AdminHandler(const AdminSources& sources) : sources_(sources) {}

  void on_requests(std::span<const Exchange> exchanges, Responder& responder, Now now) override;
  // Every request is answered in its own turn.
  void on_abandoned(ExchangeId /*id*/) override {}

 private:
  struct Page {
    int status = 200;
    std::string_view content_type = "application/json";
    std::string body;
  };

  [[nodiscard]] Page page_of(const HttpRequest& request) const;
  [[nodiscard]] Page readiness_page() const;
  [[nodiscard]] Page metrics_page() const;
  [[nodiscard]] Page keys_page() const;

  AdminSources sources_;
};

}  // namespace assay::server

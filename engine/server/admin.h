// The admin listener's endpoints: what people and their tools ask about a running sidecar, and how they steer it.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "assay/control.h"
#include "assay/expected.h"
#include "assay/json.h"
#include "assay/settings.h"
#include "base/wake_inbox.h"
#include "server/admin_page.h"
#include "server/admin_rights.h"
#include "server/admin_targets.h"
#include "server/http_server.h"
#include "server/wake_set.h"

namespace assay::server {

// Longest request body of the admin listener, in bytes: a bulk of tens of thousands of targets, one on each line.
inline constexpr std::size_t kAdminBodyBytesMax = std::size_t{4} * 1024 * 1024;
static_assert(kAdminBodyBytesMax >= kAdminObjectBytesMax);

// Connections of the admin listener: together with the longest body they bound its memory.
inline constexpr std::size_t kAdminConnectionsMax = 64;

// Reads the configuration again and puts it in force; the error is a sentence for people, and nothing has changed then.
// Called on the admin thread, which waits for it.
using ReloadConfiguration = std::function<tl::expected<void, std::string>()>;

// What the endpoints need beside the pages' sources.
struct AdminOptions {
  AdminSources sources;
  const Settings& settings;  // with admin; must outlive the handler
  ReloadConfiguration reload;
};

// Answers, on its own thread, where allocating and locking are allowed. For everybody:
//
//   GET /healthz, /readyz, /keys    admin_pages.h
//   GET /metrics                    admin_metrics.h
//
// For those whom AdminRights grants them:
//
//   POST /revoke              ends the life of what the body names: application/json or application/x-ndjson
//   POST /revocations/lift    ends such revocations; the same bodies                            (admin_targets.h)
//   GET  /revocations         what is revoked                                               (admin_revocations.h)
//   POST /invalidate          {"issuer":...,"token":...}: forgets what introspection said of an opaque token
//   POST /explain             every check of one token                                           (admin_explain.h)
//   POST /reload              reads the configuration again: 200, or 422 with the reason
//
// HEAD is answered as GET. Another method: 405; another path: 404; another type of body: 415. Where nobody can have
// rights: 403 that names the settings. The answer to /revoke and /revocations/lift comes once the log has its own, and
// the thread serves others meanwhile.
class AdminHandler final : public TurnHandler {
 public:
  // `worker` is of the engine where AdminSettings::entrance is set.
  AdminHandler(AdminOptions options, std::optional<Worker> worker);
  ~AdminHandler() override;

  void on_requests(std::span<const Exchange> exchanges, Responder& responder, Now now) override;
  void on_abandoned(ExchangeId id) override;
  [[nodiscard]] int wake_fd() const override { return wakes_.fd(); }
  void on_wake(Responder& responder, Now now) override;

 private:
  // One request on its way to its answer.
  struct Call {
    const Exchange& exchange;
    Responder& responder;
    Now now;

    [[nodiscard]] const HttpRequest& request() const noexcept { return *exchange.request; }
    void answer(const AdminPage& page) const { answer_with(page, exchange.id, responder); }
  };
  enum class Access : std::uint8_t { kOpen, kRights };
  struct Endpoint {
    std::string_view path;
    std::string_view allow;  // "GET, HEAD" or "POST"
    Access access;
    void (AdminHandler::*serve)(const Call&);
  };
  static const std::array<Endpoint, 10> kEndpoints;

  // The answer of the log, for a request that may be gone.
  struct Settled {
    ExchangeId id;
    RevocationResult result;
  };
  // A request whose rights wait for an authorization server.
  struct Waiting {
    Exchange exchange;
    Ticket ticket;
  };
  using Change = void (Control::*)(std::span<const RevocationTarget>, Now, RevocationDone);

  void admit(const Call& call, Ticket ticket);
  void serve_guarded(const Endpoint& endpoint, const Call& call, Ticket ticket);
  void change_revocations(const Call& call, Change change);
  [[nodiscard]] tl::expected<AdminTargets, AdminPage> read_targets(const HttpRequest& request);

  void serve_health(const Call& call);
  void serve_readiness(const Call& call);
  void serve_metrics(const Call& call);
  void serve_keys(const Call& call);
  void serve_revoke(const Call& call);
  void serve_lift(const Call& call);
  void serve_revocations(const Call& call);
  void serve_invalidate(const Call& call);
  void serve_explain(const Call& call);
  void serve_reload(const Call& call);

  const AdminOptions options_;
  std::vector<std::uint32_t> entrances_;  // of the decision listeners
  AdminRights rights_;
  JsonObjectReader reader_;
  std::shared_ptr<base::WakeInbox<Settled>> inbox_;  // shared with every RevocationDone
  WakeSet wakes_;
  std::vector<Waiting> waiting_;
};

}  // namespace assay::server

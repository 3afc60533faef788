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
#include "base/arena.h"
#include "base/wake_inbox.h"
#include "server/admin_page.h"
#include "server/admin_revoke_form.h"
#include "server/admin_rights.h"
#include "server/admin_targets.h"
#include "server/http_server.h"
#include "server/oauth_error.h"
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
  const Settings& settings;            // with admin; must outlive the handler
  ClientFaultCounters& revoke_faults;  // likewise; written by the handler
  ReloadConfiguration reload;
};

// Whether the admin thread decides about tokens, and needs a worker of the engine.
[[nodiscard]] inline bool admin_decides(const AdminSettings& settings) noexcept {
  return settings.entrance.has_value() || !settings.clients.empty();
}

// Answers, on its own thread, where allocating and locking are allowed. For everybody:
//
//   GET /healthz, /readyz, /keys    admin_pages.h
//   GET /metrics                    admin_metrics.h
//
// For those whom AdminRights grants them:
//
//   POST /revoke              ends the life of what the body names: application/json or application/x-ndjson, or
//                             token=... as a form
//   POST /revocations/lift    ends such revocations; the same bodies                            (admin_targets.h)
//   GET  /revocations         what is revoked                                               (admin_revocations.h)
//   POST /invalidate          {"issuer":...,"token":...}: forgets what introspection said of an opaque token
//   POST /explain             every check of one token                                           (admin_explain.h)
//   POST /reload              reads the configuration again: 200, or 422 with the reason
//
// For the clients of the settings:
//
//   POST /revoke              a token that was issued to them, as RFC 7009 has it                (admin_revoke_form.h)
//
// HEAD is answered as GET. Another method: 405; another path: 404; another type of body: 415. Where nobody can have
// rights: 403 that names the settings. The answer to /revoke and /revocations/lift comes once the log has its own, and
// the thread serves others meanwhile.
class AdminHandler final : public TurnHandler {
 public:
  // `worker` is of the engine, where admin_decides.
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
    void pass_on(const HttpResponse& response) const { answer_marked(response, exchange.id, responder); }
  };
  enum class Access : std::uint8_t { kOpen, kRights, kRightsOrClient };
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
  // How far the decisions about a request's tokens have come.
  struct Progress {
    Ticket ticket;                   // of a verdict that was pending
    std::size_t entrances_done = 0;  // of a client's token: answers about it are there
  };
  // A request that waits for an authorization server.
  struct Waiting {
    Exchange exchange;
    Progress progress;
  };
  using Change = void (Control::*)(std::span<const RevocationTarget>, Now, RevocationDone);

  void admit(const Call& call, const Progress& progress);
  void serve_guarded(const Endpoint& endpoint, const Call& call, Ticket ticket);
  [[nodiscard]] bool is_client_call(const HttpRequest& request) const noexcept;
  void serve_client(const Call& call, Progress progress);
  void revoke_by_form(const Call& call, const RevokeForm& form);
  void change_revocations(const Call& call, std::span<const RevocationTarget> targets, Change change);
  void change_named(const Call& call, Change change);
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
  std::vector<std::uint32_t> token_entrances_;  // of the listeners, each once
  std::optional<Worker> worker_;
  AdminRights rights_;
  OauthErrorWriter oauth_errors_;
  base::Arena scratch_;  // of one form
  JsonObjectReader reader_;
  std::shared_ptr<base::WakeInbox<Settled>> inbox_;  // shared with every RevocationDone
  WakeSet wakes_;
  std::vector<Waiting> waiting_;
};

}  // namespace assay::server

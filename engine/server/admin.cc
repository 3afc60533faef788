#include "server/admin.h"

#include <algorithm>
#include <utility>

#include "server/admin_explain.h"
#include "server/admin_metrics.h"
#include "server/admin_pages.h"
#include "server/admin_revocations.h"
#include "server/basic_credentials.h"
#include "server/form_body.h"
#include "server/media_type.h"

namespace assay::server {
namespace {

constexpr std::string_view kGet = "GET, HEAD";
constexpr std::string_view kPost = "POST";
constexpr std::string_view kJson = "application/json";
constexpr std::string_view kJsonLines = "application/x-ndjson";

std::string_view path_of(const HttpRequest& request) noexcept {
  return request.target.substr(0, request.target.find('?'));
}

std::string_view query_of(const HttpRequest& request) noexcept {
  const std::size_t mark = request.target.find('?');
  return mark == std::string_view::npos ? std::string_view() : request.target.substr(mark + 1);
}

bool is_allowed(std::string_view method, std::string_view allow) noexcept {
  return allow == kPost ? method == kPost : method == "GET" || method == "HEAD";
}

AdminPage wrong_type_page(std::string_view wanted) {
  return error_page(415, "unsupported_media_type", "Content-Type must be " + std::string(wanted));
}

AdminPage bad_request_page(std::string_view sentence) { return error_page(400, "invalid_request", sentence); }

}  // namespace

const std::array<AdminHandler::Endpoint, 10> AdminHandler::kEndpoints{
    {{"/healthz", kGet, Access::kOpen, &AdminHandler::serve_health},
     {"/readyz", kGet, Access::kOpen, &AdminHandler::serve_readiness},
     {"/metrics", kGet, Access::kOpen, &AdminHandler::serve_metrics},
     {"/keys", kGet, Access::kOpen, &AdminHandler::serve_keys},
     {"/revoke", kPost, Access::kRightsOrClient, &AdminHandler::serve_revoke},
     {"/revocations/lift", kPost, Access::kRights, &AdminHandler::serve_lift},
     {"/revocations", kGet, Access::kRights, &AdminHandler::serve_revocations},
     {"/invalidate", kPost, Access::kRights, &AdminHandler::serve_invalidate},
     {"/explain", kPost, Access::kRights, &AdminHandler::serve_explain},
     {"/reload", kPost, Access::kRights, &AdminHandler::serve_reload}}};

AdminHandler::AdminHandler(AdminOptions options, std::optional<Worker> worker)
    : options_(std::move(options)),
      worker_(std::move(worker)),
      rights_(*options_.settings.admin, worker_ ? &*worker_ : nullptr),
      scratch_(form_scratch_bytes(kRevokeFormBytesMax) + 2 * options_.settings.http.head_bytes_max),
      reader_(kAdminObjectBytesMax),
      inbox_(std::make_shared<base::WakeInbox<Settled>>()) {
  for (const ListenerSettings& listener : options_.settings.listeners) token_entrances_.push_back(listener.entrance);
  std::sort(token_entrances_.begin(), token_entrances_.end());
  token_entrances_.erase(std::unique(token_entrances_.begin(), token_entrances_.end()), token_entrances_.end());
  wakes_.add(inbox_->fd());
  if (worker_) wakes_.add(worker_->completion_fd());
}

AdminHandler::~AdminHandler() {
  for (const Waiting& waiting : waiting_) worker_->cancel(waiting.progress.ticket);
}

void AdminHandler::on_requests(std::span<const Exchange> exchanges, Responder& responder, Now now) {
  for (const Exchange& exchange : exchanges) admit({exchange, responder, now}, Progress{});
}

void AdminHandler::on_abandoned(ExchangeId id) {
  const auto found = std::find_if(waiting_.begin(), waiting_.end(),
                                  [id](const Waiting& waiting) { return waiting.exchange.id == id; });
  if (found == waiting_.end()) return;  // the log's answer finds no request any more
  worker_->cancel(found->progress.ticket);
  waiting_.erase(found);
}

void AdminHandler::on_wake(Responder& responder, Now now) {
  for (const Settled& settled : inbox_->take_all()) answer_with(result_page(settled.result), settled.id, responder);
  if (!worker_) return;
  std::array<Ticket, kBatchMax> tickets;
  const std::size_t count = worker_->drain(tickets);
  for (const Ticket ticket : std::span(tickets).first(count)) {
    const auto found = std::find_if(waiting_.begin(), waiting_.end(),
                                    [ticket](const Waiting& waiting) { return waiting.progress.ticket == ticket; });
    if (found == waiting_.end()) continue;
    const Waiting waiting = *found;
    waiting_.erase(found);
    admit({waiting.exchange, responder, now}, waiting.progress);
  }
}

void AdminHandler::admit(const Call& call, const Progress& progress) {
  const std::string_view path = path_of(call.request());
  const auto* const endpoint =
      std::find_if(kEndpoints.begin(), kEndpoints.end(), [path](const Endpoint& known) { return known.path == path; });
  if (endpoint == kEndpoints.end()) {
    return call.answer(error_page(404, "not_found", "no endpoint of this listener has this path"));
  }
  if (!is_allowed(call.request().method, endpoint->allow)) {
    AdminPage page = error_page(405, "method_not_allowed", "this path takes " + std::string(endpoint->allow));
    page.allow = endpoint->allow;
    return call.answer(page);
  }
  switch (endpoint->access) {
    case Access::kOpen: return (this->*endpoint->serve)(call);
    case Access::kRightsOrClient:
      if (is_client_call(call.request())) return serve_client(call, progress);
      return serve_guarded(*endpoint, call, progress.ticket);
    case Access::kRights: return serve_guarded(*endpoint, call, progress.ticket);
  }
}

void AdminHandler::serve_guarded(const Endpoint& endpoint, const Call& call, Ticket ticket) {
  if (!rights_.are_configured()) {
    return call.answer(
        error_page(403, "access_denied", "nobody may use this path: set secret_file or scope of [admin]"));
  }
  const AdminRights::Answer answer = rights_.judge(call.request(), ticket, call.now);
  switch (answer.kind) {
    case AdminRights::Answer::Kind::kGranted:
      call.responder.vouch(call.exchange.id, Standing::kTrusted);
      return (this->*endpoint.serve)(call);
    case AdminRights::Answer::Kind::kRefused: return call.pass_on(answer.refusal);
    case AdminRights::Answer::Kind::kPending:
      waiting_.push_back({.exchange = call.exchange, .progress = {.ticket = answer.ticket}});
      return;
  }
}

// A form without other credentials than a client has.
bool AdminHandler::is_client_call(const HttpRequest& request) const noexcept {
  if (options_.settings.admin->clients.empty() || !has_revoke_form(request)) return false;
  const std::optional<std::string_view> authorization = request.find_field("authorization");
  return !authorization || is_basic(*authorization);
}

// Whom an opaque token was issued to is in the answer about it: it is asked for at every entrance, so that the engine
// remembers it when the token is to be recorded.
void AdminHandler::serve_client(const Call& call, Progress progress) {
  scratch_.reset();
  const auto form = read_revoke_form(call.request(), options_.settings.admin->clients, scratch_);
  if (!form) {
    count_client_fault(form.error(), options_.revoke_faults);
    return call.pass_on(oauth_errors_.write(form.error()));
  }
  call.responder.vouch(call.exchange.id, Standing::kKnown);
  for (; progress.entrances_done < token_entrances_.size(); ++progress.entrances_done) {
    const Check check{.token = form->token,
                      .path = "/",
                      .entrance = token_entrances_[progress.entrances_done],
                      .ticket = progress.ticket};
    Verdict verdict;
    worker_->decide({&check, 1}, {&verdict, 1}, call.now);
    progress.ticket = {};
    if (!verdict.pending()) continue;
    progress.ticket = verdict.ticket();
    waiting_.push_back({.exchange = call.exchange, .progress = progress});
    return;
  }
  revoke_by_form(call, *form);
}

void AdminHandler::revoke_by_form(const Call& call, const RevokeForm& form) {
  const RevocationTarget target{.value = form.token, .issued_to = form.client};
  change_revocations(call, {&target, 1}, &Control::revoke);
}

void AdminHandler::serve_health(const Call& call) { call.answer(health_page()); }
void AdminHandler::serve_readiness(const Call& call) { call.answer(readiness_page(options_.sources)); }
void AdminHandler::serve_metrics(const Call& call) {
  call.answer(metrics_page(options_.sources, call.responder.stats()));
}
void AdminHandler::serve_keys(const Call& call) { call.answer(keys_page(options_.sources.control)); }
void AdminHandler::serve_lift(const Call& call) { change_named(call, &Control::lift); }

void AdminHandler::serve_revoke(const Call& call) {
  if (!has_revoke_form(call.request())) return change_named(call, &Control::revoke);
  scratch_.reset();
  const auto form = read_revoke_form(call.request(), {}, scratch_);
  if (!form) return call.pass_on(oauth_errors_.write(form.error()));
  revoke_by_form(call, *form);
}

void AdminHandler::serve_revocations(const Call& call) {
  call.answer(revocations_page(options_.sources.control, query_of(call.request())));
}

tl::expected<AdminTargets, AdminPage> AdminHandler::read_targets(const HttpRequest& request) {
  const bool has_lines = has_media_type(request, kJsonLines);
  if (!has_lines && !has_media_type(request, kJson)) {
    return tl::unexpected<AdminPage>(wrong_type_page("application/json or application/x-ndjson"));
  }
  tl::expected<AdminTargets, std::string> targets =
      has_lines ? read_target_lines(request.body, reader_) : read_target(request.body, reader_);
  if (!targets) return tl::unexpected<AdminPage>(bad_request_page(targets.error()));
  return std::move(*targets);
}

void AdminHandler::change_named(const Call& call, Change change) {
  const tl::expected<AdminTargets, AdminPage> targets = read_targets(call.request());
  if (!targets) return call.answer(targets.error());
  change_revocations(call, targets->targets(), change);
}

void AdminHandler::change_revocations(const Call& call, std::span<const RevocationTarget> targets, Change change) {
  (options_.sources.control.*change)(targets, call.now,
                                     [inbox = inbox_, id = call.exchange.id](const RevocationResult& result) {
                                       inbox->put({.id = id, .result = result});
                                     });
}

void AdminHandler::serve_invalidate(const Call& call) {
  if (!has_media_type(call.request(), kJson)) return call.answer(wrong_type_page(kJson));
  const std::string_view body = call.request().body;
  const Expected<std::span<const Claim>> members = reader_.read(body);
  if (!members) return call.answer(bad_request_page(object_fault(body, members.error())));
  std::string_view issuer;
  std::string_view token;
  for (const Claim& member : *members) {
    const bool is_known = member.name == "issuer" || member.name == "token";
    if (!is_known || member.kind != JsonKind::kString) {
      return call.answer(
          bad_request_page("the members are token and, if there are several issuers of opaque tokens, "
                           "issuer: both are strings"));
    }
    (member.name == "token" ? token : issuer) = member.text;
  }
  if (token.empty()) return call.answer(bad_request_page("token is missing"));
  switch (options_.sources.control.invalidate(issuer, token)) {
    case Invalidation::kNoSuchIssuer: return call.answer(bad_request_page("no such issuer has opaque tokens"));
    case Invalidation::kHere:
      return call.answer({.status = 202, .body = "{\"invalidated\":true,\"propagated\":false}\n"});
    case Invalidation::kEverywhere: return call.answer({.body = "{\"invalidated\":true}\n"});
  }
}

void AdminHandler::serve_explain(const Call& call) {
  if (!has_media_type(call.request(), kJson)) return call.answer(wrong_type_page(kJson));
  call.answer(
      explain_page(options_.sources.control, options_.settings.listeners, call.request().body, reader_, call.now));
}

void AdminHandler::serve_reload(const Call& call) {
  if (!options_.reload) {
    return call.answer(error_page(404, "not_configured", "this program has no configuration to read again"));
  }
  const tl::expected<void, std::string> reloaded = options_.reload();
  if (!reloaded) return call.answer(error_page(422, "invalid_configuration", reloaded.error()));
  call.answer({.body = "{\"reloaded\":true}\n"});
}

}  // namespace assay::server

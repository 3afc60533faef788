#include "server/check_handler.h"

#include <algorithm>

#include "server/client_call.h"
#include "server/token_location.h"

namespace assay::server {
namespace {

constexpr std::string_view kIntrospectionPath = "/introspect";

}  // namespace

CheckHandler::CheckHandler(Worker worker, std::span<const CheckedListener> listeners, CheckCounters& counters)
    : worker_(std::move(worker)), counters_(counters), scratch_(kBatchMax * kTokenBytesMax) {
  for (const CheckedListener& listener : listeners) {
    entrances_.push_back({.listener = listener,
                          .refusals = RefusalWriter(*listener.settings),
                          .identities = IdentityWriter(*listener.settings),
                          .introspections = {}});
  }
  waiting_.reserve(kPendingMax);
}

CheckHandler::~CheckHandler() {
  for (const Waiting& waiting : waiting_) worker_.cancel(waiting.ticket);
}

void CheckHandler::on_requests(std::span<const Exchange> exchanges, Responder& responder, Now now) {
  for (const Exchange& exchange : exchanges) admit(exchange, Ticket{}, responder, now);
  decide_batch(responder, now);
}

void CheckHandler::on_abandoned(ExchangeId id) {
  const auto found = std::find_if(waiting_.begin(), waiting_.end(),
                                  [id](const Waiting& waiting) { return waiting.exchange.id == id; });
  if (found == waiting_.end()) return;
  worker_.cancel(found->ticket);
  *found = waiting_.back();
  waiting_.pop_back();
}

void CheckHandler::on_wake(Responder& responder, Now now) {
  std::array<Ticket, kBatchMax> settled;
  const std::size_t count = worker_.drain(settled);
  for (const Ticket ticket : std::span(settled).first(count)) {
    const auto found = std::find_if(waiting_.begin(), waiting_.end(),
                                    [ticket](const Waiting& waiting) { return waiting.ticket == ticket; });
    if (found == waiting_.end()) continue;
    const Exchange exchange = found->exchange;
    *found = waiting_.back();
    waiting_.pop_back();
    admit(exchange, ticket, responder, now);
  }
  decide_batch(responder, now);
}

void CheckHandler::admit(const Exchange& exchange, Ticket ticket, Responder& responder, Now now) {
  const bool has_room = scratch_bytes_of(*exchange.request) <= scratch_.size() - scratch_.used();
  if (batch_count_ == kBatchMax || !has_room) decide_batch(responder, now);
  const std::optional<Check> check = read_or_refuse(exchange, responder);
  if (!check) {
    if (ticket.valid()) worker_.cancel(ticket);
    return;
  }
  batch_[batch_count_] = exchange;
  checks_[batch_count_] = *check;
  checks_[batch_count_].ticket = ticket;
  ++batch_count_;
}

std::size_t CheckHandler::scratch_bytes_of(const HttpRequest& request) const noexcept {
  const Entrance& entrance = entrances_[request.listener];
  if (entrance.takes_introspections()) return call_scratch_bytes(request);
  const std::vector<TokenPlace>& places = entrance.listener.settings->token_places;
  const auto queries = std::count_if(places.begin(), places.end(),
                                     [](const TokenPlace& place) { return place.kind == TokenPlace::Kind::kQuery; });
  return static_cast<std::size_t>(queries) * kTokenBytesMax;
}

std::optional<Check> CheckHandler::read_or_refuse(const Exchange& exchange, Responder& responder) {
  Entrance& entrance = entrances_[exchange.request->listener];
  if (entrance.takes_introspections()) {
    const tl::expected<Check, OauthError> check = read_introspection(*exchange.request);
    if (check) return *check;
    count_client_fault(check.error(), counters_.client_faults);
    responder.answer(exchange.id, entrance.introspections.refuse(check.error()));
  } else {
    const tl::expected<Check, Refusal> check = read_check(*exchange.request);
    if (check) return *check;
    refuse(exchange, check.error(), responder);
  }
  return std::nullopt;
}

tl::expected<Check, OauthError> CheckHandler::read_introspection(const HttpRequest& request) noexcept {
  const ListenerSettings& settings = *entrances_[request.listener].listener.settings;
  if (request.target.substr(0, request.target.find('?')) != kIntrospectionPath) {
    return tl::unexpected<OauthError>({.status = 404, .error = "not_found", .description = {}});
  }
  const tl::expected<Form, OauthError> form = read_call(request, scratch_);
  if (!form) return tl::unexpected<OauthError>(form.error());
  const auto client = authenticate_client(request, *form, settings.clients, scratch_);
  if (!client) return tl::unexpected<OauthError>(client.error());
  if (!form->has("token")) return tl::unexpected<OauthError>(invalid_request("the parameter token is missing"));
  return Check{.token = form->find("token"), .entrance = settings.entrance};
}

tl::expected<Check, Refusal> CheckHandler::read_check(const HttpRequest& request) noexcept {
  const CheckedListener& listener = entrances_[request.listener].listener;
  const tl::expected<JudgedRequest, Refusal> judged =
      read_judged_request(request, listener.settings->mode, listener.trust);
  if (!judged) return tl::unexpected<Refusal>(judged.error());
  Check check{.token = {}, .method = judged->method, .path = judged->target, .entrance = listener.settings->entrance};
  const Expected<std::string_view> token =
      find_token({.fields = request.fields, .target = judged->target}, listener.settings->token_places, scratch_);
  if (token) {
    check.token = *token;
  } else if (token.error().code == ErrorCode::kMissingToken) {
    check.token_count = 0;
  } else if (token.error().code == ErrorCode::kMultipleTokens) {
    check.token_count = 2;
  } else {
    return tl::unexpected<Refusal>(Refusal{.code = token.error().code, .detail = {}});
  }
  return check;
}

void CheckHandler::decide_batch(Responder& responder, Now now) {
  const std::size_t count = batch_count_;
  if (count > 0) worker_.decide(std::span(checks_).first(count), std::span(verdicts_).first(count), now);
  for (std::size_t i = 0; i < count; ++i) answer(batch_[i], verdicts_[i], responder);
  batch_count_ = 0;
  scratch_.reset();
}

void CheckHandler::answer(const Exchange& exchange, const Verdict& verdict, Responder& responder) {
  if (verdict.pending()) {
    waiting_.push_back({.exchange = exchange, .ticket = verdict.ticket()});
    return;
  }
  Entrance& entrance = entrances_[exchange.request->listener];
  if (entrance.takes_introspections()) {
    counters_.answers.add(static_cast<std::size_t>(verdict.code()));
    return responder.answer(exchange.id, entrance.introspections.write(verdict));
  }
  if (!verdict.accepted()) return refuse(exchange, {.code = verdict.code(), .detail = verdict.detail()}, responder);
  const auto response = entrance.identities.write(verdict.token());
  if (!response) return refuse(exchange, response.error(), responder);
  counters_.answers.add(static_cast<std::size_t>(ErrorCode::kNone));
  responder.answer(exchange.id, *response);
}

void CheckHandler::refuse(const Exchange& exchange, const Refusal& refusal, Responder& responder) {
  counters_.answers.add(static_cast<std::size_t>(refusal.code));
  responder.answer(exchange.id, entrances_[exchange.request->listener].refusals.write(refusal));
}

}  // namespace assay::server

#include "server/check_handler.h"

#include <algorithm>

#include "server/token_location.h"

namespace assay::server {

CheckHandler::CheckHandler(Worker worker, std::span<const CheckedListener> listeners, AnswerCounters& counters)
    : worker_(std::move(worker)), counters_(counters), scratch_(kBatchMax * kTokenBytesMax) {
  for (const CheckedListener& listener : listeners) {
    entrances_.push_back({.listener = listener,
                          .refusals = RefusalWriter(*listener.settings),
                          .identities = IdentityWriter(*listener.settings)});
  }
  waiting_.reserve(kPendingMax);
}

CheckHandler::~CheckHandler() {
  for (const Waiting& waiting : waiting_) worker_.cancel(waiting.ticket);
}

void CheckHandler::on_requests(std::span<const Exchange> exchanges, Responder& responder, Now now) {
  for (const Exchange& exchange : exchanges) {
    if (batch_count_ == kBatchMax) decide_batch(responder, now);
    admit(exchange, Ticket{}, responder);
  }
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
    admit(exchange, ticket, responder);
  }
  decide_batch(responder, now);
}

void CheckHandler::admit(const Exchange& exchange, Ticket ticket, Responder& responder) {
  const tl::expected<Check, Refusal> check = read_check(*exchange.request);
  if (!check) {
    if (ticket.valid()) worker_.cancel(ticket);
    return refuse(exchange, check.error(), responder);
  }
  batch_[batch_count_] = exchange;
  checks_[batch_count_] = *check;
  checks_[batch_count_].ticket = ticket;
  ++batch_count_;
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
  if (!verdict.accepted()) return refuse(exchange, {.code = verdict.code(), .detail = verdict.detail()}, responder);
  const auto response = entrances_[exchange.request->listener].identities.write(verdict.token());
  if (!response) return refuse(exchange, response.error(), responder);
  counters_.add(static_cast<std::size_t>(ErrorCode::kNone));
  responder.answer(exchange.id, *response);
}

void CheckHandler::refuse(const Exchange& exchange, const Refusal& refusal, Responder& responder) {
  counters_.add(static_cast<std::size_t>(refusal.code));
  responder.answer(exchange.id, entrances_[exchange.request->listener].refusals.write(refusal));
}

}  // namespace assay::server

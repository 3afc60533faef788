#include "verify/answer_supply.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "base/check.h"
#include "base/http_field.h"
#include "verify/fetch_rules.h"

namespace assay::verify {
namespace {

using Admission = issuer::CallGate::Admission;

constexpr std::int64_t kNsPerUs = 1000;

constexpr Error kUnavailable{.code = ErrorCode::kIntrospectionUnavailable};

std::string question_of(std::uint64_t answers_id, std::string_view token) {
  return std::to_string(answers_id) + ':' + std::string(token);
}

FetchResult forgotten() {
  return {.outcome = FetchOutcome::kTimedOut, .status = 0, .headers = {}, .body = {}, .complaint = {}};
}

// Of one call to the issuer that is sent now.
std::int64_t due_of(const OpaquePolicy& policy, Now now) { return fetch_deadline_ns(policy.timeout, now.monotonic_ns); }

}  // namespace

void AnswerSupply::set_issuers(std::span<const IssuerPolicy> issuers) {
  const std::vector<std::shared_ptr<Source>> before = std::exchange(sources_, {});
  for (const IssuerPolicy& issuer : issuers) {
    const auto serving = std::find_if(before.begin(), before.end(), [&](const std::shared_ptr<Source>& source) {
      return source != nullptr && source->endpoint.serves(issuer);
    });
    if (serving != before.end()) {
      sources_.push_back(*serving);
    } else {
      sources_.push_back(issuer.opaque ? std::make_shared<Source>(issuer) : nullptr);
    }
    // The scope has parts that the endpoint has not: it is made anew.
    if (sources_.back() != nullptr && sharing_ != nullptr) sources_.back()->scope = sharing_->scope_of(issuer);
  }
}

void AnswerSupply::on_order(const std::shared_ptr<TicketTable>& table, const AnswerOrder& order, Now now) {
  const std::shared_ptr<Source>& source = sources_[order.answers_id % kIssuersMax];
  ASSAY_CHECK(source != nullptr);
  std::string question = question_of(order.answers_id, order.token);
  if (const auto asked = by_question_.find(question); asked != by_question_.end()) {
    ++source->counts.joined;
    calls_.at(asked->second).waiters.push_back({.table = table, .slot = order.slot});
    return;
  }
  const std::uint64_t fetch_id = kFetchIdBit | ++next_fetch_;
  by_question_.emplace(std::move(question), fetch_id);
  const CallMap::iterator made = calls_.try_emplace(fetch_id).first;
  Call& call = made->second;
  call.source = source;
  call.answers_id = order.answers_id;
  call.token = std::string(order.token);
  call.waiters.push_back({.table = table, .slot = order.slot});
  if (!ask_fleet(fetch_id, call, now)) ask_issuer(made, now);
}

// False where answers of this issuer are not shared.
bool AnswerSupply::ask_fleet(std::uint64_t fetch_id, Call& call, Now now) {
  if (!call.source->scope) return false;
  const std::optional<AnswerPlace> place = sharing_->place_of(*call.source->scope, call.token);
  if (!place) return false;
  call.place = *place;
  call.asks_fleet = true;
  set_deadline(fetch_id, call.deadline_ns, now.monotonic_ns + sharing_->wait().count());
  sharing_->ask(fetch_id, call.place, call.deadline_ns);
  return true;
}

bool AnswerSupply::on_shared(std::uint64_t fetch_id, const SharedValue& value, Now now) {
  if ((fetch_id & kFetchIdBit) == 0) return false;
  const auto found = calls_.find(fetch_id);
  if (found == calls_.end()) return true;
  Call& call = found->second;
  if (!call.asks_fleet) {
    // Late. If there was nothing by now, no erasure has come in between since the issuer was asked; of anything else
    // that is not known.
    if (value.outcome == SharedValue::Outcome::kNotFound) call.seen = std::string();
    return true;
  }
  call.asks_fleet = false;
  const AnswerSharing::Heard heard = sharing_->read(call.place, value, now);
  ++call.source->counts.shared[static_cast<std::size_t>(heard.outcome)];
  if (heard.outcome == ShareOutcome::kFound) {
    remember(call, heard.answer, heard.span, now);
    finish(found, heard.answer, {});
    return true;
  }
  if (heard.outcome != ShareOutcome::kFailed) call.seen = value.bytes;
  ask_issuer(found, now);
  return true;
}

// Refused here, it settles everybody who waits.
void AnswerSupply::ask_issuer(CallMap::iterator found, Now now) {
  Call& call = found->second;
  AnswerCounts& counts = call.source->counts;
  call.admission = call.source->endpoint.gate().admit(now.monotonic_ns);
  if (call.admission == Admission::kTooMany) {
    counts.too_many += call.waiters.size();
    finish(found, nullptr, Error{.code = ErrorCode::kOverloaded});
  } else if (call.admission == Admission::kShut) {
    counts.shut += call.waiters.size();
    finish(found, nullptr, kUnavailable);
  } else {
    start(found->first, call, now);
  }
}

void AnswerSupply::start(std::uint64_t fetch_id, Call& call, Now now) {
  Source& source = *call.source;
  if (source.endpoint.has_credentials(now.monotonic_ns)) {
    send(fetch_id, call, now);
    return;
  }
  set_deadline(fetch_id, call.deadline_ns, due_of(source.endpoint.policy(), now));
  source.waiting_for_token.push_back(fetch_id);
  if (source.token_fetch_id == 0) fetch_token(call.source, now);
}

void AnswerSupply::send(std::uint64_t fetch_id, Call& call, Now now) {
  IntrospectionEndpoint& endpoint = call.source->endpoint;
  set_deadline(fetch_id, call.deadline_ns, due_of(endpoint.policy(), now));
  call.token_number = endpoint.token_number();
  outgoing_.push_back({.fetch_id = fetch_id, .request = endpoint.make_call(call.token, now)});
}

// Whatever the deadline was.
void AnswerSupply::set_deadline(std::uint64_t fetch_id, std::int64_t& deadline_ns, std::int64_t due_ns) {
  deadlines_.erase({deadline_ns, fetch_id});
  deadline_ns = due_ns;
  deadlines_.emplace(deadline_ns, fetch_id);
}

void AnswerSupply::fetch_token(const std::shared_ptr<Source>& source, Now now) {
  const std::uint64_t fetch_id = kFetchIdBit | ++next_fetch_;
  source->token_fetch_id = fetch_id;
  TokenFetch& fetch = token_fetches_[fetch_id];
  fetch.source = source;
  set_deadline(fetch_id, fetch.deadline_ns, due_of(source->endpoint.policy(), now));
  outgoing_.push_back({.fetch_id = fetch_id, .request = source->endpoint.make_token_call(now)});
}

bool AnswerSupply::on_result(std::uint64_t fetch_id, const FetchResult& result, Now now) {
  if ((fetch_id & kFetchIdBit) == 0) return false;
  if (token_fetches_.contains(fetch_id)) {
    on_token_result(fetch_id, result, now);
    return true;
  }
  const auto found = calls_.find(fetch_id);
  // Gone: its answer came after its deadline.
  if (found != calls_.end() && !tries_again(found, result, now)) on_answer(found, result, now);
  return true;
}

void AnswerSupply::on_token_result(std::uint64_t fetch_id, const FetchResult& result, Now now) {
  const auto found = token_fetches_.find(fetch_id);
  const std::shared_ptr<Source> source = std::move(found->second.source);
  deadlines_.erase({found->second.deadline_ns, fetch_id});
  token_fetches_.erase(found);
  source->token_fetch_id = 0;
  if (!source->endpoint.take_token(result, now.monotonic_ns)) {
    fail_waiting(*source, result, now.monotonic_ns);
    return;
  }
  ++source->counts.tokens_good;
  for (const std::uint64_t waiting : std::exchange(source->waiting_for_token, {})) {
    const auto call = calls_.find(waiting);
    if (call != calls_.end()) send(waiting, call->second, now);
  }
}

// No token came: one failure of the server, however many calls waited. An answer without a token is one, too.
void AnswerSupply::fail_waiting(Source& source, const FetchResult& result, std::int64_t now_ns) {
  ++source.counts.tokens_failed;
  const bool is_busy = issuer::health_of(result) == issuer::ServerHealth::kBusy;
  const issuer::ServerHealth health = is_busy ? issuer::ServerHealth::kBusy : issuer::ServerHealth::kFailed;
  Admission admission = Admission::kCall;
  for (const std::uint64_t waiting : std::exchange(source.waiting_for_token, {})) {
    const auto call = calls_.find(waiting);
    if (call == calls_.end()) continue;
    if (call->second.admission == Admission::kProbe) admission = Admission::kProbe;
    ++calls_failed_;
    finish(call, nullptr, kUnavailable);
  }
  source.endpoint.gate().on_result(admission, health, base::read_retry_after_ns(result.headers), now_ns);
}

// 401 to a call with a token of Assay's own: that token is spent, and the call is made once more with another one.
bool AnswerSupply::tries_again(CallMap::iterator found, const FetchResult& result, Now now) {
  Call& call = found->second;
  IntrospectionEndpoint& endpoint = call.source->endpoint;
  const bool is_rejected = result.outcome == FetchOutcome::kAnswered && result.status == 401;
  if (!is_rejected || !endpoint.uses_own_token() || call.is_retry) return false;
  if (!endpoint.gate().admit_again(now.monotonic_ns)) return false;
  call.is_retry = true;
  ++call.source->counts.retried;
  endpoint.reject_token(call.token_number);
  start(found->first, call, now);
  return true;
}

void AnswerSupply::on_answer(CallMap::iterator found, const FetchResult& result, Now now) {
  Call& call = found->second;
  call.source->endpoint.gate().on_result(call.admission, issuer::health_of(result),
                                         base::read_retry_after_ns(result.headers), now.monotonic_ns);
  if (result.outcome != FetchOutcome::kAnswered || result.status != 200) {
    ++calls_failed_;
    finish(found, nullptr, kUnavailable);
    return;
  }
  const auto answer = issuer::IntrospectionAnswer::parse(result.body);
  if (!answer) {
    ++calls_bad_;
    finish(found, nullptr, kUnavailable);
    return;
  }
  ++calls_good_;
  const AnswerSpan span = span_of(**answer, call.source->endpoint.policy(), now.wall_us);
  remember(call, *answer, span, now);
  share(call, **answer, span, now);
  finish(found, *answer, {});
}

void AnswerSupply::remember(const Call& call, const std::shared_ptr<const issuer::IntrospectionAnswer>& answer,
                            const AnswerSpan& span, Now now) {
  if (!call.may_be_kept) return;
  if (span.kept_us <= 0) {
    cache_.erase({.issuer = call.answers_id, .token = call.token});
    return;
  }
  cache_.insert({.issuer = call.answers_id, .token = call.token}, std::make_shared<const KeptAnswer>(answer),
                {.fresh_until_ns = now.monotonic_ns + span.fresh_us * kNsPerUs,
                 .expires_ns = now.monotonic_ns + span.kept_us * kNsPerUs});
}

void AnswerSupply::share(Call& call, const issuer::IntrospectionAnswer& answer, const AnswerSpan& span, Now now) {
  if (!call.may_be_kept || !call.seen || span.fresh_us <= 0) return;
  sharing_->write(call.place, std::move(*call.seen), answer, span, now);
}

void AnswerSupply::finish(CallMap::iterator found, const std::shared_ptr<const issuer::IntrospectionAnswer>& answer,
                          Error error) {
  const Call& call = found->second;
  for (const Waiter& waiter : call.waiters) waiter.table->settle(waiter.slot, answer, error);
  if (call.may_be_kept) by_question_.erase(question_of(call.answers_id, call.token));
  deadlines_.erase({call.deadline_ns, found->first});
  calls_.erase(found);
}

void AnswerSupply::check_deadlines(Now now) {
  while (!deadlines_.empty() && deadlines_.begin()->first <= now.monotonic_ns) {
    on_overdue(deadlines_.begin()->second, now);
  }
}

void AnswerSupply::on_overdue(std::uint64_t fetch_id, Now now) {
  if (token_fetches_.contains(fetch_id)) {
    on_token_result(fetch_id, forgotten(), now);
    return;
  }
  const auto found = calls_.find(fetch_id);
  if (!found->second.asks_fleet) {
    on_answer(found, forgotten(), now);
    return;
  }
  found->second.asks_fleet = false;
  ++found->second.source->counts.shared[static_cast<std::size_t>(ShareOutcome::kLate)];
  ask_issuer(found, now);
}

std::int64_t AnswerSupply::next_due_ns() const noexcept {
  return deadlines_.empty() ? std::numeric_limits<std::int64_t>::max() : deadlines_.begin()->first;
}

void AnswerSupply::forbid_keeping(std::uint64_t answers_id, std::string_view token) {
  const auto asked = by_question_.find(question_of(answers_id, token));
  if (asked == by_question_.end()) return;
  calls_.at(asked->second).may_be_kept = false;
  by_question_.erase(asked);
}

void AnswerSupply::forget(const TicketTable& table) {
  for (auto& [fetch_id, call] : calls_) {
    std::erase_if(call.waiters, [&](const Waiter& waiter) { return waiter.table.get() == &table; });
  }
}

void AnswerSupply::for_each_endpoint(
    const std::function<void(const IntrospectionEndpoint&, const AnswerCounts&)>& visit) const {
  for (const std::shared_ptr<Source>& source : sources_) {
    if (source != nullptr) visit(source->endpoint, source->counts);
  }
}

}  // namespace assay::verify

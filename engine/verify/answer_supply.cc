#include "verify/answer_supply.h"

#include <algorithm>
#include <limits>

#include "base/check.h"
#include "base/http_field.h"

namespace assay::verify {
namespace {

using Admission = issuer::CallGate::Admission;

constexpr std::int64_t kNsPerUs = 1000;
constexpr std::int64_t kNsPerMs = 1'000'000;

// A fetcher answers by its timeout; after this much more it is taken for broken.
constexpr std::int64_t kDeadlineSlackNs = 500 * kNsPerMs;

constexpr Error kUnavailable{.code = ErrorCode::kIntrospectionUnavailable};

std::string question_of(std::uint64_t answers_id, std::string_view token) {
  return std::to_string(answers_id) + ':' + std::string(token);
}

FetchResult forgotten() {
  return {.outcome = FetchOutcome::kTimedOut, .status = 0, .headers = {}, .body = {}, .complaint = {}};
}

// How long an answer serves that came at `now`: the ceiling or what `exp` leaves, at least the floor; stale up to
// `exp`.
AnswerCache::Life life_of(const issuer::IntrospectionAnswer& answer, const OpaquePolicy& policy, Now now) {
  if (!answer.active()) {
    const std::int64_t until_ns = now.monotonic_ns + policy.inactive_ttl.count() * kNsPerUs;
    return {.fresh_until_ns = until_ns, .expires_ns = until_ns};
  }
  std::int64_t fresh_us = policy.ttl.count();
  std::int64_t kept_us = fresh_us + policy.stale.count();
  if (answer.claims().exp) {
    const std::int64_t left_us = std::max<std::int64_t>(0, answer.claims().exp->us - now.wall_us);
    fresh_us = std::min(fresh_us, left_us);
    kept_us = std::min(kept_us, left_us);
  }
  fresh_us = std::max(fresh_us, std::min(policy.ttl_min, policy.ttl).count());
  kept_us = std::max(kept_us, fresh_us);
  return {.fresh_until_ns = now.monotonic_ns + fresh_us * kNsPerUs,
          .expires_ns = now.monotonic_ns + kept_us * kNsPerUs};
}

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
  const Admission admission = source->endpoint.gate().admit(now.monotonic_ns);
  if (admission == Admission::kTooMany) {
    ++source->counts.too_many;
    table->settle(order.slot, nullptr, Error{.code = ErrorCode::kOverloaded});
    return;
  }
  if (admission == Admission::kShut) {
    ++source->counts.shut;
    table->settle(order.slot, nullptr, kUnavailable);
    return;
  }
  const std::uint64_t fetch_id = kFetchIdBit | ++next_fetch_;
  by_question_.emplace(std::move(question), fetch_id);
  Call& call = calls_[fetch_id];
  call.source = source;
  call.answers_id = order.answers_id;
  call.token = std::string(order.token);
  call.admission = admission;
  call.waiters.push_back({.table = table, .slot = order.slot});
  start(fetch_id, call, now);
}

void AnswerSupply::start(std::uint64_t fetch_id, Call& call, Now now) {
  Source& source = *call.source;
  if (source.endpoint.has_credentials(now.monotonic_ns)) {
    send(fetch_id, call, now);
    return;
  }
  set_deadline(fetch_id, call.deadline_ns, source.endpoint.policy(), now);
  source.waiting_for_token.push_back(fetch_id);
  if (source.token_fetch_id == 0) fetch_token(call.source, now);
}

void AnswerSupply::send(std::uint64_t fetch_id, Call& call, Now now) {
  IntrospectionEndpoint& endpoint = call.source->endpoint;
  set_deadline(fetch_id, call.deadline_ns, endpoint.policy(), now);
  call.token_number = endpoint.token_number();
  outgoing_.push_back({.fetch_id = fetch_id, .request = endpoint.make_call(call.token, now)});
}

// One timeout from now, whatever the deadline was.
void AnswerSupply::set_deadline(std::uint64_t fetch_id, std::int64_t& deadline_ns, const OpaquePolicy& policy,
                                Now now) {
  deadlines_.erase({deadline_ns, fetch_id});
  deadline_ns = now.monotonic_ns + policy.timeout.count() * kNsPerMs + kDeadlineSlackNs;
  deadlines_.emplace(deadline_ns, fetch_id);
}

void AnswerSupply::fetch_token(const std::shared_ptr<Source>& source, Now now) {
  const std::uint64_t fetch_id = kFetchIdBit | ++next_fetch_;
  source->token_fetch_id = fetch_id;
  TokenFetch& fetch = token_fetches_[fetch_id];
  fetch.source = source;
  set_deadline(fetch_id, fetch.deadline_ns, source->endpoint.policy(), now);
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
  const Call& call = found->second;
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
  remember(call, *answer, now);
  finish(found, *answer, {});
}

void AnswerSupply::remember(const Call& call, const std::shared_ptr<const issuer::IntrospectionAnswer>& answer,
                            Now now) {
  if (!call.may_be_kept) return;
  const AnswerCache::Life life = life_of(*answer, call.source->endpoint.policy(), now);
  if (life.expires_ns <= now.monotonic_ns) {
    cache_.erase({.issuer = call.answers_id, .token = call.token});
    return;
  }
  cache_.insert({.issuer = call.answers_id, .token = call.token}, std::make_shared<const KeptAnswer>(answer), life);
}

void AnswerSupply::finish(CallMap::iterator found, const std::shared_ptr<const issuer::IntrospectionAnswer>& answer,
                          Error error) {
  const Call& call = found->second;
  for (const Waiter& waiter : call.waiters) waiter.table->settle(waiter.slot, answer, error);
  if (call.may_be_kept) by_question_.erase(question_of(call.answers_id, call.token));
  deadlines_.erase({call.deadline_ns, found->first});
  calls_.erase(found);
}

void AnswerSupply::check_deadlines(std::int64_t now_ns) {
  while (!deadlines_.empty() && deadlines_.begin()->first <= now_ns) on_overdue(deadlines_.begin()->second, now_ns);
}

void AnswerSupply::on_overdue(std::uint64_t fetch_id, std::int64_t now_ns) {
  const Now now{.wall_us = 0, .monotonic_ns = now_ns};  // a failure has no use for the wall clock
  if (token_fetches_.contains(fetch_id)) {
    on_token_result(fetch_id, forgotten(), now);
  } else {
    on_answer(calls_.find(fetch_id), forgotten(), now);
  }
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

#include "verify/answer_supply.h"

#include <algorithm>
#include <limits>

namespace assay::verify {
namespace {

constexpr std::int64_t kNsPerUs = 1000;
constexpr std::int64_t kNsPerMs = 1'000'000;

// A fetcher answers by its timeout; after this much more it is taken for broken.
constexpr std::int64_t kDeadlineSlackNs = 500 * kNsPerMs;

std::string question_of(std::uint64_t answers_id, std::string_view token) {
  return std::to_string(answers_id) + ':' + std::string(token);
}

}  // namespace

std::optional<FetchRequest> AnswerSupply::on_order(const std::shared_ptr<TicketTable>& table, const AnswerOrder& order,
                                                   const OpaquePolicy& policy, bool allow_plain_http,
                                                   std::uint64_t fetch_id, std::int64_t now_ns) {
  const auto [question, is_new] = by_question_.try_emplace(question_of(order.answers_id, order.token), fetch_id);
  if (!is_new) {
    calls_.at(question->second).waiters.push_back({.table = table, .slot = order.slot});
    return std::nullopt;
  }
  FetchRequest request = issuer::make_introspection_request(policy, order.token);
  request.allow_plain_http = allow_plain_http;
  calls_.emplace(fetch_id, Call{.answers_id = order.answers_id,
                                .token = std::string(order.token),
                                .ttl_ns = policy.ttl.count() * kNsPerUs,
                                .inactive_ttl_ns = policy.inactive_ttl.count() * kNsPerUs,
                                .deadline_ns = now_ns + policy.timeout.count() * kNsPerMs + kDeadlineSlackNs,
                                .waiters = {{.table = table, .slot = order.slot}}});
  return request;
}

bool AnswerSupply::on_result(std::uint64_t fetch_id, const FetchResult& result, Now now) {
  const auto found = calls_.find(fetch_id);
  if (found == calls_.end()) return false;
  if (result.outcome != FetchOutcome::kAnswered || result.status != 200) {
    ++calls_failed_;
    finish(found, nullptr, Error{.code = ErrorCode::kIntrospectionUnavailable});
    return true;
  }
  const auto answer = issuer::IntrospectionAnswer::parse(result.body);
  if (!answer) {
    ++calls_bad_;
    finish(found, nullptr, Error{.code = ErrorCode::kIntrospectionUnavailable});
    return true;
  }
  ++calls_good_;
  remember(found->second, *answer, now);
  finish(found, *answer, {});
  return true;
}

void AnswerSupply::remember(const Call& call, const std::shared_ptr<const issuer::IntrospectionAnswer>& answer,
                            Now now) {
  std::int64_t life_ns = answer->active() ? call.ttl_ns : call.inactive_ttl_ns;
  if (answer->active() && answer->claims().exp) {
    const std::int64_t left_us = std::max<std::int64_t>(0, answer->claims().exp->us - now.wall_us);
    life_ns = std::min(life_ns, std::min(left_us, life_ns / kNsPerUs + 1) * kNsPerUs);
  }
  if (life_ns <= 0) return;
  cache_.insert({.issuer = call.answers_id, .token = call.token}, answer, now.monotonic_ns + life_ns);
}

void AnswerSupply::finish(CallMap::iterator found, const std::shared_ptr<const issuer::IntrospectionAnswer>& answer,
                          Error error) {
  for (const Waiter& waiter : found->second.waiters) waiter.table->settle(waiter.slot, answer, error);
  by_question_.erase(question_of(found->second.answers_id, found->second.token));
  calls_.erase(found);
}

void AnswerSupply::check_deadlines(std::int64_t now_ns) {
  std::vector<std::uint64_t> overdue;
  for (const auto& [fetch_id, call] : calls_) {
    if (call.deadline_ns <= now_ns) overdue.push_back(fetch_id);
  }
  for (const std::uint64_t fetch_id : overdue) {
    ++calls_failed_;
    finish(calls_.find(fetch_id), nullptr, Error{.code = ErrorCode::kIntrospectionUnavailable});
  }
}

std::int64_t AnswerSupply::next_due_ns() const noexcept {
  std::int64_t earliest = std::numeric_limits<std::int64_t>::max();
  for (const auto& [fetch_id, call] : calls_) earliest = std::min(earliest, call.deadline_ns);
  return earliest;
}

void AnswerSupply::forget(const TicketTable& table) {
  for (auto& [fetch_id, call] : calls_) {
    std::erase_if(call.waiters, [&](const Waiter& waiter) { return waiter.table.get() == &table; });
  }
}

}  // namespace assay::verify

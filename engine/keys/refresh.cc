#include "keys/refresh.h"

#include <algorithm>

namespace assay::keys {

namespace {

// Every worker has room for so many.
constexpr std::size_t kKeyWaitersMax = kPendingKeysMax * kWorkersMax;

}  // namespace

Refresh::Refresh(const RefreshSettings& settings, std::uint64_t jitter_seed, UnknownKids& unknown_kids) noexcept
    : schedule_(settings.times, jitter_seed),
      forced_every_ns_(settings.forced_every_ns),
      unknown_kids_(unknown_kids),
      budget_(settings.forced_every_ns, settings.forced_burst) {}

bool Refresh::should_fetch(std::int64_t now_ns) noexcept {
  seen_ns_ = now_ns;
  if (schedule_.in_flight()) return false;
  const bool is_due = schedule_.is_due(now_ns);
  // A fetch that is due serves the waiters as well, and costs them nothing.
  const bool is_forced = !is_due && forced_wanted_ && budget_.take(now_ns);
  forced_wanted_ = false;
  if (!is_due && !is_forced) return false;
  if (is_forced) ++forced_count_;
  schedule_.start(now_ns);
  return true;
}

void Refresh::on_success(std::int64_t now_ns, std::optional<std::int64_t> fresh_for_ns, const HasKid& has_kid) {
  schedule_.on_success(now_ns, fresh_for_ns);
  std::vector<Waiting> waiters = std::exchange(waiters_, {});
  for (const Waiting& waiting : waiters) {
    if (outlasts_success(waiting, now_ns, has_kid)) waiters_.push_back(waiting);
  }
}

bool Refresh::outlasts_success(const Waiting& waiting, std::int64_t now_ns, const HasKid& has_kid) {
  const KeyWaiter& waiter = waiting.waiter;
  if (!waiter.kid) {
    settle(waiter, ErrorCode::kUnknownKey);
    return false;
  }
  if (has_kid(*waiter.kid)) {
    settle(waiter, ErrorCode::kNone);
    return false;
  }
  if (waiting.since_ns <= schedule_.started_ns()) {
    // The issuer was asked after the token had come: now it is known.
    unknown_kids_.insert(*waiter.kid, add_saturating(now_ns, forced_every_ns_));
    settle(waiter, ErrorCode::kUnknownKey);
    return false;
  }
  // The key may have been published between the issuer's answer and the token: one more fetch tells.
  if (now_ns < budget_.open_from_ns() || waiter.deadline_ns <= now_ns) {
    settle(waiter, ErrorCode::kUnknownKey);
    return false;
  }
  forced_wanted_ = true;
  return true;
}

void Refresh::on_failure(std::int64_t now_ns, std::int64_t retry_after_ns) {
  schedule_.on_failure(now_ns, retry_after_ns);
  settle_all(ErrorCode::kKeysUnavailable);
}

void Refresh::wait_for_key(const KeyWaiter& waiter, std::int64_t now_ns) {
  switch (judge_missing_key(facts(), unknown_kids_, waiter.kid, now_ns)) {
    case KidDoubt::kUnknown: settle(waiter, ErrorCode::kUnknownKey); return;
    case KidDoubt::kUnavailable: settle(waiter, ErrorCode::kKeysUnavailable); return;
    case KidDoubt::kAsk: break;
  }
  if (waiters_.size() == kKeyWaitersMax) {
    settle(waiter, ErrorCode::kKeysUnavailable);
    return;
  }
  if (!schedule_.in_flight()) forced_wanted_ = true;
  waiters_.push_back({.waiter = waiter, .since_ns = now_ns});
}

void Refresh::settle_overdue(std::int64_t now_ns) {
  const auto overdue = std::partition(waiters_.begin(), waiters_.end(),
                                      [&](const Waiting& waiting) { return waiting.waiter.deadline_ns > now_ns; });
  // Their fetch still runs.
  std::for_each(overdue, waiters_.end(),
                [&](const Waiting& waiting) { settle(waiting.waiter, ErrorCode::kKeysUnavailable); });
  waiters_.erase(overdue, waiters_.end());
}

void Refresh::abandon() { settle_all(ErrorCode::kKeysUnavailable); }

void Refresh::settle_all(ErrorCode code) {
  for (const Waiting& waiting : waiters_) settle(waiting.waiter, code);
  waiters_.clear();
  forced_wanted_ = false;
}

FetchFacts Refresh::facts() const noexcept {
  return {.fetched = true,
          .in_flight = schedule_.in_flight(),
          .latest_failed = schedule_.latest_failed(),
          .ever_confirmed = schedule_.ever_succeeded(),
          .confirmed_ns = schedule_.last_success_ns(),
          .forced_from_ns = budget_.open_from_ns(),
          .cooldown_ns = forced_every_ns_};
}

std::int64_t Refresh::next_due_ns() const noexcept {
  std::int64_t due_ns = schedule_.next_due_ns(seen_ns_);
  if (forced_wanted_ && !schedule_.in_flight()) due_ns = std::min(due_ns, seen_ns_);
  for (const Waiting& waiting : waiters_) due_ns = std::min(due_ns, waiting.waiter.deadline_ns);
  return due_ns;
}

}  // namespace assay::keys

#include "keys/refresh.h"

#include <algorithm>
#include <limits>

namespace assay::keys {

namespace {

constexpr std::int64_t kNever = std::numeric_limits<std::int64_t>::max();

// Shortest time between two fetches that are due, whatever the settings say.
constexpr std::int64_t kPeriodMinNs = 10'000'000;

// Every worker has room for so many.
constexpr std::size_t kKeyWaitersMax = kPendingKeysMax * kWorkersMax;

// a + b without leaving the range. Precondition: b >= 0.
std::int64_t add_saturating(std::int64_t a, std::int64_t b) noexcept { return a > kNever - b ? kNever : a + b; }

}  // namespace

Refresh::Refresh(const RefreshSettings& settings, std::uint64_t jitter_seed, UnknownKids& unknown_kids) noexcept
    : settings_(settings),
      unknown_kids_(unknown_kids),
      budget_(settings.forced_every_ns, settings.forced_burst),
      random_state_(jitter_seed) {}

bool Refresh::should_fetch(std::int64_t now_ns) noexcept {
  seen_ns_ = now_ns;
  if (in_flight_) return false;
  const bool is_due = now_ns >= next_fetch_ns_;
  // A fetch that is due serves the waiters as well, and costs them nothing.
  const bool is_forced = !is_due && forced_wanted_ && budget_.take(now_ns);
  forced_wanted_ = false;
  if (!is_due && !is_forced) return false;
  if (is_forced) ++forced_count_;
  in_flight_ = true;
  started_ns_ = now_ns;
  return true;
}

void Refresh::on_success(std::int64_t now_ns, std::optional<std::int64_t> fresh_for_ns, const HasKid& has_kid) {
  in_flight_ = false;
  ever_succeeded_ = true;
  failures_in_a_row_ = 0;
  last_success_ns_ = now_ns;
  // An answer that is never fresh, or a period of next to nothing, must not become a flood.
  const std::int64_t fresh_ns = fresh_for_ns
                                    ? std::max(settings_.floor_ns, std::min(*fresh_for_ns, settings_.ceiling_ns))
                                    : settings_.interval_ns;
  fresh_to_ns_ = add_saturating(now_ns, fresh_ns);
  next_fetch_ns_ = add_saturating(now_ns, std::max(kPeriodMinNs, jittered(fresh_ns)));
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
  if (waiting.since_ns <= started_ns_) {
    // The issuer was asked after the token had come: now it is known.
    unknown_kids_.insert(*waiter.kid, add_saturating(now_ns, settings_.forced_every_ns));
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
  in_flight_ = false;
  std::int64_t backoff_ns = settings_.backoff_min_ns;
  for (std::uint32_t i = 0; i < failures_in_a_row_ && backoff_ns < settings_.backoff_max_ns; ++i) {
    backoff_ns = add_saturating(backoff_ns, backoff_ns);
  }
  backoff_ns = std::min(backoff_ns, settings_.backoff_max_ns);
  ++failures_in_a_row_;
  std::int64_t wait_ns = jittered(backoff_ns);
  if (retry_after_ns > 0) {
    // Never before the asked time; after it by a random part of the backoff, so that a fleet does not return in step.
    // An answer cannot switch fetching off: waits are bounded by the time between good fetches.
    const std::int64_t longest_ns = std::max({settings_.interval_ns, settings_.ceiling_ns, settings_.backoff_max_ns});
    const std::int64_t asked_ns = std::min(retry_after_ns, longest_ns);
    wait_ns = std::max(wait_ns, add_saturating(asked_ns, backoff_ns - wait_ns));
  }
  next_fetch_ns_ = add_saturating(now_ns, wait_ns);
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
  if (!in_flight_) forced_wanted_ = true;
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
          .in_flight = in_flight_,
          .latest_failed = failures_in_a_row_ > 0,
          .ever_confirmed = ever_succeeded_,
          .confirmed_ns = last_success_ns_,
          .forced_from_ns = budget_.open_from_ns(),
          .cooldown_ns = settings_.forced_every_ns};
}

bool Refresh::too_stale(std::int64_t now_ns) const noexcept { return ever_succeeded_ && now_ns >= stale_at_ns(); }

std::int64_t Refresh::next_due_ns() const noexcept {
  std::int64_t due_ns = in_flight_ ? kNever : next_fetch_ns_;
  if (forced_wanted_ && !in_flight_) due_ns = std::min(due_ns, seen_ns_);
  const bool will_turn_stale = ever_succeeded_ && stale_at_ns() > seen_ns_;
  if (will_turn_stale) due_ns = std::min(due_ns, stale_at_ns());
  for (const Waiting& waiting : waiters_) due_ns = std::min(due_ns, waiting.waiter.deadline_ns);
  return due_ns;
}

std::int64_t Refresh::stale_at_ns() const noexcept { return add_saturating(last_success_ns_, settings_.max_stale_ns); }

std::int64_t Refresh::jittered(std::int64_t delay_ns) noexcept {
  // One step of SplitMix64: any seed, 0 included, gives well-spread values.
  random_state_ += 0x9e3779b97f4a7c15;
  std::uint64_t mixed = random_state_;
  mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9;
  mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111eb;
  mixed ^= mixed >> 31;
  const std::int64_t spread_ns = delay_ns / 4;
  return delay_ns - static_cast<std::int64_t>(mixed % (static_cast<std::uint64_t>(spread_ns) + 1));
}

}  // namespace assay::keys

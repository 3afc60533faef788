// When an issuer's keys are fetched, and who waits for that: a state machine over time, results and reports of keys
// that are missing. No I/O, no clock, no randomness but the seed it is given.
//
// Whoever runs it does three things: sends a fetch when should_fetch says so; on a good result makes the fetched set
// the only one, and only then calls on_success; withdraws the set when too_stale says so.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <utility>
#include <vector>

#include "assay/error.h"
#include "assay/limits.h"
#include "base/keyed_hash.h"
#include "keys/fetch_budget.h"
#include "keys/fetch_schedule.h"
#include "keys/kid_doubt.h"
#include "keys/unknown_kids.h"

namespace assay::keys {

// All times are monotonic nanoseconds, none negative.
struct RefreshSettings {
  FetchTimes times;
  std::int64_t forced_every_ns = 30'000'000'000;  // budget of fetches out of turn, and the cooldown of FetchFacts
  std::uint32_t forced_burst = 2;
};

// A check that waits for keys.
struct KeyWaiter {
  std::uint64_t id = 0;              // the caller's name for it
  std::optional<base::Hash128> kid;  // nothing: a token without kid
  std::int64_t deadline_ns = 0;
};

// What became of a waiter. kNone: its kid is in the set now; kUnknownKey: a set fetched lately lacks it;
// kKeysUnavailable: nobody can say.
struct SettledWaiter {
  std::uint64_t id = 0;
  ErrorCode code = ErrorCode::kKeysUnavailable;
};

class Refresh {
 public:
  // `jitter_seed` differs by process and issuer so that a fleet does not fetch in step. `unknown_kids` must outlive
  // this object; only this thread inserts.
  Refresh(const RefreshSettings& settings, std::uint64_t jitter_seed, UnknownKids& unknown_kids) noexcept;

  // Whether a fetch shall start now: because it is due, or out of turn for waiters, which takes from the budget. After
  // true it answers false until on_success or on_failure: one fetch in flight.
  [[nodiscard]] bool should_fetch(std::int64_t now_ns) noexcept;
  // A key set was fetched and is the one that serves, or was confirmed (RFC 9110 sec 15.4.5). Settles waiters. The next
  // fetch is due after three quarters to the whole of its freshness, so ahead of its end.
  //   fresh_for_ns  what the answer says; nothing: interval_ns
  //   has_kid       whether the set that serves now has the kid
  using HasKid = std::function<bool(const base::Hash128&)>;
  void on_success(std::int64_t now_ns, std::optional<std::int64_t> fresh_for_ns, const HasKid& has_kid);
  // The attempt brought no usable key set; what served before serves on. Settles all waiters. Backs off exponentially,
  // three quarters to the whole of each step.
  //   retry_after_ns   from the answer's Retry-After, which is waited out up to the longest of the ceiling, the
  //   interval
  //                    and backoff_max_ns; 0 if it had none
  void on_failure(std::int64_t now_ns, std::int64_t retry_after_ns);

  // A check whose token no key answers to. Orders a fetch out of turn where judge_missing_key says kAsk and none runs;
  // else it settles at once. It settles by its deadline at the latest: see settle_overdue. A deadline that has come
  // orders the fetch and waits for nothing.
  void wait_for_key(const KeyWaiter& waiter, std::int64_t now_ns);
  // Settles waiters whose deadline has come.
  void settle_overdue(std::int64_t now_ns);
  // Settles all waiters: nothing will be fetched any more.
  void abandon();
  // The waiters settled since the last call, each of them once.
  [[nodiscard]] std::vector<SettledWaiter> take_settled() noexcept { return std::exchange(settled_, {}); }
  [[nodiscard]] std::size_t waiter_count() const noexcept { return waiters_.size(); }

  // For kid_doubt.h; changes with should_fetch, on_success and on_failure.
  [[nodiscard]] FetchFacts facts() const noexcept;
  // Whether the keys are past their freshness.
  [[nodiscard]] bool is_stale(std::int64_t now_ns) const noexcept { return schedule_.is_stale(now_ns); }
  // Whether keys of the last good fetch may no longer serve; false before the first one, which has no keys to withdraw.
  [[nodiscard]] bool too_stale(std::int64_t now_ns) const noexcept { return schedule_.too_stale(now_ns); }
  // When should_fetch, too_stale or settle_overdue may next have something to say, as of the latest should_fetch; the
  // largest int64 if only a result can change that.
  [[nodiscard]] std::int64_t next_due_ns() const noexcept;
  [[nodiscard]] std::uint64_t forced_count() const noexcept { return forced_count_; }

 private:
  struct Waiting {
    KeyWaiter waiter;
    std::int64_t since_ns = 0;
  };

  void settle(const KeyWaiter& waiter, ErrorCode code) { settled_.push_back({.id = waiter.id, .code = code}); }
  void settle_all(ErrorCode code);
  // Whether the waiter goes on waiting after a good fetch; settles it if not.
  [[nodiscard]] bool outlasts_success(const Waiting& waiting, std::int64_t now_ns, const HasKid& has_kid);

  FetchSchedule schedule_;
  std::int64_t forced_every_ns_;
  UnknownKids& unknown_kids_;
  FetchBudget budget_;
  bool forced_wanted_ = false;  // a waiter asks for a fetch out of turn
  std::int64_t seen_ns_ = 0;    // of the latest should_fetch: a moment before it is no longer due
  std::uint64_t forced_count_ = 0;
  std::vector<Waiting> waiters_;  // at most kKeyWaitersMax
  std::vector<SettledWaiter> settled_;
};

}  // namespace assay::keys

#include "keys/refresh.h"

#include <algorithm>
#include <limits>
#include <set>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace assay::keys {
namespace {

constexpr std::int64_t kSecond = 1'000'000'000;
constexpr std::int64_t kNever = std::numeric_limits<std::int64_t>::max();

// The table that most tests have no use for.
UnknownKids& unknown_kids() {
  static UnknownKids table;
  return table;
}

const Refresh::HasKid kNoKid = [](const base::Hash128&) { return false; };

constexpr RefreshSettings kSettings{.times = {.interval_ns = 600 * kSecond,
                                              .backoff_min_ns = 1 * kSecond,
                                              .backoff_max_ns = 60 * kSecond,
                                              .max_stale_ns = 3600 * kSecond}};

// A machine whose first fetch was started at `now_ns`.
Refresh fetching(std::int64_t now_ns, std::uint64_t seed = 1) {
  Refresh refresh(kSettings, seed, unknown_kids());
  EXPECT_TRUE(refresh.should_fetch(now_ns));
  return refresh;
}

// How long after `now_ns` the next fetch is due.
std::int64_t wait_of(const Refresh& refresh, std::int64_t now_ns) { return refresh.next_due_ns() - now_ns; }

TEST(Refresh, FirstFetchIsDueAtOnce) {
  Refresh refresh(kSettings, 1, unknown_kids());
  EXPECT_LE(refresh.next_due_ns(), 5 * kSecond);
  EXPECT_TRUE(refresh.should_fetch(5 * kSecond));
}

TEST(Refresh, OneFetchIsInFlight) {
  Refresh refresh = fetching(0);
  for (std::int64_t now = 0; now < 10'000 * kSecond; now += 100 * kSecond) EXPECT_FALSE(refresh.should_fetch(now));
  EXPECT_EQ(refresh.next_due_ns(), kNever);
  refresh.on_success(10'000 * kSecond, {}, kNoKid);
  EXPECT_FALSE(refresh.should_fetch(10'000 * kSecond));
}

TEST(Refresh, RefetchesAheadOfThePeriodsEnd) {
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    Refresh refresh = fetching(7 * kSecond, seed);
    refresh.on_success(10 * kSecond, {}, kNoKid);
    const std::int64_t due = refresh.next_due_ns();
    EXPECT_GE(due, (10 + 450) * kSecond);
    EXPECT_LE(due, (10 + 600) * kSecond);
    EXPECT_FALSE(refresh.should_fetch(due - 1));
    EXPECT_TRUE(refresh.should_fetch(due));
  }
}

TEST(Refresh, SeedsSpreadAFleet) {
  std::set<std::int64_t> waits;
  std::int64_t earliest = kNever;
  std::int64_t latest = 0;
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    Refresh refresh = fetching(0, seed);
    refresh.on_success(0, {}, kNoKid);
    waits.insert(refresh.next_due_ns());
    earliest = std::min(earliest, refresh.next_due_ns());
    latest = std::max(latest, refresh.next_due_ns());
  }
  EXPECT_EQ(waits.size(), 200u);
  EXPECT_LT(earliest, 460 * kSecond);
  EXPECT_GT(latest, 590 * kSecond);
}

TEST(Refresh, FailuresBackOffExponentiallyUpToTheBound) {
  Refresh refresh = fetching(0);
  std::int64_t now = 0;
  const std::vector<std::int64_t> steps_s = {1, 2, 4, 8, 16, 32, 60, 60, 60};
  for (const std::int64_t step_s : steps_s) {
    refresh.on_failure(now, 0);
    EXPECT_GE(wait_of(refresh, now), step_s * kSecond * 3 / 4);
    EXPECT_LE(wait_of(refresh, now), step_s * kSecond);
    now = refresh.next_due_ns();
    ASSERT_TRUE(refresh.should_fetch(now));
  }
  for (int i = 0; i < 200; ++i) {
    refresh.on_failure(now, 0);
    EXPECT_LE(wait_of(refresh, now), 60 * kSecond);
    now = refresh.next_due_ns();
    ASSERT_TRUE(refresh.should_fetch(now));
  }
}

TEST(Refresh, ASuccessEndsTheBackoff) {
  Refresh refresh = fetching(0);
  for (int i = 0; i < 6; ++i) {
    refresh.on_failure(0, 0);
    ASSERT_TRUE(refresh.should_fetch(100 * kSecond));
  }
  refresh.on_success(200 * kSecond, {}, kNoKid);
  ASSERT_TRUE(refresh.should_fetch(900 * kSecond));
  refresh.on_failure(900 * kSecond, 0);
  EXPECT_LE(wait_of(refresh, 900 * kSecond), 1 * kSecond);
}

TEST(Refresh, RetryAfterIsWaitedOut) {
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    Refresh refresh = fetching(0, seed);
    refresh.on_failure(0, 30 * kSecond);
    EXPECT_GE(refresh.next_due_ns(), 30 * kSecond);
    EXPECT_LE(refresh.next_due_ns(), 31 * kSecond);
  }
}

TEST(Refresh, RetryAfterShorterThanTheBackoffChangesNothing) {
  Refresh refresh = fetching(0);
  for (int i = 0; i < 10; ++i) {
    refresh.on_failure(0, 1);
    ASSERT_TRUE(refresh.should_fetch(100 * kSecond));
  }
  refresh.on_failure(0, 1);
  EXPECT_GE(refresh.next_due_ns(), 45 * kSecond);
}

TEST(Refresh, RetryAfterCannotSwitchFetchingOff) {
  for (const std::int64_t retry_after_ns : {1'000'000 * kSecond, kNever}) {
    Refresh refresh = fetching(5 * kSecond);
    refresh.on_failure(5 * kSecond, retry_after_ns);
    EXPECT_GE(refresh.next_due_ns(), (5 + 600) * kSecond);
    EXPECT_LE(refresh.next_due_ns(), (5 + 601) * kSecond);
  }
}

TEST(Refresh, NegativeRetryAfterIsNone) {
  Refresh refresh = fetching(0);
  refresh.on_failure(0, -100 * kSecond);
  EXPECT_GE(refresh.next_due_ns(), kSecond * 3 / 4);
}

TEST(Refresh, KeysServeUntilMaxStaleAfterTheLastGoodFetch) {
  Refresh refresh = fetching(0);
  EXPECT_FALSE(refresh.too_stale(0));
  EXPECT_FALSE(refresh.too_stale(kNever));
  refresh.on_success(100 * kSecond, {}, kNoKid);
  EXPECT_FALSE(refresh.too_stale(100 * kSecond));
  EXPECT_FALSE(refresh.too_stale((100 + 3600) * kSecond - 1));
  EXPECT_TRUE(refresh.too_stale((100 + 3600) * kSecond));
  ASSERT_TRUE(refresh.should_fetch(800 * kSecond));
  refresh.on_failure(800 * kSecond, 0);
  EXPECT_TRUE(refresh.too_stale((100 + 3600) * kSecond)) << "a failure does not prolong";
  ASSERT_TRUE(refresh.should_fetch(900 * kSecond));
  refresh.on_success(900 * kSecond, {}, kNoKid);
  EXPECT_FALSE(refresh.too_stale((900 + 3600) * kSecond - 1));
  EXPECT_TRUE(refresh.too_stale((900 + 3600) * kSecond));
}

TEST(Refresh, NextDueNamesTheMomentOfStalenessWhileAFetchHangs) {
  Refresh refresh = fetching(0);
  refresh.on_success(0, {}, kNoKid);
  ASSERT_TRUE(refresh.should_fetch(600 * kSecond));
  EXPECT_EQ(refresh.next_due_ns(), 3600 * kSecond);
  EXPECT_FALSE(refresh.should_fetch(3600 * kSecond));
  EXPECT_EQ(refresh.next_due_ns(), kNever) << "a moment that has passed is not due again";
}

// Steps the machine only when it says so, with a server that is down for a time.
TEST(Refresh, SimulatedOutageIsSurvivedWithFewFetches) {
  Refresh refresh(kSettings, 42, unknown_kids());
  const auto is_down = [](std::int64_t now) { return now >= 2000 * kSecond && now < 9000 * kSecond; };
  int fetch_count = 0;
  std::int64_t now = 0;
  std::int64_t stale_since = kNever;
  std::int64_t fresh_again = kNever;
  for (int step = 0; step < 1000 && now < 20'000 * kSecond; ++step) {
    if (refresh.should_fetch(now)) {
      ++fetch_count;
      is_down(now) ? refresh.on_failure(now, 0) : refresh.on_success(now, {}, kNoKid);
    }
    if (refresh.too_stale(now)) stale_since = std::min(stale_since, now);
    if (stale_since != kNever && !refresh.too_stale(now)) fresh_again = std::min(fresh_again, now);
    ASSERT_GT(refresh.next_due_ns(), now) << "the host would spin";
    now = refresh.next_due_ns();
  }
  EXPECT_GE(now, 20'000 * kSecond);
  EXPECT_GE(stale_since, (2000 - 600 + 3600) * kSecond);
  EXPECT_LE(stale_since, (2000 + 3600) * kSecond);
  EXPECT_GE(fresh_again, 9000 * kSecond);
  EXPECT_LE(fresh_again, 9060 * kSecond);
  EXPECT_LT(fetch_count, 250);
}

TEST(Refresh, ExtremeSettingsDoNotOverflow) {
  Refresh refresh(
      {.times = {.interval_ns = kNever, .backoff_min_ns = kNever, .backoff_max_ns = kNever, .max_stale_ns = kNever}}, 3,
      unknown_kids());
  ASSERT_TRUE(refresh.should_fetch(kNever - 1));
  refresh.on_failure(kNever - 1, kNever);
  EXPECT_EQ(refresh.next_due_ns(), kNever);
  refresh.on_success(kNever - 1, {}, kNoKid);
  EXPECT_EQ(refresh.next_due_ns(), kNever);
  EXPECT_FALSE(refresh.too_stale(kNever - 1));
}

TEST(Refresh, APeriodOfNothingIsNoFlood) {
  Refresh refresh(
      {.times = {.interval_ns = 0, .backoff_min_ns = kSecond, .backoff_max_ns = kSecond, .max_stale_ns = 0}}, 3,
      unknown_kids());
  ASSERT_TRUE(refresh.should_fetch(0));
  refresh.on_success(0, {}, kNoKid);
  EXPECT_GE(refresh.next_due_ns(), 0);
  EXPECT_FALSE(refresh.should_fetch(kSecond / 200));
  EXPECT_TRUE(refresh.should_fetch(kSecond));
}

// A machine with keys that were fetched at 0, whose next fetch is not due for a while.
Refresh supplied(UnknownKids& table, std::uint32_t burst = 2) {
  RefreshSettings settings = kSettings;
  settings.forced_burst = burst;
  Refresh refresh(settings, 1, table);
  EXPECT_TRUE(refresh.should_fetch(0));
  refresh.on_success(0, {}, kNoKid);
  return refresh;
}

KeyWaiter waiter(std::uint64_t id, std::string_view kid, std::int64_t deadline_ns) {
  return {.id = id, .kid = base::keyed_hash(kid), .deadline_ns = deadline_ns};
}

// "1:unknown_key 2:accepted" for who was settled.
std::string settled_text(Refresh& refresh) {
  std::string text;
  for (const SettledWaiter& settled : refresh.take_settled()) {
    text += (text.empty() ? "" : " ") + std::to_string(settled.id) + ":" + std::string(facts_of(settled.code).name);
  }
  return text;
}

TEST(Refresh, HonoursFreshnessBetweenFloorAndCeiling) {
  const RefreshSettings settings{.times = {.interval_ns = 600 * kSecond,
                                           .floor_ns = 60 * kSecond,
                                           .ceiling_ns = 1200 * kSecond,
                                           .max_stale_ns = 3600 * kSecond}};
  const auto due_after = [&](std::int64_t fresh_ns) {
    Refresh refresh(settings, 1, unknown_kids());
    EXPECT_TRUE(refresh.should_fetch(0));
    refresh.on_success(0, fresh_ns, kNoKid);
    EXPECT_EQ(refresh.is_stale(std::clamp(fresh_ns, 60 * kSecond, 1200 * kSecond) - 1), false);
    EXPECT_EQ(refresh.is_stale(std::clamp(fresh_ns, 60 * kSecond, 1200 * kSecond)), true);
    return refresh.next_due_ns();
  };
  EXPECT_GE(due_after(0), 45 * kSecond);
  EXPECT_LE(due_after(0), 60 * kSecond);
  EXPECT_LE(due_after(100 * kSecond), 100 * kSecond);
  EXPECT_GE(due_after(kNever), 900 * kSecond);
  EXPECT_LE(due_after(kNever), 1200 * kSecond);
}

TEST(Refresh, FetchesOutOfTurnForAllWaitersAtOnce) {
  UnknownKids table;
  Refresh refresh = supplied(table);
  const std::int64_t now = 100 * kSecond;
  refresh.wait_for_key(waiter(1, "new", now + 10), now);
  refresh.wait_for_key(waiter(2, "invented", now + 10), now);
  EXPECT_LE(refresh.next_due_ns(), now);
  EXPECT_TRUE(refresh.should_fetch(now));
  EXPECT_FALSE(refresh.should_fetch(now));
  EXPECT_EQ(settled_text(refresh), "");
  refresh.on_success(now + 5, {}, [](const base::Hash128& kid) { return kid == base::keyed_hash("new"); });
  EXPECT_EQ(settled_text(refresh), "1:accepted 2:unknown_key");
  EXPECT_EQ(refresh.forced_count(), 1U);
  refresh.wait_for_key(waiter(3, "invented", now + 20), now + 6);
  EXPECT_EQ(settled_text(refresh), "3:unknown_key") << "known to be unknown: no fetch";
  EXPECT_FALSE(refresh.should_fetch(now + 6));
}

TEST(Refresh, RefusesAFloodWithoutMoreFetchesThanTheBudget) {
  UnknownKids table;
  Refresh refresh = supplied(table);
  int fetches = 0;
  for (int i = 0; i < 6000; ++i) {
    const std::int64_t now = 100 * kSecond + i * kSecond / 100;
    refresh.wait_for_key(waiter(1, std::to_string(i), now + kSecond), now);
    if (!refresh.should_fetch(now)) continue;
    ++fetches;
    refresh.on_success(now, {}, kNoKid);
  }
  EXPECT_EQ(refresh.waiter_count(), 0U);
  EXPECT_EQ(fetches, 3) << "two at once and one after 30 of 60 seconds";
}

TEST(Refresh, SaysUnavailableWhereAFailureOrTheDeadlineComesFirst) {
  UnknownKids table;
  Refresh refresh = supplied(table);
  const std::int64_t now = 100 * kSecond;
  refresh.wait_for_key(waiter(1, "a", now + 10), now);
  refresh.wait_for_key(waiter(2, "b", now + 20), now);
  ASSERT_TRUE(refresh.should_fetch(now));
  EXPECT_EQ(refresh.next_due_ns(), now + 10);
  refresh.settle_overdue(now + 10);
  EXPECT_EQ(settled_text(refresh), "1:keys_unavailable");
  refresh.on_failure(now + 15, 0);
  EXPECT_EQ(settled_text(refresh), "2:keys_unavailable");
  refresh.wait_for_key(waiter(3, "c", now + 30), now + 16);
  EXPECT_EQ(settled_text(refresh), "3:keys_unavailable") << "the backoff is not cut short";
  EXPECT_FALSE(refresh.should_fetch(now + 16));
}

TEST(Refresh, AsksOnceMoreForATokenThatCameAfterTheQuestion) {
  UnknownKids table;
  Refresh refresh = supplied(table);
  const std::int64_t due = refresh.next_due_ns();
  ASSERT_TRUE(refresh.should_fetch(due));
  refresh.wait_for_key(waiter(1, "new", due + kSecond), due + 1);
  refresh.on_success(due + 2, {}, kNoKid);
  EXPECT_EQ(settled_text(refresh), "");
  ASSERT_TRUE(refresh.should_fetch(due + 2));
  refresh.on_success(due + 3, {}, [](const base::Hash128&) { return true; });
  EXPECT_EQ(settled_text(refresh), "1:accepted");
}

TEST(Refresh, WithoutABudgetIsUnknownOnlyForTheCooldown) {
  UnknownKids table;
  Refresh refresh = supplied(table, 0);
  refresh.wait_for_key(waiter(1, "a", kNever), 29 * kSecond);
  refresh.wait_for_key(waiter(2, "a", kNever), 30 * kSecond);
  EXPECT_EQ(settled_text(refresh), "1:unknown_key 2:keys_unavailable");
}

TEST(Refresh, AbandonsNobodyInSilence) {
  UnknownKids table;
  Refresh refresh = supplied(table);
  refresh.wait_for_key(waiter(1, "a", kNever), 100 * kSecond);
  refresh.abandon();
  EXPECT_EQ(settled_text(refresh), "1:keys_unavailable");
  EXPECT_FALSE(refresh.should_fetch(100 * kSecond));
}

}  // namespace
}  // namespace assay::keys

#include "keys/refresh.h"

#include <algorithm>
#include <limits>
#include <set>
#include <vector>

#include <gtest/gtest.h>

namespace assay::keys {
namespace {

constexpr std::int64_t kSecond = 1'000'000'000;
constexpr std::int64_t kNever = std::numeric_limits<std::int64_t>::max();

constexpr RefreshSettings kSettings{.period_ns = 600 * kSecond,
                                    .backoff_min_ns = 1 * kSecond,
                                    .backoff_max_ns = 60 * kSecond,
                                    .max_stale_ns = 3600 * kSecond};

// A machine whose first fetch was started at `now_ns`.
Refresh fetching(std::int64_t now_ns, std::uint64_t seed = 1) {
  Refresh refresh(kSettings, seed);
  EXPECT_TRUE(refresh.should_fetch(now_ns));
  return refresh;
}

// How long after `now_ns` the next fetch is due.
std::int64_t wait_of(const Refresh& refresh, std::int64_t now_ns) { return refresh.next_due_ns() - now_ns; }

TEST(Refresh, FirstFetchIsDueAtOnce) {
  Refresh refresh(kSettings, 1);
  EXPECT_LE(refresh.next_due_ns(), 5 * kSecond);
  EXPECT_TRUE(refresh.should_fetch(5 * kSecond));
}

TEST(Refresh, OneFetchIsInFlight) {
  Refresh refresh = fetching(0);
  for (std::int64_t now = 0; now < 10'000 * kSecond; now += 100 * kSecond) EXPECT_FALSE(refresh.should_fetch(now));
  EXPECT_EQ(refresh.next_due_ns(), kNever);
  refresh.on_success(10'000 * kSecond);
  EXPECT_FALSE(refresh.should_fetch(10'000 * kSecond));
}

TEST(Refresh, RefetchesAheadOfThePeriodsEnd) {
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    Refresh refresh = fetching(7 * kSecond, seed);
    refresh.on_success(10 * kSecond);
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
    refresh.on_success(0);
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
  refresh.on_success(200 * kSecond);
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
  refresh.on_success(100 * kSecond);
  EXPECT_FALSE(refresh.too_stale(100 * kSecond));
  EXPECT_FALSE(refresh.too_stale((100 + 3600) * kSecond - 1));
  EXPECT_TRUE(refresh.too_stale((100 + 3600) * kSecond));
  ASSERT_TRUE(refresh.should_fetch(800 * kSecond));
  refresh.on_failure(800 * kSecond, 0);
  EXPECT_TRUE(refresh.too_stale((100 + 3600) * kSecond)) << "a failure does not prolong";
  ASSERT_TRUE(refresh.should_fetch(900 * kSecond));
  refresh.on_success(900 * kSecond);
  EXPECT_FALSE(refresh.too_stale((900 + 3600) * kSecond - 1));
  EXPECT_TRUE(refresh.too_stale((900 + 3600) * kSecond));
}

TEST(Refresh, NextDueNamesTheMomentOfStalenessWhileAFetchHangs) {
  Refresh refresh = fetching(0);
  refresh.on_success(0);
  ASSERT_TRUE(refresh.should_fetch(600 * kSecond));
  EXPECT_EQ(refresh.next_due_ns(), 3600 * kSecond);
  EXPECT_FALSE(refresh.should_fetch(3600 * kSecond));
  EXPECT_EQ(refresh.next_due_ns(), kNever) << "a moment that has passed is not due again";
}

// Steps the machine only when it says so, with a server that is down for a time.
TEST(Refresh, SimulatedOutageIsSurvivedWithFewFetches) {
  Refresh refresh(kSettings, 42);
  const auto is_down = [](std::int64_t now) { return now >= 2000 * kSecond && now < 9000 * kSecond; };
  int fetch_count = 0;
  std::int64_t now = 0;
  std::int64_t stale_since = kNever;
  std::int64_t fresh_again = kNever;
  for (int step = 0; step < 1000 && now < 20'000 * kSecond; ++step) {
    if (refresh.should_fetch(now)) {
      ++fetch_count;
      is_down(now) ? refresh.on_failure(now, 0) : refresh.on_success(now);
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
  Refresh refresh({.period_ns = kNever, .backoff_min_ns = kNever, .backoff_max_ns = kNever, .max_stale_ns = kNever}, 3);
  ASSERT_TRUE(refresh.should_fetch(kNever - 1));
  refresh.on_failure(kNever - 1, kNever);
  EXPECT_EQ(refresh.next_due_ns(), kNever);
  refresh.on_success(kNever - 1);
  EXPECT_EQ(refresh.next_due_ns(), kNever);
  EXPECT_FALSE(refresh.too_stale(kNever - 1));
}

TEST(Refresh, APeriodOfNothingIsNoFlood) {
  Refresh refresh({.period_ns = 0, .backoff_min_ns = kSecond, .backoff_max_ns = kSecond, .max_stale_ns = 0}, 3);
  ASSERT_TRUE(refresh.should_fetch(0));
  refresh.on_success(0);
  EXPECT_GE(refresh.next_due_ns(), 0);
  EXPECT_FALSE(refresh.should_fetch(kSecond / 2));
  EXPECT_TRUE(refresh.should_fetch(kSecond));
}

}  // namespace
}  // namespace assay::keys

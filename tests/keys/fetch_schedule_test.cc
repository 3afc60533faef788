#include "keys/fetch_schedule.h"

#include <algorithm>
#include <limits>
#include <optional>

#include <gtest/gtest.h>

namespace assay::keys {
namespace {

constexpr std::int64_t kSecond = 1'000'000'000;
constexpr std::int64_t kNever = std::numeric_limits<std::int64_t>::max();

constexpr FetchTimes kTimes{.interval_ns = 300 * kSecond,
                            .floor_ns = 10 * kSecond,
                            .ceiling_ns = 600 * kSecond,
                            .backoff_min_ns = 1 * kSecond,
                            .backoff_max_ns = 60 * kSecond,
                            .max_stale_ns = 3600 * kSecond};

FetchSchedule started_at(std::int64_t now_ns, std::uint64_t seed = 1) {
  FetchSchedule schedule(kTimes, seed);
  EXPECT_TRUE(schedule.is_due(now_ns));
  schedule.start(now_ns);
  return schedule;
}

TEST(FetchSchedule, FirstIsDueAtOnceAndOneIsInFlight) {
  const FetchSchedule fresh(kTimes, 1);
  EXPECT_TRUE(fresh.is_due(0));
  EXPECT_FALSE(fresh.ever_succeeded());
  const FetchSchedule started = started_at(5);
  EXPECT_TRUE(started.in_flight());
  EXPECT_EQ(started.started_ns(), 5);
  EXPECT_FALSE(started.is_due(kNever));
  EXPECT_EQ(started.next_due_ns(5), kNever);
}

TEST(FetchSchedule, IsDueAheadOfTheEndOfFreshnessWithinItsBounds) {
  const auto due_after = [](std::optional<std::int64_t> fresh_ns, std::int64_t effective_ns) {
    for (std::uint64_t seed = 0; seed < 20; ++seed) {
      FetchSchedule schedule = started_at(0, seed);
      schedule.on_success(0, fresh_ns);
      EXPECT_GE(schedule.next_due_ns(0), effective_ns / 4 * 3) << seed;
      EXPECT_LE(schedule.next_due_ns(0), effective_ns) << seed;
      EXPECT_FALSE(schedule.is_stale(effective_ns - 1));
      EXPECT_TRUE(schedule.is_stale(effective_ns));
    }
  };
  due_after(std::nullopt, 300 * kSecond);
  due_after(0, 10 * kSecond);
  due_after(100 * kSecond, 100 * kSecond);
  due_after(kNever, 600 * kSecond);
}

TEST(FetchSchedule, BacksOffAndServesUntilItIsTooStale) {
  FetchSchedule schedule = started_at(0);
  schedule.on_success(0, std::nullopt);
  std::int64_t now_ns = schedule.next_due_ns(0);
  std::int64_t longest_ns = 0;
  for (int i = 0; i < 12; ++i) {
    schedule.start(now_ns);
    schedule.on_failure(now_ns, 0);
    EXPECT_TRUE(schedule.latest_failed());
    const std::int64_t wait_ns = schedule.next_due_ns(now_ns) - now_ns;
    EXPECT_GE(wait_ns, kSecond / 4 * 3);
    EXPECT_LE(wait_ns, 60 * kSecond);
    longest_ns = std::max(longest_ns, wait_ns);
    now_ns += wait_ns;
  }
  EXPECT_GE(longest_ns, 45 * kSecond);
  EXPECT_FALSE(schedule.too_stale(3600 * kSecond - 1));
  EXPECT_TRUE(schedule.too_stale(3600 * kSecond)) << "counted from the last good fetch";
  schedule.start(now_ns);
  schedule.on_success(now_ns, std::nullopt);
  EXPECT_FALSE(schedule.latest_failed());
  EXPECT_FALSE(schedule.too_stale(3600 * kSecond));
}

TEST(FetchSchedule, WaitsAsLongAsItIsAskedToWithinReason) {
  FetchSchedule schedule = started_at(0);
  schedule.on_failure(0, 120 * kSecond);
  EXPECT_FALSE(schedule.is_due(120 * kSecond - 1));
  EXPECT_TRUE(schedule.is_due(122 * kSecond));
  FetchSchedule forever = started_at(0);
  forever.on_failure(0, kNever);
  EXPECT_TRUE(forever.is_due(602 * kSecond));
  EXPECT_FALSE(forever.too_stale(kNever)) << "nothing was fetched";
}

TEST(FetchSchedule, HastensButNotIntoFailures) {
  FetchSchedule schedule = started_at(0);
  schedule.on_success(0, std::nullopt);
  EXPECT_FALSE(schedule.is_due(kSecond));
  schedule.hasten(kSecond);
  EXPECT_TRUE(schedule.is_due(kSecond));
  schedule.start(kSecond);
  schedule.on_failure(kSecond, 0);
  schedule.hasten(kSecond + 1);
  EXPECT_FALSE(schedule.is_due(kSecond + 1));
}

TEST(FetchSchedule, NamesTheTimeWhenItTurnsTooStaleOnce) {
  FetchSchedule schedule = started_at(0);
  schedule.on_success(0, std::nullopt);
  schedule.start(kSecond);
  EXPECT_EQ(schedule.next_due_ns(kSecond), 3600 * kSecond);
  EXPECT_EQ(schedule.next_due_ns(3600 * kSecond), kNever);
}

TEST(FetchSchedule, SumsStayInRange) {
  EXPECT_EQ(add_saturating(kNever - 1, 1), kNever);
  EXPECT_EQ(add_saturating(kNever, 1), kNever);
  EXPECT_EQ(add_saturating(1, kNever), kNever);
  EXPECT_EQ(add_saturating(1, 2), 3);
}

}  // namespace
}  // namespace assay::keys

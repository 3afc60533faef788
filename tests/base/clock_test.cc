#include "base/clock.h"

#include <time.h>

#include <gtest/gtest.h>

namespace assay::base {
namespace {

TEST(Clock, MonotonicTimeNeverGoesBackAndDoesAdvance) {
  const std::int64_t first_ns = monotonic_ns();
  std::int64_t latest_ns = first_ns;
  while (latest_ns < first_ns + 1'000'000) {
    const std::int64_t now_ns = monotonic_ns();
    ASSERT_GE(now_ns, latest_ns);
    latest_ns = now_ns;
  }
}

TEST(Clock, MonotonicTimeIsTheSystemsInNanoseconds) {
  timespec before{};
  ASSERT_EQ(clock_gettime(CLOCK_MONOTONIC, &before), 0);
  const std::int64_t now_ns = monotonic_ns();
  timespec after{};
  ASSERT_EQ(clock_gettime(CLOCK_MONOTONIC, &after), 0);
  EXPECT_GE(now_ns, std::int64_t{before.tv_sec} * 1'000'000'000 + before.tv_nsec);
  EXPECT_LE(now_ns, std::int64_t{after.tv_sec} * 1'000'000'000 + after.tv_nsec);
}

TEST(Clock, WallTimeIsMicrosecondsSinceTheEpoch) {
  const std::int64_t before_s = std::int64_t{time(nullptr)} - 1;  // time() may lag by one tick
  const std::int64_t now_us = wall_us();
  EXPECT_GE(now_us, before_s * 1'000'000);
  EXPECT_LT(now_us, (before_s + 60) * 1'000'000);
}

}  // namespace
}  // namespace assay::base

#include "verify/feed_watch.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/verify/revocation_fixture.h"

namespace assay::test {
namespace {

using verify::FeedWatch;
using Fleet = RevocationLogHealth::Fleet;

constexpr std::int64_t kMs = 1'000'000;
constexpr FeedRule kRefusing{.lag_max = std::chrono::milliseconds(2000), .past_max = FeedRule::PastMax::kRefuse};
constexpr FeedRule kGoingOn{.lag_max = std::chrono::milliseconds(2000), .past_max = FeedRule::PastMax::kGoOn};

Now at_ms(std::int64_t ms) {
  return {.wall_us = kNow.wall_us + ms * 1000, .monotonic_ns = kNow.monotonic_ns + ms * kMs};
}

TEST(FeedWatch, RefusesFromTheLatestFollowingOnUntilItFollowsAgain) {
  FeedWatch watch(kRefusing);
  watch.begin(Fleet::kCutOff);
  const auto refuses = [&](std::int64_t ms) { return watch.refuses_at(at_ms(ms).monotonic_ns); };
  EXPECT_TRUE(refuses(0)) << "not followed since the start";
  watch.observe(Fleet::kCutOff, at_ms(0));
  EXPECT_TRUE(refuses(0));
  watch.observe(Fleet::kHealing, at_ms(50));
  EXPECT_TRUE(refuses(50)) << "what a gap has swallowed is not known yet";
  watch.observe(Fleet::kFollowing, at_ms(100));
  EXPECT_FALSE(refuses(100));
  watch.observe(Fleet::kCutOff, at_ms(350));
  EXPECT_FALSE(refuses(2099));
  EXPECT_TRUE(refuses(2100));
  watch.observe(Fleet::kCutOff, at_ms(5000));
  EXPECT_TRUE(refuses(5000));
  watch.observe(Fleet::kFollowing, at_ms(5250));
  EXPECT_FALSE(refuses(5250));
}

TEST(FeedWatch, GoesOnWhereTheRuleSaysSo) {
  FeedWatch watch(kGoingOn);
  watch.begin(Fleet::kCutOff);
  watch.observe(Fleet::kCutOff, at_ms(0));
  EXPECT_FALSE(watch.refuses_at(at_ms(1'000'000).monotonic_ns));
  EXPECT_EQ(watch.complaint(at_ms(2000).monotonic_ns), "");
  EXPECT_THAT(watch.complaint(at_ms(2001).monotonic_ns), testing::HasSubstr("longer than max_feed_lag"));
  EXPECT_EQ(watch.lag_ns(at_ms(2001).monotonic_ns), 2001 * kMs);
}

TEST(FeedWatch, KnowsNoLagWithoutAFleet) {
  FeedWatch watch(kRefusing);
  watch.begin(Fleet::kNone);
  watch.observe(Fleet::kNone, at_ms(0));
  EXPECT_FALSE(watch.refuses_at(at_ms(1'000'000).monotonic_ns));
  EXPECT_EQ(watch.lag_ns(at_ms(1'000'000).monotonic_ns), std::nullopt);
  EXPECT_EQ(watch.complaint(at_ms(1'000'000).monotonic_ns), "");
}

// Through the facade.
class CutOff : public Revocation {
 protected:
  void open_refusing() {
    log_.health_now.fleet = Fleet::kFollowing;
    feed_rule_ = kRefusing;
    open(policy());
    engine_->control().step(at_ms(0));
  }
  bool is_ready() { return engine_->control().readiness().ready; }
  double metric(std::string_view name) {
    double value = -1;
    engine_->control().for_each_metric([&](const Metric& one) {
      if (one.name == name) value = one.value;
    });
    return value;
  }
};

TEST_F(CutOff, TokensGetNoVerdictUntilTheFleetIsFollowedAgain) {
  open_refusing();
  const std::string compact = full_token();
  EXPECT_EQ(code_at(compact, at_ms(1999)), ErrorCode::kNone);
  EXPECT_EQ(code_at(compact, at_ms(1999)), ErrorCode::kNone) << "remembered";
  log_.health_now.fleet = Fleet::kCutOff;
  const Verdict verdict = decide_at({.token = compact}, at_ms(2000));
  EXPECT_EQ(verdict.code(), ErrorCode::kRevocationsUnavailable);
  EXPECT_EQ(verdict.verdict_class(), VerdictClass::kCannotDecide);
  engine_->control().step(at_ms(2000));
  EXPECT_FALSE(is_ready());
  EXPECT_THAT(engine_->control().readiness().missing, testing::Contains(testing::HasSubstr("max_feed_lag")));
  EXPECT_EQ(metric("revocation_feed_lag_seconds"), 2.0);
  EXPECT_EQ(metric("revocation_feed_late"), 1.0);
  log_.health_now.fleet = Fleet::kFollowing;
  engine_->control().step(at_ms(2250));
  EXPECT_EQ(code_at(compact, at_ms(2250)), ErrorCode::kNone);
  EXPECT_TRUE(is_ready());
  EXPECT_EQ(metric("revocation_feed_late"), 0.0);
}

TEST_F(CutOff, WhatIsKnownToBeWrongIsRefusedAsEver) {
  open_refusing();
  EXPECT_EQ(revoke({.kind = RevocationKind::kSubject, .value = "alice"}), RevocationOutcome::kDone);
  EXPECT_EQ(code_at(full_token(), at_ms(5000)), ErrorCode::kRevoked);
  EXPECT_EQ(code_at(full_token({{"sub", "\"bob\""}}), at_ms(5000)), ErrorCode::kRevocationsUnavailable);
  EXPECT_EQ(code_at(full_token({{"aud", "\"elsewhere\""}}), at_ms(5000)), ErrorCode::kBadAudience);
}

TEST_F(CutOff, TheWatchIsKeptInTime) {
  open_refusing();
  EXPECT_LE(engine_->control().next_step_ns(), at_ms(0).monotonic_ns + FeedWatch::kPeriodNs);
  engine_->control().step(at_ms(249));
  EXPECT_EQ(code_at(full_token(), at_ms(2000)), ErrorCode::kRevocationsUnavailable) << "not due before";
  engine_->control().step(at_ms(250));
  EXPECT_EQ(code_at(full_token(), at_ms(2249)), ErrorCode::kNone);
}

}  // namespace
}  // namespace assay::test

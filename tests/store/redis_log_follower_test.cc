#include "store/redis_log_follower.h"

#include <sys/eventfd.h>

#include <gtest/gtest.h>

#include "tests/store/redis_fixture.h"

namespace assay::store {
namespace {

class FleetFollowerTest : public testing::Test {
 protected:
  void SetUp() override {
    if (!RedisServerProcess::is_installed()) GTEST_SKIP() << "no " << RedisServerProcess::kProgram;
    redis_ = std::make_unique<RedisServerProcess>();
    log_ = std::make_unique<SqliteLog>(folder_.path());
    ASSERT_EQ(replay_of(*log_).result.outcome, ReplayOutcome::kReplayed);
  }

  // Runs a follower of the log until `condition` holds.
  void run_until(const std::function<bool()>& condition) {
    const int wake = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    const auto deadline = std::chrono::steady_clock::now() + kLong;
    bool is_met = false;
    const auto stops = [&] {
      is_met = is_met || condition();
      return is_met || std::chrono::steady_clock::now() >= deadline;
    };
    FollowerEvents events{
        .hand_over = [this](auto records) { handed_over_.insert(handed_over_.end(), records.begin(), records.end()); },
        .outbox = [this](std::uint64_t count) { outbox_ = count; },
        .pushed = [this](const FleetPush& push) { pushed_ = push; },
        .cut_off = [this] { ++cut_offs_; },
        .turn = [] {},
        .state = [this](RevocationLogHealth::Fleet fleet, const std::string&) { fleet_ = fleet; },
        .heard = [](const std::string&) {},
    };
    FleetFollower(redis_->settings(), {}, *log_, wake, stops, std::move(events)).run();
    ::close(wake);
    EXPECT_TRUE(is_met);
  }

  std::int64_t stream_length() const { return redis_->ask({"XLEN", "assay:revocations"}).number; }

  LogFolder folder_;
  std::unique_ptr<RedisServerProcess> redis_;
  std::unique_ptr<SqliteLog> log_;
  std::vector<RevocationRecord> handed_over_;
  std::uint64_t outbox_ = 0;
  FleetPush pushed_;
  int cut_offs_ = 0;
  RevocationLogHealth::Fleet fleet_ = RevocationLogHealth::Fleet::kNone;
};

TEST_F(FleetFollowerTest, PushesWhatWasLeftAndKeepsThePlace) {
  append_and_wait(*log_, {record_of(1), record_of(2)});
  run_until([&] { return log_->fleet_mark().pushed_through >= 2; });
  EXPECT_EQ(outbox_, 2U);
  EXPECT_EQ(pushed_.through, 2U);
  EXPECT_TRUE(handed_over_.empty());
  for (const LoggedRecord& row : read_and_wait(*log_, 0, 9)) EXPECT_FALSE(row.stamp.is_zero());
  const std::int64_t length = stream_length();
  run_until([&] { return fleet_ == RevocationLogHealth::Fleet::kFollowing; });
  EXPECT_EQ(outbox_, 0U);
  EXPECT_EQ(stream_length(), length);
}

TEST_F(FleetFollowerTest, AnOfferThatACrashCutShortIsMadeAgain) {
  apply_and_wait(*log_, {{fleet_record(record_of(1), 5)}, "5-0 5-0 offer", 0});
  run_until([&] { return fleet_ == RevocationLogHealth::Fleet::kFollowing; });
  // The mark and the record.
  EXPECT_EQ(stream_length(), 2);
  EXPECT_FALSE(parse_position(log_->fleet_mark().position)->owes_offer);
}

TEST_F(FleetFollowerTest, APlaceThatCannotBeReadIsNoPlace) {
  apply_and_wait(*log_, {{fleet_record(record_of(1), 5)}, "elsewhere", 0});
  run_until([&] { return fleet_ == RevocationLogHealth::Fleet::kFollowing; });
  EXPECT_EQ(stream_length(), 2);
}

TEST_F(FleetFollowerTest, WhatIsForgottenIsNotOffered) {
  apply_and_wait(*log_, {{fleet_record(record_until(1, 1000), 5)}, "5-0 5-0", 0});
  run_until([&] { return fleet_ == RevocationLogHealth::Fleet::kFollowing; });
  EXPECT_EQ(stream_length(), 1);
}

TEST_F(FleetFollowerTest, SaysThatItIsCutOffForAsLongAsItIs) {
  redis_->kill();
  run_until([&] { return cut_offs_ >= 3; });
  EXPECT_EQ(fleet_, RevocationLogHealth::Fleet::kCutOff);
}

}  // namespace
}  // namespace assay::store

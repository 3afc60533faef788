// Two revocations of what was issued before a time: the later time counts, whatever the order, until it is lifted. Each
// property is looked at after a restart, because memory never forgets a time by itself.
#include <gtest/gtest.h>

#include "tests/store/log_fixture.h"

namespace assay::store {
namespace {

class SqliteLogBoundTest : public testing::Test {
 protected:
  SqliteLogBoundTest() : log_(std::make_unique<SqliteLog>(path_)) { static_cast<void>(replay_of(*log_)); }

  AppendOutcome append(const std::vector<RevocationRecord>& records) { return append_and_wait(*log_, records).outcome; }
  std::vector<RevocationRecord> apply(std::vector<LoggedRecord> records) {
    auto [result, written] = apply_and_wait(*log_, {std::move(records), "9-0", 0});
    EXPECT_EQ(result.outcome, AppendOutcome::kDurable);
    return written;
  }
  // The one record that a restart brings back; an empty one where it brings none.
  RevocationRecord after_restart() {
    log_.reset();
    log_ = std::make_unique<SqliteLog>(path_);
    const Replayed replayed = replay_of(*log_);
    EXPECT_EQ(replayed.result.outcome, ReplayOutcome::kReplayed) << replayed.result.complaint;
    EXPECT_LE(replayed.revoked.size(), 1U);
    return replayed.revoked.empty() ? RevocationRecord{} : replayed.revoked.begin()->second;
  }

  LogFolder folder_;
  const std::string path_ = folder_.path();
  std::unique_ptr<SqliteLog> log_;
};

TEST_F(SqliteLogBoundTest, AnEarlierTimeOfAnotherNodeMovesNothingBack) {
  EXPECT_EQ(append({record_before(200, 2000)}), AppendOutcome::kDurable);
  RevocationRecord own = record_before(200, 2000);
  own.sequence = 1;
  // It comes back from the fleet, and behind it what another node has revoked at the same moment.
  EXPECT_EQ(apply({fleet_record(own, 1, RecordOrigin::kHere), fleet_record(record_before(100, 1000), 2)}).size(), 1U);
  EXPECT_EQ(after_restart().issued_before_us, 200);
  EXPECT_EQ(after_restart().forget_at_us, 2000);
}

TEST_F(SqliteLogBoundTest, ALaterTimeOfAnotherNodeRaisesAnOwnOneThatTheFleetHasNotSeen) {
  EXPECT_EQ(append({record_before(100, 1000)}), AppendOutcome::kDurable);
  const std::vector<RevocationRecord> written = apply({fleet_record(record_before(200, 2000), 1)});
  ASSERT_EQ(written.size(), 1U) << "memory hears of it";
  EXPECT_EQ(written[0].issued_before_us, 200);
  const std::vector<LoggedRecord> rows = read_and_wait(*log_, 1, 9);
  ASSERT_EQ(rows.size(), 1U) << "a new record, which is pushed";
  EXPECT_EQ(rows[0].origin, RecordOrigin::kHere);
  EXPECT_TRUE(rows[0].stamp.is_zero());
  // The old one had been pushed already, and comes back.
  RevocationRecord own = record_before(100, 1000);
  own.sequence = 1;
  EXPECT_TRUE(apply({fleet_record(own, 2, RecordOrigin::kHere)}).empty());
  EXPECT_EQ(after_restart().issued_before_us, 200);
  EXPECT_EQ(after_restart().forget_at_us, 2000);
}

TEST_F(SqliteLogBoundTest, AnEarlierTimeOfThisNodeMovesNothingBack) {
  EXPECT_EQ(apply({fleet_record(record_before(200), 1)}).size(), 1U);
  EXPECT_EQ(append({record_before(100)}), AppendOutcome::kDurable);
  EXPECT_EQ(after_restart().issued_before_us, 200);
}

TEST_F(SqliteLogBoundTest, ALiftResetsIt) {
  EXPECT_EQ(append({record_before(200), lift_of(record_before(200)), record_before(100)}), AppendOutcome::kDurable);
  EXPECT_EQ(after_restart().issued_before_us, 100);
  EXPECT_EQ(apply({fleet_record(lift_of(record_before(0)), 3), fleet_record(record_before(50), 4)}).size(), 0U)
      << "an own one that the fleet has not seen is later than a lift";
  EXPECT_EQ(after_restart().issued_before_us, 100);
}

TEST_F(SqliteLogBoundTest, WhatComesBackDoesNotUndoALiftOfThisNode) {
  EXPECT_EQ(append({record_before(200)}), AppendOutcome::kDurable);
  EXPECT_EQ(append({lift_of(record_before(200)), record_before(100)}), AppendOutcome::kDurable);
  RevocationRecord own = record_before(200);
  own.sequence = 1;
  EXPECT_TRUE(apply({fleet_record(own, 1, RecordOrigin::kHere)}).empty());
  EXPECT_EQ(after_restart().issued_before_us, 100);
}

TEST_F(SqliteLogBoundTest, ALaterTimeFromBeforeALiftOfTheFleetCountsNoMore) {
  EXPECT_EQ(apply({fleet_record(lift_of(record_before(0)), 5), fleet_record(record_before(100), 6)}).size(), 2U);
  EXPECT_TRUE(apply({fleet_record(record_before(200), 4)}).empty()) << "offered again by a node that missed the lift";
  EXPECT_EQ(after_restart().issued_before_us, 100);
}

TEST_F(SqliteLogBoundTest, OtherKindsHaveNoTimesToKeep) {
  EXPECT_EQ(append({record_until(1, 2000)}), AppendOutcome::kDurable);
  EXPECT_TRUE(apply({fleet_record(record_until(1, 9000), 1)}).empty());
  EXPECT_EQ(after_restart().forget_at_us, 2000);
}

}  // namespace
}  // namespace assay::store

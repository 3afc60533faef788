#include "verify/revoker.h"

#include <gtest/gtest.h>

#include "tests/verify/fake_revocation_log.h"
#include "tests/verify/test_issuer.h"

namespace assay::verify {
namespace {

RevocationRecord record(std::uint8_t id, RevocationOperation operation) {
  RevocationRecord made{.id = {}, .kind = RevocationKind::kToken, .operation = operation};
  made.id[0] = id;
  return made;
}
RevocationRecord revoked(std::uint8_t id) { return record(id, RevocationOperation::kRevoke); }
RevocationRecord lifted(std::uint8_t id) { return record(id, RevocationOperation::kLift); }

class RevokerTest : public ::testing::Test {
 protected:
  void submit(const RevocationRecord& change) {
    revoker_->submit({change}, [this](const RevocationResult& result) { results_.push_back(result); });
  }
  std::size_t count() { return revoker_->status().counts[1]; }

  test::FakeRevocationLog log_;
  std::unique_ptr<Revoker> revoker_ = Revoker::open(&log_, "", nullptr).value();
  std::vector<RevocationResult> results_;
};

TEST_F(RevokerTest, EnforcesBeforeTheLogHasIt) {
  log_.holds = true;
  submit(revoked(1));
  EXPECT_EQ(count(), 1U);
  EXPECT_TRUE(results_.empty());
  log_.settle(AppendOutcome::kDurable);
  EXPECT_EQ(count(), 1U);
  ASSERT_EQ(results_.size(), 1U);
  EXPECT_EQ(results_[0].outcome, RevocationOutcome::kDone);
  EXPECT_EQ(results_[0].recorded_count, 1U);
}

TEST_F(RevokerTest, LiftsOnceTheLogHasIt) {
  submit(revoked(1));
  log_.holds = true;
  submit(lifted(1));
  EXPECT_EQ(count(), 1U);
  log_.settle(AppendOutcome::kDurable);
  EXPECT_EQ(count(), 0U);
}

TEST_F(RevokerTest, ALiftThatIsNotKeptChangesNothing) {
  submit(revoked(1));
  log_.outcome = AppendOutcome::kFailed;
  submit(lifted(1));
  EXPECT_EQ(count(), 1U);
  EXPECT_EQ(results_.back().outcome, RevocationOutcome::kFailed);
  EXPECT_EQ(results_.back().recorded_count, 0U);
  EXPECT_EQ(results_.back().complaint, "so it is");
}

TEST_F(RevokerTest, ARevocationThatIsNotKeptIsEnforcedUntilTheEnd) {
  log_.outcome = AppendOutcome::kNoSpace;
  submit(revoked(1));
  EXPECT_EQ(results_.back().outcome, RevocationOutcome::kNoSpace);
  EXPECT_EQ(count(), 1U);
  log_.outcome = AppendOutcome::kDurableHere;
  submit(lifted(1));
  EXPECT_EQ(results_.back().outcome, RevocationOutcome::kDoneHere);
  EXPECT_EQ(count(), 0U);
}

TEST_F(RevokerTest, ARevocationAfterALiftThatIsUnderWayStands) {
  submit(revoked(1));
  log_.holds = true;
  submit(lifted(1));
  submit(revoked(1));
  log_.settle(AppendOutcome::kDurable);
  EXPECT_EQ(count(), 1U);
  log_.settle(AppendOutcome::kDurable);
  EXPECT_EQ(count(), 1U);
}

TEST_F(RevokerTest, ARevocationAfterALiftStandsAlsoWhereItIsNotKept) {
  log_.holds = true;
  submit(lifted(1));
  submit(revoked(1));
  log_.settle(AppendOutcome::kDurable);
  log_.settle(AppendOutcome::kNoSpace);
  EXPECT_EQ(count(), 1U);
}

TEST_F(RevokerTest, ALiftAfterARevocationThatIsUnderWayEndsIt) {
  log_.holds = true;
  submit(revoked(1));
  submit(lifted(1));
  log_.settle(AppendOutcome::kDurable);
  EXPECT_EQ(count(), 1U);
  log_.settle(AppendOutcome::kDurable);
  EXPECT_EQ(count(), 0U);
}

TEST_F(RevokerTest, OtherNodesAreFollowed) {
  log_.hand_over(revoked(1));
  EXPECT_EQ(count(), 1U);
  log_.hand_over(lifted(1));
  EXPECT_EQ(count(), 0U);
}

TEST_F(RevokerTest, AnotherNodesLiftDoesNotEndALaterRevocationThatIsUnderWay) {
  log_.holds = true;
  submit(revoked(1));
  log_.hand_over(lifted(1));  // sequence 1
  EXPECT_EQ(count(), 1U);
  log_.settle(AppendOutcome::kDurable);  // sequence 2
  EXPECT_EQ(count(), 1U);
}

TEST_F(RevokerTest, AnotherNodesRevocationDuringALiftIsEndedByTheLaterLift) {
  submit(revoked(1));
  log_.holds = true;
  submit(lifted(1));
  log_.hand_over(revoked(1));
  EXPECT_EQ(count(), 1U);
  log_.settle(AppendOutcome::kDurable);
  EXPECT_EQ(count(), 0U);
}

TEST_F(RevokerTest, OneBatchMayNameAnIdTwice) {
  revoker_->submit({revoked(1), revoked(2), revoked(1)}, [](const RevocationResult&) {});
  EXPECT_EQ(count(), 2U);
}

TEST_F(RevokerTest, ReplaysWhatTheLogKept) {
  submit(revoked(1));
  submit(revoked(2));
  submit(lifted(1));
  revoker_ = Revoker::open(&log_, "", nullptr).value();
  EXPECT_EQ(count(), 1U);
  ASSERT_EQ(revoker_->list(std::nullopt, 10).size(), 1U);
  EXPECT_EQ(revoker_->list(std::nullopt, 10)[0].id[0], 2);
}

TEST_F(RevokerTest, DoesNotOpenWithADamagedLog) {
  for (const ReplayOutcome outcome : {ReplayOutcome::kDamaged, ReplayOutcome::kUnreadable}) {
    log_.replay_outcome = outcome;
    std::string complaint;
    const auto opened = Revoker::open(&log_, "", &complaint);
    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error().code, ErrorCode::kBadRevocationLog);
    EXPECT_EQ(opened.error().offset, outcome == ReplayOutcome::kDamaged ? 4096U : 0U);
    EXPECT_EQ(complaint, "the log is torn");
    EXPECT_FALSE(Revoker::open(&log_, "", nullptr));
  }
}

TEST_F(RevokerTest, SweepsWhatMayBeForgotten) {
  RevocationRecord soon = revoked(1);
  soon.forget_at_us = test::kNow.wall_us + 1;
  submit(soon);
  submit(revoked(2));
  revoker_->step(test::kNow);
  EXPECT_EQ(count(), 2U);
  EXPECT_EQ(log_.forgotten_us, test::kNow.wall_us);
  EXPECT_GT(revoker_->next_due_ns(), test::kNow.monotonic_ns);
  revoker_->step(test::later(test::kNow, 2'000'000));
  EXPECT_EQ(count(), 1U);
}

TEST_F(RevokerTest, ListsPageByPage) {
  for (std::uint8_t id = 1; id <= 5; ++id) submit(revoked(id));
  std::optional<RevocationInfo::Id> after;
  std::size_t seen = 0;
  for (std::size_t page = 0; page < 3; ++page) {
    const std::vector<RevocationInfo> infos = revoker_->list(after, 2);
    ASSERT_EQ(infos.size(), page == 2 ? 1U : 2U);
    seen += infos.size();
    after = infos.back().id;
  }
  EXPECT_EQ(seen, 5U);
  EXPECT_TRUE(revoker_->list(after, 2).empty());
}

TEST_F(RevokerTest, SaysWhatIsNotWell) {
  EXPECT_TRUE(revoker_->complaints().empty());
  log_.health_now.accepts_appends = false;
  log_.health_now.complaint = "the disk is full";
  EXPECT_EQ(revoker_->complaints(), std::vector<std::string>{"revocations: none are accepted: the disk is full"});
  log_.health_now = {.accepts_appends = true, .unpropagated_count = 3, .fleet_position = {}, .complaint = {}};
  log_.health_now.fleet = RevocationLogHealth::Fleet::kCutOff;
  EXPECT_EQ(revoker_->complaints(),
            std::vector<std::string>{"revocations: the fleet cannot be reached, 3 wait for it"});
  log_.health_now.fleet = RevocationLogHealth::Fleet::kHealing;
  EXPECT_EQ(revoker_->complaints().size(), 1U);
  log_.health_now.fleet = RevocationLogHealth::Fleet::kFollowing;
  EXPECT_TRUE(revoker_->complaints().empty());
}

TEST_F(RevokerTest, CallbacksOfTheLogMayOutliveIt) {
  log_.holds = true;
  submit(revoked(1));
  revoker_.reset();
  log_.settle(AppendOutcome::kDurable);
  log_.hand_over(revoked(2));
  EXPECT_EQ(results_.size(), 1U);
}

TEST(RevokerWithoutLog, IsEmptyAndHasNothingToDo) {
  const auto revoker = Revoker::open(nullptr, "key", nullptr).value();
  EXPECT_FALSE(revoker->has_log());
  EXPECT_FALSE(revoker->status().has_log);
  EXPECT_TRUE(revoker->complaints().empty());
  EXPECT_EQ(revoker->next_due_ns(), std::numeric_limits<std::int64_t>::max());
  EXPECT_EQ(revoker->id_key(), "key");
}

}  // namespace
}  // namespace assay::verify

// The supply of answers where a fleet shares them: what it asks, what it believes, and what comes of races.
#include <string>

#include <gtest/gtest.h>

#include "tests/verify/answer_fixture.h"
#include "verify/answer_supply.h"

namespace assay::verify {
namespace {

using test::answered;
using test::kActive;
using test::kSecondUs;
using test::status;

constexpr std::int64_t kWaitUs = 20'000;

// Another node of the fleet is the same supply with an empty memory.
class SharedSupply : public test::Answers {
 protected:
  SharedSupply() : Answers(Shares::kYes) {}

  // Orders, and takes what the fleet says at once. Returns how many requests to the issuer that made.
  std::size_t check(std::string_view token) {
    const std::size_t sent = order(token);
    return sent + take_shared();
  }
  std::size_t take_shared() {
    for (const FetchInbox::Item& item : inbox_->take_all()) {
      if (const auto* const value = std::get_if<SharedValue>(&item.result)) {
        EXPECT_TRUE(supply_->on_shared(item.fetch_id, *value, now_));
      }
    }
    return collect();
  }
  // Goes on until the wait for the fleet is over.
  std::size_t wait_in_vain() {
    now_ = test::later(now_, kWaitUs);
    supply_->check_deadlines(now_);
    return collect();
  }
  void forget_here(std::string_view token) { cache_.erase({.issuer = kAnswersId, .token = token}); }
  void erase(std::string_view token) {
    supply_->forbid_keeping(kAnswersId, token);
    forget_here(token);
    sharing_->erase(issuer_, token, [](bool) {});
  }
  std::uint64_t count(ShareOutcome outcome) { return counts().shared[static_cast<std::size_t>(outcome)]; }
  // The issuer says so to one node.
  void let_the_fleet_know(std::string_view token, std::string body = std::string(kActive)) {
    ASSERT_EQ(check(token), 1U);
    result(answered(std::move(body)));
    forget_here(token);
  }
  std::string& kept() { return place_.kept.begin()->second.bytes; }
};

TEST_F(SharedSupply, AsksTheIssuerOnceForAllNodes) {
  EXPECT_EQ(order("t"), 0U) << "the fleet first";
  EXPECT_EQ(latest("t"), ErrorCode::kPendingAnswer);
  EXPECT_EQ(order("t"), 0U) << "who comes meanwhile joins";
  EXPECT_EQ(take_shared(), 1U);
  result(answered(R"({"active":true,"sub":"bob"})"));
  EXPECT_EQ(place_.health_now.written, 1U);
  forget_here("t");
  EXPECT_EQ(check("t"), 0U);
  EXPECT_EQ(latest("t"), ErrorCode::kNone);
  ASSERT_TRUE(remembered("t", 0));
  EXPECT_EQ(found("t", 0).answer->answer().claims().sub, "bob");
  EXPECT_EQ(counts().joined, 1U);
  EXPECT_EQ(count(ShareOutcome::kFound), 1U);
  EXPECT_EQ(count(ShareOutcome::kNotFound), 1U);
  EXPECT_EQ(supply_->calls_under_way(), 0U);
  EXPECT_EQ(supply_->next_due_ns(), std::numeric_limits<std::int64_t>::max());
}

TEST_F(SharedSupply, ServesAsLongAsItWouldHaveWhereItWasAsked) {
  let_the_fleet_know("t");
  now_ = test::later(now_, 45 * kSecondUs);
  EXPECT_EQ(check("t"), 0U);
  EXPECT_TRUE(remembered("t", 15 * kSecondUs - 1));
  EXPECT_FALSE(remembered("t", 15 * kSecondUs));
  forget_here("t");
  now_ = test::later(now_, 15 * kSecondUs);
  EXPECT_EQ(check("t"), 1U) << "it is over";
}

TEST_F(SharedSupply, SharesRefusalsForTheirTime) {
  let_the_fleet_know("t", R"({"active":false})");
  now_ = test::later(now_, 9 * kSecondUs);
  EXPECT_EQ(check("t"), 0U);
  ASSERT_TRUE(remembered("t", kSecondUs - 1));
  EXPECT_FALSE(found("t", 0).answer->active());
  EXPECT_FALSE(remembered("t", kSecondUs));
}

TEST_F(SharedSupply, SharesNeitherFailuresNorWhatHasNoLife) {
  EXPECT_EQ(check("t"), 1U);
  result(status(500));
  policy().ttl = std::chrono::seconds(0);
  set();
  EXPECT_EQ(check("t"), 1U);
  result(answered(std::string(kActive)));
  EXPECT_EQ(place_.writes, 0U);
}

TEST_F(SharedSupply, AsksTheIssuerWhereTheFleetCannotBeReached) {
  place_.is_down = true;
  EXPECT_EQ(check("t"), 1U);
  EXPECT_EQ(count(ShareOutcome::kFailed), 1U);
  result(answered(std::string(kActive)));
  EXPECT_EQ(latest("t"), ErrorCode::kNone);
  EXPECT_TRUE(remembered("t", 0));
  EXPECT_EQ(place_.writes, 0U) << "what is there is not known";
}

TEST_F(SharedSupply, WaitsForTheFleetNoLongerThanIsSaid) {
  place_.holds = true;
  EXPECT_EQ(order("t"), 0U);
  EXPECT_EQ(supply_->next_due_ns(), now_.monotonic_ns + kWaitUs * 1000);
  supply_->check_deadlines(at(now_.monotonic_ns + kWaitUs * 1000 - 1));
  EXPECT_EQ(collect(), 0U);
  EXPECT_EQ(wait_in_vain(), 1U);
  EXPECT_EQ(count(ShareOutcome::kLate), 1U);
  result(answered(std::string(kActive)));
  EXPECT_EQ(latest("t"), ErrorCode::kNone);
  place_.answer();
  EXPECT_EQ(take_shared(), 0U) << "an answer after the call is over is dropped";
}

TEST_F(SharedSupply, ALateWordThatNothingIsThereLetsItShare) {
  place_.holds = true;
  order("t");
  EXPECT_EQ(wait_in_vain(), 1U);
  place_.answer();
  EXPECT_EQ(take_shared(), 0U);
  result(answered(std::string(kActive)));
  EXPECT_EQ(place_.health_now.written, 1U);
  EXPECT_EQ(count(ShareOutcome::kNotFound), 0U) << "it counts once, as late";
}

// The erasure may have come before or after the issuer spoke: nobody knows.
TEST_F(SharedSupply, ALateMarkKeepsTheAnswerFromTheOthers) {
  place_.holds = true;
  order("t");
  EXPECT_EQ(wait_in_vain(), 1U);
  sharing_->erase(issuer_, "t", [](bool) {});  // by another node
  place_.answer();
  EXPECT_EQ(take_shared(), 0U);
  result(answered(R"({"active":true,"scope":"old"})"));
  EXPECT_EQ(place_.writes, 0U);
}

TEST_F(SharedSupply, AsksAnewWhereSomebodyChangedWhatIsThere) {
  let_the_fleet_know("t");
  const std::string good = kept();
  for (const std::size_t place : {std::size_t{0}, good.size() / 2, good.size() - 1}) {
    kept() = good;
    kept()[place] = static_cast<char>(kept()[place] ^ 1);
    EXPECT_EQ(check("t"), 1U) << place;
    result(answered(R"({"active":false})"));
    EXPECT_FALSE(found("t", 0).answer->active());
    forget_here("t");
    EXPECT_EQ(check("t"), 0U) << "the issuer's answer took the place of it";
    forget_here("t");
  }
  EXPECT_EQ(count(ShareOutcome::kUnreadable), 3U);
}

TEST_F(SharedSupply, AnAnswerMovedToAnotherTokenIsNone) {
  let_the_fleet_know("good");
  const std::string good = kept();
  EXPECT_EQ(check("bad"), 1U);
  result(answered(R"({"active":false})"));
  forget_here("bad");
  for (auto& [key, value] : place_.kept) value.bytes = good;
  EXPECT_EQ(check("bad"), 1U);
  EXPECT_EQ(count(ShareOutcome::kUnreadable), 1U);
}

TEST_F(SharedSupply, OfAnIssuerWithAnotherPolicyIsNotTaken) {
  let_the_fleet_know("t");
  issuer_.audiences = {"another"};
  set();
  EXPECT_EQ(check("t"), 1U);
}

TEST_F(SharedSupply, HelpsWhereTheIssuerIsInTrouble) {
  let_the_fleet_know("t");
  EXPECT_EQ(check("other"), 1U);
  result(status(503, {{"retry-after", "60"}}));
  EXPECT_EQ(check("other"), 0U);
  EXPECT_EQ(latest("other"), ErrorCode::kIntrospectionUnavailable);
  EXPECT_EQ(counts().shut, 1U);
  EXPECT_EQ(check("t"), 0U);
  EXPECT_EQ(latest("t"), ErrorCode::kNone);
}

TEST_F(SharedSupply, StaysWithinTheRateBehindTheFleet) {
  policy().calls_per_second = 1;
  set();
  EXPECT_EQ(check("a"), 1U);
  EXPECT_EQ(check("b"), 0U);
  EXPECT_EQ(latest("b"), ErrorCode::kOverloaded);
  EXPECT_EQ(counts().too_many, 1U);
}

TEST_F(SharedSupply, ErasedIsAskedAnewAndSharedAnew) {
  let_the_fleet_know("t", R"({"active":true,"scope":"old"})");
  erase("t");
  EXPECT_EQ(check("t"), 1U);
  result(answered(R"({"active":true,"scope":"new"})"));
  forget_here("t");
  EXPECT_EQ(check("t"), 0U);
  EXPECT_EQ(found("t", 0).answer->answer().claims().scope_texts[0], "new");
}

// Another node asked before the erasure and hears from the issuer after it.
TEST_F(SharedSupply, AnErasureIsNotUndoneByACallThatBeganBefore) {
  EXPECT_EQ(check("t"), 1U);
  sharing_->erase(issuer_, "t", [](bool) {});
  result(answered(R"({"active":true,"scope":"old"})"));
  EXPECT_EQ(place_.health_now.superseded, 1U);
  EXPECT_EQ(place_.health_now.written, 0U);
  forget_here("t");
  EXPECT_EQ(check("t"), 1U);
}

TEST_F(SharedSupply, AnErasureHereKeepsTheCallUnderWayFromBothMemories) {
  EXPECT_EQ(check("t"), 1U);
  erase("t");
  result(answered(R"({"active":true,"scope":"old"})"));
  EXPECT_EQ(latest("t"), ErrorCode::kNone) << "who asked before gets what was said";
  EXPECT_FALSE(remembered("t", 0));
  EXPECT_EQ(place_.writes, 0U);
}

TEST_F(SharedSupply, AnErasureWhileTheFleetIsAskedKeepsItsAnswerOut) {
  let_the_fleet_know("t");
  EXPECT_EQ(order("t"), 0U);  // the fleet's answer is in the inbox
  erase("t");
  EXPECT_EQ(take_shared(), 0U);
  EXPECT_FALSE(remembered("t", 0));
  EXPECT_EQ(check("t"), 1U);
}

TEST_F(SharedSupply, OfTwoNodesThatAskAtOnceTheFirstAnswerStays) {
  EXPECT_EQ(check("t"), 1U);
  place_.kept[sharing_->place_of(*sharing_->scope_of(issuer_), "t")->key] = {.bytes = "another node's", .until_ns = 1};
  result(answered(std::string(kActive)));
  EXPECT_EQ(place_.health_now.superseded, 1U);
  EXPECT_EQ(kept(), "another node's");
}

TEST_F(SharedSupply, AWorkerThatLeavesWhileTheFleetIsAskedIsNotSettled) {
  place_.holds = true;
  order("t");
  supply_->forget(*table_);
  EXPECT_EQ(wait_in_vain(), 1U);
  result(answered(std::string(kActive)));
  EXPECT_EQ(latest("t"), ErrorCode::kPendingAnswer);
}

TEST_F(SharedSupply, KnowsItsOwnQuestions) {
  EXPECT_FALSE(supply_->on_shared(2, {}, now_)) << "no id of this supply";
  EXPECT_TRUE(supply_->on_shared(AnswerSupply::kFetchIdBit | 99, {}, now_)) << "a call that is over";
}

}  // namespace
}  // namespace assay::verify

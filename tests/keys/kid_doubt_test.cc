#include "keys/kid_doubt.h"

#include <memory>

#include <gtest/gtest.h>

namespace assay::keys {
namespace {

class Doubt : public ::testing::Test {
 protected:
  // The set was confirmed at 1000, and the budget is used up until 2000.
  FetchFacts facts_{.fetched = true,
                    .in_flight = false,
                    .latest_failed = false,
                    .ever_confirmed = true,
                    .confirmed_ns = 1000,
                    .forced_from_ns = 2000,
                    .cooldown_ns = 500};
  [[nodiscard]] KidDoubt of_kid(std::int64_t now_ns) const { return judge_missing_key(facts_, *kids_, kid_, now_ns); }
  [[nodiscard]] KidDoubt without_kid(std::int64_t now_ns) const {
    return judge_missing_key(facts_, *kids_, std::nullopt, now_ns);
  }
  base::Hash128 kid_ = base::keyed_hash("k");
  std::unique_ptr<UnknownKids> kids_ = std::make_unique<UnknownKids>();
};

TEST_F(Doubt, NeverOfKeysThatAreNotFetched) {
  facts_ = {};
  EXPECT_EQ(of_kid(0), KidDoubt::kUnknown);
  EXPECT_EQ(judge_without_asking(facts_, 0), KidDoubt::kUnknown);
}

TEST_F(Doubt, EndsWithTheBudgetWhereASetWasFetchedLately) {
  EXPECT_EQ(of_kid(1499), KidDoubt::kUnknown);
  EXPECT_EQ(of_kid(1500), KidDoubt::kUnavailable);
  EXPECT_EQ(of_kid(2000), KidDoubt::kAsk);
}

TEST_F(Doubt, AsksAgainOnlyForKidsThatAreNotKnownToBeUnknown) {
  kids_->insert(kid_, 2500);
  EXPECT_EQ(of_kid(2499), KidDoubt::kUnknown);
  EXPECT_EQ(of_kid(2500), KidDoubt::kAsk);
}

TEST_F(Doubt, IsAnOutageAfterAFailureWhateverWasKnown) {
  facts_.latest_failed = true;
  kids_->insert(kid_, 5000);
  EXPECT_EQ(of_kid(1100), KidDoubt::kUnavailable);
  EXPECT_EQ(of_kid(3000), KidDoubt::kUnavailable) << "the backoff says when to ask";
  EXPECT_EQ(without_kid(1100), KidDoubt::kUnavailable);
  facts_.in_flight = true;
  EXPECT_EQ(of_kid(1100), KidDoubt::kAsk);
  EXPECT_EQ(judge_without_asking(facts_, 1100), KidDoubt::kUnavailable);
}

TEST_F(Doubt, WaitsForAFetchThatRuns) {
  facts_.in_flight = true;
  EXPECT_EQ(of_kid(1100), KidDoubt::kAsk);
  EXPECT_EQ(judge_without_asking(facts_, 1100), KidDoubt::kUnavailable);
}

TEST_F(Doubt, WithoutKidIsOnlyOfASetThatWasNotFetchedLately) {
  EXPECT_EQ(without_kid(1499), KidDoubt::kUnknown);
  EXPECT_EQ(without_kid(1500), KidDoubt::kUnavailable);
  EXPECT_EQ(without_kid(2000), KidDoubt::kAsk);
}

}  // namespace
}  // namespace assay::keys

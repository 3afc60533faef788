#include "keys/fetch_budget.h"

#include <limits>

#include <gtest/gtest.h>

namespace assay::keys {
namespace {

constexpr std::int64_t kNever = std::numeric_limits<std::int64_t>::max();

TEST(FetchBudget, AllowsTheBurstAndThenOneEachPeriod) {
  FetchBudget budget(30, 2);
  EXPECT_TRUE(budget.take(1000));
  EXPECT_TRUE(budget.take(1000));
  EXPECT_FALSE(budget.take(1000));
  EXPECT_EQ(budget.open_from_ns(), 1030);
  EXPECT_FALSE(budget.take(1029));
  EXPECT_TRUE(budget.take(1030));
  EXPECT_FALSE(budget.take(1059));
  EXPECT_TRUE(budget.take(1060));
}

TEST(FetchBudget, SavesNoMoreThanTheBurst) {
  FetchBudget budget(30, 2);
  ASSERT_TRUE(budget.take(0));
  EXPECT_TRUE(budget.take(1'000'000));
  EXPECT_TRUE(budget.take(1'000'000));
  EXPECT_FALSE(budget.take(1'000'000));
}

TEST(FetchBudget, OfNothingIsNeverOpen) {
  FetchBudget budget(30, 0);
  EXPECT_EQ(budget.open_from_ns(), kNever);
  EXPECT_FALSE(budget.take(0));
  EXPECT_FALSE(budget.take(kNever));
}

TEST(FetchBudget, ExtremesDoNotOverflow) {
  FetchBudget budget(kNever, 100);
  EXPECT_TRUE(budget.take(kNever - 1));
  FetchBudget dense(1, 100);
  int taken = 0;
  for (int i = 0; i < 1000; ++i) taken += dense.take(kNever - 5) ? 1 : 0;
  EXPECT_GE(taken, 100);
  EXPECT_LE(taken, 1000);
}

}  // namespace
}  // namespace assay::keys

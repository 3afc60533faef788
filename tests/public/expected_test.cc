#include "assay/expected.h"

#include <gtest/gtest.h>

namespace assay {
namespace {

Expected<int> half_of(int number) {
  if (number % 2 != 0) return fail(ErrorCode::kBadClaim, 7);
  return number / 2;
}

Expected<void> check_even(int number) {
  if (number % 2 != 0) return fail(ErrorCode::kBadJson);
  return {};
}

TEST(Expected, HoldsAValue) {
  const Expected<int> half = half_of(6);
  ASSERT_TRUE(half.has_value());
  EXPECT_EQ(*half, 3);
}

TEST(Expected, HoldsACodeAndAnOffset) {
  const Expected<int> half = half_of(5);
  ASSERT_FALSE(half.has_value());
  EXPECT_EQ(half.error(), (Error{.code = ErrorCode::kBadClaim, .offset = 7}));
}

TEST(Expected, OffsetIsZeroWhereNoneIsGiven) {
  EXPECT_TRUE(check_even(2).has_value());
  EXPECT_EQ(check_even(3).error(), (Error{.code = ErrorCode::kBadJson, .offset = 0}));
}

// The refusing path must cost no more than the accepting one: no message, no heap.
TEST(Expected, ErrorsAreEightBytesAndTrivial) {
  static_assert(sizeof(Error) == 8);
  static_assert(std::is_trivially_copyable_v<Error>);
  static_assert(std::is_trivially_destructible_v<Expected<void>>);
}

TEST(ExpectedDeathTest, TakingTheValueOfAFailedResultStopsTheProgram) {
  EXPECT_DEATH(static_cast<void>([]() noexcept { return half_of(5).value(); }()), "");
}

}  // namespace
}  // namespace assay

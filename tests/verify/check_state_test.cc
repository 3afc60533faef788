#include "verify/check_state.h"

#include <gtest/gtest.h>

namespace assay::verify {
namespace {

TEST(CheckState, APassedStepLeavesTheCheckOpen) {
  CheckState state;
  Trace trace;
  state.trace = &trace;
  pass(state, Step::kHeader);
  EXPECT_TRUE(judge(state, Step::kPayload, ErrorCode::kNone));
  EXPECT_TRUE(state.open);
  EXPECT_EQ(trace.marks[static_cast<std::size_t>(Step::kHeader)], Trace::Mark::kPassed);
  EXPECT_EQ(trace.marks[static_cast<std::size_t>(Step::kPayload)], Trace::Mark::kPassed);
}

TEST(CheckState, ACodeClosesTheCheck) {
  CheckState state;
  Trace trace;
  state.trace = &trace;
  EXPECT_FALSE(judge(state, Step::kExpiry, ErrorCode::kExpired));
  EXPECT_FALSE(state.open);
  EXPECT_EQ(state.error, Error{.code = ErrorCode::kExpired});
  EXPECT_EQ(trace.marks[static_cast<std::size_t>(Step::kExpiry)], Trace::Mark::kRefused);
}

TEST(CheckState, ARefusalClosesTheCheckWithItsError) {
  CheckState state;
  Trace trace;
  state.trace = &trace;
  EXPECT_FALSE(refuse(state, Step::kShape, ErrorCode::kMalformedToken, 7));
  EXPECT_FALSE(state.open);
  EXPECT_EQ(state.error.code, ErrorCode::kMalformedToken);
  EXPECT_EQ(state.error.offset, 7u);
  EXPECT_EQ(trace.marks[static_cast<std::size_t>(Step::kShape)], Trace::Mark::kRefused);
}

}  // namespace
}  // namespace assay::verify

#include "store/backoff.h"

#include <gtest/gtest.h>

namespace assay::store {
namespace {

TEST(Backoff, DoublesUpToItsMostAndStaysBelowIt) {
  Backoff backoff;
  std::int64_t whole_ns = Backoff::kMinNs;
  for (int failure = 0; failure < 20; ++failure) {
    const std::int64_t wait_ns = backoff.after_failure(std::int64_t{123'456'789} * (failure + 1));
    EXPECT_GE(wait_ns, whole_ns * 3 / 4) << failure;
    EXPECT_LT(wait_ns, whole_ns) << failure;
    whole_ns = std::min(2 * whole_ns, Backoff::kMaxNs);
  }
}

TEST(Backoff, SpreadsNodesThatFailTogether) {
  Backoff one;
  Backoff other;
  EXPECT_NE(one.after_failure(1'000'000), other.after_failure(2'000'000));
}

TEST(Backoff, BeginsAnewAfterAnAnswer) {
  Backoff backoff;
  for (int failure = 0; failure < 5; ++failure) static_cast<void>(backoff.after_failure(0));
  backoff.reset();
  EXPECT_EQ(backoff.after_failure(0), Backoff::kMinNs * 3 / 4);
}

}  // namespace
}  // namespace assay::store

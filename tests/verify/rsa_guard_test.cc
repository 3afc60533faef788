#include "verify/rsa_guard.h"

#include <gtest/gtest.h>

namespace assay::verify {
namespace {

TEST(RsaGuard, TrustsUntilTheFirstMismatchAndNeverAgain) {
  RsaGuard guard;
  EXPECT_TRUE(guard.trusted());
  guard.note_recheck(true);
  EXPECT_TRUE(guard.trusted());
  guard.note_recheck(false);
  EXPECT_FALSE(guard.trusted());
  guard.note_recheck(true);
  EXPECT_FALSE(guard.trusted());
  EXPECT_EQ(guard.rechecks(), 3u);
  EXPECT_EQ(guard.mismatches(), 1u);
}

TEST(RsaGuard, AFailedSelfTestIsNoMismatch) {
  RsaGuard guard;
  guard.distrust();
  EXPECT_FALSE(guard.trusted());
  EXPECT_EQ(guard.mismatches(), 0u);
}

}  // namespace
}  // namespace assay::verify

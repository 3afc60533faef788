#include "base/check.h"

#include <gtest/gtest.h>

namespace assay::base {
namespace {

TEST(CheckDeathTest, StopsTheProgramAndNamesConditionAndPlace) {
  const int lanes = 7;
  EXPECT_DEATH(ASSAY_CHECK(lanes == 8), "CHECK\\(lanes == 8\\) failed at .*check_test\\.cc:[0-9]+");
}

TEST(Check, LetsTheProgramGoOnAndAsksOnce) {
  int asked = 0;
  ASSAY_CHECK(++asked > 0);
  EXPECT_EQ(asked, 1);
}

TEST(CheckDeathTest, OfADebugBuildIsAbsentFromAReleaseBuild) {
#ifdef NDEBUG
  int asked = 0;
  ASSAY_DCHECK(++asked < 0);
  EXPECT_EQ(asked, 0);
#else
  EXPECT_DEATH(ASSAY_DCHECK(1 + 1 == 3), "CHECK\\(1 \\+ 1 == 3\\)");
#endif
}

}  // namespace
}  // namespace assay::base

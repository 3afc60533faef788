#include "assay/limits.h"

#include <limits>

#include <gtest/gtest.h>

namespace assay {
namespace {

TEST(Limits, OffsetsInATokenFitAnError) { EXPECT_LE(kTokenBytesMax, std::numeric_limits<std::uint32_t>::max()); }

TEST(Limits, ADecodedHeaderFitsAToken) {
  EXPECT_LT(kHeaderBytesMax * 4 / 3, kTokenBytesMax);
  EXPECT_LT(kKidBytesMax, kHeaderBytesMax);
}

// RFC 7518 sec 3.3 and sec 3.5: RSA keys of 2048 bits or more.
TEST(Limits, RsaKeysAreAtLeastTheSizeTheRfcAsksFor) {
  EXPECT_GE(kRsaModulusBitsMin, 2048U);
  EXPECT_LE(kRsaModulusBitsMin, kRsaModulusBitsMax);
  EXPECT_EQ(kRsaModulusBitsMax % 8, 0U);
}

TEST(Limits, ASecretIsAtLeastAsLongAsTheHash) {
  EXPECT_GE(kHmacSecretBytesMin, 32U);
  EXPECT_LT(kHmacSecretBytesMin, kHmacSecretBytesMax);
}

TEST(Limits, ABatchMayWaitWhole) { EXPECT_GE(kPendingMax, kBatchMax); }

TEST(Limits, KeysTriedWithoutKidAreFewerThanAnIssuerMayHave) { EXPECT_LT(kKeysTriedMax, kKeysPerIssuerMax); }

}  // namespace
}  // namespace assay

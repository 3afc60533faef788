#include "verify/sha256_self_test.h"

#include <gtest/gtest.h>

#include "tests/verify/broken_digest.h"

namespace assay::verify {
namespace {

TEST(Sha256SelfTest, PassesEveryVariantThatRunsHere) {
  for (const kernel::Sha256Variant& variant : kernel::sha256_variants()) {
    if (!variant.supported(base::detect_cpu_features())) continue;
    EXPECT_TRUE(passes_sha256_self_test(variant)) << variant.name;
  }
}

TEST(Sha256SelfTest, PassesTheSpecification) { EXPECT_TRUE(passes_sha256_self_test(test::broken_sha256_variant())); }

TEST(Sha256SelfTest, FindsOneHashThatIsAnothersOrHasOneWrongBit) {
  for (const test::DigestFault fault : {test::DigestFault::kSwapped, test::DigestFault::kBitFlipped}) {
    const test::WithDigestFault broken(fault);
    EXPECT_FALSE(passes_sha256_self_test(test::broken_sha256_variant()));
  }
}

}  // namespace
}  // namespace assay::verify

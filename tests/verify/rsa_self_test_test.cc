#include "verify/rsa_self_test.h"

#include <gtest/gtest.h>

#include "tests/verify/broken_kernel.h"

namespace assay::verify {
namespace {

TEST(RsaSelfTest, PassesEveryVariantThatRunsHere) {
  for (const kernel::RsaVariant& variant : kernel::rsa_variants()) {
    if (!variant.supported(base::detect_cpu_features())) continue;
    EXPECT_TRUE(passes_rsa_self_test(variant)) << variant.name;
  }
}

TEST(RsaSelfTest, PassesTheSpecification) { EXPECT_TRUE(passes_rsa_self_test(test::broken_rsa_variant())); }

TEST(RsaSelfTest, FindsOneFlippedLimb) {
  const test::WithKernelFault fault(test::KernelFault::kLimbFlipped);
  EXPECT_FALSE(passes_rsa_self_test(test::broken_rsa_variant()));
}

TEST(RsaSelfTest, FindsAKernelThatAcceptsAll) {
  const test::WithKernelFault fault(test::KernelFault::kAcceptsAll);
  EXPECT_FALSE(passes_rsa_self_test(test::broken_rsa_variant()));
}

}  // namespace
}  // namespace assay::verify

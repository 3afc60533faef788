// Which variant of each kernel is chosen.
#include "kernel/kernel.h"

#include <algorithm>
#include <array>
#include <set>
#include <string_view>

#include <gtest/gtest.h>

namespace assay::kernel {
namespace {

using base::CpuFeature;

const base::CpuFeatures kHere = base::detect_cpu_features();
// Of a processor that says yes to everything.
const base::CpuFeatures kEverything =
    base::features_of({.leaf1_ecx = 0xFFFFFFFF, .leaf7_ebx = 0xFFFFFFFF, .leaf7_ecx = 0xFFFFFFFF, .xcr0 = 0xFFFFFFFF});

// The variant of one kernel, a member of the table, that is chosen.
template <auto kKernel>
std::string_view chosen(std::string_view forced, base::CpuFeatures features) {
  const Expected<KernelTable> table = select_kernels(forced, features);
  return table ? ((*table).*kKernel).name : "refused";
}
constexpr auto kBase64url = &KernelTable::base64url;
constexpr auto kDots = &KernelTable::dots;
constexpr auto kJson = &KernelTable::json;
constexpr auto kRsa = &KernelTable::rsa;
constexpr auto kSha256 = &KernelTable::sha256;

Error refusal(std::string_view forced) {
  const Expected<KernelTable> table = select_kernels(forced, kHere);
  return table ? Error{} : table.error();
}

TEST(Kernels, EveryVariantHasItsOwnName) {
  std::set<std::string_view> names;
  for (const Base64urlVariant& variant : base64url_variants()) {
    EXPECT_TRUE(names.insert(variant.name).second) << variant.name;
    EXPECT_NE(variant.run, nullptr);
  }
}

TEST(Kernels, TheLastBase64urlVariantIsThePortableOneAndNeedsNothing) {
  const Base64urlVariant& last = base64url_variants().back();
  EXPECT_EQ(last.name, "portable");
  EXPECT_EQ(last.run, decode_base64url_portable);
  EXPECT_TRUE(last.needs.empty());
}

TEST(Kernels, ChoosesTheFirstSupportedVariant) {
  const auto variants = base64url_variants();
  const auto first = std::find_if(variants.begin(), variants.end(), [](const auto& v) { return v.supported(kHere); });
  const Expected<KernelTable> table = select_kernels("", kHere);
  ASSERT_TRUE(table);
  EXPECT_EQ(table->base64url.name, first->name);
  EXPECT_EQ(table->base64url.run, first->run);
}

TEST(Kernels, AProcessorWithoutFeaturesRunsThePortableKernels) { EXPECT_EQ(chosen<kBase64url>("", {}), "portable"); }

TEST(Kernels, EachMaskOfFeaturesHasItsVariant) {
  if (base64url_variants().size() == 1) GTEST_SKIP() << "a portable build";
  const base::CpuFeatures no_vbmi = kEverything.without({CpuFeature::kAvx512vbmi});
  EXPECT_EQ(chosen<kBase64url>("", kEverything), "avx512vbmi");
  EXPECT_EQ(chosen<kBase64url>("", kEverything.without({CpuFeature::kAvx512bw})), "avx2");
  EXPECT_EQ(chosen<kBase64url>("", no_vbmi), "avx2");
  EXPECT_EQ(chosen<kBase64url>("", no_vbmi.without({CpuFeature::kAvx2})), "portable");
  EXPECT_EQ(chosen<kDots>("", kEverything), "avx512bw");
  EXPECT_EQ(chosen<kDots>("", kEverything.without({CpuFeature::kAvx512bw})), "portable");
  EXPECT_EQ(chosen<kJson>("", kEverything), "avx512vbmi2");
  EXPECT_EQ(chosen<kJson>("", kEverything.without({CpuFeature::kAvx512vbmi2})), "portable");
  EXPECT_EQ(chosen<kJson>("", kEverything.without({CpuFeature::kPclmul})), "portable");
  EXPECT_EQ(chosen<kRsa>("", kEverything), "avx512ifma");
  EXPECT_EQ(chosen<kRsa>("", no_vbmi), "portable");
  EXPECT_EQ(chosen<kRsa>("", kEverything.without({CpuFeature::kAvx512ifma})), "portable");
  EXPECT_EQ(chosen<kRsa>("", kEverything.without({CpuFeature::kAvx512f})), "portable");
  EXPECT_EQ(chosen<kSha256>("", kEverything), "avx512");
  EXPECT_EQ(chosen<kSha256>("", kEverything.without({CpuFeature::kAvx512bw})), "shani");
  EXPECT_EQ(chosen<kSha256>("", {CpuFeature::kAvx2, CpuFeature::kSha}), "shani");
  EXPECT_EQ(chosen<kSha256>("", kEverything.without({CpuFeature::kSha})), "portable");
  EXPECT_EQ(chosen<kSha256>("", {CpuFeature::kSha}), "portable");
}

TEST(Kernels, WithoutAnRsaKernelOpenSslVerifies) {
  for (const std::string_view forced : {"portable", "rsa=portable"}) {
    const Expected<KernelTable> table = select_kernels(forced, kEverything);
    ASSERT_TRUE(table);
    EXPECT_EQ(table->rsa.run, nullptr) << forced;
  }
  EXPECT_EQ(KernelTable{}.rsa.run, nullptr);
}

TEST(Kernels, WithoutASha256KernelOpenSslHashes) {
  for (const std::string_view forced : {"portable", "sha256=portable"}) {
    const Expected<KernelTable> table = select_kernels(forced, kEverything);
    ASSERT_TRUE(table);
    EXPECT_EQ(table->sha256.run, nullptr) << forced;
  }
  EXPECT_EQ(KernelTable{}.sha256.run, nullptr);
}

TEST(Kernels, WithoutAJsonKernelSimdjsonFindsTokens) {
  for (const std::string_view forced : {"portable", "json=portable"}) {
    const Expected<KernelTable> table = select_kernels(forced, kEverything);
    ASSERT_TRUE(table);
    EXPECT_EQ(table->json.run, nullptr) << forced;
  }
  EXPECT_EQ(KernelTable{}.json.run, nullptr);
  EXPECT_EQ(KernelTable{}.dots.run, find_dots_portable);
}

TEST(Kernels, ForcingOneLeavesTheOthersAlone) {
  EXPECT_EQ(chosen<kDots>("json=portable", kHere), chosen<kDots>("", kHere));
  EXPECT_EQ(chosen<kJson>("dots=portable", kHere), chosen<kJson>("", kHere));
  EXPECT_EQ(chosen<kDots>("dots=portable", kHere), "portable");
  EXPECT_EQ(chosen<kSha256>("base64url=portable,rsa=portable", kHere), chosen<kSha256>("", kHere));
  EXPECT_EQ(chosen<kRsa>("sha256=portable", kHere), chosen<kRsa>("", kHere));
  EXPECT_EQ(chosen<kRsa>("base64url=portable", kHere), chosen<kRsa>("", kHere));
  EXPECT_EQ(chosen<kBase64url>("rsa=portable", kHere), chosen<kBase64url>("", kHere));
  EXPECT_EQ(chosen<kBase64url>("rsa=portable,base64url=portable", kHere), "portable");
}

TEST(Kernels, TheWordPortableChoosesAsWithoutFeatures) { EXPECT_EQ(chosen<kBase64url>("portable", kHere), "portable"); }

TEST(Kernels, ForcesEverySupportedVariantAndRefusesTheOthers) {
  for (const Base64urlVariant& variant : base64url_variants()) {
    const std::string forced = "base64url=" + std::string(variant.name);
    EXPECT_EQ(chosen<kBase64url>(forced, kHere), variant.supported(kHere) ? variant.name : "refused");
    EXPECT_EQ(chosen<kBase64url>(forced, variant.needs), variant.name);
    if (!variant.needs.empty()) {
      EXPECT_EQ(chosen<kBase64url>(forced, {}), "refused");
    }
  }
}

TEST(Kernels, RefusesUnknownKernelsAndVariants) {
  for (const std::string_view forced : {"avx2", "Portable", "portable ", "base64url", "base64url=", "base64url=abacus",
                                        "base64url=portable,", ",base64url=portable", "base64=portable", "=portable",
                                        "=", ",", "base64url==portable", "base64url= portable"}) {
    EXPECT_EQ(refusal(forced).code, ErrorCode::kUnknownKernel) << forced;
  }
}

TEST(Kernels, RefusesAKernelThatIsForcedTwice) {
  const Error error = refusal("base64url=portable,base64url=portable");
  EXPECT_EQ(error.code, ErrorCode::kUnknownKernel);
  EXPECT_EQ(error.offset, 19u);
}

}  // namespace
}  // namespace assay::kernel

// Which features are derived from what a processor says of itself.
#include "base/cpu.h"

#include <array>
#include <fstream>
#include <sstream>
#include <string>

#include <gtest/gtest.h>

namespace assay::base {
namespace {

constexpr CpuFeatures kAllAvx512{CpuFeature::kAvx512f,    CpuFeature::kAvx512dq,   CpuFeature::kAvx512bw,
                                 CpuFeature::kAvx512vl,   CpuFeature::kAvx512ifma, CpuFeature::kAvx512vbmi,
                                 CpuFeature::kAvx512vbmi2};
constexpr CpuFeatures kAll{CpuFeature::kAvx2,       CpuFeature::kBmi2,       CpuFeature::kAvx512f,
                           CpuFeature::kAvx512dq,   CpuFeature::kAvx512bw,   CpuFeature::kAvx512vl,
                           CpuFeature::kAvx512ifma, CpuFeature::kAvx512vbmi, CpuFeature::kAvx512vbmi2,
                           CpuFeature::kSha,        CpuFeature::kPclmul};
// Those that need no registers beyond xmm.
constexpr CpuFeatures kBaselineRegisters{CpuFeature::kBmi2, CpuFeature::kSha, CpuFeature::kPclmul};

// Every bit set, as no processor has it.
constexpr CpuRegisters kEverything{
    .leaf1_ecx = 0xFFFFFFFF, .leaf7_ebx = 0xFFFFFFFF, .leaf7_ecx = 0xFFFFFFFF, .xcr0 = 0xFFFFFFFF};

TEST(Cpu, SeesEveryFeature) { EXPECT_EQ(features_of(kEverything), kAll); }

TEST(Cpu, SeesNothingWhereNothingIsSaid) { EXPECT_TRUE(features_of(CpuRegisters{}).empty()); }

TEST(Cpu, FeaturesDoNotShareBits) {
  CpuFeatures seen;
  for (const CpuFeature feature :
       {CpuFeature::kAvx2, CpuFeature::kBmi2, CpuFeature::kAvx512f, CpuFeature::kAvx512dq, CpuFeature::kAvx512bw,
        CpuFeature::kAvx512vl, CpuFeature::kAvx512ifma, CpuFeature::kAvx512vbmi, CpuFeature::kAvx512vbmi2,
        CpuFeature::kSha, CpuFeature::kPclmul}) {
    EXPECT_FALSE(CpuFeatures{feature}.empty());
    EXPECT_FALSE(seen.has_all({feature}));
    seen = seen.with(feature);
  }
}

TEST(Cpu, NeedsTheOperatingSystemToSaveTheRegisters) {
  CpuRegisters registers = kEverything;
  registers.xcr0 = 0b0000'0110;  // ymm alone
  EXPECT_EQ(features_of(registers), kBaselineRegisters.with(CpuFeature::kAvx2));
  for (const unsigned bit : {5u, 6u, 7u}) {
    registers.xcr0 = 0b1110'0110 & ~(1u << bit);
    EXPECT_EQ(features_of(registers), kBaselineRegisters.with(CpuFeature::kAvx2)) << bit;
  }
  for (const unsigned bit : {1u, 2u}) {
    registers.xcr0 = 0b1110'0110 & ~(1u << bit);
    EXPECT_EQ(features_of(registers), kBaselineRegisters) << bit;
  }
}

TEST(Cpu, NeedsOsxsave) {
  CpuRegisters registers = kEverything;
  registers.leaf1_ecx &= ~(1u << 27);
  EXPECT_EQ(features_of(registers), kBaselineRegisters);
}

TEST(Cpu, NeedsWhatCompilersTurnOnWithAFeature) {
  CpuRegisters registers = kEverything;
  registers.leaf1_ecx &= ~(1u << 12);  // fma
  EXPECT_EQ(features_of(registers), kAll.without(kAllAvx512));
  registers = kEverything;
  registers.leaf1_ecx &= ~(1u << 23);  // popcnt
  EXPECT_EQ(features_of(registers), kBaselineRegisters);
  registers = kEverything;
  registers.leaf7_ebx &= ~(1u << 16);  // avx512f
  EXPECT_EQ(features_of(registers), kAll.without(kAllAvx512));
  registers = kEverything;
  registers.leaf7_ebx &= ~(1u << 30);  // avx512bw
  EXPECT_EQ(features_of(registers),
            kAll.without({CpuFeature::kAvx512bw, CpuFeature::kAvx512vbmi, CpuFeature::kAvx512vbmi2}));
}

TEST(Cpu, EachBitBringsItsFeatureAlone) {
  struct Row {
    CpuFeature feature;
    unsigned ebx_bit;
  };
  for (const Row row : {Row{CpuFeature::kAvx512dq, 17}, Row{CpuFeature::kAvx512ifma, 21},
                        Row{CpuFeature::kAvx512vl, 31}, Row{CpuFeature::kBmi2, 8}, Row{CpuFeature::kSha, 29}}) {
    CpuRegisters registers = kEverything;
    registers.leaf7_ebx &= ~(1u << row.ebx_bit);
    EXPECT_EQ(features_of(registers), kAll.without({row.feature})) << row.ebx_bit;
  }
  CpuRegisters registers = kEverything;
  registers.leaf7_ecx &= ~(1u << 1);
  EXPECT_EQ(features_of(registers), kAll.without({CpuFeature::kAvx512vbmi}));
  registers = kEverything;
  registers.leaf7_ecx &= ~(1u << 6);
  EXPECT_EQ(features_of(registers), kAll.without({CpuFeature::kAvx512vbmi2}));
  registers = kEverything;
  registers.leaf1_ecx &= ~(1u << 1);
  EXPECT_EQ(features_of(registers), kAll.without({CpuFeature::kPclmul}));
}

TEST(Cpu, AMaskRemovesFeatures) {
  EXPECT_TRUE(kAll.without(kAll).empty());
  EXPECT_FALSE(kAll.without({CpuFeature::kAvx2}).has_all({CpuFeature::kAvx2, CpuFeature::kBmi2}));
  EXPECT_TRUE(kAll.without({CpuFeature::kAvx2}).has_all({CpuFeature::kBmi2}));
}

// The operating system's own opinion, where it writes one.
TEST(Cpu, AgreesWithTheOperatingSystem) {
  std::ifstream file("/proc/cpuinfo");
  std::string line;
  while (std::getline(file, line) && !line.starts_with("flags")) {}
  if (!line.starts_with("flags")) GTEST_SKIP() << "/proc/cpuinfo has no flags here";
  std::istringstream words(line);
  CpuFeatures told;
  struct Row {
    const char* name;
    CpuFeature feature;
  };
  constexpr std::array<Row, 11> kRows{{{"avx2", CpuFeature::kAvx2},
                                       {"bmi2", CpuFeature::kBmi2},
                                       {"avx512f", CpuFeature::kAvx512f},
                                       {"avx512dq", CpuFeature::kAvx512dq},
                                       {"avx512bw", CpuFeature::kAvx512bw},
                                       {"avx512vl", CpuFeature::kAvx512vl},
                                       {"avx512ifma", CpuFeature::kAvx512ifma},
                                       {"avx512vbmi", CpuFeature::kAvx512vbmi},
                                       {"avx512_vbmi2", CpuFeature::kAvx512vbmi2},
                                       {"pclmulqdq", CpuFeature::kPclmul},
                                       {"sha_ni", CpuFeature::kSha}}};
  for (std::string word; words >> word;) {
    for (const Row& row : kRows) {
      if (word == row.name) told = told.with(row.feature);
    }
  }
  EXPECT_EQ(detect_cpu_features(), told);
}

}  // namespace
}  // namespace assay::base

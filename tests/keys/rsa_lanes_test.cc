#include "keys/rsa_lanes.h"

#include <string>

#include <gtest/gtest.h>

namespace assay::keys {
namespace {

const std::string kF4("\x01\x00\x01", 3);

// 2^bits - 1.
std::string all_ones(std::size_t bits) {
  std::string number((bits + 7) / 8, '\xff');
  if (bits % 8 != 0) number.front() = static_cast<char>((1u << (bits % 8)) - 1);
  return number;
}

std::size_t limbs_for(std::size_t bits) {
  const auto lanes = RsaLanes::make(all_ones(bits), kF4);
  return lanes ? lanes->limbs() : 0;
}

TEST(RsaLanes, RoundsAModulusUpToASizeClassWithHeadroom) {
  EXPECT_EQ(limbs_for(2048), 40u);
  EXPECT_EQ(limbs_for(2072), 40u);
  EXPECT_EQ(limbs_for(2073), 60u);
  EXPECT_EQ(limbs_for(3112), 60u);
  EXPECT_EQ(limbs_for(3113), 80u);
  EXPECT_EQ(limbs_for(4096), 80u);
}

TEST(RsaLanes, LeavesOtherSizesAlone) {
  EXPECT_EQ(limbs_for(2047), 0u);
  EXPECT_EQ(limbs_for(4097), 0u);
}

TEST(RsaLanes, LeavesOtherExponentsAlone) {
  for (const std::string& exponent : {std::string("\x03", 1), std::string("\x01\x00\x00\x01", 4),
                                      std::string("\x11", 1), std::string("\x01\x00\x03", 3), std::string()}) {
    EXPECT_EQ(RsaLanes::make(all_ones(2048), exponent), nullptr);
  }
}

TEST(RsaLanes, StatesTheModulusInLimbs) {
  const auto lanes = RsaLanes::make(all_ones(2048), kF4);
  ASSERT_NE(lanes, nullptr);
  for (std::size_t i = 0; i < 39; ++i) EXPECT_EQ(lanes->modulus_n()[i], kernel::kLimbMask);
  EXPECT_EQ(lanes->modulus_n()[39], (std::uint64_t{1} << (2048 - 39 * 52)) - 1);
}

TEST(RsaLanes, InvertsTheModulus) {
  // n = 2^2048 - 1, so n = -1 modulo 2^520 and -1/n = 1.
  const auto lanes = RsaLanes::make(all_ones(2048), kF4);
  ASSERT_NE(lanes, nullptr);
  EXPECT_EQ(lanes->inverse()[0], 1u);
  for (std::size_t i = 1; i < kernel::kBlockLimbs; ++i) EXPECT_EQ(lanes->inverse()[i], 0u);
  // 2^2048 = 1 modulo n, so 2^-520 = 2^1528 = 2^(29 * 52 + 20).
  for (std::size_t i = 0; i < 40; ++i) EXPECT_EQ(lanes->fold_m()[i], i == 29 ? std::uint64_t{1} << 20 : 0u);
  // And 2^-1040 = 2^1008 = 2^(19 * 52 + 20).
  for (std::size_t i = 0; i < 40; ++i) {
    EXPECT_EQ(lanes->double_fold_d()[i], i == 19 ? std::uint64_t{1} << 20 : 0u);
  }
}

TEST(RsaLanes, LoadsItsLaneAlone) {
  const auto lanes = RsaLanes::make(all_ones(2048), kF4);
  auto keys = std::make_unique<kernel::RsaKeyLanes>();
  lanes->load(*keys, 5);
  for (std::size_t lane = 0; lane < kernel::kLanes; ++lane) {
    const bool loaded = lane == 5;
    EXPECT_EQ(keys->modulus_n[38][lane], loaded ? kernel::kLimbMask : 0u);
    EXPECT_EQ(keys->fold_m[29][lane], loaded ? std::uint64_t{1} << 20 : 0u);
    EXPECT_EQ(keys->double_fold_d[19][lane], loaded ? std::uint64_t{1} << 20 : 0u);
    EXPECT_EQ(keys->hash_factor_k[0][lane], loaded ? lanes->hash_factor_k()[0] : 0u);
    EXPECT_EQ(keys->padding_c[0][lane], loaded ? lanes->padding_c()[0] : 0u);
    EXPECT_EQ(keys->inverse[0][lane], loaded ? 1u : 0u);
  }
}

TEST(RsaLanes, NeverGivesAnIdTwice) {
  const auto first = RsaLanes::make(all_ones(2048), kF4);
  const auto second = RsaLanes::make(all_ones(2048), kF4);
  EXPECT_NE(first->id(), second->id());
}

}  // namespace
}  // namespace assay::keys

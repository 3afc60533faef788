#include "kernel/radix52.h"

#include <random>
#include <vector>

#include <gtest/gtest.h>

namespace assay::kernel {
namespace {

using Numbers = std::vector<std::uint64_t>;

// The limbs of `octets`, each written by its own: bit by bit.
Numbers expected_limbs(const std::vector<std::uint8_t>& octets, std::size_t count) {
  Numbers limbs(count);
  for (std::size_t bit = 0; bit < octets.size() * 8; ++bit) {
    const unsigned octet = octets[octets.size() - 1 - bit / 8];
    if ((octet >> (bit % 8) & 1) != 0) limbs[bit / kLimbBits] |= std::uint64_t{1} << (bit % kLimbBits);
  }
  return limbs;
}

Numbers limbs_of(const std::vector<std::uint8_t>& octets, std::size_t count) {
  Numbers limbs(count, ~std::uint64_t{0});
  write_limbs({octets.data(), octets.size()}, {limbs.data(), count, 1});
  return limbs;
}

TEST(Radix52, WritesEverySizeUpToTheLargest) {
  std::mt19937_64 random(52);
  for (std::size_t size = 0; size <= kNumberBytesMax; ++size) {
    std::vector<std::uint8_t> octets(size);
    for (std::uint8_t& octet : octets) octet = static_cast<std::uint8_t>(random());
    EXPECT_EQ(limbs_of(octets, kLimbsMax), expected_limbs(octets, kLimbsMax)) << size;
  }
}

TEST(Radix52, WritesAnOddNumberOfLimbs) {
  const std::vector<std::uint8_t> hash(kHashBytes, 0xff);
  EXPECT_EQ(limbs_of(hash, kHashLimbs), expected_limbs(hash, kHashLimbs));
}

TEST(Radix52, ReadsNothingAsZero) { EXPECT_EQ(limbs_of({}, kLimbsMin), Numbers(kLimbsMin)); }

TEST(Radix52, TouchesOneLaneAlone) {
  const std::vector<std::uint8_t> octets(kLimbsMin * kLimbBits / 8, 0xff);
  for (std::size_t lane = 0; lane < kLanes; ++lane) {
    Numbers lanes(kLimbsMin * kLanes, 7);
    write_limbs({octets.data(), octets.size()}, {&lanes[lane], kLimbsMin, kLanes});
    for (std::size_t i = 0; i < lanes.size(); ++i) EXPECT_EQ(lanes[i], i % kLanes == lane ? kLimbMask : 7);
  }
}

}  // namespace
}  // namespace assay::kernel

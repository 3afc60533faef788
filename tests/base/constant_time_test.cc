#include "base/constant_time.h"

#include <string>

#include <gtest/gtest.h>

namespace assay::base {
namespace {

TEST(ConstantTime, EqualBytesAreEqual) {
  EXPECT_EQ(equals_in_constant_time("", ""), 1U);
  EXPECT_EQ(equals_in_constant_time("secret", "secret"), 1U);
  EXPECT_EQ(equals_in_constant_time(std::string_view("\0\xff\0", 3), std::string_view("\0\xff\0", 3)), 1U);
}

TEST(ConstantTime, OneBitAnywhereDiffers) {
  const std::string secret = "0123456789abcdef0123456789abcdef";
  for (std::size_t i = 0; i < secret.size(); ++i) {
    for (int bit = 0; bit < 8; ++bit) {
      std::string given = secret;
      given[i] = static_cast<char>(given[i] ^ (1 << bit));
      EXPECT_EQ(equals_in_constant_time(given, secret), 0U) << i;
    }
  }
}

TEST(ConstantTime, AnotherLengthDiffersWhateverTheBytes) {
  EXPECT_EQ(equals_in_constant_time("", "a"), 0U);
  EXPECT_EQ(equals_in_constant_time("a", ""), 0U);
  EXPECT_EQ(equals_in_constant_time(std::string_view("\0", 1), ""), 0U);
  EXPECT_EQ(equals_in_constant_time("secre", "secret"), 0U);
  EXPECT_EQ(equals_in_constant_time("secrett", "secret"), 0U);
  // Sizes whose lowest bytes are equal.
  EXPECT_EQ(equals_in_constant_time(std::string(257, 'a'), "a"), 0U);
  EXPECT_EQ(equals_in_constant_time("a", std::string(257, 'a')), 0U);
}

}  // namespace
}  // namespace assay::base

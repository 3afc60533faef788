#include "base/hex.h"

#include <string_view>

#include <gtest/gtest.h>

namespace assay::base {
namespace {

TEST(Hex, ReadsDigitsOfBothCasesAndNoOtherByte) {
  constexpr std::string_view kLower = "0123456789abcdef";
  constexpr std::string_view kUpper = "0123456789ABCDEF";
  for (int byte = 0; byte < 256; ++byte) {
    const char c = static_cast<char>(byte);
    const std::size_t lower = kLower.find(c);
    const std::size_t upper = kUpper.find(c);
    const std::size_t value = lower != std::string_view::npos ? lower : upper;
    EXPECT_EQ(hex_digit(c), value == std::string_view::npos ? -1 : static_cast<int>(value)) << byte;
  }
}

TEST(Hex, ReadsABytesTwoDigitsWithTheHighOneFirst) {
  EXPECT_EQ(hex_byte('0', '0'), 0);
  EXPECT_EQ(hex_byte('1', 'f'), 0x1F);
  EXPECT_EQ(hex_byte('F', '1'), 0xF1);
  EXPECT_EQ(hex_byte('f', 'F'), 255);
  EXPECT_EQ(hex_byte('g', '0'), -1);
  EXPECT_EQ(hex_byte('0', ' '), -1);
}

}  // namespace
}  // namespace assay::base

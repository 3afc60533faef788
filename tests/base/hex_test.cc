#include "base/hex.h"

#include <array>
#include <cstdint>
#include <string>
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

TEST(Hex, WritesEveryByteAsItIsRead) {
  for (int byte = 0; byte < 256; ++byte) {
    const auto octet = static_cast<std::uint8_t>(byte);
    const std::array<char, 2> lower = lower_hex(octet);
    const std::array<char, 2> upper = upper_hex(octet);
    EXPECT_EQ(hex_byte(lower[0], lower[1]), byte);
    EXPECT_EQ(hex_byte(upper[0], upper[1]), byte);
    EXPECT_EQ(std::string_view(lower.data(), 2).find_first_of("ABCDEF"), std::string_view::npos);
    EXPECT_EQ(std::string_view(upper.data(), 2).find_first_of("abcdef"), std::string_view::npos);
  }
}

TEST(Hex, AppendsBehindWhatIsThere) {
  std::string text = "%";
  append_upper_hex(text, '\xfa');
  append_lower_hex(text, '\xfa');
  EXPECT_EQ(text, "%FAfa");
}

TEST(Hex, WritesBytesInTheirOrderAndNumbersWithAllDigits) {
  using namespace std::string_view_literals;
  EXPECT_EQ(hex_text("\x00\x7f\xff"sv), "007fff");
  EXPECT_EQ(hex_text(std::string_view()), "");
  EXPECT_EQ(hex_text(std::array<std::uint8_t, 2>{0xa0, 0x0b}), "a00b");
  EXPECT_EQ(hex_text(std::uint64_t{0xab}), "00000000000000ab");
  EXPECT_EQ(hex_text(std::uint64_t{0x0123456789abcdef}), "0123456789abcdef");
}

}  // namespace
}  // namespace assay::base

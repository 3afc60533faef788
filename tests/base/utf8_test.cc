#include "base/utf8.h"

#include <cstdint>
#include <string>

#include <gtest/gtest.h>

namespace assay::base {
namespace {

// As RFC 3629 sec 3 writes a code point, without asking whether it may occur.
std::string encoded(std::uint32_t code_point) {
  const auto tail = [code_point](unsigned shift) { return static_cast<char>(0x80 | (code_point >> shift & 0x3F)); };
  if (code_point < 0x80) return {static_cast<char>(code_point)};
  if (code_point < 0x800) return {static_cast<char>(0xC0 | code_point >> 6), tail(0)};
  if (code_point < 0x10000) return {static_cast<char>(0xE0 | code_point >> 12), tail(6), tail(0)};
  return {static_cast<char>(0xF0 | code_point >> 18), tail(12), tail(6), tail(0)};
}

TEST(Utf8, EveryCodePointButSurrogatesIsAccepted) {
  for (std::uint32_t code_point = 0; code_point < 0x1FFFFF; ++code_point) {
    const bool may_occur = code_point <= 0x10FFFF && (code_point < 0xD800 || code_point > 0xDFFF);
    const std::string text = encoded(code_point);
    ASSERT_EQ(is_utf8(text), may_occur) << code_point;
    ASSERT_EQ(is_utf8("a" + text + "b"), may_occur) << code_point;
  }
}

TEST(Utf8, CutOffFormsAreRefused) {
  for (const std::uint32_t code_point : {0xE9U, 0x20ACU, 0x1F600U}) {
    const std::string text = encoded(code_point);
    for (std::size_t size = 1; size < text.size(); ++size) {
      EXPECT_FALSE(is_utf8(text.substr(0, size))) << code_point;
      EXPECT_FALSE(is_utf8(text.substr(0, size) + "a")) << code_point;
      EXPECT_FALSE(is_utf8(text.substr(size))) << code_point;
    }
  }
}

TEST(Utf8, OverlongFormsAreRefused) {
  for (const char* text : {"\xC0\xAF", "\xC1\xBF", "\xE0\x80\xAF", "\xE0\x9F\xBF", "\xF0\x80\x80\xAF",
                           "\xF0\x8F\xBF\xBF", "\xF8\x88\x80\x80\x80", "\xFE", "\xFF"}) {
    EXPECT_FALSE(is_utf8(text)) << text;
  }
}

TEST(Utf8, NothingIsUtf8) { EXPECT_TRUE(is_utf8("")); }

}  // namespace
}  // namespace assay::base

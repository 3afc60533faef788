#include "server/http1_syntax.h"

#include <string>

#include <gtest/gtest.h>

namespace assay::server {
namespace {

TEST(Http1Syntax, TokensAreExactlyTchar) {
  // RFC 9110 sec 5.6.2.
  const std::string tchar = "!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
  for (int byte = 0; byte < 256; ++byte) {
    const char c = static_cast<char>(byte);
    EXPECT_EQ(is_byte_of(c, kTokenByte), byte != 0 && tchar.find(c) != std::string::npos) << byte;
  }
}

TEST(Http1Syntax, TextIsTabAndPrintable) {
  for (int byte = 0; byte < 256; ++byte) {
    EXPECT_EQ(is_byte_of(static_cast<char>(byte), kTextByte), byte == 9 || (byte >= 0x20 && byte < 0x7F)) << byte;
    EXPECT_EQ(is_byte_of(static_cast<char>(byte), kObsTextByte), byte >= 0x80) << byte;
  }
}

TEST(Http1Syntax, TargetsHaveNoFragmentAndNoBlank) {
  for (int byte = 0; byte < 256; ++byte) {
    EXPECT_EQ(is_byte_of(static_cast<char>(byte), kTargetByte), byte > 0x20 && byte < 0x7F && byte != '#') << byte;
  }
}

TEST(Http1Syntax, HostsHaveNoDelimiterOfAnotherPart) {
  for (const char c : {'/', '?', '#', '@', '\\', ' ', '\t', '"', '<', '>', '\0', '^', '`', '{', '|', '}'}) {
    EXPECT_FALSE(is_byte_of(c, kHostByte)) << c;
  }
}

// Words of eight bytes and single bytes must say the same, whatever stands beside the byte in question.
TEST(Http1Syntax, FieldValuesAreJudgedAlikeInWordsAndBytes) {
  for (const unsigned classes : {unsigned{kTextByte}, unsigned{kTextByte} | kObsTextByte}) {
    for (int byte = 0; byte < 256; ++byte) {
      for (std::size_t position = 0; position < 19; ++position) {
        for (const char neighbour : {'a', ' ', '~', '%', '!'}) {
          std::string value(19, neighbour);
          value[position] = static_cast<char>(byte);
          ASSERT_EQ(is_field_value(value, classes), is_made_of(value, classes)) << byte << " at " << position;
        }
      }
    }
  }
}

TEST(Http1Syntax, NoSpecialByteOfAWordIsMissed) {
  for (int byte = 0; byte < 256; ++byte) {
    const char c = static_cast<char>(byte);
    const bool special = byte < 0x20 || byte > 0x7E || c == '%';
    for (std::size_t position = 0; position < 8; ++position) {
      std::string word(8, 'a');
      word[position] = c;
      EXPECT_TRUE(may_be_special(word.data(), '%') || !special) << byte << " at " << position;
    }
  }
  EXPECT_FALSE(may_be_special("abcd ~!z", '%'));
}

}  // namespace
}  // namespace assay::server

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

TEST(Http1Syntax, TrimsBlanksOnly) {
  EXPECT_EQ(trim_blanks(" \t a b\t "), "a b");
  EXPECT_EQ(trim_blanks(" \t "), "");
  EXPECT_EQ(trim_blanks(""), "");
  EXPECT_EQ(trim_blanks("\r\n"), "\r\n");
}

}  // namespace
}  // namespace assay::server

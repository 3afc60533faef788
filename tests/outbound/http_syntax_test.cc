#include "outbound/http_syntax.h"

#include <gtest/gtest.h>

namespace assay::outbound {
namespace {

TEST(HttpSyntax, FindsBlanksAndControlBytes) {
  EXPECT_FALSE(has_blank_or_control("https://a/\x80"));
  EXPECT_FALSE(has_blank_or_control(""));
  for (const char c : {' ', '\t', '\r', '\n', '\0', '\x7f'}) EXPECT_TRUE(has_blank_or_control(std::string("a") + c));
}

TEST(HttpSyntax, TakesTokensAsHeaderNamesAndNothingElse) {
  EXPECT_TRUE(headers_are_sound({{"X-Access-Token", "a b"}, {"!#$%&'*+-.^_`|~", ""}}));
  for (const char* name : {"", "a b", "a:", "a\r", "(a)", "\x80"})
    EXPECT_FALSE(headers_are_sound({{name, "v"}})) << name;
}

TEST(HttpSyntax, TakesNoControlBytesInHeaderValues) {
  for (const char c : {'\r', '\n', '\0', '\x7f'}) {
    EXPECT_FALSE(headers_are_sound({{"Fine", "x"}, {"X", std::string("v") + c}}));
  }
}

TEST(HttpSyntax, MakesOneBoundedLine) {
  EXPECT_EQ(one_line("a\nb\x1b[31m"), "a b [31m");
  EXPECT_EQ(one_line(std::string(1000, 'x')).size(), 400U);
}

}  // namespace
}  // namespace assay::outbound

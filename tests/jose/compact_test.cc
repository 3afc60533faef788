#include "jose/compact.h"

#include <algorithm>
#include <memory>
#include <string>
#include <string_view>

#include <gtest/gtest.h>

namespace assay::jose {
namespace {

// Splits a heap copy of exactly the text's size and returns the error.
Error refusal_of(std::string_view text) {
  const auto exact = std::make_unique<char[]>(text.size());
  std::copy(text.begin(), text.end(), exact.get());
  const Expected<CompactJws> jws = split_compact({exact.get(), text.size()});
  return jws ? Error{} : jws.error();
}

Error malformed_at(std::uint32_t offset) { return {.code = ErrorCode::kMalformedToken, .offset = offset}; }

// RFC 7515 sec 7.1.
TEST(Compact, SplitsThreeSegments) {
  const std::string_view text = "eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJqb2UifQ.c2lnbmF0dXJl";
  const Expected<CompactJws> jws = split_compact(text);
  ASSERT_TRUE(jws);
  EXPECT_EQ(jws->header_segment(), "eyJhbGciOiJSUzI1NiJ9");
  EXPECT_EQ(jws->payload_segment(), "eyJpc3MiOiJqb2UifQ");
  EXPECT_EQ(jws->signature_segment(), "c2lnbmF0dXJl");
  EXPECT_EQ(jws->signing_input(), "eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJqb2UifQ");
  EXPECT_EQ(jws->compact.data(), text.data());
}

TEST(Compact, SplitsTheShortestText) {
  const Expected<CompactJws> jws = split_compact("a.b.c");
  ASSERT_TRUE(jws);
  EXPECT_EQ(jws->payload_segment(), "b");
}

TEST(Compact, RefusesFewerThanTwoDots) {
  EXPECT_EQ(refusal_of(""), malformed_at(0));
  EXPECT_EQ(refusal_of("abc"), malformed_at(3));
  EXPECT_EQ(refusal_of("a.bc"), malformed_at(4));
}

TEST(Compact, RefusesFourSegments) { EXPECT_EQ(refusal_of("a.b.c.d"), malformed_at(5)); }

// RFC 7516 sec 7.1: five segments are an encrypted token.
TEST(Compact, RefusesFiveSegments) { EXPECT_EQ(refusal_of("a.b.c.d.e"), malformed_at(5)); }

TEST(Compact, RefusesALeadingDot) {
  EXPECT_EQ(refusal_of(".b.c"), malformed_at(0));
  EXPECT_EQ(refusal_of("."), malformed_at(0));
}

TEST(Compact, RefusesADoubledDot) {
  EXPECT_EQ(refusal_of("a..c"), malformed_at(2));
  EXPECT_EQ(refusal_of("..."), malformed_at(0));
}

TEST(Compact, RefusesATrailingDot) {
  EXPECT_EQ(refusal_of("a.b."), malformed_at(3));
  EXPECT_EQ(refusal_of("a.b.c."), malformed_at(5));
}

// CVE-2025-30204: work and memory must not grow with the number of dots.
TEST(Compact, StopsAtTheThirdDot) { EXPECT_EQ(refusal_of("a.b." + std::string(16000, '.')), malformed_at(4)); }

TEST(Compact, LeavesForeignCharactersToTheDecoder) { EXPECT_TRUE(split_compact(std::string_view("a\0.b \n.\xff", 8))); }

// RFC 6750 sec 2.1.
TEST(B64token, AcceptsItsAlphabet) {
  EXPECT_TRUE(is_b64token("ABCXYZabcxyz0189-._~+/"));
  EXPECT_TRUE(is_b64token("a"));
  EXPECT_TRUE(is_b64token("abc=="));
  EXPECT_TRUE(is_b64token("a======"));
}

TEST(B64token, AcceptsExactlySixtyEightCharacters) {
  int accepted = 0;
  for (int byte = 0; byte < 256; ++byte) {
    const char text[] = {'a', static_cast<char>(byte), 'a'};
    if (is_b64token({text, sizeof(text)})) ++accepted;
  }
  EXPECT_EQ(accepted, 68);
}

TEST(B64token, RefusesEmptyTextAndPaddingAlone) {
  EXPECT_FALSE(is_b64token(""));
  EXPECT_FALSE(is_b64token("="));
  EXPECT_FALSE(is_b64token("=abc"));
}

TEST(B64token, RefusesPaddingInTheMiddle) {
  EXPECT_FALSE(is_b64token("ab=c"));
  EXPECT_FALSE(is_b64token("ab==c="));
}

TEST(B64token, RefusesBlanksQuotesCommasAndControls) {
  for (const char* text : {"a b", " a", "a ", "a,b", "\"a\"", "a\n", "a\r\nb", "a\tb", "a;b", "caf\xc3\xa9", "a%20"}) {
    EXPECT_FALSE(is_b64token(text)) << text;
  }
  EXPECT_FALSE(is_b64token(std::string_view("a\0b", 3)));
}

}  // namespace
}  // namespace assay::jose

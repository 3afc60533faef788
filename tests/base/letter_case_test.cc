#include "base/letter_case.h"

#include <string>

#include <gtest/gtest.h>

namespace assay::base {
namespace {

TEST(LetterCase, LowersAsciiLettersAlone) {
  EXPECT_EQ(to_lower("Retry-AFTER_\xc3\x84"), "retry-after_\xc3\x84");
  for (int byte = 0; byte < 256; ++byte) {
    const char c = static_cast<char>(byte);
    EXPECT_EQ(to_lower(c), c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c) << byte;
  }
}

TEST(LetterCase, ComparesLettersWithoutTheirCaseAndEveryOtherByteAsItIs) {
  EXPECT_TRUE(equals_ignoring_case("Content-TYPE", "content-type"));
  EXPECT_TRUE(equals_ignoring_case("", ""));
  EXPECT_FALSE(equals_ignoring_case("host", "hos"));
  EXPECT_FALSE(equals_ignoring_case("ho", "hos"));
  // Bytes that differ by the bit that tells the case and are no letters.
  EXPECT_FALSE(equals_ignoring_case("@", "`"));
  EXPECT_FALSE(equals_ignoring_case("[", "{"));
  EXPECT_FALSE(equals_ignoring_case("\xc3\x84", "\xc3\xa4"));
}

}  // namespace
}  // namespace assay::base

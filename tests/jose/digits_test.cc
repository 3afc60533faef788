#include "jose/digits.h"

#include <string>

#include <gtest/gtest.h>

namespace assay::jose {
namespace {

TEST(Digits, AreEightOfThemAndNothingElse) {
  EXPECT_TRUE(are_eight_digits(load_eight("00000000")));
  EXPECT_TRUE(are_eight_digits(load_eight("99999999")));
  for (int byte = 0; byte < 256; ++byte) {
    for (std::size_t at = 0; at < 8; ++at) {
      std::string text = "90817263";
      text[at] = static_cast<char>(byte);
      EXPECT_EQ(are_eight_digits(load_eight(text.data())), byte >= '0' && byte <= '9') << byte << " at " << at;
    }
  }
}

TEST(Digits, MakeTheNumberThatPeopleRead) {
  for (const char* text : {"00000000", "00000001", "12345678", "10000000", "99999999", "17102210"}) {
    EXPECT_EQ(value_of_eight(load_eight(text)), std::stoll(text));
  }
}

}  // namespace
}  // namespace assay::jose

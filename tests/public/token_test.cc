#include "assay/token.h"

#include <type_traits>

#include <gtest/gtest.h>

namespace assay {
namespace {

constexpr CompactJws kJws{.compact = "aGVhZA.cGF5bG9hZA.c2ln", .header_end = 6, .payload_end = 17};

TEST(CompactJws, SegmentsLieBetweenTheDots) {
  EXPECT_EQ(kJws.header_segment(), "aGVhZA");
  EXPECT_EQ(kJws.payload_segment(), "cGF5bG9hZA");
  EXPECT_EQ(kJws.signature_segment(), "c2ln");
}

// RFC 7515 sec 5.1: the signing input is what arrived, not a copy put together again.
TEST(CompactJws, SigningInputIsThePrefixThatArrived) {
  EXPECT_EQ(kJws.signing_input(), "aGVhZA.cGF5bG9hZA");
  EXPECT_EQ(kJws.signing_input().data(), kJws.compact.data());
}

TEST(CompactJws, EmptySegmentsStayInside) {
  constexpr CompactJws kDots{.compact = "..", .header_end = 0, .payload_end = 1};
  EXPECT_EQ(kDots.header_segment(), "");
  EXPECT_EQ(kDots.payload_segment(), "");
  EXPECT_EQ(kDots.signature_segment(), "");
  EXPECT_EQ(kDots.signing_input(), ".");
}

TEST(NumericDate, OrdersByMicrosecond) {
  EXPECT_LT(NumericDate{1'710'223'631'577'477}, NumericDate{1'710'223'631'577'478});
  EXPECT_EQ(NumericDate{5}, NumericDate{5});
}

// tests/compile_fail shows that each of these does not compile; here the same as properties.
TEST(VerifiedToken, IsMadeByNobodyElse) {
  static_assert(!std::is_default_constructible_v<VerifiedToken>);
  static_assert(!std::is_aggregate_v<VerifiedToken>);
  static_assert(!std::is_constructible_v<VerifiedToken, CompactJws>);
}

}  // namespace
}  // namespace assay

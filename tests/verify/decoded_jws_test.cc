#include "verify/decoded_jws.h"

#include <gtest/gtest.h>

#include "jose/compact.h"
#include "tests/verify/test_issuer.h"

namespace assay::verify {
namespace {

ErrorCode decode_code(std::string_view compact) {
  const Expected<DecodedJws> decoded = DecodedJws::decode(jose::split_compact(compact).value());
  return decoded ? ErrorCode::kNone : decoded.error().code;
}

TEST(DecodedJws, ShowsHeaderAndPayloadWhereverItMovesTo) {
  const std::string compact = test::token("{\"a\":1}", R"({"alg":"RS256","kid":"k\u0031","typ":"x"})");
  Expected<DecodedJws> decoded = DecodedJws::decode(jose::split_compact(compact).value());
  ASSERT_TRUE(decoded.has_value());
  const DecodedJws moved = std::move(*decoded);
  EXPECT_EQ(moved.header().unverified_kid, "k1");
  EXPECT_EQ(moved.header().typ, "x");
  EXPECT_EQ(moved.unverified_payload(), "{\"a\":1}");
}

TEST(DecodedJws, RefusesWhatCannotBeDecoded) {
  EXPECT_EQ(decode_code(test::token("{}") + "="), ErrorCode::kBadBase64url);
  EXPECT_EQ(decode_code("e30.e30.e30"), ErrorCode::kUnsupportedAlg);
  EXPECT_EQ(decode_code("bm8.e30.e30"), ErrorCode::kBadJson);
}

TEST(DecodedJws, SaysWhyNoKeyVerifies) {
  const auto keys = keys::KeySet::make_from_jwks(test::default_jwks()).value();
  EvpVerifier verifier;
  const auto code_of = [&](const std::string& compact) {
    const DecodedJws jws = DecodedJws::decode(jose::split_compact(compact).value()).value();
    const Expected<void> verified = jws.check_signature(*keys, verifier);
    return verified ? ErrorCode::kNone : verified.error().code;
  };
  EXPECT_EQ(code_of(test::token()), ErrorCode::kNone);
  EXPECT_EQ(code_of(test::token(test::claims(), test::header("RS256", ""))), ErrorCode::kNone);
  EXPECT_EQ(code_of(test::token(test::claims(), test::header("RS256", "k2"))), ErrorCode::kUnknownKey);
  EXPECT_EQ(code_of(test::token(test::claims(), test::header("ES256"))), ErrorCode::kAlgKeyMismatch);
  EXPECT_EQ(code_of(test::token(test::claims(), test::header(), test::other_rsa_key())), ErrorCode::kBadSignature);
}

}  // namespace
}  // namespace assay::verify

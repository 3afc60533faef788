#include "verify/signature_only.h"

#include <gtest/gtest.h>

#include "tests/verify/test_issuer.h"

namespace assay::verify {
namespace {

ErrorCode judge(std::string_view compact) {
  const auto keys = keys::KeySet::make_from_jwks(test::default_jwks()).value();
  EvpVerifier verifier;
  const Expected<void> result = check_signature_only(compact, *keys, verifier);
  return result ? ErrorCode::kNone : result.error().code;
}

TEST(SignatureOnly, TakesAnyPayload) {
  EXPECT_EQ(judge(test::token("not JSON at all")), ErrorCode::kNone);
  EXPECT_EQ(judge(test::token(test::claims({{"exp", "1"}}))), ErrorCode::kNone);
}

TEST(SignatureOnly, TakesAnEmptyPayloadAsAJwsMayHaveOne) {  // RFC 7515 sec 7.1
  EXPECT_EQ(judge(test::token("")), ErrorCode::kNone);
  const std::string compact = test::token("");
  const std::string head = compact.substr(0, compact.find('.'));
  EXPECT_EQ(judge(head + ".."), ErrorCode::kMalformedToken);
  EXPECT_EQ(judge(compact + ".x"), ErrorCode::kMalformedToken);
  EXPECT_EQ(judge(compact.substr(head.size())), ErrorCode::kMalformedToken);
  EXPECT_EQ(judge(head + ".." + test::token().substr(test::token().rfind('.') + 1)), ErrorCode::kBadSignature);
}

TEST(SignatureOnly, RefusesWhatTheHeaderOrTheKeysDoNotAllow) {
  EXPECT_EQ(judge(""), ErrorCode::kMissingToken);
  EXPECT_EQ(judge("a.b"), ErrorCode::kMalformedToken);
  EXPECT_EQ(judge(test::token() + "="), ErrorCode::kBadBase64url);
  EXPECT_EQ(judge(test::token("x", "{}")), ErrorCode::kUnsupportedAlg);
  EXPECT_EQ(judge(test::token("x", test::header("none"))), ErrorCode::kUnsupportedAlg);
  EXPECT_EQ(judge(test::token("x", test::header("RS256", "k2"))), ErrorCode::kUnknownKey);
  EXPECT_EQ(judge(test::token("x", test::header(), test::other_rsa_key())), ErrorCode::kBadSignature);
  EXPECT_EQ(judge(std::string(kTokenBytesMax + 1, 'a')), ErrorCode::kTokenTooLong);
}

}  // namespace
}  // namespace assay::verify

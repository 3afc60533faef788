// The order of the checks: of two things that are wrong with a token, the earlier step refuses.
#include "verify/pipeline.h"

#include <gtest/gtest.h>

#include "tests/verify/test_issuer.h"

namespace assay::test {
namespace {

TEST(Pipeline, TheEarlierStepRefuses) {
  const std::string expired = claims({{"exp", "1"}});
  const std::string expired_for_others = claims({{"exp", "1"}, {"aud", "\"x\""}});
  const std::string of_others_for_others = claims({{"exp", "1"}, {"aud", "\"x\""}, {"iss", "\"x\""}});
  const auto forged = [](const std::string& payload, const std::string& head = header()) {
    return token(payload, head, other_rsa_key());
  };
  EXPECT_EQ(code_of(policy(), forged(claims())), ErrorCode::kBadSignature);
  EXPECT_EQ(code_of(policy(), forged(expired)), ErrorCode::kExpired);
  EXPECT_EQ(code_of(policy(), forged(expired_for_others)), ErrorCode::kBadAudience);
  EXPECT_EQ(code_of(policy(), forged(of_others_for_others)), ErrorCode::kUnknownIssuer);
  EXPECT_EQ(code_of(policy(), forged(of_others_for_others, header("none"))), ErrorCode::kUnsupportedAlg);
  EXPECT_EQ(code_of(policy(), forged("{", header("none"))), ErrorCode::kUnsupportedAlg);
  EXPECT_EQ(code_of(policy(), forged("{")), ErrorCode::kBadJson);
}

TEST(Pipeline, RightsAreJudgedAfterTheSignature) {
  Policy chosen = policy();
  chosen.unmatched_authenticated = false;
  chosen.routes = {{.path = "/a", .methods = {}, .issuers = {}, .scopes = {}, .any_scopes = {}, .required_claims = {}}};
  const auto engine = open_engine(chosen);
  const std::string forged = token(claims(), header(), other_rsa_key());
  EXPECT_EQ(decide(*engine, {.token = forged, .path = "/b"}).code, ErrorCode::kBadSignature);
  EXPECT_EQ(decide(*engine, {.token = token(), .path = "/b"}).code, ErrorCode::kNoRoute);
}

}  // namespace
}  // namespace assay::test

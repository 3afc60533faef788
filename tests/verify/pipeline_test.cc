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

// The pipeline remembers its latest look-ups of issuers and keys within a batch.
TEST(Pipeline, EachTokenOfABatchIsJudgedByItsOwnIssuerAndKey) {
  const std::string first_key = rsa_key().public_jwk({.kid = "k1", .alg = {}, .use = {}});
  const std::string second_key = other_rsa_key().public_jwk({.kid = "k2", .alg = {}, .use = {}});
  const std::string same_kid = other_rsa_key().public_jwk({.kid = "k1", .alg = {}, .use = {}});
  IssuerPolicy main = issuer_policy();
  main.keys = jwks_source(R"({"keys":[)" + first_key + "," + second_key + "]}");
  IssuerPolicy other = issuer_policy("other");
  other.issuer = "https://other.example";
  other.keys = jwks_source(R"({"keys":[)" + same_kid + "]}");
  const auto engine = open_engine(policy({main, other}));

  const std::string of_other = claims({{"iss", "\"https://other.example\""}});
  const std::string of_nobody = claims({{"iss", "\"https://nobody.example\""}});
  const std::string without_iss = claims({{"iss", ""}});
  const std::vector<std::pair<std::string, ErrorCode>> cases = {
      {token(claims(), header(), rsa_key()), ErrorCode::kNone},
      {token(claims(), header("RS256", "k2"), other_rsa_key()), ErrorCode::kNone},
      {token(claims(), header("RS256", "k2"), rsa_key()), ErrorCode::kBadSignature},
      {token(of_other, header(), other_rsa_key()), ErrorCode::kNone},
      {token(of_other, header(), rsa_key()), ErrorCode::kBadSignature},
      {token(claims(), header(), other_rsa_key()), ErrorCode::kBadSignature},
      {token(of_other, header("RS256", "k2"), other_rsa_key()), ErrorCode::kUnknownKey},
      {token(of_nobody, header(), rsa_key()), ErrorCode::kUnknownIssuer},
      {token(without_iss, header(), rsa_key()), ErrorCode::kUnknownIssuer},
      {token(of_nobody, header(), rsa_key()), ErrorCode::kUnknownIssuer},
      {token(claims(), header("PS256"), rsa_key(), Alg::kPS256), ErrorCode::kNone},
      {token(claims(), header(), rsa_key()), ErrorCode::kNone},
  };
  std::vector<Check> checks;
  for (const auto& [compact, code] : cases) checks.push_back({.token = compact});
  std::vector<Verdict> verdicts(checks.size());
  Worker worker = engine->worker();
  // The second time finds the headers remembered, the third time the tokens.
  for (int round = 0; round < 3; ++round) {
    worker.decide(checks, verdicts, kNow);
    for (std::size_t i = 0; i < cases.size(); ++i) EXPECT_EQ(verdicts[i].code(), cases[i].second) << i;
  }
}

}  // namespace
}  // namespace assay::test

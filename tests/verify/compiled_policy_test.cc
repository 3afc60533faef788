#include "verify/compiled_policy.h"

#include <gtest/gtest.h>

#include "tests/verify/test_issuer.h"

namespace assay::verify {
namespace {

TEST(CompiledPolicy, FindsTheIssuerOfAnEntranceByIssAlone) {
  Policy policy = test::policy({test::issuer_policy("first"), test::issuer_policy("none")});
  policy.issuers[1].issuer = "";
  policy.entrances = {{.issuers = {}}, {.issuers = {"first"}}};
  const auto compiled = compile_policy(policy, 1).value();
  const CompiledEntrance& all = compiled->entrances[0];
  EXPECT_EQ(all.find_jwt_issuer(true, test::kIssuerUrl), 0U);
  EXPECT_EQ(all.find_jwt_issuer(false, ""), 1U);
  EXPECT_FALSE(all.find_jwt_issuer(true, "")) << "an empty iss is not an absent one";
  EXPECT_FALSE(all.find_jwt_issuer(true, "https://other.example"));
  EXPECT_FALSE(compiled->entrances[1].find_jwt_issuer(false, ""));
  EXPECT_FALSE(all.opaque);
}

TEST(CompiledPolicy, NamesAnswersAnewInEachGeneration) {
  const Policy policy = test::policy();
  EXPECT_NE(compile_policy(policy, 1).value()->issuers[0].answers_id,
            compile_policy(policy, 2).value()->issuers[0].answers_id);
}

TEST(CompiledPolicy, TakesMediaTypesInAnyForm) {
  IssuerPolicy issuer = test::issuer_policy();
  issuer.token_types = {"application/AT+JWT"};
  const std::string head = R"({"alg":"RS256","kid":"k1","typ":"at+jwt"})";
  EXPECT_EQ(test::code_of(test::policy({issuer}), test::token(test::claims(), head)), ErrorCode::kNone);
}

TEST(CompiledPolicy, OfAFaultyPolicyDoesNotExist) {
  EXPECT_EQ(compile_policy(Policy{}, 1).error().code, ErrorCode::kBadPolicy);
}

}  // namespace
}  // namespace assay::verify

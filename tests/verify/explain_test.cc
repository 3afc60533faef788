// Control::explain: every step in order, the first that refuses, and nothing secret.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "assay/control.h"
#include "tests/jose/bookings_token.h"
#include "tests/verify/test_issuer.h"

namespace assay::test {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using Result = ExplainStep::Result;

const ExplainStep& step_named(const Explanation& explanation, std::string_view name) {
  for (const ExplainStep& step : explanation.steps) {
    if (step.name == name) return step;
  }
  throw std::runtime_error("no such step");
}

// The issuer of the Bookings documentation: RS256, no kid, no iss.
Policy bookings_policy() {
  IssuerPolicy issuer = issuer_policy("bookings");
  issuer.issuer = "";
  issuer.audiences = {"9b1e82a7-0a59-4e7e-add5-b9ffa37aade1"};
  issuer.scope.grammar = ScopeGrammar::kSpace;
  return policy({issuer});
}

std::string bookings_token() {
  return std::string(jose::kBookingsHeaderSegment) + "." + std::string(jose::kBookingsPayloadSegment) + "." +
         std::string(jose::kBookingsSignatureSegment);
}

Now at(std::int64_t wall_us) { return {.wall_us = wall_us, .monotonic_ns = 1}; }

TEST(Explain, ThePrintedBookingsTokenExpiresExactlyAtItsMicrosecond) {
  const auto engine = open_engine(bookings_policy());
  const std::string compact = bookings_token();

  const Explanation before = engine->control().explain({.token = compact}, at(1'710'223'631'577'477));
  EXPECT_EQ(step_named(before, "expiry").result, Result::kPassed);
  EXPECT_EQ(step_named(before, "expiry").finding, "exp 1710223631.577478, now 1710223631.577477");
  EXPECT_EQ(step_named(before, "header").finding, "alg RS256, no kid, typ \"JWT\"");
  EXPECT_EQ(step_named(before, "issuer").finding, "no iss");
  EXPECT_EQ(before.code, ErrorCode::kBadSignature);

  const Explanation at_expiry = engine->control().explain({.token = compact}, at(1'710'223'631'577'478));
  EXPECT_EQ(step_named(at_expiry, "expiry").result, Result::kRefused);
  EXPECT_EQ(at_expiry.code, ErrorCode::kExpired);
  EXPECT_EQ(step_named(at_expiry, "signature").result, Result::kNotReached);
}

TEST(Explain, SaysWhichStepRefusedAndWhichSettingDecided) {
  const auto engine = open_engine(policy());
  const std::string compact = token(claims({{"aud", "\"someone-else\""}}));
  const Explanation explanation = engine->control().explain({.token = compact}, kNow);
  EXPECT_EQ(explanation.code, ErrorCode::kBadAudience);
  bool refused = false;
  for (const ExplainStep& step : explanation.steps) {
    if (step.result == Result::kRefused) {
      EXPECT_FALSE(refused);
      EXPECT_EQ(step.name, "audience");
      EXPECT_THAT(step.finding, HasSubstr("aud \"someone-else\""));
      EXPECT_EQ(step.setting, "issuer.main.audiences = \"api\"");
      refused = true;
    } else if (refused) {
      EXPECT_EQ(step.result, Result::kNotReached) << step.name;
    }
  }
  EXPECT_TRUE(refused);
}

TEST(Explain, AcceptsWhatDecideAccepts) {
  Policy chosen = policy();
  chosen.routes = {{.path = "/orders",
                    .methods = {},
                    .issuers = {},
                    .scopes = {"orders:read"},
                    .any_scopes = {},
                    .required_claims = {}}};
  const auto engine = open_engine(chosen);
  const std::string compact = token();
  const Explanation explanation = engine->control().explain({.token = compact, .path = "/orders"}, kNow);
  EXPECT_EQ(explanation.code, ErrorCode::kNone);
  for (const ExplainStep& step : explanation.steps) {
    EXPECT_TRUE(step.result == Result::kPassed || step.result == Result::kSkipped) << step.name;
  }
  EXPECT_THAT(step_named(explanation, "scope").setting, HasSubstr("route /orders requires \"orders:read\""));
}

TEST(Explain, NeverShowsASignatureOrAWholeToken) {
  const auto engine = open_engine(policy());
  const std::string compact = token();
  const std::string signature = compact.substr(compact.rfind('.') + 1);
  for (const std::string& text : {compact, compact + "=", std::string("not-a-token-but-secret")}) {
    for (const ExplainStep& step : engine->control().explain({.token = text}, kNow).steps) {
      EXPECT_THAT(step.finding, Not(HasSubstr(signature.substr(0, 20))));
      EXPECT_THAT(step.finding, Not(HasSubstr(text)));
    }
  }
}

TEST(Explain, MakesTokenTextPrintable) {
  const auto engine = open_engine(policy());
  const std::string compact = token(claims({{"iss", R"("\u001b[31mred\u0000")"}}));
  const Explanation explanation = engine->control().explain({.token = compact}, kNow);
  EXPECT_EQ(explanation.code, ErrorCode::kUnknownIssuer);
  EXPECT_THAT(step_named(explanation, "issuer").finding, HasSubstr("\"?[31mred?\""));
}

}  // namespace
}  // namespace assay::test

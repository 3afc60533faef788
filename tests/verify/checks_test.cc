#include "verify/checks.h"

#include <gtest/gtest.h>

#include "tests/verify/test_issuer.h"

namespace assay::verify {
namespace {

constexpr std::int64_t kNowUs = 1'710'223'631'577'478;

ErrorCode expiry(const jose::Claims& claims, const IssuerPolicy& policy, ExpiryRule rule = ExpiryRule::kJwt,
                 std::int64_t now_us = kNowUs) {
  std::string_view detail;
  return check_expiry(claims, policy, rule, now_us, detail);
}

TEST(Expiry, IsOnTheStatedMicrosecond) {
  jose::Claims claims;
  claims.exp = NumericDate{kNowUs};
  const IssuerPolicy policy;
  EXPECT_EQ(expiry(claims, policy, ExpiryRule::kJwt, kNowUs - 1), ErrorCode::kNone);
  EXPECT_EQ(expiry(claims, policy, ExpiryRule::kJwt, kNowUs), ErrorCode::kExpired);
}

TEST(Expiry, IsLaterByTheLeeway) {
  jose::Claims claims;
  claims.exp = NumericDate{kNowUs};
  IssuerPolicy policy;
  policy.leeway = std::chrono::microseconds(10);
  EXPECT_EQ(expiry(claims, policy, ExpiryRule::kJwt, kNowUs + 9), ErrorCode::kNone);
  EXPECT_EQ(expiry(claims, policy, ExpiryRule::kJwt, kNowUs + 10), ErrorCode::kExpired);
}

TEST(Expiry, IsRequiredOfJwtsUnlessTheirAgeIsBounded) {
  jose::Claims claims;
  IssuerPolicy policy;
  EXPECT_EQ(expiry(claims, policy), ErrorCode::kMissingClaim);
  EXPECT_EQ(expiry(claims, policy, ExpiryRule::kOpaque), ErrorCode::kNone);
  policy.exp_optional = true;
  policy.max_token_life = std::chrono::seconds(1);
  EXPECT_EQ(expiry(claims, policy), ErrorCode::kMissingClaim) << "iat is needed to know the age";
  EXPECT_EQ(expiry(claims, policy, ExpiryRule::kOpaque), ErrorCode::kNone);
  claims.iat = NumericDate{kNowUs - 999'999};
  EXPECT_EQ(expiry(claims, policy), ErrorCode::kNone);
  claims.iat = NumericDate{kNowUs - 1'000'000};
  EXPECT_EQ(expiry(claims, policy), ErrorCode::kExpired);
}

TEST(Expiry, DoesNotOverflowAtTheEdgesOfTime) {
  jose::Claims claims;
  claims.exp = NumericDate{kNumericDateUsMax};
  IssuerPolicy policy;
  policy.leeway = std::chrono::hours(24);
  EXPECT_EQ(expiry(claims, policy), ErrorCode::kNone);
  claims.exp = NumericDate{0};
  EXPECT_EQ(expiry(claims, policy), ErrorCode::kExpired);
}

TEST(NotBefore, IsOnTheStatedMicrosecondEarlierByTheLeeway) {
  jose::Claims claims;
  IssuerPolicy policy;
  EXPECT_EQ(check_not_before(claims, policy, kNowUs), ErrorCode::kNone);
  claims.nbf = NumericDate{kNowUs};
  claims.iat = NumericDate{kNowUs};
  EXPECT_EQ(check_not_before(claims, policy, kNowUs), ErrorCode::kNone);
  EXPECT_EQ(check_not_before(claims, policy, kNowUs - 1), ErrorCode::kNotYetValid);
  EXPECT_EQ(check_issued_at(claims, policy, kNowUs - 1), ErrorCode::kIssuedInFuture);
  policy.leeway = std::chrono::microseconds(1);
  EXPECT_EQ(check_not_before(claims, policy, kNowUs - 1), ErrorCode::kNone);
  EXPECT_EQ(check_issued_at(claims, policy, kNowUs - 1), ErrorCode::kNone);
}

TEST(Audience, IsOneOfTheListByteForByte) {
  IssuerPolicy policy;
  policy.audiences = {"api", "web"};
  jose::Claims claims;
  std::string_view detail;
  EXPECT_EQ(check_audience(claims, policy, detail), ErrorCode::kMissingClaim);
  EXPECT_EQ(detail, "aud");
  const std::vector<std::string_view> audiences = {"x", "web"};
  claims.has_aud = true;
  claims.audiences = audiences;
  EXPECT_EQ(check_audience(claims, policy, detail), ErrorCode::kNone);
  policy.audiences = {"WEB", "we", "webx"};
  EXPECT_EQ(check_audience(claims, policy, detail), ErrorCode::kBadAudience);
}

TEST(RequiredClaims, MustBeThereAndNotEmpty) {
  const std::vector<std::string> names = {"a"};
  const auto refused = [&](JsonKind kind, std::string_view text) {
    const std::vector<Claim> members = {{.name = "a", .text = text, .kind = kind}};
    jose::Claims claims;
    claims.members = members;
    std::string_view detail;
    return check_required_claims(claims, names, detail) == ErrorCode::kMissingClaim && detail == "a";
  };
  EXPECT_TRUE(refused(JsonKind::kNull, "null"));
  EXPECT_TRUE(refused(JsonKind::kString, ""));
  EXPECT_TRUE(refused(JsonKind::kArray, "[ ]"));
  EXPECT_TRUE(refused(JsonKind::kObject, "{}"));
  EXPECT_FALSE(refused(JsonKind::kString, " "));
  EXPECT_FALSE(refused(JsonKind::kFalse, "false"));
  EXPECT_FALSE(refused(JsonKind::kNumber, "0"));
  EXPECT_FALSE(refused(JsonKind::kArray, "[0]"));
}

TEST(TokenType, OfAnAnswerIsBearerOrAbsent) {
  const auto code_for = [](JsonKind kind, std::string_view text) {
    const std::vector<Claim> members = {{.name = "token_type", .text = text, .kind = kind}};
    jose::Claims answer;
    answer.members = members;
    return check_token_type(answer);
  };
  EXPECT_EQ(check_token_type({}), ErrorCode::kNone);
  EXPECT_EQ(code_for(JsonKind::kString, "Bearer"), ErrorCode::kNone);
  EXPECT_EQ(code_for(JsonKind::kString, "access_token"), ErrorCode::kNone);
  for (const char* text : {"refresh_token", "DPoP", "", "Bearers"}) {
    EXPECT_EQ(code_for(JsonKind::kString, text), ErrorCode::kWrongType) << text;
  }
  EXPECT_EQ(code_for(JsonKind::kNull, "null"), ErrorCode::kWrongType);
}

TEST(Type, IsComparedWithoutCaseWhereItIsConfigured) {
  IssuerPolicy policy;
  EXPECT_EQ(check_type("anything", policy), ErrorCode::kNone);
  policy.token_types = {"at+jwt"};
  EXPECT_EQ(check_type("AT+JWT", policy), ErrorCode::kNone);
  EXPECT_EQ(check_type("", policy), ErrorCode::kWrongType);
  EXPECT_EQ(check_type("JWT", policy), ErrorCode::kWrongType);
}

}  // namespace
}  // namespace assay::verify

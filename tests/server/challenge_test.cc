#include "server/challenge.h"

#include <map>

#include <gtest/gtest.h>

namespace assay::server {
namespace {

// A response with its fields by name; a repeated name fails the test.
struct Refused {
  int status = 0;
  std::map<std::string, std::string> fields;
  std::string body;
};

Refused write(const ListenerSettings& settings, const Refusal& refusal) {
  RefusalWriter writer(settings);
  const HttpResponse response = writer.write(refusal);
  Refused refused{.status = response.status, .fields = {}, .body = std::string(response.body)};
  for (const HttpField& field : response.fields) {
    EXPECT_TRUE(refused.fields.emplace(field.name, field.value).second) << "repeated " << field.name;
  }
  return refused;
}

std::string challenge_of(const ListenerSettings& settings, const Refusal& refusal) {
  return write(settings, refusal).fields["WWW-Authenticate"];
}

const ListenerSettings kPlain;
const ListenerSettings kAuthRequest{.mode = ListenerMode::kAuthRequest};
const ListenerSettings kDetailed{.client_detail = true, .realm = "orders"};

std::vector<ErrorCode> refusing_codes() {
  std::vector<ErrorCode> codes;
  for (std::size_t i = 1; i < kErrorCodeCount; ++i) {
    const auto code = static_cast<ErrorCode>(i);
    const VerdictClass verdict_class = facts_of(code).verdict_class;
    if (verdict_class != VerdictClass::kSetup && verdict_class != VerdictClass::kPending) codes.push_back(code);
  }
  return codes;
}

TEST(Challenge, EveryRefusalHasItsClassesStatus) {
  for (const ErrorCode code : refusing_codes()) {
    EXPECT_EQ(write(kPlain, {.code = code, .detail = {}}).status, facts_of(facts_of(code).verdict_class).http_status);
  }
}

TEST(Challenge, EveryRefusalIsNamedAndNeverStored) {
  for (const ErrorCode code : refusing_codes()) {
    Refused refused = write(kPlain, {.code = code, .detail = {}});
    EXPECT_EQ(refused.fields["X-Assay-Code"], facts_of(code).name);
    EXPECT_EQ(refused.fields["Cache-Control"], "no-store");
    EXPECT_EQ(refused.fields["Content-Type"], "application/json");
  }
}

TEST(Challenge, ClientErrorsHaveOneChallengeAndUnavailabilityHasNone) {
  for (const ErrorCode code : refusing_codes()) {
    const Refused refused = write(kPlain, {.code = code, .detail = {}});
    EXPECT_EQ(refused.fields.count("WWW-Authenticate"), refused.status == 503 ? 0U : 1U) << facts_of(code).name;
    EXPECT_EQ(refused.fields.count("Retry-After"), refused.status == 503 ? 1U : 0U) << facts_of(code).name;
  }
}

TEST(Challenge, AMissingTokenIsChallengedWithoutError) {
  const Refusal missing{.code = ErrorCode::kMissingToken, .detail = {}};
  EXPECT_EQ(challenge_of(kPlain, missing), "Bearer");
  EXPECT_EQ(challenge_of(kDetailed, missing), "Bearer realm=\"orders\"");
  EXPECT_EQ(write(kPlain, missing).body, "{\"error\":\"no_credentials\"}");
}

TEST(Challenge, AnInvalidTokenSaysNoMoreThanThat) {
  const Refusal expired{.code = ErrorCode::kExpired, .detail = {}};
  EXPECT_EQ(challenge_of(kPlain, expired), "Bearer error=\"invalid_token\"");
  EXPECT_EQ(write(kPlain, expired).body, "{\"error\":\"invalid_token\"}");
}

TEST(Challenge, DetailIsShownOnlyWhereItIsAllowed) {
  const Refusal missing_claim{.code = ErrorCode::kMissingClaim, .detail = "tenant"};
  EXPECT_EQ(challenge_of(kDetailed, missing_claim),
            "Bearer realm=\"orders\", error=\"invalid_token\", "
            "error_description=\"a required claim is absent or empty: tenant\"");
  EXPECT_EQ(write(kDetailed, missing_claim).body,
            "{\"error\":\"invalid_token\",\"code\":\"missing_claim\","
            "\"detail\":\"a required claim is absent or empty: tenant\"}");
  EXPECT_EQ(challenge_of(kPlain, missing_claim).find("tenant"), std::string::npos);
}

TEST(Challenge, InsufficientScopeNamesTheRequiredScope) {
  const Refusal scope{.code = ErrorCode::kInsufficientScope, .detail = "orders:read location[orders.write]"};
  EXPECT_EQ(challenge_of(kPlain, scope),
            "Bearer error=\"insufficient_scope\", scope=\"orders:read location[orders.write]\"");
  EXPECT_EQ(challenge_of(kPlain, {.code = ErrorCode::kInsufficientScope, .detail = {}}),
            "Bearer error=\"insufficient_scope\"");
}

TEST(Challenge, AScopeThatTheAttributeCannotHoldIsLeftOut) {
  for (const std::string_view scope : {"a\"b", "a\\b", "a\r\nX: y", "\xc3\xa9"}) {
    EXPECT_EQ(challenge_of(kPlain, {.code = ErrorCode::kInsufficientScope, .detail = scope}),
              "Bearer error=\"insufficient_scope\"");
  }
}

TEST(Challenge, APathWithoutRouteIsNoQuestionOfScope) {
  const Refused refused = write(kPlain, {.code = ErrorCode::kNoRoute, .detail = {}});
  EXPECT_EQ(refused.status, 403);
  EXPECT_EQ(refused.fields.at("WWW-Authenticate"), "Bearer");
  EXPECT_EQ(refused.body, "{\"error\":\"lacks_rights\"}");
}

TEST(Challenge, DetailCannotEscapeItsQuotes) {
  const Refusal refusal{.code = ErrorCode::kMissingClaim, .detail = "x\", scope=\"admin\r\nSet-Cookie: a\\\x80"};
  EXPECT_EQ(challenge_of(kDetailed, refusal),
            "Bearer realm=\"orders\", error=\"invalid_token\", error_description=\"a required claim is absent or "
            "empty: x?, scope=?admin??Set-Cookie: a??\"");
}

TEST(Challenge, TheRealmIsAQuotedString) {
  EXPECT_EQ(challenge_of({.realm = "a \"b\" \\c\r\n"}, {.code = ErrorCode::kMissingToken, .detail = {}}),
            "Bearer realm=\"a \\\"b\\\" \\\\c??\"");
}

TEST(Challenge, AuthRequestTurnsBadRequestsInto401) {
  const Refused refused = write(kAuthRequest, {.code = ErrorCode::kMultipleTokens, .detail = {}});
  EXPECT_EQ(refused.status, 401);
  EXPECT_EQ(refused.fields.at("X-Assay-Status"), "400");
  EXPECT_EQ(refused.fields.at("WWW-Authenticate"), "Bearer error=\"invalid_request\"");
}

TEST(Challenge, AuthRequestAnswersOnlyWhatNginxPassesOn) {
  for (const ErrorCode code : refusing_codes()) {
    const Refused refused = write(kAuthRequest, {.code = code, .detail = {}});
    EXPECT_TRUE(refused.status == 401 || refused.status == 403 || refused.status == 503) << facts_of(code).name;
    const bool was_400 = facts_of(facts_of(code).verdict_class).http_status == 400;
    EXPECT_EQ(refused.fields.count("X-Assay-Status"), was_400 ? 1U : 0U) << facts_of(code).name;
  }
}

TEST(Challenge, OtherModesKeep400) {
  const Refused refused = write(kPlain, {.code = ErrorCode::kMultipleTokens, .detail = {}});
  EXPECT_EQ(refused.status, 400);
  EXPECT_EQ(refused.fields.count("X-Assay-Status"), 0U);
}

TEST(Challenge, AWriterCarriesNothingFromOneRefusalToTheNext) {
  RefusalWriter writer(kAuthRequest);
  static_cast<void>(writer.write({.code = ErrorCode::kMultipleTokens, .detail = "first"}));
  const HttpResponse response = writer.write({.code = ErrorCode::kMissingToken, .detail = {}});
  EXPECT_EQ(response.fields.size(), 4U);
  EXPECT_EQ(response.body, "{\"error\":\"no_credentials\"}");
}

TEST(ChallengeDeathTest, AcceptanceIsNoRefusal) {
  RefusalWriter writer(kPlain);
  EXPECT_DEATH(static_cast<void>(writer.write({.code = ErrorCode::kNone, .detail = {}})), "CHECK");
}

}  // namespace
}  // namespace assay::server

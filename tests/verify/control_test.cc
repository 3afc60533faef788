#include "verify/control.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/verify/test_issuer.h"

namespace assay::test {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(Control, KeepsTheOldPolicyWhenANewOneIsInvalid) {
  const auto engine = open_engine(policy());
  Policy invalid = policy();
  invalid.issuers[0].audiences.clear();
  EXPECT_EQ(engine->control().reload(invalid).error().code, ErrorCode::kBadPolicy);
  EXPECT_EQ(decide(*engine, {.token = token()}).code, ErrorCode::kNone);

  Policy stricter = policy();
  stricter.issuers[0].audiences = {"other"};
  ASSERT_TRUE(engine->control().reload(stricter));
  EXPECT_EQ(decide(*engine, {.token = token()}).code, ErrorCode::kBadAudience);
}

TEST(Control, CountsVerdictsByIssuerAndCode) {
  const auto engine = open_engine(policy());
  EXPECT_EQ(decide(*engine, {.token = token()}).code, ErrorCode::kNone);
  EXPECT_EQ(decide(*engine, {.token = token(claims({{"exp", "1"}}))}).code, ErrorCode::kExpired);
  EXPECT_EQ(decide(*engine, {.token = "x"}).code, ErrorCode::kMalformedToken);
  std::vector<std::string> seen;
  engine->control().for_each_metric([&](const Metric& metric) {
    if (metric.name != "verdicts_total") return;
    seen.push_back(std::string(metric.labels[0].second) + "/" + std::string(metric.labels[2].second) + "=" +
                   std::to_string(static_cast<int>(metric.value)));
  });
  EXPECT_THAT(seen, ElementsAre("main/accepted=1", "main/expired=1", "/malformed_token=1"));
}

TEST(Control, CountsScopesThatDoNotFitTheirGrammar) {
  const auto engine = open_engine(policy());
  EXPECT_EQ(decide(*engine, {.token = token(claims({{"scope", "\"two  blanks\""}}))}).code, ErrorCode::kNone);
  double count = -1;
  engine->control().for_each_metric([&](const Metric& metric) {
    if (metric.name == "unreadable_scopes_total") count = metric.value;
  });
  EXPECT_EQ(count, 1);
}

TEST(Control, ListsItsKeysWithReasons) {
  Policy chosen = policy();
  const std::string encryption = other_rsa_key().public_jwk({.kid = "e1", .alg = {}, .use = "enc"});
  chosen.issuers[0].keys =
      jwks_source(signing::jwk_set(rsa_key().public_jwk({.kid = "k1", .alg = "RS256", .use = {}}), encryption));
  const auto engine = open_engine(chosen);
  std::vector<std::string> usable;
  std::vector<std::string> unusable;
  engine->control().for_each_key([&](const KeyInfo& key) {
    (key.usable ? usable : unusable).push_back(std::string(key.kid) + " " + std::string(key.type));
    EXPECT_EQ(key.reason.empty(), key.usable);
  });
  EXPECT_THAT(usable, ElementsAre("k1 RSA"));
  EXPECT_THAT(unusable, ElementsAre("e1 RSA"));
  EXPECT_TRUE(engine->control().readiness().ready);
  EXPECT_THAT(engine->control().readiness().missing, IsEmpty());
}

}  // namespace
}  // namespace assay::test

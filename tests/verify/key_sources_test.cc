// Where keys come from and what is told of them: odd keys beside good ones, watched files and folders.
#include <set>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/verify/fake_fetcher.h"
#include "tests/verify/test_issuer.h"

namespace assay::test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// A listed key whose views are copied.
struct Listed {
  std::string kid, type, reason, thumbprint;
  std::uint32_t bits = 0;
  bool usable = false;
  std::int64_t first_seen_us = 0;
  std::int64_t last_seen_us = 0;
};

std::vector<Listed> list_keys(Engine& engine) {
  std::vector<Listed> keys;
  engine.control().for_each_key([&keys](const KeyInfo& key) {
    keys.push_back({.kid = std::string(key.kid),
                    .type = std::string(key.type),
                    .reason = std::string(key.reason),
                    .thumbprint = std::string(key.thumbprint),
                    .bits = key.bits,
                    .usable = key.usable,
                    .first_seen_us = key.first_seen_us,
                    .last_seen_us = key.last_seen_us});
  });
  return keys;
}

// Steps until the keys of one answer are prepared.
void step_until_prepared(Engine& engine, Now now) {
  for (int i = 0; i < 4; ++i) engine.control().step(now);
}

Policy url_policy() {
  IssuerPolicy issuer = issuer_policy();
  issuer.keys = {.kind = KeySource::Kind::kJwksUrl, .text = "https://issuer.example/jwks"};
  return policy({issuer});
}

Policy watched_policy(KeySource::Kind kind, const std::string& text, const std::string& file) {
  IssuerPolicy issuer = issuer_policy();
  issuer.keys = {.kind = kind, .text = text, .file = file};
  issuer.refresh.interval = std::chrono::seconds(2);
  return policy({issuer});
}

std::string other_jwks() { return signing::jwk_set(other_rsa_key().public_jwk({.kid = "k2", .alg = {}, .use = {}})); }

std::string other_token() { return token(claims(), header("RS256", "k2"), other_rsa_key()); }

TEST(KeySources, OddKeysStandBesideAGoodOneWithTheirReasons) {
  const std::string jwks =
      signing::jwk_set(rsa_key().public_jwk({.kid = "k1", .alg = "RS256", .use = "sig"}),
                       R"({"kty":"AKP","kid":"pq","alg":"ML-DSA-65","pub":"AAAA"})",
                       R"({"kty":"RSA","kid":"broken","n":"not+base64url","e":"AQAB"})",
                       other_rsa_key().public_jwk({.kid = "enc", .alg = {}, .use = "enc"}),
                       signing::SigningKey::generate_rsa(1024).public_jwk({.kid = "short", .alg = {}, .use = {}}));
  FakeFetcher fetcher;
  const auto engine = open_engine(url_policy(), &fetcher);
  engine->control().step(kNow);
  fetcher.answer(jwks);
  step_until_prepared(*engine, kNow);
  EXPECT_EQ(decide(*engine, {.token = token()}).code, ErrorCode::kNone);

  const std::vector<Listed> keys = list_keys(*engine);
  ASSERT_EQ(keys.size(), 5U);
  EXPECT_TRUE(keys[0].usable);
  EXPECT_EQ(keys[0].thumbprint.size(), 43U);
  EXPECT_EQ(keys[0].reason, "");
  std::set<std::string> reasons;
  for (std::size_t i = 1; i < keys.size(); ++i) {
    EXPECT_FALSE(keys[i].usable) << keys[i].kid;
    reasons.insert(keys[i].reason);
  }
  EXPECT_EQ(reasons.size(), 4U) << "each has a reason of its own";
  EXPECT_EQ(keys[1].type, "AKP");
  EXPECT_EQ(keys[3].bits, 2048U);
  EXPECT_EQ(keys[3].thumbprint.size(), 43U);
  EXPECT_EQ(keys[4].bits, 1024U);
}

TEST(KeySources, KeysAreSeenFromTheFirstFetchToTheLatest) {
  FakeFetcher fetcher;
  const auto engine = open_engine(url_policy(), &fetcher);
  engine->control().step(kNow);
  fetcher.answer(default_jwks());
  step_until_prepared(*engine, kNow);
  EXPECT_EQ(list_keys(*engine).at(0).first_seen_us, kNow.wall_us);
  EXPECT_EQ(list_keys(*engine).at(0).last_seen_us, kNow.wall_us);

  const Now next = later(kNow, 11 * 60'000'000LL);
  engine->control().step(next);
  ASSERT_EQ(fetcher.waiting(), 1U);
  fetcher.answer(signing::jwk_set(rsa_key().public_jwk({.kid = "k1", .alg = {}, .use = {}}),
                                  other_rsa_key().public_jwk({.kid = "k2", .alg = {}, .use = {}})));
  step_until_prepared(*engine, next);
  const std::vector<Listed> keys = list_keys(*engine);
  ASSERT_EQ(keys.size(), 2U);
  EXPECT_EQ(keys[0].first_seen_us, kNow.wall_us);
  EXPECT_EQ(keys[0].last_seen_us, next.wall_us);
  EXPECT_EQ(keys[1].first_seen_us, next.wall_us);
}

TEST(KeySources, AWatchedFileServesFromTheStartAndIsReadAgain) {
  FakeFetcher fetcher;
  const auto engine =
      open_engine(watched_policy(KeySource::Kind::kJwksText, default_jwks(), "/etc/keys.json"), &fetcher);
  EXPECT_EQ(decide(*engine, {.token = token()}).code, ErrorCode::kNone);
  EXPECT_TRUE(engine->control().readiness().ready);
  engine->control().step(kNow);
  ASSERT_EQ(fetcher.waiting(), 1U);
  EXPECT_EQ(fetcher.front().url, "file:///etc/keys.json");
  fetcher.answer(other_jwks());
  step_until_prepared(*engine, kNow);
  EXPECT_EQ(decide(*engine, {.token = other_token()}).code, ErrorCode::kNone);
  EXPECT_NE(decide(*engine, {.token = token()}).code, ErrorCode::kNone) << "replaced, not merged";
}

TEST(KeySources, ABrokenFileKeepsTheOldKeysAndIsReported) {
  FakeFetcher fetcher;
  const auto engine =
      open_engine(watched_policy(KeySource::Kind::kJwksText, default_jwks(), "/etc/keys.json"), &fetcher);
  Now now = kNow;
  for (const std::string& broken : {std::string("{\"keys\":["), std::string("{\"keys\":[]}"), std::string("<html>")}) {
    now = later(now, 3'600'000'000);
    engine->control().step(now);
    ASSERT_EQ(fetcher.waiting(), 1U);
    fetcher.answer(broken);
    step_until_prepared(*engine, now);
    EXPECT_THAT(engine->control().readiness().degraded, ElementsAre(HasSubstr("issuer main: earlier keys serve: ")));
    EXPECT_TRUE(engine->control().readiness().ready);
    EXPECT_EQ(list_keys(*engine).size(), 1U);
  }
  now = later(now, 3'600'000'000);
  engine->control().step(now);
  fetcher.answer(default_jwks());
  step_until_prepared(*engine, now);
  EXPECT_THAT(engine->control().readiness().degraded, IsEmpty());
}

TEST(KeySources, AFolderNamesItsKeysByItsFiles) {
  const auto record = [](const std::string& kid, const std::string& pem) { return kPemRecordMark + kid + "\n" + pem; };
  FakeFetcher fetcher;
  const auto engine = open_engine(
      watched_policy(KeySource::Kind::kPemFolder, record("k1", rsa_key().public_pem()), "/etc/keys/"), &fetcher);
  EXPECT_EQ(decide(*engine, {.token = token()}).code, ErrorCode::kNone);
  engine->control().step(kNow);
  EXPECT_EQ(fetcher.front().url, "file:///etc/keys/");
  fetcher.answer(record("k1", rsa_key().public_pem()) + record("k2", other_rsa_key().public_pem()));
  step_until_prepared(*engine, kNow);
  EXPECT_EQ(decide(*engine, {.token = token()}).code, ErrorCode::kNone);
  EXPECT_EQ(decide(*engine, {.token = other_token()}).code, ErrorCode::kNone);
  // The name of one key is not answered with another.
  const std::string crossed = token(claims(), header("RS256", "k1"), other_rsa_key());
  EXPECT_EQ(decide(*engine, {.token = crossed}).code, ErrorCode::kBadSignature);
}

Policy discovery_policy() {
  IssuerPolicy issuer = issuer_policy();
  issuer.keys = {.kind = KeySource::Kind::kDiscovery, .text = ""};
  return policy({issuer});
}

std::string metadata(const std::string& issuer, const std::string& jwks_uri) {
  return R"({"issuer":")" + issuer + R"(","jwks_uri":")" + jwks_uri + R"("})";
}

TEST(KeySources, AChangedJwksUriIsFollowed) {
  FakeFetcher fetcher;
  const auto engine = open_engine(discovery_policy(), &fetcher);
  Now now = kNow;
  for (const char* jwks_uri : {"https://issuer.example/keys-1", "https://keys.example/2"}) {
    engine->control().step(now);
    ASSERT_EQ(fetcher.waiting(), 1U);
    EXPECT_EQ(fetcher.front().url, "https://issuer.example/.well-known/oauth-authorization-server");
    fetcher.answer(metadata("https://issuer.example", jwks_uri));
    engine->control().step(now);
    ASSERT_EQ(fetcher.waiting(), 1U);
    EXPECT_EQ(fetcher.front().url, jwks_uri);
    fetcher.answer(default_jwks());
    step_until_prepared(*engine, now);
    EXPECT_EQ(decide(*engine, {.token = token()}).code, ErrorCode::kNone);
    now = later(now, 11 * 60'000'000LL);
  }
}

// What readiness says after the first place of the metadata answered `document` and the other one nothing.
std::string finding_about(const std::string& document) {
  FakeFetcher fetcher;
  const auto engine = open_engine(discovery_policy(), &fetcher);
  engine->control().step(kNow);
  fetcher.answer(document);
  engine->control().step(kNow);
  fetcher.answer_with({.outcome = FetchOutcome::kAnswered, .status = 404, .headers = {}, .body = {}, .complaint = {}});
  engine->control().step(kNow);
  const Readiness readiness = engine->control().readiness();
  return readiness.missing.size() == 1 ? readiness.missing[0] : "";
}

TEST(KeySources, ReadinessNamesTheMetadataThatWasWrongAndWhy) {
  EXPECT_THAT(finding_about(metadata("https://evil.example", "https://issuer.example/keys")),
              HasSubstr("oauth-authorization-server: bad_metadata: its issuer is \"https://evil.example\", not "
                        "\"https://issuer.example\""));
  EXPECT_THAT(finding_about(metadata("https://issuer.example", "http://issuer.example/keys")),
              HasSubstr("jwks_uri needs allow_plain_http"));
  EXPECT_THAT(finding_about("<!DOCTYPE html><title>Sign in</title>"), HasSubstr("HTML"));
}

TEST(KeySources, NoUrlHoldsCredentials) {
  IssuerPolicy issuer = issuer_policy();
  issuer.keys = {.kind = KeySource::Kind::kJwksUrl, .text = "https://user:pass@issuer.example/jwks"};
  const std::vector<std::string> faults = policy_faults(policy({issuer}));
  ASSERT_EQ(faults.size(), 1U);
  EXPECT_THAT(faults[0], testing::Not(HasSubstr("pass")));
}

}  // namespace
}  // namespace assay::test

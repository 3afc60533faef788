// Keys from URLs: fetched at start and again, found by discovery, served through an outage, withdrawn when too old.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/verify/fake_fetcher.h"
#include "tests/verify/test_issuer.h"

namespace assay::test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

IssuerPolicy url_issuer() {
  IssuerPolicy issuer = issuer_policy();
  issuer.keys = {.kind = KeySource::Kind::kJwksUrl, .text = "https://issuer.example/jwks"};
  issuer.refresh.interval = std::chrono::minutes(10);
  issuer.refresh.max_stale = std::chrono::hours(1);
  issuer.refresh.unknown_kid_wait = std::chrono::milliseconds(0);  // missing_key_test.cc waits
  return issuer;
}

constexpr std::int64_t kMinuteUs = 60'000'000;

std::string rotated_jwks() { return signing::jwk_set(other_rsa_key().public_jwk({.kid = "k2", .alg = {}, .use = {}})); }

TEST(Keys, AreFetchedAtStartAndUsedWhenTheyCome) {
  FakeFetcher fetcher;
  const auto engine = open_engine(policy({url_issuer()}), &fetcher);
  EXPECT_EQ(decide(*engine, {.token = token()}).code, ErrorCode::kKeysUnavailable);
  EXPECT_THAT(engine->control().readiness().missing, ElementsAre(HasSubstr("issuer main: no keys: not fetched yet")));
  engine->control().step(kNow);
  EXPECT_EQ(fetcher.front().url, "https://issuer.example/jwks");
  EXPECT_EQ(fetcher.front().response_bytes_max, kJwksBytesMax);
  EXPECT_FALSE(fetcher.front().allow_plain_http);
  fetcher.answer(default_jwks());
  engine->control().step(kNow);
  EXPECT_EQ(decide(*engine, {.token = token()}).code, ErrorCode::kNone);
  EXPECT_TRUE(engine->control().readiness().ready);
}

TEST(Keys, AreReplacedNotMerged) {
  FakeFetcher fetcher;
  const auto engine = open_engine(policy({url_issuer()}), &fetcher);
  engine->control().step(kNow);
  fetcher.answer(default_jwks());
  engine->control().step(kNow);
  const Now next = later(kNow, 11 * kMinuteUs);
  engine->control().step(next);
  ASSERT_EQ(fetcher.waiting(), 1U);
  fetcher.answer(rotated_jwks());
  engine->control().step(next);
  EXPECT_EQ(decide(*engine, {.token = token()}, next).code, ErrorCode::kUnknownKey);
  const std::string rotated = token(claims(), header("RS256", "k2"), other_rsa_key());
  EXPECT_EQ(decide(*engine, {.token = rotated}, next).code, ErrorCode::kNone);
}

TEST(Keys, ServeThroughAnOutageUntilTheyAreTooOld) {
  FakeFetcher fetcher;
  const auto engine = open_engine(policy({url_issuer()}), &fetcher);
  engine->control().step(kNow);
  fetcher.answer(default_jwks());
  engine->control().step(kNow);
  std::string lasting = token(claims({{"exp", std::to_string(kNowS + 100'000)}}));
  for (int minute = 1; minute < 60; ++minute) {
    const Now now = later(kNow, minute * kMinuteUs);
    engine->control().step(now);
    while (fetcher.waiting() > 0) fetcher.fail("down");
    engine->control().step(now);
    EXPECT_EQ(decide(*engine, {.token = lasting}, now).code, ErrorCode::kNone) << minute;
  }
  const Now late = later(kNow, 61 * kMinuteUs);
  engine->control().step(late);
  EXPECT_EQ(decide(*engine, {.token = lasting}, late).code, ErrorCode::kKeysUnavailable);
  EXPECT_THAT(engine->control().readiness().missing, ElementsAre(HasSubstr("down")));
}

TEST(Keys, AnUnknownKidDuringAnOutageIsNotABadToken) {
  FakeFetcher fetcher;
  const auto engine = open_engine(policy({url_issuer()}), &fetcher);
  engine->control().step(kNow);
  fetcher.answer(default_jwks());
  engine->control().step(kNow);
  const std::string unknown = token(claims(), header("RS256", "k9"));
  EXPECT_EQ(decide(*engine, {.token = unknown}).code, ErrorCode::kUnknownKey);
  const Now next = later(kNow, 11 * kMinuteUs);
  engine->control().step(next);
  fetcher.fail("down");
  engine->control().step(next);
  EXPECT_EQ(decide(*engine, {.token = unknown}, next).code, ErrorCode::kKeysUnavailable);
  EXPECT_EQ(decide(*engine, {.token = token()}, next).code, ErrorCode::kNone);
}

TEST(Keys, GarbageKeepsTheOldSet) {
  FakeFetcher fetcher;
  const auto engine = open_engine(policy({url_issuer()}), &fetcher);
  engine->control().step(kNow);
  fetcher.answer(default_jwks());
  engine->control().step(kNow);
  Now now = kNow;
  for (const char* body : {"", "<html>", "{\"keys\":[]}", "{\"keys\":[{\"kty\":\"AKP\"}]}", "{}"}) {
    now = later(now, 11 * kMinuteUs);
    engine->control().step(now);
    ASSERT_EQ(fetcher.waiting(), 1U) << body;
    fetcher.answer(body);
    engine->control().step(now);
    EXPECT_EQ(decide(*engine, {.token = token()}, now).code, ErrorCode::kNone) << body;
  }
}

TEST(Discovery, FindsTheKeysFromTheIssuerAlone) {
  FakeFetcher fetcher;
  IssuerPolicy issuer = url_issuer();
  issuer.keys = {.kind = KeySource::Kind::kDiscovery, .text = {}};
  const auto engine = open_engine(policy({issuer}), &fetcher);
  engine->control().step(kNow);
  EXPECT_EQ(fetcher.front().url, "https://issuer.example/.well-known/oauth-authorization-server");
  fetcher.answer_with({.outcome = FetchOutcome::kAnswered, .status = 404, .headers = {}, .body = {}, .complaint = {}});
  engine->control().step(kNow);
  EXPECT_EQ(fetcher.front().url, "https://issuer.example/.well-known/openid-configuration");
  fetcher.answer(R"({"issuer":"https://issuer.example","jwks_uri":"https://keys.example/set"})");
  engine->control().step(kNow);
  EXPECT_EQ(fetcher.front().url, "https://keys.example/set");
  fetcher.answer(default_jwks());
  engine->control().step(kNow);
  EXPECT_EQ(decide(*engine, {.token = token()}).code, ErrorCode::kNone);
}

TEST(Discovery, RefusesAnotherIssuersMetadataAndPlainHttpKeys) {
  for (const char* body : {R"({"issuer":"https://issuer.example/","jwks_uri":"https://issuer.example/jwks"})",
                           R"({"issuer":"https://issuer.example","jwks_uri":"http://issuer.example/jwks"})",
                           R"({"issuer":"https://issuer.example","jwks_uri":"file:///etc/passwd"})",
                           R"({"issuer":"https://issuer.example"})"}) {
    FakeFetcher fetcher;
    IssuerPolicy issuer = url_issuer();
    issuer.keys = {.kind = KeySource::Kind::kDiscovery, .text = "https://issuer.example/meta"};
    const auto engine = open_engine(policy({issuer}), &fetcher);
    engine->control().step(kNow);
    fetcher.answer(body);
    engine->control().step(kNow);
    EXPECT_EQ(fetcher.waiting(), 0U) << body;
    EXPECT_THAT(engine->control().readiness().missing, ElementsAre(HasSubstr("bad_metadata"))) << body;
  }
}

TEST(Keys, StayAcrossAReloadThatKeepsTheirSource) {
  FakeFetcher fetcher;
  const auto engine = open_engine(policy({url_issuer()}), &fetcher);
  engine->control().step(kNow);
  fetcher.answer(default_jwks());
  engine->control().step(kNow);
  IssuerPolicy changed = url_issuer();
  changed.leeway = std::chrono::seconds(5);
  ASSERT_TRUE(engine->control().reload(policy({changed})));
  EXPECT_EQ(decide(*engine, {.token = token()}).code, ErrorCode::kNone);
  EXPECT_EQ(fetcher.started, 1U);
}

TEST(Keys, WithoutAFetcherAreUnavailableAndSayWhy) {
  const auto engine = open_engine(policy({url_issuer()}));
  engine->control().step(kNow);
  engine->control().step(kNow);
  EXPECT_EQ(decide(*engine, {.token = token()}).code, ErrorCode::kKeysUnavailable);
  EXPECT_THAT(engine->control().readiness().missing, ElementsAre(HasSubstr("without a fetcher")));
}

}  // namespace
}  // namespace assay::test

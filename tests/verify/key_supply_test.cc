#include "verify/key_supply.h"

#include <gtest/gtest.h>

#include "tests/verify/test_issuer.h"

namespace assay::verify {
namespace {

IssuerPolicy url_issuer() {
  IssuerPolicy issuer = test::issuer_policy();
  issuer.keys = {.kind = KeySource::Kind::kJwksUrl, .text = "https://issuer.example/jwks"};
  return issuer;
}

FetchResult answered(int status, std::string body, std::vector<HttpHeader> headers = {}) {
  return {.outcome = FetchOutcome::kAnswered,
          .status = status,
          .headers = std::move(headers),
          .body = std::move(body),
          .complaint = {}};
}

constexpr std::int64_t kSecondNs = 1'000'000'000;

TEST(KeySupply, HasOneFetchInFlight) {
  const auto supply = KeySupply::make(url_issuer()).value();
  EXPECT_TRUE(supply->next_request(0));
  EXPECT_FALSE(supply->next_request(0));
  EXPECT_FALSE(supply->next_request(3600 * kSecondNs));
  EXPECT_FALSE(supply->on_result(answered(200, test::default_jwks()), kSecondNs));
  EXPECT_FALSE(supply->next_request(2 * kSecondNs)) << "not due yet";
}

TEST(KeySupply, SaysWhatIsWrongWithAnAnswer) {
  const auto supply = KeySupply::make(url_issuer()).value();
  ASSERT_TRUE(supply->next_request(0));
  (void)supply->on_result(answered(500, "{}"), 0);
  EXPECT_EQ(supply->state().last_error, "key set: HTTP status 500");
  EXPECT_TRUE(supply->state().last_fetch_failed);
  EXPECT_EQ(supply->fetches_failed(), 1U);
}

TEST(KeySupply, RespectsRetryAfter) {
  const auto supply = KeySupply::make(url_issuer()).value();
  ASSERT_TRUE(supply->next_request(0));
  (void)supply->on_result(answered(503, "", {{.name = "retry-after", .value = "120"}}), 0);
  EXPECT_FALSE(supply->next_request(119 * kSecondNs));
  EXPECT_TRUE(supply->next_request(600 * kSecondNs));
}

TEST(KeySupply, RecoversAfterAFailure) {
  const auto supply = KeySupply::make(url_issuer()).value();
  ASSERT_TRUE(supply->next_request(0));
  (void)supply->on_result(answered(404, ""), 0);
  ASSERT_TRUE(supply->next_request(supply->next_due_ns()));
  (void)supply->on_result(answered(200, test::default_jwks()), 5 * kSecondNs);
  EXPECT_NE(supply->state().set, nullptr);
  EXPECT_TRUE(supply->state().last_error.empty());
  EXPECT_FALSE(supply->state().last_fetch_failed);
}

TEST(KeySupply, ServesTheSameSourceAlone) {
  const auto supply = KeySupply::make(url_issuer()).value();
  EXPECT_TRUE(supply->serves(url_issuer()));
  IssuerPolicy leeway = url_issuer();
  leeway.leeway = std::chrono::seconds(1);
  EXPECT_TRUE(supply->serves(leeway));
  IssuerPolicy moved = url_issuer();
  moved.keys.text += "2";
  EXPECT_FALSE(supply->serves(moved));
}

TEST(KeySupply, OfInlineKeysNeedsNoNetwork) {
  const auto supply = KeySupply::make(test::issuer_policy()).value();
  EXPECT_NE(supply->state().set, nullptr);
  EXPECT_FALSE(supply->next_request(3600 * kSecondNs));
  supply->check_staleness(1'000'000 * kSecondNs);
  EXPECT_NE(supply->state().set, nullptr);
}

}  // namespace
}  // namespace assay::verify

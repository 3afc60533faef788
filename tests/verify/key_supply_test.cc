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

// Gives the answer and prepares every key that it brings.
std::optional<FetchRequest> give(KeySupply& supply, const FetchResult& result, std::int64_t now_ns) {
  const Now now{.wall_us = 5'000'000 + now_ns / 1000, .monotonic_ns = now_ns};
  std::optional<FetchRequest> request = supply.on_result(result, now);
  while (supply.is_preparing()) supply.prepare(1, now);
  return request;
}

TEST(KeySupply, HasOneFetchInFlight) {
  const auto supply = KeySupply::make(url_issuer(), std::make_shared<keys::KeyCache>()).value();
  EXPECT_TRUE(supply->next_request(0));
  EXPECT_FALSE(supply->next_request(0));
  EXPECT_FALSE(supply->next_request(3600 * kSecondNs));
  EXPECT_FALSE(give(*supply, answered(200, test::default_jwks()), kSecondNs));
  EXPECT_FALSE(supply->next_request(2 * kSecondNs)) << "not due yet";
}

TEST(KeySupply, SaysWhatIsWrongWithAnAnswer) {
  const auto supply = KeySupply::make(url_issuer(), std::make_shared<keys::KeyCache>()).value();
  ASSERT_TRUE(supply->next_request(0));
  (void)give(*supply, answered(500, "{}"), 0);
  EXPECT_EQ(supply->state().last_error, "key set: HTTP status 500");
  EXPECT_TRUE(supply->state().facts.latest_failed);
  EXPECT_EQ(supply->counts().failed, 1U);
}

TEST(KeySupply, RespectsRetryAfter) {
  const auto supply = KeySupply::make(url_issuer(), std::make_shared<keys::KeyCache>()).value();
  ASSERT_TRUE(supply->next_request(0));
  (void)give(*supply, answered(503, "", {{.name = "retry-after", .value = "120"}}), 0);
  EXPECT_FALSE(supply->next_request(119 * kSecondNs));
  EXPECT_TRUE(supply->next_request(600 * kSecondNs));
}

TEST(KeySupply, RecoversAfterAFailure) {
  const auto supply = KeySupply::make(url_issuer(), std::make_shared<keys::KeyCache>()).value();
  ASSERT_TRUE(supply->next_request(0));
  (void)give(*supply, answered(404, ""), 0);
  ASSERT_TRUE(supply->next_request(supply->next_due_ns()));
  (void)give(*supply, answered(200, test::default_jwks()), 5 * kSecondNs);
  EXPECT_NE(supply->state().set, nullptr);
  EXPECT_TRUE(supply->state().last_error.empty());
  EXPECT_FALSE(supply->state().facts.latest_failed);
}

TEST(KeySupply, ServesTheSameSourceAlone) {
  const auto supply = KeySupply::make(url_issuer(), std::make_shared<keys::KeyCache>()).value();
  EXPECT_TRUE(supply->serves(url_issuer()));
  IssuerPolicy leeway = url_issuer();
  leeway.leeway = std::chrono::seconds(1);
  EXPECT_TRUE(supply->serves(leeway));
  IssuerPolicy moved = url_issuer();
  moved.keys.text += "2";
  EXPECT_FALSE(supply->serves(moved));
}

std::string header_of(const FetchRequest& request, std::string_view name) {
  for (const HttpHeader& header : request.headers) {
    if (header.name == name) return header.value;
  }
  return {};
}

// A supply that was given the default keys at 0, with an entity tag and a date.
std::unique_ptr<KeySupply> supplied() {
  auto supply = KeySupply::make(url_issuer(), std::make_shared<keys::KeyCache>()).value();
  EXPECT_TRUE(supply->next_request(0));
  (void)give(*supply,
             answered(200, test::default_jwks(),
                      {{.name = "etag", .value = "\"v1\""},
                       {.name = "last-modified", .value = "Sun, 06 Nov 1994 08:49:37 GMT"}}),
             0);
  return supply;
}

TEST(KeySupply, AsksForNewerKeysOnly) {
  const auto supply = supplied();
  const std::uint64_t generation = supply->state().generation;
  const auto request = supply->next_request(supply->next_due_ns());
  ASSERT_TRUE(request);
  EXPECT_EQ(header_of(*request, "If-None-Match"), "\"v1\"");
  EXPECT_EQ(header_of(*request, "If-Modified-Since"), "Sun, 06 Nov 1994 08:49:37 GMT");
  (void)give(*supply, answered(304, ""), 600 * kSecondNs);
  EXPECT_EQ(supply->counts().confirmed, 1U);
  EXPECT_EQ(supply->state().generation, generation) << "nothing was replaced";
  EXPECT_EQ(supply->state().facts.confirmed_ns, 600 * kSecondNs);
  EXPECT_EQ(supply->state().fetched_us, 605'000'000);
}

TEST(KeySupply, TakesTheSameDocumentAsAConfirmation) {
  const auto supply = supplied();
  ASSERT_TRUE(supply->next_request(supply->next_due_ns()));
  (void)give(*supply, answered(200, test::default_jwks()), 600 * kSecondNs);
  EXPECT_EQ(supply->counts().confirmed, 1U);
  EXPECT_EQ(supply->state().generation, 1U);
}

TEST(KeySupply, RefusesNotModifiedThatItDidNotAskFor) {
  const auto supply = KeySupply::make(url_issuer(), std::make_shared<keys::KeyCache>()).value();
  ASSERT_TRUE(supply->next_request(0));
  (void)give(*supply, answered(304, ""), 0);
  EXPECT_EQ(supply->state().last_error, "key set: HTTP status 304");
  EXPECT_EQ(supply->state().set, nullptr);
}

TEST(KeySupply, RefusesNotModifiedOfKeysThatHaveLapsedMeanwhile) {
  IssuerPolicy issuer = url_issuer();
  issuer.refresh.max_stale = issuer.refresh.interval;
  const auto supply = KeySupply::make(issuer, std::make_shared<keys::KeyCache>()).value();
  ASSERT_TRUE(supply->next_request(0));
  (void)give(*supply, answered(200, test::default_jwks(), {{.name = "etag", .value = "\"v1\""}}), 0);
  const std::int64_t end_ns = 600 * kSecondNs;
  ASSERT_TRUE(supply->next_request(end_ns - 1));
  EXPECT_FALSE(supply->check_time(end_ns));
  EXPECT_EQ(supply->state().set, nullptr);
  (void)give(*supply, answered(304, ""), end_ns);
  EXPECT_EQ(supply->state().set, nullptr);
  EXPECT_TRUE(supply->state().facts.latest_failed);
  const auto request = supply->next_request(end_ns + 10 * kSecondNs);
  ASSERT_TRUE(request);
  EXPECT_EQ(header_of(*request, "If-None-Match"), "");
}

TEST(KeySupply, KeepsTheKeysWhenANewSetHasNoneThatIsUsable) {
  const auto supply = supplied();
  ASSERT_TRUE(supply->next_request(supply->next_due_ns()));
  (void)give(*supply, answered(200, R"({"keys":[{"kty":"AKP","kid":"k1"}]})"), 600 * kSecondNs);
  EXPECT_NE(supply->state().set, nullptr);
  EXPECT_TRUE(supply->latest_was_unusable());
  EXPECT_EQ(supply->counts().unusable, 1U);
  EXPECT_EQ(supply->state().generation, 1U);
  EXPECT_EQ(supply->state().last_error,
            "key set: bad_key_set: none of its keys is usable: 1: its kty or crv is not one that is used for "
            "verification here");
  ASSERT_TRUE(supply->next_request(supply->next_due_ns()));
  (void)give(*supply, answered(200, "<html>maintenance</html>"), 700 * kSecondNs);
  EXPECT_NE(supply->state().last_error.find("looks like HTML"), std::string::npos) << supply->state().last_error;
  ASSERT_TRUE(supply->next_request(supply->next_due_ns()));
  (void)give(*supply, answered(200, R"({"keys":[]})"), 750 * kSecondNs);
  EXPECT_EQ(supply->state().last_error, "key set: bad_key_set: it has no key");
  ASSERT_TRUE(supply->next_request(supply->next_due_ns()));
  (void)give(*supply, answered(200, test::default_jwks()), 800 * kSecondNs);
  EXPECT_FALSE(supply->latest_was_unusable());
}

TEST(KeySupply, PreparesAFewKeysAtATime) {
  const auto supply = KeySupply::make(url_issuer(), std::make_shared<keys::KeyCache>()).value();
  ASSERT_TRUE(supply->next_request(0));
  const std::string two = signing::jwk_set(test::rsa_key().public_jwk({.kid = "a", .alg = {}, .use = {}}),
                                           test::other_rsa_key().public_jwk({.kid = "b", .alg = {}, .use = {}}));
  EXPECT_FALSE(supply->on_result(answered(200, two), test::kNow));
  EXPECT_TRUE(supply->is_preparing());
  EXPECT_EQ(supply->next_due_ns(), 0) << "as soon as possible";
  supply->prepare(1, test::kNow);
  EXPECT_TRUE(supply->is_preparing());
  EXPECT_EQ(supply->state().set, nullptr);
  EXPECT_FALSE(supply->next_request(3600 * kSecondNs)) << "the attempt still runs";
  supply->prepare(1, test::kNow);
  EXPECT_FALSE(supply->is_preparing());
  EXPECT_EQ(supply->state().set->keys().size(), 2U);
}

TEST(KeySupply, GivesUpAFetchThatTheFetcherForgot) {
  const auto supply = KeySupply::make(url_issuer(), std::make_shared<keys::KeyCache>()).value();
  ASSERT_TRUE(supply->next_request(0));
  const std::int64_t deadline_ns = supply->next_due_ns();
  EXPECT_GT(deadline_ns, 5 * kSecondNs);
  EXPECT_FALSE(supply->check_time(deadline_ns - 1));
  EXPECT_TRUE(supply->check_time(deadline_ns));
  EXPECT_EQ(supply->state().last_error, "the fetcher did not answer in time");
  EXPECT_TRUE(supply->next_request(supply->next_due_ns()));
}

TEST(KeySupply, TellsSinceWhenAKeyIsThere) {
  const auto supply = supplied();
  EXPECT_EQ(supply->first_seen_us(supply->state().set->keys()[0]), 5'000'000);
  ASSERT_TRUE(supply->next_request(supply->next_due_ns()));
  const std::string both = signing::jwk_set(test::rsa_key().public_jwk({.kid = "k1", .alg = {}, .use = {}}),
                                            test::other_rsa_key().public_jwk({.kid = "k2", .alg = {}, .use = {}}));
  (void)give(*supply, answered(200, both), 600 * kSecondNs);
  EXPECT_EQ(supply->first_seen_us(supply->state().set->keys()[0]), 5'000'000);
  EXPECT_EQ(supply->first_seen_us(supply->state().set->keys()[1]), 605'000'000);
}

TEST(KeySupply, SpendsNoFetchOnAKeyThatCameWhileItsOrderWasOnTheWay) {
  const auto supply = KeySupply::make(url_issuer(), std::make_shared<keys::KeyCache>()).value();
  ASSERT_TRUE(supply->next_request(0));
  (void)give(*supply, answered(200, test::default_jwks()), 0);
  const auto table = std::make_shared<TicketTable>(std::make_shared<FetchInbox>());
  const auto order = [&](std::string_view kid) {
    const std::optional<Ticket> ticket = table->order(OrderKind::kKey, 0, kid);
    supply->on_order(table, *table->take_order(), 60 * kSecondNs);
    return table->redeem(OrderKind::kKey, *ticket, 0, kid)->error.code;
  };
  EXPECT_EQ(order("k1"), ErrorCode::kUnknownKey) << "settled";
  EXPECT_FALSE(supply->next_request(60 * kSecondNs));
  EXPECT_EQ(order("k2"), ErrorCode::kPendingAnswer);
  EXPECT_TRUE(supply->next_request(60 * kSecondNs));
}

TEST(KeySupply, OfInlineKeysNeedsNoNetwork) {
  const auto supply = KeySupply::make(test::issuer_policy(), std::make_shared<keys::KeyCache>()).value();
  EXPECT_NE(supply->state().set, nullptr);
  EXPECT_FALSE(supply->next_request(3600 * kSecondNs));
  EXPECT_FALSE(supply->check_time(1'000'000 * kSecondNs));
  EXPECT_NE(supply->state().set, nullptr);
}

}  // namespace
}  // namespace assay::verify

// Every contradiction of a policy is told in words, and opens no engine.
#include <functional>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/verify/status_fixture.h"

namespace assay::test {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

RoutePolicy route(std::string path) {
  return {.path = std::move(path), .methods = {}, .issuers = {}, .scopes = {}, .any_scopes = {}, .required_claims = {}};
}

void expect_fault(std::string_view words, const std::function<void(Policy&)>& spoil) {
  Policy spoiled = policy();
  spoil(spoiled);
  EXPECT_THAT(policy_faults(spoiled), Contains(HasSubstr(std::string(words))));
  EXPECT_EQ(Engine::open({.policy = spoiled, .host_steps_control = true}).error().code, ErrorCode::kBadPolicy) << words;
}

TEST(PolicyFaults, AGoodPolicyHasNone) { EXPECT_THAT(policy_faults(policy()), IsEmpty()); }

TEST(PolicyFaults, OfIssuers) {
  expect_fault("the policy has no issuer", [](Policy& p) { p.issuers.clear(); });
  expect_fault("an issuer has no name", [](Policy& p) { p.issuers[0].name.clear(); });
  expect_fault("the name is used twice", [](Policy& p) { p.issuers.push_back(p.issuers[0]); });
  expect_fault("neither keys nor introspection", [](Policy& p) { p.issuers[0].keys = {}; });
  expect_fault("say that the audience is unchecked", [](Policy& p) { p.issuers[0].audiences.clear(); });
  expect_fault("but not both", [](Policy& p) { p.issuers[0].audience_unchecked = true; });
  expect_fault("no algorithm is allowed", [](Policy& p) { p.issuers[0].algorithms.clear(); });
  expect_fault("HS256 needs a secret", [](Policy& p) { p.issuers[0].algorithms.push_back(Alg::kHS256); });
  expect_fault("RS256 cannot be used with a secret",
               [](Policy& p) { p.issuers[0].keys = {.kind = KeySource::Kind::kSecret, .text = std::string(32, 's')}; });
  expect_fault("32 to 1024 bytes", [](Policy& p) {
    p.issuers[0].keys = {.kind = KeySource::Kind::kSecret, .text = "short"};
    p.issuers[0].algorithms = {Alg::kHS256};
  });
  expect_fault("too short for HS512", [](Policy& p) {
    p.issuers[0].keys = {.kind = KeySource::Kind::kSecret, .text = std::string(63, 's')};
    p.issuers[0].algorithms = {Alg::kHS256, Alg::kHS512};
  });
  expect_fault("optional exp needs max_token_life", [](Policy& p) { p.issuers[0].exp_optional = true; });
  expect_fault("the leeway must be", [](Policy& p) { p.issuers[0].leeway = std::chrono::seconds(-1); });
  expect_fault("the leeway must be", [](Policy& p) { p.issuers[0].leeway = std::chrono::hours(25); });
  expect_fault("must start with https://", [](Policy& p) {
    p.issuers[0].keys = {.kind = KeySource::Kind::kJwksUrl, .text = "http://issuer.example/jwks"};
  });
  expect_fault("discovery needs an issuer", [](Policy& p) {
    p.issuers[0].issuer = "name";
    p.issuers[0].keys = {.kind = KeySource::Kind::kDiscovery, .text = {}};
  });
  for (const char* url : {"https://", "https://a.example?tenant=1", "https://a.example#1", "https://user@a.example"}) {
    expect_fault("discovery needs an issuer", [&](Policy& p) {
      p.issuers[0].issuer = url;
      p.issuers[0].keys = {.kind = KeySource::Kind::kDiscovery, .text = {}};
    });
  }
}

TEST(PolicyFaults, OfDurations) {
  static constexpr auto kTooLong = kDurationMax + std::chrono::hours(1);
  expect_fault("must be positive", [](Policy& p) { p.issuers[0].refresh.interval = std::chrono::seconds(0); });
  expect_fault("at most 366 days", [](Policy& p) { p.issuers[0].refresh.max_stale = kTooLong; });
  expect_fault("at most 366 days", [](Policy& p) { p.issuers[0].fetch_timeout = kTooLong; });
  expect_fault("at most 366 days", [](Policy& p) { p.issuers[0].refresh.forced_fetch_every = kTooLong; });
  expect_fault("unknown_kid_wait", [](Policy& p) { p.issuers[0].refresh.unknown_kid_wait = -std::chrono::seconds(1); });
  expect_fault("at most 100", [](Policy& p) { p.issuers[0].refresh.forced_fetch_burst = kForcedFetchBurstMax + 1; });
  expect_fault("between its floor", [](Policy& p) { p.issuers[0].refresh.floor = std::chrono::minutes(11); });
  expect_fault("between its floor", [](Policy& p) { p.issuers[0].refresh.ceiling = std::chrono::minutes(9); });
  expect_fault("shorter than refresh", [](Policy& p) { p.issuers[0].refresh.max_stale = std::chrono::minutes(9); });
  const auto opaque = [](Policy& p) -> OpaquePolicy& {
    return p.issuers[0].opaque.emplace(
        OpaquePolicy{.introspection_url = "https://a.example", .client_id = "a", .client_secret = {}});
  };
  expect_fault("a life time of answers", [&](Policy& p) { opaque(p).ttl = std::chrono::seconds(-1); });
  expect_fault("a life time of answers", [&](Policy& p) { opaque(p).ttl = kTooLong; });
  expect_fault("a life time of answers", [&](Policy& p) { opaque(p).inactive_ttl = kTooLong; });
  expect_fault("a life time of answers", [&](Policy& p) { opaque(p).ttl_min = kTooLong; });
  expect_fault("a life time of answers", [&](Policy& p) { opaque(p).stale = kTooLong; });
  expect_fault("the introspection timeout", [&](Policy& p) { opaque(p).timeout = std::chrono::seconds(0); });
  expect_fault("the introspection timeout", [&](Policy& p) { opaque(p).timeout = kTooLong; });
}

TEST(PolicyFaults, OfOpaqueIssuers) {
  const auto opaque = [](Policy& p, const std::string& url) {
    p.issuers[0].opaque = OpaquePolicy{};
    p.issuers[0].opaque->introspection_url = url;
    p.issuers[0].opaque->client_id = "assay";
  };
  expect_fault("introspection URL must start with https://", [&](Policy& p) { opaque(p, "http://a.example"); });
  expect_fault("needs a client_id", [&](Policy& p) {
    opaque(p, "https://a.example");
    p.issuers[0].opaque->client_id.clear();
  });
  const auto good = [&](Policy& p) -> OpaquePolicy& {
    opaque(p, "https://a.example");
    return *p.issuers[0].opaque;
  };
  expect_fault("token URL must start with https://", [&](Policy& p) { good(p).token_url = "http://a.example"; });
  expect_fault("token_scope has no effect", [&](Policy& p) { good(p).token_scope = "a"; });
  expect_fault("calls_per_second must be 1", [&](Policy& p) { good(p).calls_per_second = 0; });
  expect_fault("calls_per_second must be 1", [&](Policy& p) { good(p).calls_per_second = kCallsPerSecondMax + 1; });
  expect_fault("pending_max must be at most", [&](Policy& p) { good(p).pending_max = kPendingMax + 1; });
  const auto signing = [&](Policy& p, const std::string& pem) -> OpaquePolicy& {
    good(p).private_key_pem = pem;
    p.issuers[0].opaque->authentication = ClientAuthentication::kPrivateKeyJwt;
    return *p.issuers[0].opaque;
  };
  expect_fault("go together", [&](Policy& p) { signing(p, ""); });
  expect_fault("go together", [&](Policy& p) { good(p).private_key_pem = rsa_key().private_pem(); });
  expect_fault("one unencrypted key in PEM that RS256 takes", [&](Policy& p) { signing(p, "no key"); });
  expect_fault("in PEM that ES256 takes",
               [&](Policy& p) { signing(p, rsa_key().private_pem()).private_key_alg = Alg::kES256; });
  Policy signs = policy();
  signing(signs, rsa_key().private_pem());
  EXPECT_THAT(policy_faults(signs), IsEmpty());
  Policy plain = policy();
  opaque(plain, "http://127.0.0.1/introspect");
  plain.issuers[0].allow_plain_http = true;
  EXPECT_THAT(policy_faults(plain), IsEmpty());
}

void expect_list_fault(std::string_view words, const std::function<void(StatusListPolicy&)>& spoil) {
  expect_fault(words, [&](Policy& p) {
    p.issuers[0] = status_issuer();
    spoil(*p.issuers[0].status_list);
  });
}

TEST(PolicyFaults, OfStatusLists) {
  using std::chrono::seconds;
  EXPECT_THAT(policy_faults(policy({status_issuer()})), IsEmpty());
  expect_list_fault("1 to 256 status lists", [](StatusListPolicy& l) { l.urls.clear(); });
  expect_list_fault("1 to 256 status lists", [](StatusListPolicy& l) {
    for (int i = 0; i < 256; ++i) l.urls.push_back("https://issuer.example/" + std::to_string(i));
  });
  for (const char* url : {"http://issuer.example/1", "file:///etc/passwd", "", "https://"}) {
    expect_list_fault("must start with https://", [&](StatusListPolicy& l) { l.urls = {url}; });
  }
  expect_list_fault("is there twice", [](StatusListPolicy& l) { l.urls.push_back(l.urls[0]); });
  expect_list_fault("must be positive", [](StatusListPolicy& l) { l.refresh = seconds(0); });
  expect_list_fault("must be positive", [](StatusListPolicy& l) { l.max_stale = kDurationMax + seconds(1); });
  expect_list_fault("the timeout of status lists", [](StatusListPolicy& l) { l.timeout = {}; });
  expect_list_fault("between its floor and its ceiling", [](StatusListPolicy& l) { l.refresh_floor = seconds(301); });
  expect_list_fault("between its floor and its ceiling", [](StatusListPolicy& l) { l.refresh_ceiling = seconds(299); });
  expect_list_fault("shorter than refresh", [](StatusListPolicy& l) { l.max_stale = seconds(299); });
  expect_list_fault("as it is fetched", [](StatusListPolicy& l) { l.token_bytes_max = 0; });
  expect_list_fault("as it is fetched", [](StatusListPolicy& l) { l.token_bytes_max = kStatusTokenBytesMax + 1; });
  expect_list_fault("decompressed", [](StatusListPolicy& l) { l.list_bytes_max = 0; });
  expect_list_fault("decompressed", [](StatusListPolicy& l) { l.list_bytes_max = kStatusListBytesMax + 1; });
  expect_fault("status lists are signed", [](Policy& p) {
    p.issuers[0] = status_issuer();
    p.issuers[0].keys = {};
    p.issuers[0].opaque = OpaquePolicy{.introspection_url = "https://a.example", .client_id = "a", .client_secret = {}};
  });
}

TEST(PolicyFaults, OfEntrances) {
  expect_fault("no entrance", [](Policy& p) { p.entrances.clear(); });
  expect_fault("there is no issuer nobody", [](Policy& p) { p.entrances[0].issuers = {"nobody"}; });
  expect_fault("more than one issuer has iss", [](Policy& p) {
    p.issuers.push_back(p.issuers[0]);
    p.issuers[1].name = "second";
  });
  expect_fault("more than one issuer of opaque tokens", [](Policy& p) {
    p.issuers[0].opaque = OpaquePolicy{.introspection_url = "https://a.example", .client_id = "a", .client_secret = {}};
    p.issuers.push_back(p.issuers[0]);
    p.issuers[1].name = "second";
    p.issuers[1].issuer = "https://second.example";
  });
}

TEST(PolicyFaults, OfEntrancesWithRightsOfTheirOwn) {
  expect_fault("it cannot use routes", [](Policy& p) { p.entrances[0].scopes = {"admin"}; });
  expect_fault("entrance 0: the scope \"a b\" is not one value",
               [](Policy& p) { p.entrances = {{.issuers = {}, .uses_routes = false, .scopes = {"a b"}}}; });
}

TEST(PolicyFaults, OfRoutes) {
  for (const char* path : {"", "a", "/a//b", "/a/../b", "/a*", "/*/b", "/a%20b", "/a?b", "/%41"}) {
    expect_fault("the path must start with /", [&](Policy& p) { p.routes = {route(path)}; });
  }
  expect_fault("twice", [](Policy& p) { p.routes = {route("/a"), route("/a")}; });
  // A check without a method must meet no route that lists methods.
  expect_fault("a method is empty", [](Policy& p) {
    p.routes = {route("/a")};
    p.routes[0].methods = {"GET", ""};
  });
  expect_fault("say which issuers", [](Policy& p) {
    p.issuers.push_back(p.issuers[0]);
    p.issuers[1].name = "second";
    p.issuers[1].issuer = "https://second.example";
    p.routes = {route("/a")};
  });
  expect_fault("there is no issuer nobody", [](Policy& p) {
    p.routes = {route("/a")};
    p.routes[0].issuers = {"nobody"};
  });
  expect_fault("is not one value", [](Policy& p) {
    p.routes = {route("/a")};
    p.routes[0].scopes = {"two scopes"};
  });
  expect_fault("is not one value", [](Policy& p) {
    p.routes = {route("/a")};
    p.routes[0].any_scopes = {""};
  });
}

TEST(PolicyFaults, OfLimits) {
  expect_fault("max_token_bytes", [](Policy& p) { p.max_token_bytes = 0; });
  expect_fault("max_token_bytes", [](Policy& p) { p.max_token_bytes = kTokenBytesMax + 1; });
}

}  // namespace
}  // namespace assay::test

#include "verify/latest_lookups.h"

#include <array>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "tests/verify/test_issuer.h"

namespace assay::test {
namespace {

constexpr std::string_view kOtherIssuerUrl = "https://other.example";

std::string kid_header(std::string_view kid) { return header("RS256", kid); }

// Two issuers, each with two keys of the kids k1 and k2, and another grammar of scopes.
Policy two_issuers() {
  const std::string jwks = signing::jwk_set(rsa_key().public_jwk({.kid = "k1", .alg = {}, .use = {}}) + "," +
                                            other_rsa_key().public_jwk({.kid = "k2", .alg = {}, .use = {}}));
  Policy chosen = policy({issuer_policy("main"), issuer_policy("other")});
  for (IssuerPolicy& issuer : chosen.issuers) issuer.keys = jwks_source(jwks);
  chosen.issuers[1].issuer = kOtherIssuerUrl;
  chosen.issuers[1].scope.grammar = ScopeGrammar::kComma;
  const auto add_route = [&chosen](std::string path, std::string method, std::vector<std::string> issuers,
                                   std::vector<std::string> scopes) {
    RoutePolicy route;
    route.path = std::move(path);
    if (!method.empty()) route.methods = {std::move(method)};
    route.issuers = std::move(issuers);
    route.scopes = std::move(scopes);
    chosen.routes.push_back(std::move(route));
  };
  add_route("/orders", "GET", {"main", "other"}, {"orders:read"});
  add_route("/orders", "POST", {"main", "other"}, {"orders:write"});
  add_route("/other/*", "", {"other"}, {});
  add_route("/main/*", "", {"main"}, {});
  return chosen;
}

std::vector<std::string> tokens_of_both() {
  std::vector<std::string> tokens;
  for (const std::string_view issuer : {kIssuerUrl, kOtherIssuerUrl}) {
    for (const std::string_view scope : {"orders:read", "orders:read,orders:write", "orders:read orders:write", ""}) {
      const std::string payload =
          claims({{"iss", '"' + std::string(issuer) + '"'}, {"scope", '"' + std::string(scope) + '"'}});
      tokens.push_back(token(payload, kid_header("k1")));
      tokens.push_back(token(payload, kid_header("k2"), other_rsa_key()));
      tokens.push_back(token(payload, kid_header("k2")));  // another key's signature
    }
  }
  return tokens;
}

// All that a verdict says, as a text that outlives it.
std::string text_of(const Verdict& verdict) {
  std::string text = std::string(facts_of(verdict.code()).name) + " " + std::string(verdict.detail());
  if (!verdict.accepted()) return text;
  const VerifiedToken& accepted = verdict.token();
  text += " " + std::string(accepted.issuer_name()) + " " + std::string(accepted.key_id());
  for (const std::string_view scope : accepted.scope()) text += " [" + std::string(scope) + "]";
  return text;
}

// Neighbours that share one thing and differ in another are each judged by their own.
TEST(LatestLookups, VerdictsAreThoseOfEveryCheckAlone) {
  const auto engine = Engine::open({.policy = two_issuers(), .verified_cache_bytes = 0, .host_steps_control = true});
  ASSERT_TRUE(engine);
  Worker worker = (*engine)->worker();
  const std::vector<std::string> tokens = tokens_of_both();
  const std::vector<std::string> paths = {"/orders", "/orders?a=1", "/other/x", "/main/x", "/main//x", "/none"};
  const std::vector<std::string> methods = {"GET", "POST"};
  std::mt19937 random(20'261'130);
  const auto any_of = [&random](const std::vector<std::string>& texts) -> std::string_view {
    return texts[random() % texts.size()];
  };
  std::size_t accepted = 0;
  for (int round = 0; round < 50; ++round) {
    std::array<Check, kBatchMax> checks;
    // Half of the checks repeat what their neighbour has of each thing.
    for (std::size_t i = 0; i < checks.size(); ++i) {
      const bool is_first = i == 0;
      checks[i].token = is_first || random() % 2 == 0 ? any_of(tokens) : checks[i - 1].token;
      checks[i].path = is_first || random() % 2 == 0 ? any_of(paths) : checks[i - 1].path;
      checks[i].method = is_first || random() % 2 == 0 ? any_of(methods) : checks[i - 1].method;
    }
    std::array<Verdict, kBatchMax> verdicts;
    worker.decide(checks, verdicts, kNow);
    std::vector<std::string> together;
    together.reserve(verdicts.size());
    for (const Verdict& verdict : verdicts) together.push_back(text_of(verdict));
    for (std::size_t i = 0; i < checks.size(); ++i) {
      std::array<Verdict, 1> alone;
      worker.decide({&checks[i], 1}, alone, kNow);
      ASSERT_EQ(together[i], text_of(alone[0])) << checks[i].method << " " << checks[i].path;
      if (alone[0].accepted()) ++accepted;
    }
  }
  EXPECT_GT(accepted, std::size_t{300});
}

}  // namespace
}  // namespace assay::test

// Tokens that a worker has verified before: what is judged again on every hit.
#include <gtest/gtest.h>

#include "tests/verify/fake_fetcher.h"
#include "tests/verify/test_issuer.h"

namespace assay::test {
namespace {

double metric(Engine& engine, std::string_view name) {
  double value = -1;
  engine.control().for_each_metric([&](const Metric& seen) {
    if (seen.name == name) value = seen.value;
  });
  return value;
}
double hits(Engine& engine) { return metric(engine, "verified_cache_hits_total"); }

// One worker, as the cache is a worker's own.
class Remembered : public testing::Test {
 protected:
  void open(Policy chosen, Fetcher* fetcher = nullptr) {
    engine_ = open_engine(std::move(chosen), fetcher);
    worker_.emplace(engine_->worker());
  }
  Verdict decide_at(const Check& check, Now now = kNow) {
    std::array<Verdict, 1> verdicts;
    worker_->decide({&check, 1}, verdicts, now);
    return verdicts[0];
  }
  ErrorCode code_at(const Check& check, Now now = kNow) { return decide_at(check, now).code(); }
  // Until it is answered from memory.
  void warm(const Check& check) {
    for (int i = 0; i < 3; ++i) ASSERT_EQ(code_at(check), ErrorCode::kNone);
    ASSERT_EQ(hits(*engine_), 1);
  }

  std::unique_ptr<Engine> engine_;
  std::optional<Worker> worker_;
};

TEST_F(Remembered, ThirdSightIsAHitWithTheSameAnswer) {
  open(policy());
  const std::string compact = token(claims({{"sub", R"("\u0041lice")"}}));
  warm({.token = compact});
  const Verdict hit = decide_at({.token = compact});
  EXPECT_EQ(hits(*engine_), 2);
  EXPECT_EQ(metric(*engine_, "verified_cache_misses_total"), 2);
  EXPECT_EQ(metric(*engine_, "verified_cache_entries"), 1);
  EXPECT_GT(metric(*engine_, "verified_cache_bytes"), 1000);
  EXPECT_EQ(hit.token().issuer_name(), "main");
  EXPECT_EQ(hit.token().issuer(), kIssuerUrl);
  EXPECT_EQ(hit.token().subject(), "Alice");
  EXPECT_EQ(hit.token().client(), "app");
  EXPECT_EQ(hit.token().key_id(), "k1");
  EXPECT_EQ(hit.token().claims_json(), claims({{"sub", R"("\u0041lice")"}}));
  ASSERT_EQ(hit.token().scope().size(), 2U);
  EXPECT_EQ(hit.token().scope()[1], "orders:write");
  EXPECT_EQ(hit.token().find_claim("sub")->text, "Alice");
  EXPECT_EQ(hit.token().expires_at()->us, (kNowS + 3600) * 1'000'000);
  worker_.reset();
  EXPECT_EQ(metric(*engine_, "verified_cache_entries"), 0);
  EXPECT_EQ(metric(*engine_, "verified_cache_bytes"), 0);
}

TEST_F(Remembered, AChangedTokenIsVerified) {
  open(policy());
  const std::string compact = token();
  warm({.token = compact});
  for (const std::size_t at : {compact.size() - 100, compact.rfind('.') - 9, std::size_t{9}}) {
    std::string changed = compact;
    changed[at] = changed[at] == 'A' ? 'B' : 'A';
    EXPECT_NE(code_at({.token = changed}), ErrorCode::kNone) << at;
  }
}

TEST_F(Remembered, ExpiresOnTime) {
  open(policy());
  const std::string compact = token();
  warm({.token = compact});
  EXPECT_EQ(code_at({.token = compact}, later(kNow, 3'599'999'999)), ErrorCode::kNone);
  EXPECT_EQ(hits(*engine_), 2);
  EXPECT_EQ(code_at({.token = compact}, later(kNow, 3'600'000'000)), ErrorCode::kExpired);
  EXPECT_EQ(metric(*engine_, "verified_cache_entries"), 0);
  EXPECT_EQ(code_at({.token = compact}, later(kNow, 3'600'000'000)), ErrorCode::kExpired);
}

TEST_F(Remembered, IsNotYetValidWhereTheClockStepsBack) {
  open(policy());
  const std::string compact = token(claims({{"nbf", std::to_string(kNowS - 10)}}));
  warm({.token = compact});
  EXPECT_EQ(code_at({.token = compact}, later(kNow, -20'000'000)), ErrorCode::kNotYetValid);
  EXPECT_EQ(code_at({.token = compact}, later(kNow, -70'000'000)), ErrorCode::kNotYetValid);
}

TEST_F(Remembered, EachRouteJudgesItAnew) {
  Policy chosen = policy();
  const RoutePolicy plain{
      .path = "/orders", .methods = {}, .issuers = {}, .scopes = {}, .any_scopes = {}, .required_claims = {}};
  chosen.routes = {plain, plain, plain};
  chosen.routes[0].scopes = {"orders:read"};
  chosen.routes[1].path = "/admin";
  chosen.routes[1].scopes = {"admin"};
  chosen.routes[2].path = "/groups";
  chosen.routes[2].required_claims = {"groups"};
  chosen.unmatched_authenticated = false;
  open(chosen);
  const std::string compact = token();
  warm({.token = compact, .path = "/orders"});
  const Verdict verdict = decide_at({.token = compact, .path = "/admin"});
  EXPECT_EQ(verdict.code(), ErrorCode::kInsufficientScope);
  EXPECT_EQ(verdict.detail(), "admin");
  EXPECT_EQ(facts_of(verdict.verdict_class()).http_status, 403);
  EXPECT_EQ(code_at({.token = compact, .path = "/groups"}), ErrorCode::kMissingClaim);
  EXPECT_EQ(code_at({.token = compact, .path = "/elsewhere"}), ErrorCode::kNoRoute);
  EXPECT_EQ(code_at({.token = compact, .path = "/orders"}), ErrorCode::kNone);
  EXPECT_EQ(hits(*engine_), 5);
}

TEST_F(Remembered, ARefusedTokenNeverEnters) {
  Policy chosen = policy();
  chosen.unmatched_authenticated = false;
  chosen.routes = {
      {.path = "/a", .methods = {}, .issuers = {}, .scopes = {"admin"}, .any_scopes = {}, .required_claims = {}}};
  open(chosen);
  const std::string lacking = token();
  const std::string forged = token(claims(), header(), other_rsa_key());
  for (int i = 0; i < 5; ++i) {
    EXPECT_EQ(code_at({.token = lacking, .path = "/a"}), ErrorCode::kInsufficientScope);
    EXPECT_EQ(code_at({.token = forged, .path = "/a"}), ErrorCode::kBadSignature);
  }
  EXPECT_EQ(hits(*engine_), 0);
  EXPECT_EQ(metric(*engine_, "verified_cache_entries"), 0);
}

TEST_F(Remembered, ARemovedKeyRefusesTheVeryNextCheck) {
  IssuerPolicy issuer = issuer_policy();
  issuer.keys = {.kind = KeySource::Kind::kJwksUrl, .text = "https://issuer.example/jwks"};
  issuer.refresh = std::chrono::minutes(10);
  FakeFetcher fetcher;
  open(policy({issuer}), &fetcher);
  engine_->control().step(kNow);
  fetcher.answer(default_jwks());
  engine_->control().step(kNow);
  const std::string compact = token();
  warm({.token = compact});
  const Now next = later(kNow, 660'000'000);
  engine_->control().step(next);
  EXPECT_EQ(code_at({.token = compact}, next), ErrorCode::kNone);
  fetcher.answer(signing::jwk_set(other_rsa_key().public_jwk({.kid = "k2", .alg = {}, .use = {}})));
  engine_->control().step(next);
  EXPECT_EQ(code_at({.token = compact}, next), ErrorCode::kUnknownKey);
  EXPECT_EQ(metric(*engine_, "verified_cache_entries"), 0);
}

TEST_F(Remembered, ANewPolicyStartsWithNothing) {
  open(policy());
  const std::string compact = token();
  warm({.token = compact});
  Policy narrower = policy();
  narrower.issuers[0].audiences = {"another"};
  ASSERT_TRUE(engine_->control().reload(narrower));
  EXPECT_EQ(code_at({.token = compact}), ErrorCode::kBadAudience);
  narrower.issuers[0].audiences = {"api"};
  narrower.issuers[0].algorithms = {Alg::kES256};
  ASSERT_TRUE(engine_->control().reload(narrower));
  EXPECT_EQ(code_at({.token = compact}), ErrorCode::kAlgNotAllowed);
}

// Two issuers of one name with keys of their own, each with an entrance.
TEST_F(Remembered, AnotherEntranceAsksItsOwnKeys) {
  Policy chosen = policy({issuer_policy("one"), issuer_policy("two")});
  chosen.issuers[1].keys =
      jwks_source(signing::jwk_set(other_rsa_key().public_jwk({.kid = "k1", .alg = {}, .use = {}})));
  chosen.entrances = {{.issuers = {"one"}}, {.issuers = {"two"}}};
  open(chosen);
  const std::string compact = token();
  warm({.token = compact, .entrance = 0});
  EXPECT_EQ(code_at({.token = compact, .entrance = 1}), ErrorCode::kBadSignature);
  EXPECT_EQ(code_at({.token = compact, .entrance = 7}), ErrorCode::kMalformedToken);
  EXPECT_EQ(code_at({.token = compact, .entrance = 0}), ErrorCode::kNone);
}

// Both verdicts of a batch, and those of tokens that it verifies anew, show live views.
TEST_F(Remembered, ABatchMayHoldATokenTwice) {
  open(policy());
  const std::string compact = token();
  warm({.token = compact});
  const std::string fresh = token(claims({{"sub", "\"bob\""}}));
  const std::vector<Check> checks{{.token = compact}, {.token = fresh}, {.token = compact}, {.token = fresh}};
  std::vector<Verdict> verdicts(checks.size());
  for (int i = 0; i < 3; ++i) {
    worker_->decide(checks, verdicts, kNow);
    for (std::size_t at = 0; at < checks.size(); ++at) {
      ASSERT_TRUE(verdicts[at].accepted());
      EXPECT_EQ(verdicts[at].token().subject(), at % 2 == 0 ? "alice" : "bob");
      EXPECT_EQ(verdicts[at].token().find_claim("client_id")->text, "app");
    }
  }
}

}  // namespace
}  // namespace assay::test

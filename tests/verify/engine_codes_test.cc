// Every error code, provoked through the public facade. The table at the end is checked against error_codes.inc.
#include <cstdlib>
#include <functional>
#include <map>

#include <gtest/gtest.h>

#include "assay/engine.h"
#include "tests/verify/broken_engine.h"
#include "tests/verify/fake_fetcher.h"
#include "tests/verify/fake_revocation_log.h"
#include "tests/verify/status_fixture.h"
#include "tests/verify/test_issuer.h"

namespace assay::test {
namespace {

Policy policy_with_routes() {
  Policy chosen = policy();
  chosen.unmatched_authenticated = false;
  chosen.routes = {
      {.path = "/orders",
       .methods = {"POST"},
       .issuers = {},
       .scopes = {"orders:write"},
       .any_scopes = {},
       .required_claims = {}},
      {.path = "/admin/*", .methods = {}, .issuers = {}, .scopes = {"admin"}, .any_scopes = {}, .required_claims = {}}};
  return chosen;
}

ErrorCode routed(const Check& check) { return decide(*open_engine(policy_with_routes()), check).code; }

IssuerPolicy opaque_issuer() {
  IssuerPolicy issuer;
  issuer.name = "opaque";
  issuer.opaque = OpaquePolicy{};
  issuer.opaque->introspection_url = "https://issuer.example/introspect";
  issuer.opaque->client_id = "assay";
  return issuer;
}

// Decides an opaque token whose introspection ends as `finish` makes it.
ErrorCode opaque_code(const std::function<void(FakeFetcher&)>& finish) {
  FakeFetcher fetcher;
  const auto engine = open_engine(policy({opaque_issuer()}), &fetcher);
  Worker worker = engine->worker();
  Check check{.token = "opaque-token"};
  std::array<Verdict, 1> verdicts;
  worker.decide({&check, 1}, verdicts, kNow);
  EXPECT_TRUE(verdicts[0].pending());
  check.ticket = verdicts[0].ticket();
  engine->control().step(kNow);
  finish(fetcher);
  engine->control().step(kNow);
  worker.decide({&check, 1}, verdicts, kNow);
  return verdicts[0].code();
}

ErrorCode revoked_code() {
  FakeRevocationLog log;
  const auto engine = Engine::open({.policy = policy(), .revocation_log = &log, .host_steps_control = true}).value();
  const RevocationTarget target{.kind = RevocationKind::kSubject, .value = "alice"};
  engine->control().revoke({&target, 1}, kNow, [](const RevocationResult&) {});
  return decide(*engine, {.token = token()}).code;
}

// Before the fleet has been followed once.
ErrorCode cut_off_code() {
  FakeRevocationLog log;
  log.health_now.fleet = RevocationLogHealth::Fleet::kCutOff;
  const auto engine = Engine::open({.policy = policy(),
                                    .revocation_log = &log,
                                    .feed_rule = {.past_max = FeedRule::PastMax::kRefuse},
                                    .host_steps_control = true})
                          .value();
  return decide(*engine, {.token = token()}).code;
}

ErrorCode with_broken_json(std::string_view payload) { return code_of(policy(), token(std::string(payload))); }

// Decides a token of the list's index after `finish` has answered the request for the list.
ErrorCode status_code(std::uint32_t index, const std::function<void(FakeFetcher&)>& finish) {
  FakeFetcher fetcher;
  const auto engine = open_engine(policy({status_issuer()}), &fetcher);
  engine->control().step(kNow);
  finish(fetcher);
  for (int i = 0; i < 2; ++i) engine->control().step(kNow);
  return decide(*engine, {.token = referenced_token(index)}).code;
}
ErrorCode listed_code(std::uint32_t index) {
  return status_code(index, [](FakeFetcher& fetcher) { fetcher.answer(list_token()); });
}

// Never a verdict either: it is counted.
ErrorCode status_list_complaint() {
  FakeFetcher fetcher;
  const auto engine = open_engine(policy({status_issuer()}), &fetcher);
  engine->control().step(kNow);
  fetcher.answer(list_token(R"({"bits":3,"lst":""})"));
  engine->control().step(kNow);
  ErrorCode told = ErrorCode::kNone;
  engine->control().for_each_metric([&](const Metric& metric) {
    if (metric.name != "status_list_fetches_total" || metric.value == 0) return;
    told = find_error_code(metric.labels.back().second);
  });
  return told;
}

// A key set that came well at first and fails to be fetched now.
ErrorCode keys_gone() {
  FakeFetcher fetcher;
  IssuerPolicy issuer = issuer_policy();
  issuer.keys = {.kind = KeySource::Kind::kJwksUrl, .text = "https://issuer.example/jwks"};
  const auto engine = open_engine(policy({issuer}), &fetcher);
  engine->control().step(kNow);
  fetcher.fail("connection refused");
  engine->control().step(kNow);
  return decide(*engine, {.token = token()}).code;
}

std::string overlong() { return token(claims({{"x", "\"" + std::string(kTokenBytesMax, 'x') + "\""}})); }

ErrorCode opened_with(KeySource keys) {
  IssuerPolicy issuer = issuer_policy();
  issuer.keys = std::move(keys);
  const auto engine = Engine::open({.policy = policy({issuer})});
  return engine ? ErrorCode::kNone : engine.error().code;
}

// bad_metadata and bad_answer are never a verdict: they are told where the document was asked for.
ErrorCode metadata_complaint() {
  FakeFetcher fetcher;
  IssuerPolicy issuer = issuer_policy();
  issuer.keys = {.kind = KeySource::Kind::kDiscovery, .text = "https://issuer.example/meta"};
  const auto engine = open_engine(policy({issuer}), &fetcher);
  engine->control().step(kNow);
  fetcher.answer(R"({"issuer":"https://evil.example","jwks_uri":"https://issuer.example/jwks"})");
  engine->control().step(kNow);
  const std::string told = engine->control().readiness().missing.at(0);
  return told.find("bad_metadata") == std::string::npos ? ErrorCode::kNone : ErrorCode::kBadMetadata;
}

ErrorCode answer_complaint() {
  FakeFetcher fetcher;
  const auto engine = open_engine(policy({opaque_issuer()}), &fetcher);
  Worker worker = engine->worker();
  const Check check{.token = "opaque-token"};
  std::array<Verdict, 1> verdicts;
  worker.decide({&check, 1}, verdicts, kNow);
  engine->control().step(kNow);
  fetcher.answer("<html>");
  engine->control().step(kNow);
  ErrorCode told = ErrorCode::kNone;
  engine->control().for_each_metric([&](const Metric& metric) {
    if (metric.name != "introspection_calls_total" || metric.value == 0) return;
    told = find_error_code(metric.labels[0].second);
  });
  return told;
}

ErrorCode opened_with_kernel(const char* forced) {
  // NOLINTNEXTLINE(concurrency-mt-unsafe): the only thread that reads the environment
  const char* const before = std::getenv("ASSAY_KERNEL");
  const std::string restored = before == nullptr ? "" : before;
  setenv("ASSAY_KERNEL", forced, 1);  // NOLINT(concurrency-mt-unsafe): as above
  const auto engine = Engine::open({.policy = policy()});
  setenv("ASSAY_KERNEL", restored.c_str(), 1);  // NOLINT(concurrency-mt-unsafe): as above
  return engine ? ErrorCode::kNone : engine.error().code;
}

using Provoke = std::function<ErrorCode()>;

using Provocations = std::map<ErrorCode, Provoke>;

// What the request, the text and the claims are refused for.
Provocations provocations_by_token() {
  return {
      {ErrorCode::kMissingToken, [] { return decide(*open_engine(policy()), {.token = ""}).code; }},
      {ErrorCode::kMultipleTokens,
       [] { return decide(*open_engine(policy()), {.token = token(), .token_count = 2}).code; }},
      {ErrorCode::kTokenTooLong, [] { return code_of(policy(), overlong()); }},
      {ErrorCode::kAmbiguousPath, [] { return routed({.token = token(), .method = "POST", .path = "/a/../orders"}); }},
      {ErrorCode::kMalformedToken, [] { return code_of(policy(), "a.b.c.d.e"); }},
      {ErrorCode::kBadBase64url, [] { return code_of(policy(), token() + "="); }},
      {ErrorCode::kBadJson, [] { return with_broken_json("[1]"); }},
      {ErrorCode::kDuplicateMember, [] { return with_broken_json(R"({"iss":"a","\u0069ss":"b"})"); }},
      {ErrorCode::kUnsupportedAlg, [] { return code_of(policy(), token(claims(), header("none"))); }},
      {ErrorCode::kUnsupportedCrit,
       [] { return code_of(policy(), token(claims(), R"({"alg":"RS256","kid":"k1","crit":["exp"]})")); }},
      {ErrorCode::kWrongType,
       [] {
         IssuerPolicy issuer = issuer_policy();
         issuer.token_types = {"at+jwt"};
         return code_of(policy({issuer}), token());
       }},
      {ErrorCode::kBadClaim,
       [] {
         return code_of(policy(), token(claims({{"exp", "\"soon\""}})));
       }},
      {ErrorCode::kUnknownIssuer,
       [] {
         return code_of(policy(), token(claims({{"iss", "\"x\""}})));
       }},
      {ErrorCode::kAlgNotAllowed,
       [] { return code_of(policy(), token(claims(), header("RS384"), rsa_key(), Alg::kRS384)); }},
      {ErrorCode::kBadAudience,
       [] {
         return code_of(policy(), token(claims({{"aud", "[\"x\",\"API\"]"}})));
       }},
      {ErrorCode::kExpired,
       [] {
         return code_of(policy(), token(claims({{"exp", std::to_string(kNowS)}})));
       }},
      {ErrorCode::kNotYetValid,
       [] {
         return code_of(policy(), token(claims({{"nbf", std::to_string(kNowS + 1)}})));
       }},
      {ErrorCode::kIssuedInFuture,
       [] {
         return code_of(policy(), token(claims({{"iat", std::to_string(kNowS + 1)}})));
       }},
      {ErrorCode::kMissingClaim,
       [] {
         return code_of(policy(), token(claims({{"exp", ""}})));
       }},
  };
}

// What keys, answers, routes and set-up are refused for.
Provocations provocations_by_state() {
  return {
      {ErrorCode::kUnknownKey, [] { return code_of(policy(), token(claims(), header("RS256", "k2"))); }},
      {ErrorCode::kKeysUnavailable, keys_gone},
      {ErrorCode::kAlgKeyMismatch,
       [] {
         const auto key = signing::SigningKey::generate_ec(signing::Curve::kP256);
         return code_of(policy(), token(claims(), header("ES256"), key, Alg::kES256));
       }},
      {ErrorCode::kWeakKey,
       [] {
         const signing::SigningKey weak = signing::SigningKey::generate_rsa(1024);
         IssuerPolicy issuer = issuer_policy();
         issuer.keys = jwks_source(signing::jwk_set(rsa_key().public_jwk({.kid = "k1", .alg = {}, .use = {}}),
                                                    weak.public_jwk({.kid = "weak", .alg = {}, .use = {}})));
         return code_of(policy({issuer}), token(claims(), header("RS256", "weak"), weak));
       }},
      {ErrorCode::kBadSignature, [] { return code_of(policy(), token(claims(), header(), other_rsa_key())); }},
      {ErrorCode::kInactive, [] { return opaque_code([](FakeFetcher& f) { f.answer(R"({"active":false})"); }); }},
      {ErrorCode::kIntrospectionUnavailable, [] { return opaque_code([](FakeFetcher& f) { f.fail("timed out"); }); }},
      {ErrorCode::kRevoked, revoked_code},
      {ErrorCode::kRevocationsUnavailable, cut_off_code},
      {ErrorCode::kSuspended, [] { return listed_code(2); }},
      {ErrorCode::kUnknownStatus, [] { return listed_code(8); }},
      {ErrorCode::kUnknownStatusList,
       [] { return code_of(policy({status_issuer()}), referenced_token(0, kOtherListUrl)); }},
      {ErrorCode::kStatusUnavailable, [] { return status_code(0, [](FakeFetcher& f) { f.fail("timed out"); }); }},
      {ErrorCode::kNoRoute, [] { return routed({.token = token(), .method = "GET", .path = "/orders"}); }},
      {ErrorCode::kInsufficientScope, [] { return routed({.token = token(), .path = "/admin/x"}); }},
      {ErrorCode::kOverloaded,
       [] {
         const auto engine = open_engine(policy());
         Worker worker = engine->worker();
         const std::vector<Check> checks(kBatchMax + 1, Check{.token = "x"});
         std::vector<Verdict> verdicts(checks.size());
         worker.decide(checks, verdicts, kNow);
         return verdicts.back().code();
       }},
      {ErrorCode::kKernelFault, code_of_caught_kernel},
      {ErrorCode::kPendingAnswer,
       [] {
         FakeFetcher fetcher;
         return decide(*open_engine(policy({opaque_issuer()}), &fetcher), {.token = "opaque-token"}).code;
       }},
      {ErrorCode::kBadPolicy, [] { return Engine::open({.policy = Policy{}}).error().code; }},
      {ErrorCode::kBadKeySet, [] { return opened_with(jwks_source("{\"keys\":{}}")); }},
      {ErrorCode::kBadMetadata, metadata_complaint},
      {ErrorCode::kBadAnswer, answer_complaint},
      {ErrorCode::kBadStatusList, status_list_complaint},
      {ErrorCode::kBadRevocationLog,
       [] {
         FakeRevocationLog log;
         log.replay_outcome = ReplayOutcome::kDamaged;
         return Engine::open({.policy = policy(), .revocation_log = &log}).error().code;
       }},
      {ErrorCode::kUnknownKernel, [] { return opened_with_kernel("base64url=abacus"); }},
  };
}

TEST(ErrorCode, EveryOneIsProvokedThroughTheFacade) {
  Provocations provocations = provocations_by_token();
  provocations.merge(provocations_by_state());
  for (std::size_t i = 1; i < kErrorCodeCount; ++i) {
    const auto code = static_cast<ErrorCode>(i);
    const auto found = provocations.find(code);
    ASSERT_NE(found, provocations.end()) << facts_of(code).name << " has no test";
    EXPECT_EQ(facts_of(found->second()).name, facts_of(code).name);
  }
}

TEST(ErrorCode, AForcedKernelThatExistsOpensTheEngine) {
  EXPECT_EQ(opened_with_kernel("portable"), ErrorCode::kNone);
  EXPECT_EQ(opened_with_kernel("base64url=portable"), ErrorCode::kNone);
}

TEST(ErrorCode, ARefusedDocumentOfIntrospectionIsAnOutage) {
  for (const char* body : {"", "<html>", "[]", R"({"active":"true"})", R"({"active":1})", R"({"scope":"a"})",
                           R"({"active":true,"exp":"soon"})"}) {
    EXPECT_EQ(opaque_code([&](FakeFetcher& f) { f.answer(body); }), ErrorCode::kIntrospectionUnavailable) << body;
  }
}

}  // namespace
}  // namespace assay::test

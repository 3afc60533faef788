// Stage 8 through the facade: what is revoked is refused, whatever is remembered of it.
#include "verify/revocation_stage.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/verify/broken_digest.h"
#include "tests/verify/revocation_fixture.h"
#include "verify/control.h"
#include "verify/worker.h"

namespace assay::test {
namespace {

struct KindCase {
  RevocationKind kind;
  std::string_view value;
  std::string_view other;
};
constexpr KindCase kKindCases[] = {
    {RevocationKind::kJti, "id-1", "id-2"},    {RevocationKind::kSubject, "alice", "bob"},
    {RevocationKind::kClient, "app", "ap"},    {RevocationKind::kSession, "session-1", "session-2"},
    {RevocationKind::kSigningKey, "k1", "k2"},
};

TEST_F(Revocation, EveryKindForbidsItsTokensUntilItIsLifted) {
  open(policy());
  const std::string compact = full_token();
  for (const KindCase& each : kKindCases) {
    SCOPED_TRACE(name_of(each.kind));
    EXPECT_EQ(revoke({.kind = each.kind, .value = each.other}), RevocationOutcome::kDone);
    EXPECT_EQ(code_at(compact), ErrorCode::kNone);
    EXPECT_EQ(revoke({.kind = each.kind, .value = each.value}), RevocationOutcome::kDone);
    const Verdict verdict = decide_at({.token = compact});
    EXPECT_EQ(verdict.code(), ErrorCode::kRevoked);
    EXPECT_EQ(verdict.detail(), name_of(each.kind));
    EXPECT_EQ(facts_of(verdict.verdict_class()).http_status, 401);
    EXPECT_EQ(lift({.kind = each.kind, .value = each.value}), RevocationOutcome::kDone);
    EXPECT_EQ(code_at(compact), ErrorCode::kNone);
  }
}

TEST_F(Revocation, ATokenIsNamedByItsText) {
  open(policy());
  for (const std::string& compact : {full_token(), token()}) {
    EXPECT_EQ(revoke({.value = compact}), RevocationOutcome::kDone);
    EXPECT_EQ(code_at(compact), ErrorCode::kRevoked);
    EXPECT_EQ(code_at(token(claims({{"nonce", "1"}}))), ErrorCode::kNone) << "another token of Alice's";
    EXPECT_EQ(lift({.value = compact}), RevocationOutcome::kDone);
    EXPECT_EQ(code_at(compact), ErrorCode::kNone);
  }
}

TEST_F(Revocation, AnotherSignatureOfTheSameClaimsIsTheSameToken) {
  IssuerPolicy issuer = issuer_policy();
  const signing::SigningKey key = signing::SigningKey::generate_ec(signing::Curve::kP256);
  issuer.keys = jwks_source(signing::jwk_set(key.public_jwk({.kid = "k1", .alg = {}, .use = {}})));
  open(policy({issuer}));
  const std::string one = token(claims(), header("ES256"), key, Alg::kES256);
  const std::string other = token(claims(), header("ES256"), key, Alg::kES256);
  ASSERT_NE(one, other) << "ECDSA signs with a random number";
  EXPECT_EQ(revoke({.value = one}), RevocationOutcome::kDone);
  EXPECT_EQ(code_at(other), ErrorCode::kRevoked);
}

TEST_F(Revocation, IssuedBeforeForbidsWhatIsOlderOrDoesNotSay) {
  open(policy());
  constexpr std::int64_t kIssuedUs = (kNowS - 60) * 1'000'000;
  for (const RevocationKind kind : {RevocationKind::kSubjectIssuedBefore, RevocationKind::kIssuerIssuedBefore}) {
    const std::string_view value = kind == RevocationKind::kSubjectIssuedBefore ? "alice" : "";
    EXPECT_EQ(revoke({.kind = kind, .value = value, .issued_before_us = kIssuedUs}), RevocationOutcome::kDone);
    EXPECT_EQ(code_at(full_token()), ErrorCode::kNone) << "issued at that very time";
    EXPECT_EQ(code_at(full_token({{"iat", ""}})), ErrorCode::kRevoked);
    EXPECT_EQ(revoke({.kind = kind, .value = value, .issued_before_us = kIssuedUs + 1}), RevocationOutcome::kDone);
    EXPECT_EQ(code_at(full_token()), ErrorCode::kRevoked);
    const ErrorCode of_bob = code_at(full_token({{"sub", "\"bob\""}}));
    EXPECT_EQ(of_bob, kind == RevocationKind::kSubjectIssuedBefore ? ErrorCode::kNone : ErrorCode::kRevoked);
    EXPECT_EQ(lift({.kind = kind, .value = value}), RevocationOutcome::kDone);
    EXPECT_EQ(code_at(full_token()), ErrorCode::kNone);
  }
}

TEST_F(Revocation, BelongsToOneIssuer) {
  open(policy({issuer_policy(), second_issuer()}));
  const std::string of_second = token(claims({{"iss", "\"https://second.example\""}}));
  EXPECT_EQ(revoke({.kind = RevocationKind::kSubject, .value = "alice"}), RevocationOutcome::kBadTarget);
  EXPECT_EQ(revoke({.kind = RevocationKind::kSubject, .issuer_name = "third", .value = "alice"}),
            RevocationOutcome::kBadTarget);
  EXPECT_EQ(revoke({.kind = RevocationKind::kSubject, .issuer_name = "second", .value = "alice"}),
            RevocationOutcome::kDone);
  EXPECT_EQ(code_at(token()), ErrorCode::kNone);
  EXPECT_EQ(code_at(of_second), ErrorCode::kRevoked);
}

TEST_F(Revocation, ATokenThatIsRememberedIsRefusedOnTheNextRequest) {
  open(policy());
  const std::string compact = full_token();
  for (int i = 0; i < 3; ++i) ASSERT_EQ(code_at(compact), ErrorCode::kNone);
  for (const KindCase& each : kKindCases) {
    EXPECT_EQ(revoke({.kind = each.kind, .value = each.value}), RevocationOutcome::kDone);
    EXPECT_EQ(code_at(compact), ErrorCode::kRevoked) << name_of(each.kind);
    EXPECT_EQ(code_at(compact), ErrorCode::kRevoked) << name_of(each.kind);
    EXPECT_EQ(lift({.kind = each.kind, .value = each.value}), RevocationOutcome::kDone);
    EXPECT_EQ(code_at(compact), ErrorCode::kNone) << name_of(each.kind);
  }
  double hits = 0;
  engine_->control().for_each_metric([&](const Metric& metric) {
    if (metric.name == "verified_cache_hits_total") hits = metric.value;
  });
  EXPECT_EQ(hits, 1 + 3 * 5) << "all of it was decided from memory";
}

TEST_F(Revocation, ManyTokensOfOneBatchAreToldApart) {
  open(policy());
  std::vector<std::string> tokens;
  for (std::size_t i = 0; i < kBatchMax; ++i) {
    tokens.push_back(full_token({{"jti", "\"id-" + std::to_string(i) + "\""}}));
    if (i % 3 == 0) {
      EXPECT_EQ(revoke({.kind = RevocationKind::kJti, .value = "id-" + std::to_string(i)}), RevocationOutcome::kDone);
    }
  }
  std::vector<Check> checks;
  checks.reserve(tokens.size());
  for (const std::string& compact : tokens) checks.push_back({.token = compact});
  std::vector<Verdict> verdicts(checks.size());
  for (int round = 0; round < 4; ++round) {
    worker_->decide(checks, verdicts, kNow);
    for (std::size_t i = 0; i < checks.size(); ++i) {
      EXPECT_EQ(verdicts[i].code(), i % 3 == 0 ? ErrorCode::kRevoked : ErrorCode::kNone) << i;
    }
  }
}

TEST_F(Revocation, OpaqueTokensAreRevokedByTextAndByWhatTheServerSays) {
  open(policy({opaque_issuer()}));
  ASSERT_EQ(ask("opaque-1"), ErrorCode::kNone);
  const RevocationTarget targets[] = {{.value = "opaque-1"},
                                      {.kind = RevocationKind::kSubject, .value = "bob"},
                                      {.kind = RevocationKind::kClient, .value = "app"},
                                      {.kind = RevocationKind::kSession, .value = "s1"}};
  for (const RevocationTarget& target : targets) {
    EXPECT_EQ(revoke(target), RevocationOutcome::kDone);
    EXPECT_EQ(ask("opaque-1"), ErrorCode::kRevoked) << name_of(target.kind);
    EXPECT_EQ(ask("opaque-1"), ErrorCode::kRevoked) << name_of(target.kind) << ", ids remembered";
    EXPECT_EQ(ask("opaque-2", R"({"active":true,"sub":"al"})"), ErrorCode::kNone);
    EXPECT_EQ(lift(target), RevocationOutcome::kDone);
    EXPECT_EQ(ask("opaque-1"), ErrorCode::kNone);
  }
}

TEST_F(Revocation, LiftingForgetsWhatTheServerSaid) {
  open(policy({opaque_issuer()}));
  ASSERT_EQ(ask("opaque-1", R"({"active":false})"), ErrorCode::kInactive);
  EXPECT_EQ(lift({.value = "opaque-1"}), RevocationOutcome::kDone);
  EXPECT_EQ(ask("opaque-1"), ErrorCode::kNone) << "asked again";
}

TEST_F(Revocation, InvalidationAsksAgainAndDropsWhatIsOnItsWay) {
  open(policy({opaque_issuer()}));
  ASSERT_EQ(ask("opaque-1", R"({"active":false})"), ErrorCode::kInactive);
  EXPECT_EQ(engine_->control().invalidate("", "opaque-1"), Invalidation::kEverywhere);
  EXPECT_EQ(ask("opaque-1"), ErrorCode::kNone);
  EXPECT_EQ(engine_->control().invalidate("opaque", "opaque-1"), Invalidation::kEverywhere);
  const Check check{.token = "opaque-1"};
  ASSERT_TRUE(decide_at(check).pending());
  engine_->control().step(kNow);
  EXPECT_EQ(engine_->control().invalidate("opaque", "opaque-1"), Invalidation::kEverywhere);
  fetcher_.answer(R"({"active":false})");
  engine_->control().step(kNow);
  EXPECT_TRUE(decide_at(check).pending()) << "the answer was from before";
  EXPECT_EQ(engine_->control().invalidate("another", "opaque-1"), Invalidation::kNoSuchIssuer);
  open(policy());
  EXPECT_EQ(engine_->control().invalidate("", "opaque-1"), Invalidation::kNoSuchIssuer);
}

TEST_F(Revocation, SurvivesTheEngine) {
  for (const std::string_view id_key : {"", "the key of a fleet"}) {
    open(policy(), std::string(id_key));
    EXPECT_EQ(revoke({.kind = RevocationKind::kSubject, .value = "alice"}), RevocationOutcome::kDone);
    open(policy(), std::string(id_key));
    EXPECT_EQ(code_at(token()), ErrorCode::kRevoked);
    open(policy(), "another key");
    EXPECT_EQ(code_at(token()), ErrorCode::kNone) << "ids of another key are others";
  }
}

TEST_F(Revocation, HoldsWhereTheKernelIsNotTrusted) {
  const WithDigestFault fault(DigestFault::kSwapped);
  kernel::KernelTable kernels;
  kernels.sha256 = broken_sha256_variant();
  const auto machine = verify::ControlMachine::open_with(
      {.policy = policy(), .revocation_log = &log_, .host_steps_control = true}, kernels);
  const RevocationTarget target{.kind = RevocationKind::kSubject, .value = "alice"};
  (*machine)->revoke({&target, 1}, kNow, [](const RevocationResult&) {});
  Worker::Impl worker(**machine);
  const std::string texts[] = {token(), token(claims({{"sub", "\"bob\""}}))};
  const std::array<Check, 2> checks{Check{.token = texts[0]}, Check{.token = texts[1]}};
  std::array<Verdict, 2> verdicts;
  worker.decide(checks, verdicts, kNow);
  EXPECT_EQ(verdicts[0].code(), ErrorCode::kRevoked);
  EXPECT_EQ(verdicts[1].code(), ErrorCode::kNone);
}

TEST_F(Revocation, IsExplained) {
  open(policy());
  const std::string compact = full_token();
  const auto step = [&] {
    const Explanation explanation = engine_->control().explain({.token = compact}, kNow);
    const auto found = std::find_if(explanation.steps.begin(), explanation.steps.end(),
                                    [](const ExplainStep& each) { return each.name == "revocation"; });
    return *found;
  };
  EXPECT_EQ(step().result, ExplainStep::Result::kPassed);
  EXPECT_EQ(step().finding, "not revoked");
  EXPECT_EQ(revoke({.kind = RevocationKind::kSession, .value = "session-1"}), RevocationOutcome::kDone);
  EXPECT_EQ(step().result, ExplainStep::Result::kRefused);
  EXPECT_THAT(step().finding, ::testing::StartsWith("by session: "));
}

TEST_F(Revocation, IsCountedListedAndSaysWhatIsNotWell) {
  open(policy());
  EXPECT_EQ(revoke({.kind = RevocationKind::kClient, .value = "app"}), RevocationOutcome::kDone);
  const RevocationStatus status = engine_->control().revocation_status();
  EXPECT_TRUE(status.has_log);
  EXPECT_EQ(status.counts[static_cast<std::size_t>(RevocationKind::kClient)], 1U);
  EXPECT_GT(status.bytes, 0U);
  ASSERT_EQ(engine_->control().list_revocations(std::nullopt, 10).size(), 1U);
  EXPECT_EQ(engine_->control().list_revocations(std::nullopt, 10)[0].kind, RevocationKind::kClient);
  double count = 0;
  engine_->control().for_each_metric([&](const Metric& metric) {
    if (metric.name == "revocations" && metric.labels[0].second == "client") count = metric.value;
  });
  EXPECT_EQ(count, 1);
  EXPECT_TRUE(engine_->control().readiness().degraded.empty());
  log_.health_now.accepts_appends = false;
  EXPECT_TRUE(engine_->control().readiness().ready) << "checks go on";
  EXPECT_EQ(engine_->control().readiness().degraded.size(), 1U);
}

TEST(RevocationWithoutLog, IsRefused) {
  const auto engine = open_engine(policy());
  const RevocationTarget target{.kind = RevocationKind::kSubject, .value = "alice"};
  for (int i = 0; i < 2; ++i) {
    RevocationResult seen;
    const RevocationDone done = [&](const RevocationResult& result) { seen = result; };
    if (i == 0) engine->control().revoke({&target, 1}, kNow, done);
    if (i == 1) engine->control().lift({&target, 1}, kNow, done);
    EXPECT_EQ(seen.outcome, RevocationOutcome::kNoLog);
  }
  EXPECT_FALSE(engine->control().revocation_status().has_log);
}

TEST(RevocationKindNames, LeadBackToTheirKind) {
  for (std::uint8_t kind = 1; kind <= kRevocationKindCount; ++kind) {
    const auto each = static_cast<RevocationKind>(kind);
    EXPECT_EQ(find_revocation_kind(name_of(each)), each);
  }
  EXPECT_EQ(find_revocation_kind("tokens"), std::nullopt);
}

}  // namespace
}  // namespace assay::test

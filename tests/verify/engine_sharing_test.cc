// Two engines of a fleet that share their answers.
#include <array>
#include <string>

#include <gtest/gtest.h>

#include "tests/verify/fake_fetcher.h"
#include "tests/verify/fake_revocation_log.h"
#include "tests/verify/fake_shared_answers.h"
#include "tests/verify/test_issuer.h"

namespace assay {
namespace {

const std::string kIdKey(32, 'k');

IssuerPolicy opaque_issuer() {
  IssuerPolicy issuer;
  issuer.name = "opaque";
  issuer.opaque = OpaquePolicy{};
  issuer.opaque->introspection_url = "https://issuer.example/introspect";
  issuer.opaque->client_id = "assay";
  issuer.audience_unchecked = true;
  return issuer;
}

class Node {
 public:
  Node(SharedAnswers& place, RevocationLog& log)
      : engine_(Engine::open({.policy = test::policy({opaque_issuer()}),
                              .fetcher = &fetcher,
                              .revocation_log = &log,
                              .revocation_id_key = kIdKey,
                              .shared_answers = &place,
                              .host_steps_control = true})
                    .value()),
        worker_(engine_->worker()) {}

  // Decides a token; the issuer answers with `body`.
  ErrorCode ask(std::string_view token, std::string_view body) {
    Check check{.token = token};
    Verdict verdict = decide(check);
    if (verdict.pending()) check.ticket = verdict.ticket();
    for (int turn = 0; turn < 4 && verdict.pending(); ++turn) {
      control().step(test::kNow);
      if (fetcher.waiting() > 0) fetcher.answer(std::string(body));
      verdict = decide(check);
    }
    return verdict.code();
  }
  Control& control() { return engine_->control(); }

  test::FakeFetcher fetcher;

 private:
  Verdict decide(const Check& check) {
    std::array<Verdict, 1> verdicts;
    worker_.decide({&check, 1}, verdicts, test::kNow);
    return verdicts[0];
  }
  std::unique_ptr<Engine> engine_;
  Worker worker_;
};

class EngineSharing : public ::testing::Test {
 protected:
  test::FakeSharedAnswers place_;
  test::FakeRevocationLog log_a_;
  test::FakeRevocationLog log_b_;
  Node a_{place_, log_a_};
  Node b_{place_, log_b_};
};

constexpr std::string_view kActive = R"({"active":true,"sub":"bob"})";
constexpr std::string_view kInactive = R"({"active":false})";

TEST_F(EngineSharing, TheIssuerIsAskedByOneNode) {
  EXPECT_EQ(a_.ask("t", kActive), ErrorCode::kNone);
  EXPECT_EQ(b_.ask("t", kInactive), ErrorCode::kNone);
  EXPECT_EQ(a_.fetcher.started, 1U);
  EXPECT_EQ(b_.fetcher.started, 0U);
}

TEST_F(EngineSharing, WhatIsInvalidatedAtOneNodeIsAskedAnewByTheNext) {
  EXPECT_EQ(a_.ask("t", kActive), ErrorCode::kNone);
  EXPECT_EQ(a_.control().invalidate("", "t"), Invalidation::kEverywhere);
  EXPECT_EQ(b_.ask("t", kInactive), ErrorCode::kInactive);
  EXPECT_EQ(b_.fetcher.started, 1U);
  EXPECT_EQ(a_.ask("t", kActive), ErrorCode::kInactive) << "by now the fleet knows";
}

TEST_F(EngineSharing, ALiftErasesToo) {
  EXPECT_EQ(a_.ask("t", kActive), ErrorCode::kNone);
  const RevocationTarget target{.kind = RevocationKind::kToken, .issuer_name = "opaque", .value = "t"};
  a_.control().lift({&target, 1}, test::kNow, [](const RevocationResult&) {});
  EXPECT_EQ(b_.ask("t", kInactive), ErrorCode::kInactive);
}

TEST_F(EngineSharing, ARevokedTokenIsRefusedWhoeverAsked) {
  EXPECT_EQ(a_.ask("t", kActive), ErrorCode::kNone);
  const RevocationTarget target{.kind = RevocationKind::kToken, .issuer_name = "opaque", .value = "t"};
  b_.control().revoke({&target, 1}, test::kNow, [](const RevocationResult&) {});
  EXPECT_EQ(b_.ask("t", kActive), ErrorCode::kRevoked);
  EXPECT_EQ(b_.fetcher.started, 0U) << "after every cache";
}

TEST_F(EngineSharing, InvalidatingGoesOnWhereTheFleetCannotBeReached) {
  EXPECT_EQ(a_.ask("t", kActive), ErrorCode::kNone);
  place_.is_down = true;
  EXPECT_EQ(a_.control().invalidate("opaque", "t"), Invalidation::kHere);
  EXPECT_EQ(a_.ask("t", kInactive), ErrorCode::kInactive);
  EXPECT_EQ(a_.fetcher.started, 2U);
}

TEST_F(EngineSharing, ReadinessSaysWhatKeepsAnswersFromBeingShared) {
  EXPECT_TRUE(a_.control().readiness().degraded.empty());
  place_.health_now.complaint = "10.0.0.5:6379: Connection refused";
  const Readiness readiness = a_.control().readiness();
  EXPECT_TRUE(readiness.ready);
  ASSERT_EQ(readiness.degraded.size(), 1U);
  EXPECT_NE(readiness.degraded[0].find("shared answers"), std::string::npos);
  EXPECT_NE(readiness.degraded[0].find("Connection refused"), std::string::npos);
}

TEST(EngineSharingOptions, WantAnIdKey) {
  test::FakeSharedAnswers place;
  std::string complaint;
  const auto engine = Engine::open({.policy = test::policy({opaque_issuer()}),
                                    .revocation_id_key = std::string(31, 'k'),
                                    .shared_answers = &place,
                                    .complaint = &complaint,
                                    .host_steps_control = true});
  ASSERT_FALSE(engine.has_value());
  EXPECT_EQ(engine.error().code, ErrorCode::kBadPolicy);
  EXPECT_NE(complaint.find("id key"), std::string::npos);
}

}  // namespace
}  // namespace assay

// Status lists through the facade: from their URL to the refusal, whatever is remembered of a token.
#include "verify/status_stage.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/verify/fake_fetcher.h"
#include "tests/verify/fake_revocation_log.h"
#include "tests/verify/status_fixture.h"

namespace assay::test {
namespace {

using ::testing::HasSubstr;

class Statuses : public testing::Test {
 protected:
  void open(IssuerPolicy issuer = status_issuer()) {
    worker_.reset();
    engine_ = Engine::open({.policy = policy({std::move(issuer)}),
                            .fetcher = &fetcher_,
                            .revocation_log = &log_,
                            .host_steps_control = true})
                  .value();
    worker_.emplace(engine_->worker());
    step();
  }
  void step() { engine_->control().step(now_); }
  void pass_s(std::int64_t s) {
    now_ = later(now_, s * 1'000'000);
    step();
  }
  // Answers the request for a list, and has the list decompressed.
  void answer(const std::string& list) {
    ASSERT_EQ(fetcher_.waiting(), 1U);
    ASSERT_EQ(fetcher_.front().url, kListUrl);
    fetcher_.answer(list);
    step();
    step();
  }
  Verdict decide_at(std::string_view compact) {
    const Check check{.token = compact};
    std::array<Verdict, 1> verdicts;
    worker_->decide({&check, 1}, verdicts, now_);
    return verdicts[0];
  }
  Decided decided(std::string_view compact) {
    const Verdict verdict = decide_at(compact);
    return {.code = verdict.code(), .detail = std::string(verdict.detail())};
  }
  ErrorCode code_at(std::string_view compact) { return decide_at(compact).code(); }
  void expect_refused(std::string_view compact, ErrorCode code, std::string_view detail) {
    const Decided got = decided(compact);
    EXPECT_EQ(facts_of(got.code).name, facts_of(code).name);
    EXPECT_EQ(got.detail, detail);
  }
  double metric(std::string_view name, std::string_view result = {}) {
    double value = -1;
    engine_->control().for_each_metric([&](const Metric& seen) {
      if (seen.name != name) return;
      if (result.empty() || seen.labels.back().second == result) value = seen.value;
    });
    return value;
  }

  FakeFetcher fetcher_;
  FakeRevocationLog log_;
  std::unique_ptr<Engine> engine_;
  std::optional<Worker> worker_;
  Now now_ = kNow;
};

TEST_F(Statuses, TheListDecides) {
  open();
  answer(list_token());
  EXPECT_EQ(code_at(referenced_token(0)), ErrorCode::kNone);
  expect_refused(referenced_token(1), ErrorCode::kRevoked, "status_list");
  expect_refused(referenced_token(2), ErrorCode::kSuspended, "");
  expect_refused(referenced_token(3), ErrorCode::kUnknownStatus, "");
  EXPECT_EQ(code_at(referenced_token(7)), ErrorCode::kNone);
  expect_refused(referenced_token(8), ErrorCode::kUnknownStatus, "idx");
  expect_refused(referenced_token(0xFFFF'FFFF), ErrorCode::kUnknownStatus, "idx");
  EXPECT_EQ(facts_of(decide_at(referenced_token(2)).verdict_class()).http_status, 401);
}

TEST_F(Statuses, NoListIsFetchedBecauseATokenNamesIt) {
  open();
  answer(list_token());
  expect_refused(referenced_token(0, kOtherListUrl), ErrorCode::kUnknownStatusList, "");
  expect_refused(referenced_token(0, "http://169.254.169.254/latest"), ErrorCode::kUnknownStatusList, "");
  expect_refused(referenced_token(0, ""), ErrorCode::kUnknownStatusList, "");
  for (int i = 0; i < 100; ++i) pass_s(1);
  EXPECT_EQ(fetcher_.started, 1U);
}

TEST_F(Statuses, ATokenMayNameNoListUnlessItMust) {
  const std::string other = token(claims({{"status", R"({"other":1})"}}));
  open();
  answer(list_token());
  EXPECT_EQ(code_at(token()), ErrorCode::kNone);
  EXPECT_EQ(code_at(other), ErrorCode::kNone);
  open(status_issuer(true));
  answer(list_token());
  expect_refused(token(), ErrorCode::kMissingClaim, "status");
  expect_refused(other, ErrorCode::kMissingClaim, "status");
  EXPECT_EQ(code_at(referenced_token(0)), ErrorCode::kNone);
}

TEST_F(Statuses, WhatNamesAListBadlyIsRefused) {
  open();
  answer(list_token());
  for (const char* status :
       {R"("active")", "null", "1", "[]", R"({"status_list":null})", R"({"status_list":[]})", R"({"status_list":{}})",
        R"({"status_list":{"idx":0}})", R"({"status_list":{"idx":"0","uri":"https://issuer.example/statuslists/1"}})",
        R"({"status_list":{"idx":-1,"uri":"https://issuer.example/statuslists/1"}})",
        R"({"status_list":{"idx":0.0,"uri":"https://issuer.example/statuslists/1"}})",
        R"({"status_list":{"idx":0,"uri":7}})"}) {
    expect_refused(token(claims({{"status", status}})), ErrorCode::kBadClaim, "status");
  }
}

TEST_F(Statuses, OfAnIssuerWithoutListsNothingIsLookedAt) {
  open(issuer_policy());
  for (const char* status : {R"("active")", "null", R"({"status_list":{"idx":-1}})",
                             R"({"status_list":{"idx":1,"uri":"https://issuer.example/statuslists/1"}})"}) {
    EXPECT_EQ(code_at(token(claims({{"status", status}}))), ErrorCode::kNone) << status;
  }
  EXPECT_EQ(fetcher_.started, 0U);
}

TEST_F(Statuses, ChecksOfTheTokenComeFirst) {
  open();
  answer(list_token());
  const std::string status = R"({"status_list":{"idx":1,"uri":"https://issuer.example/statuslists/1"}})";
  EXPECT_EQ(code_at(token(claims({{"status", status}, {"exp", std::to_string(kNowS)}}))), ErrorCode::kExpired);
  EXPECT_EQ(code_at(token(claims({{"status", status}}), header(), other_rsa_key())), ErrorCode::kBadSignature);
}

TEST_F(Statuses, ARememberedTokenIsRefusedOnceItsListSaysSo) {
  open();
  answer(list_token(kAllValid));
  // With an escape, so that the name of its list is no part of the token's bytes.
  const std::string compact =
      token(claims({{"status", R"({"status_list":{"idx":1,"uri":"https:\/\/issuer.example/statuslists/1"}})"}}));
  for (int i = 0; i < 4; ++i) ASSERT_EQ(code_at(compact), ErrorCode::kNone);
  ASSERT_EQ(metric("verified_cache_hits_total"), 2);
  pass_s(300);
  answer(list_token(kSomeBad, {{"iat", std::to_string(kNowS + 290)}}));
  expect_refused(compact, ErrorCode::kRevoked, "status_list");
  EXPECT_EQ(metric("verified_cache_hits_total"), 3) << "it is still remembered, and judged all the same";
  pass_s(300);
  answer(list_token(kAllValid, {{"iat", std::to_string(kNowS + 590)}}));
  EXPECT_EQ(code_at(compact), ErrorCode::kNone) << "a suspension may end";
}

TEST_F(Statuses, AnOutageIsNotABadToken) {
  IssuerPolicy issuer = status_issuer();
  issuer.status_list->max_stale = std::chrono::seconds(600);
  open(issuer);
  expect_refused(referenced_token(0), ErrorCode::kStatusUnavailable, "");
  EXPECT_EQ(facts_of(decide_at(referenced_token(0)).verdict_class()).http_status, 503);
  EXPECT_EQ(code_at(token()), ErrorCode::kNone) << "a token of no list needs none";
  EXPECT_FALSE(engine_->control().readiness().ready);
  fetcher_.fail("connection refused");
  step();
  EXPECT_THAT(engine_->control().readiness().missing.at(0),
              HasSubstr("issuer main: no status list: https://issuer.example/statuslists/1: connection refused"));
  pass_s(2);
  answer(list_token());
  EXPECT_EQ(code_at(referenced_token(0)), ErrorCode::kNone);
  EXPECT_TRUE(engine_->control().readiness().ready);
  EXPECT_TRUE(engine_->control().readiness().degraded.empty());

  pass_s(300);
  fetcher_.fail("connection refused");
  step();
  EXPECT_EQ(code_at(referenced_token(0)), ErrorCode::kNone);
  EXPECT_TRUE(engine_->control().readiness().ready);
  EXPECT_THAT(engine_->control().readiness().degraded.at(0), HasSubstr("an earlier status list serves"));
  pass_s(300);
  EXPECT_EQ(code_at(referenced_token(0)), ErrorCode::kStatusUnavailable);
  EXPECT_EQ(code_at(referenced_token(1)), ErrorCode::kStatusUnavailable);
  EXPECT_FALSE(engine_->control().readiness().ready);
}

TEST_F(Statuses, AListIsNotBelievedAfterItsExpWhateverTheControlThreadDoes) {
  open();
  answer(list_token(kSomeBad, {{"exp", std::to_string(kNowS + 5)}}));
  now_ = later(now_, 4'999'999);
  EXPECT_EQ(code_at(referenced_token(0)), ErrorCode::kNone);
  now_ = later(now_, 1);
  EXPECT_EQ(code_at(referenced_token(0)), ErrorCode::kStatusUnavailable);
}

TEST_F(Statuses, RefusedListsAreCountedAndAStatusListIsNoAccessToken) {
  open();
  answer(token(list_claims(), list_header("JWT")));
  EXPECT_EQ(metric("status_list_fetches_total", "wrong_type"), 1);
  EXPECT_EQ(metric("status_list_serves"), 0);
  pass_s(2);
  answer(list_token());
  EXPECT_EQ(metric("status_list_fetches_total", "replaced"), 1);
  EXPECT_EQ(metric("status_list_serves"), 1);
  EXPECT_EQ(metric("status_list_bytes"), 2);
  EXPECT_EQ(metric("status_list_issued_seconds"), static_cast<double>(kNowS - 10));
  for (const char* typ : {"statuslist+jwt", "StatusList+JWT", "application/statuslist+jwt"}) {
    EXPECT_EQ(code_at(token(claims(), list_header(typ))), ErrorCode::kWrongType) << typ;
  }
}

TEST_F(Statuses, AnUnknownKeyOfAListHasTheKeysFetched) {
  IssuerPolicy issuer = status_issuer();
  issuer.keys = {.kind = KeySource::Kind::kJwksUrl, .text = "https://issuer.example/jwks"};
  open(issuer);
  ASSERT_EQ(fetcher_.front().url, "https://issuer.example/jwks");
  fetcher_.answer(default_jwks());
  step();
  step();
  answer(token(list_claims(), list_header("statuslist+jwt", "k2"), other_rsa_key()));
  EXPECT_EQ(metric("status_list_fetches_total", "unknown_key"), 1);
  ASSERT_EQ(fetcher_.waiting(), 1U);
  ASSERT_EQ(fetcher_.front().url, "https://issuer.example/jwks");
  fetcher_.answer(signing::jwk_set(rsa_key().public_jwk({.kid = "k1", .alg = {}, .use = {}}),
                                   other_rsa_key().public_jwk({.kid = "k2", .alg = {}, .use = {}})));
  step();
  pass_s(2);
  answer(token(list_claims(), list_header("statuslist+jwt", "k2"), other_rsa_key()));
  EXPECT_EQ(code_at(referenced_token(1)), ErrorCode::kRevoked);
}

TEST_F(Statuses, AReloadKeepsTheListsThatItNames) {
  open();
  answer(list_token());
  Policy next = policy({status_issuer(true)});
  next.issuers[0].status_list->urls.emplace_back(kOtherListUrl);
  ASSERT_TRUE(engine_->control().reload(next));
  EXPECT_EQ(code_at(referenced_token(1)), ErrorCode::kRevoked);
  EXPECT_EQ(code_at(referenced_token(0, kOtherListUrl)), ErrorCode::kStatusUnavailable);
  step();
  ASSERT_EQ(fetcher_.waiting(), 1U);
  EXPECT_EQ(fetcher_.front().url, kOtherListUrl);
  ASSERT_TRUE(engine_->control().reload(policy()));
  fetcher_.answer(list_token());
  step();
  EXPECT_EQ(code_at(referenced_token(1)), ErrorCode::kNone) << "lists are not followed any more";
}

TEST_F(Statuses, ATokenWhoseStatusIsUnknownCanBeRevokedAllTheSame) {
  open();
  const std::string compact = referenced_token(0);
  ASSERT_EQ(code_at(compact), ErrorCode::kStatusUnavailable);
  const RevocationTarget target{.value = compact};
  RevocationOutcome outcome = RevocationOutcome::kNothing;
  engine_->control().revoke({&target, 1}, now_, [&](const RevocationResult& result) { outcome = result.outcome; });
  EXPECT_EQ(outcome, RevocationOutcome::kDone);
  answer(list_token());
  expect_refused(compact, ErrorCode::kRevoked, "token");
}

TEST_F(Statuses, ExplainShowsTheStep) {
  open();
  answer(list_token());
  const auto step_of = [this](const std::string& compact) {
    for (const ExplainStep& step : engine_->control().explain({.token = compact}, now_).steps) {
      if (step.name == "status") return step;
    }
    return ExplainStep{};
  };
  const ExplainStep refused = step_of(referenced_token(2));
  EXPECT_EQ(refused.result, ExplainStep::Result::kRefused);
  EXPECT_THAT(refused.finding,
              HasSubstr("idx 2 of \"https://issuer.example/statuslists/1\": the issuer's status list"));
  EXPECT_EQ(refused.setting, "issuer.main.status_list.required = false");
  const ExplainStep passed = step_of(token());
  EXPECT_EQ(passed.result, ExplainStep::Result::kPassed);
  EXPECT_EQ(passed.finding, "no status list named");
  open(issuer_policy());
  EXPECT_EQ(step_of(referenced_token(2)).result, ExplainStep::Result::kSkipped);
}

}  // namespace
}  // namespace assay::test

// Tokens that no key of their issuer answers to: what waits, who shares a fetch, and when an outage is not a bad token.
#include "verify/missing_key.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/verify/fake_fetcher.h"
#include "tests/verify/test_issuer.h"
#include "verify/key_supply.h"

namespace assay::test {
namespace {

constexpr std::int64_t kMsUs = 1000;
constexpr std::int64_t kSecondUs = 1'000'000;
constexpr std::int64_t kMinuteUs = 60 * kSecondUs;

std::string rotated_jwks() { return signing::jwk_set(other_rsa_key().public_jwk({.kid = "k2", .alg = {}, .use = {}})); }

// Tokens that outlive every test.
std::string lasting_claims() { return claims({{"exp", std::to_string(kNowS + 1'000'000)}}); }
std::string old_token() { return token(lasting_claims()); }
std::string new_token() { return token(lasting_claims(), header("RS256", "k2"), other_rsa_key()); }
std::string invented_token(int number) {
  return token(lasting_claims(), header("RS256", "invented" + std::to_string(number)));
}

// An engine whose issuer's keys were fetched at kNow, and a worker that asks it a minute later, when a good fetch is no
// longer of late and the next one is not due yet.
class MissingKey : public ::testing::Test {
 protected:
  explicit MissingKey(std::chrono::milliseconds wait = std::chrono::milliseconds(200)) {
    issuer_ = issuer_policy();
    issuer_.keys = {.kind = KeySource::Kind::kJwksUrl, .text = "https://issuer.example/jwks"};
    issuer_.refresh.unknown_kid_wait = wait;
    issuer_.refresh.max_stale = std::chrono::minutes(15);
    engine_ = open_engine(policy({issuer_}), &fetcher_);
    worker_.emplace(engine_->worker());
    step();
    fetcher_.answer(default_jwks());
    step();
    pass(kMinuteUs);
  }

  void pass(std::int64_t us) { now_ = later(now_, us); }
  void step() { engine_->control().step(now_); }

  struct Seen {
    ErrorCode code = ErrorCode::kOverloaded;
    Ticket ticket;
  };
  Seen decide(std::string_view compact, Ticket ticket = {}) {
    const Check check{.token = compact, .ticket = ticket};
    std::array<Verdict, 1> verdicts;
    worker_->decide({&check, 1}, verdicts, now_);
    return {.code = verdicts[0].code(), .ticket = verdicts[0].ticket()};
  }
  std::size_t drain() {
    std::array<Ticket, kPendingMax> tickets;
    return worker_->drain(tickets);
  }
  double metric(std::string_view name, std::string_view result = {}) {
    double value = -1;
    engine_->control().for_each_metric([&](const Metric& metric) {
      const bool is_asked = result.empty() || (metric.labels.size() > 1 && metric.labels[1].second == result);
      if (metric.name == name && is_asked) value = metric.value;
    });
    return value;
  }

  IssuerPolicy issuer_;
  FakeFetcher fetcher_;
  std::unique_ptr<Engine> engine_;
  std::optional<Worker> worker_;
  Now now_ = kNow;
};

TEST_F(MissingKey, OfARotationWaitsForOneFetchThatAllShare) {
  const std::string compact = new_token();
  const Seen first = decide(compact);
  const Seen second = decide(compact);
  ASSERT_EQ(first.code, ErrorCode::kPendingAnswer);
  ASSERT_EQ(second.code, ErrorCode::kPendingAnswer);
  EXPECT_EQ(decide(old_token()).code, ErrorCode::kNone) << "others do not wait";
  step();
  ASSERT_EQ(fetcher_.waiting(), 1U);
  EXPECT_EQ(decide(compact, first.ticket).code, ErrorCode::kPendingAnswer);
  EXPECT_EQ(drain(), 0U);
  fetcher_.answer(rotated_jwks());
  step();
  EXPECT_EQ(drain(), 2U);
  EXPECT_EQ(decide(compact, first.ticket).code, ErrorCode::kNone);
  EXPECT_EQ(decide(compact, second.ticket).code, ErrorCode::kNone);
  EXPECT_EQ(decide(old_token()).code, ErrorCode::kUnknownKey) << "replaced, not merged";
  EXPECT_EQ(fetcher_.started, 2U);
  EXPECT_EQ(metric("key_forced_fetches_total"), 1);
}

TEST_F(MissingKey, ThatTheIssuerLacksIsUnknownAndIsNotAskedForAgain) {
  const Seen seen = decide(invented_token(1));
  step();
  fetcher_.answer(default_jwks());
  step();
  EXPECT_EQ(drain(), 1U);
  EXPECT_EQ(decide(invented_token(1), seen.ticket).code, ErrorCode::kUnknownKey);
  for (int i = 0; i < 10; ++i) EXPECT_EQ(decide(invented_token(1)).code, ErrorCode::kUnknownKey);
  step();
  EXPECT_EQ(fetcher_.started, 2U);
  EXPECT_EQ(metric("unknown_kids_unasked_total"), 10);
}

TEST_F(MissingKey, OfAFloodCostsNoMoreFetchesThanTheBudget) {
  for (int i = 0; i < 300; ++i) {
    const Seen seen = decide(invented_token(i));
    EXPECT_TRUE(seen.code == ErrorCode::kPendingAnswer || seen.code == ErrorCode::kUnknownKey);
    step();
    while (fetcher_.waiting() > 0) fetcher_.answer(default_jwks());
    step();
    (void)drain();
    if (seen.ticket.valid()) {
      EXPECT_EQ(decide(invented_token(i), seen.ticket).code, ErrorCode::kUnknownKey);
    }
    EXPECT_EQ(decide(old_token()).code, ErrorCode::kNone);
    pass(100 * kMsUs);
  }
  // In 30 s: the first, the two of the burst, and none more.
  EXPECT_LE(fetcher_.started, 3U);
}

TEST_F(MissingKey, IsAnOutageWhereTheFetchStillRunsWhenTheWaitEnds) {
  const Seen seen = decide(new_token());
  step();
  pass(199 * kMsUs);
  step();
  EXPECT_EQ(drain(), 0U);
  EXPECT_LE(engine_->control().next_step_ns(), later(now_, kMsUs).monotonic_ns);
  pass(kMsUs);
  step();
  EXPECT_EQ(drain(), 1U);
  EXPECT_EQ(decide(new_token(), seen.ticket).code, ErrorCode::kKeysUnavailable);
}

TEST_F(MissingKey, IsAnOutageWhereTheFetchFailed) {
  const Seen seen = decide(new_token());
  step();
  fetcher_.fail("down");
  step();
  EXPECT_EQ(decide(new_token(), seen.ticket).code, ErrorCode::kKeysUnavailable);
  EXPECT_EQ(decide(invented_token(1)).code, ErrorCode::kKeysUnavailable);
  EXPECT_EQ(decide(old_token()).code, ErrorCode::kNone);
  step();
  EXPECT_EQ(fetcher_.waiting(), 0U) << "strangers do not cut the backoff short";
}

TEST_F(MissingKey, NeverPendsTwice) {
  const Seen seen = decide(invented_token(1));
  step();
  fetcher_.answer(default_jwks());
  step();
  pass(kMinuteUs);
  EXPECT_EQ(decide(invented_token(1), seen.ticket).code, ErrorCode::kUnknownKey);
  EXPECT_NE(decide(invented_token(2), seen.ticket).code, ErrorCode::kPendingAnswer);
}

TEST_F(MissingKey, SettlesWhenTheIssuerIsTakenOutOrItsSourceMoves) {
  const Seen seen = decide(new_token());
  step();
  IssuerPolicy moved = issuer_;
  moved.keys.text += "2";
  ASSERT_TRUE(engine_->control().reload(policy({moved})));
  EXPECT_EQ(drain(), 1U);
  EXPECT_EQ(decide(new_token(), seen.ticket).code, ErrorCode::kKeysUnavailable);
}

TEST_F(MissingKey, SettlesAnOrderThatAnotherPolicyMade) {
  const Seen seen = decide(new_token());
  ASSERT_TRUE(engine_->control().reload(policy({issuer_})));
  step();
  EXPECT_EQ(drain(), 1U);
  EXPECT_EQ(decide(new_token(), seen.ticket).code, ErrorCode::kKeysUnavailable);
}

TEST_F(MissingKey, OfAWorkerThatIsGoneIsForgotten) {
  (void)decide(new_token());
  step();
  worker_.reset();
  fetcher_.answer(rotated_jwks());
  step();
  worker_.emplace(engine_->worker());
  EXPECT_EQ(decide(new_token()).code, ErrorCode::kNone);
}

TEST_F(MissingKey, WithoutKidIsABadSignatureOnlyWhereTheKeysWereFetchedLately) {
  const std::string compact = token(lasting_claims(), header("RS256", ""), other_rsa_key());
  const Seen seen = decide(compact);
  ASSERT_EQ(seen.code, ErrorCode::kPendingAnswer);
  step();
  fetcher_.answer(default_jwks());
  step();
  EXPECT_EQ(decide(compact, seen.ticket).code, ErrorCode::kBadSignature);
  EXPECT_EQ(decide(compact).code, ErrorCode::kBadSignature) << "fetched lately: not asked again";
  pass(11 * kMinuteUs);
  step();
  fetcher_.fail("down");
  step();
  EXPECT_EQ(decide(compact).code, ErrorCode::kKeysUnavailable);
}

TEST_F(MissingKey, WithoutKidVerifiesByTheRotatedKey) {
  const std::string compact = token(lasting_claims(), header("RS256", ""), other_rsa_key());
  const Seen seen = decide(compact);
  step();
  fetcher_.answer(rotated_jwks());
  step();
  EXPECT_EQ(decide(compact, seen.ticket).code, ErrorCode::kNone);
}

TEST_F(MissingKey, OfABadSignatureWithAKnownKidIsNone) {
  const std::string forged = token(lasting_claims(), header("RS256", "k1"), other_rsa_key());
  EXPECT_EQ(decide(forged).code, ErrorCode::kBadSignature);
  step();
  EXPECT_EQ(fetcher_.waiting(), 0U);
}

class ImpatientMissingKey : public MissingKey {
 protected:
  ImpatientMissingKey() : MissingKey(std::chrono::milliseconds(0)) {}
};

TEST_F(ImpatientMissingKey, IsFetchedWithoutAnybodyWaiting) {
  EXPECT_EQ(decide(new_token()).code, ErrorCode::kKeysUnavailable);
  step();
  ASSERT_EQ(fetcher_.waiting(), 1U);
  fetcher_.answer(rotated_jwks());
  step();
  EXPECT_EQ(decide(new_token()).code, ErrorCode::kNone);
  EXPECT_EQ(drain(), 0U);
}

TEST_F(MissingKey, OfATenMinuteOutageRefusesNobodyAndThenSaysSo) {
  // The last good fetch was a minute ago. The issuer is away from here on.
  const std::string known = old_token();
  const std::int64_t end_ns = later(kNow, 15 * kMinuteUs).monotonic_ns;
  int refused = 0;
  while (now_.monotonic_ns < end_ns) {
    step();
    while (fetcher_.waiting() > 0) fetcher_.fail("down");
    step();
    if (decide(known).code != ErrorCode::kNone) ++refused;
    if (now_.monotonic_ns > later(kNow, 10 * kMinuteUs).monotonic_ns) {
      EXPECT_EQ(decide(new_token()).code, ErrorCode::kKeysUnavailable);
      EXPECT_EQ(metric("keys_stale"), 1);
    }
    pass(kSecondUs);
  }
  EXPECT_EQ(refused, 0);
  step();
  while (fetcher_.waiting() > 0) fetcher_.fail("down");
  step();
  EXPECT_EQ(decide(known).code, ErrorCode::kKeysUnavailable);
  EXPECT_EQ(facts_of(facts_of(ErrorCode::kKeysUnavailable).verdict_class).http_status, 503);
  EXPECT_EQ(decide(new_token()).code, ErrorCode::kKeysUnavailable);
  EXPECT_FALSE(engine_->control().readiness().ready);
  // The issuer is back: within one step of the backoff all is well.
  pass(kMinuteUs + kSecondUs);
  step();
  ASSERT_EQ(fetcher_.waiting(), 1U);
  fetcher_.answer(default_jwks());
  step();
  EXPECT_EQ(decide(known).code, ErrorCode::kNone);
}

TEST_F(MissingKey, ChangesTheGenerationOfTheSetAndNothingElseDoes) {
  // Remembered tokens are kept under the generation: it must move when a key is removed, and should not otherwise.
  const auto machine = verify::KeySupply::make(issuer_, std::make_shared<keys::KeyCache>()).value();
  ASSERT_TRUE(machine->next_request(0));
  const auto give = [&](const std::string& body) {
    (void)machine->on_result(
        {.outcome = FetchOutcome::kAnswered, .status = 200, .headers = {}, .body = body, .complaint = {}}, now_);
    while (machine->is_preparing()) machine->prepare(8, now_);
    return machine->state().generation;
  };
  const std::uint64_t first = give(default_jwks());
  ASSERT_TRUE(machine->next_request(later(now_, 10 * kMinuteUs).monotonic_ns));
  EXPECT_EQ(machine->state().generation, first) << "a fetch that runs";
  EXPECT_EQ(give(default_jwks()), first);
  ASSERT_TRUE(machine->next_request(later(now_, 20 * kMinuteUs).monotonic_ns));
  EXPECT_GT(give(rotated_jwks()), first);
}

}  // namespace
}  // namespace assay::test

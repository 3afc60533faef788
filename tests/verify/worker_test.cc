#include "verify/worker.h"

#include <atomic>
#include <chrono>
#include <span>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "assay/fetcher.h"
#include "tests/verify/test_issuer.h"

namespace assay::test {
namespace {

TEST(Worker, AnswersABatchInTheOrderOfItsChecks) {
  const auto engine = open_engine(policy());
  Worker worker = engine->worker();
  std::vector<std::string> tokens;
  for (std::size_t i = 0; i < kBatchMax; ++i) {
    tokens.push_back(token(claims({{"sub", "\"user-" + std::to_string(i) + "\""}})));
    if (i % 3 == 1) tokens.back().back() = tokens.back().back() == 'A' ? 'Q' : 'A';
  }
  std::vector<Check> checks;
  for (const std::string& compact : tokens) checks.push_back({.token = compact});
  std::vector<Verdict> verdicts(checks.size());
  worker.decide(checks, verdicts, kNow);
  for (std::size_t i = 0; i < verdicts.size(); ++i) {
    if (i % 3 == 1) {
      EXPECT_FALSE(verdicts[i].accepted()) << i;
      continue;
    }
    ASSERT_TRUE(verdicts[i].accepted()) << i;
    EXPECT_EQ(verdicts[i].token().subject(), "user-" + std::to_string(i));
  }
}

TEST(Worker, AnswersChecksBeyondTheBatchAsOverloaded) {
  const auto engine = open_engine(policy());
  Worker worker = engine->worker();
  const std::string compact = token();
  const std::vector<Check> checks(kBatchMax + 2, Check{.token = compact});
  std::vector<Verdict> verdicts(checks.size());
  worker.decide(checks, verdicts, kNow);
  EXPECT_TRUE(verdicts[kBatchMax - 1].accepted());
  EXPECT_EQ(verdicts[kBatchMax].code(), ErrorCode::kOverloaded);
  EXPECT_EQ(verdicts[kBatchMax + 1].code(), ErrorCode::kOverloaded);
}

TEST(Worker, KeepsAFullBatchOfTheLongestTokensInItsScratch) {
  const auto engine = open_engine(policy());
  Worker worker = engine->worker();
  std::string many;
  for (int i = 0; many.size() < 11'000; ++i) many += ",\"" + std::to_string(i) + "\":1";
  std::string payload = claims();
  payload.insert(payload.size() - 1, many);
  const std::string compact = token(payload);
  ASSERT_LT(compact.size(), kTokenBytesMax);
  const std::vector<Check> checks(kBatchMax, Check{.token = compact});
  std::vector<Verdict> verdicts(checks.size());
  worker.decide(checks, verdicts, kNow);
  for (const Verdict& verdict : verdicts) EXPECT_TRUE(verdict.accepted()) << facts_of(verdict.code()).name;
}

TEST(Worker, ServesManyWorkersOneAfterTheOther) {
  const auto engine = open_engine(policy());
  for (std::size_t i = 0; i < 2 * kWorkersMax; ++i) {
    const Worker worker = engine->worker();
    EXPECT_GE(worker.completion_fd(), 0);
  }
}

TEST(DecideBlocking, WaitsForTheAnswer) {
  class ImmediateFetcher final : public Fetcher {
   public:
    void fetch(FetchRequest, FetchDone done) override {
      done({.outcome = FetchOutcome::kAnswered,
            .status = 200,
            .headers = {},
            .body = R"({"active":true})",
            .complaint = {}});
    }
  } fetcher;
  IssuerPolicy opaque;
  opaque.name = "opaque";
  opaque.opaque = OpaquePolicy{};
  opaque.opaque->introspection_url = "https://issuer.example/introspect";
  opaque.opaque->client_id = "assay";
  const auto engine = Engine::open({.policy = policy({opaque}), .fetcher = &fetcher}).value();
  Worker worker = engine->worker();
  const std::array<Check, 3> checks{{{.token = "token-1"}, {.token = "token-2"}, {.token = "token-1"}}};
  std::array<Verdict, 3> verdicts;
  worker.decide_blocking(checks, verdicts);
  for (const Verdict& verdict : verdicts) EXPECT_TRUE(verdict.accepted()) << facts_of(verdict.code()).name;
}

// An answer that lives shorter than the next one takes to come: each token is asked about once all the same.
TEST(DecideBlocking, DoesNotAskAgainWhatItHasBeenTold) {
  class SlowFetcher final : public Fetcher {
   public:
    ~SlowFetcher() override {
      for (std::thread& thread : threads_) thread.join();
    }
    void fetch(FetchRequest, FetchDone done) override {
      threads_.emplace_back([done = std::move(done)] {
        std::this_thread::sleep_for(std::chrono::milliseconds(60));
        done({.outcome = FetchOutcome::kAnswered,
              .status = 200,
              .headers = {},
              .body = R"({"active":true})",
              .complaint = {}});
      });
      ++started;
    }
    std::atomic<int> started = 0;

   private:
    std::vector<std::thread> threads_;  // of the control thread
  } fetcher;
  IssuerPolicy opaque;
  opaque.name = "opaque";
  opaque.opaque = OpaquePolicy{};
  opaque.opaque->introspection_url = "https://issuer.example/introspect";
  opaque.opaque->client_id = "assay";
  opaque.opaque->ttl = opaque.opaque->ttl_min = std::chrono::milliseconds(30);
  const auto engine = Engine::open({.policy = policy({opaque}), .fetcher = &fetcher}).value();
  Worker worker = engine->worker();
  const std::array<Check, 2> checks{{{.token = "token-1"}, {.token = "token-2"}}};
  std::array<Verdict, 2> verdicts;
  worker.decide_blocking(std::span(checks).first(1), std::span(verdicts).first(1));
  worker.decide_blocking(checks, verdicts);
  for (const Verdict& verdict : verdicts) EXPECT_TRUE(verdict.accepted()) << facts_of(verdict.code()).name;
  EXPECT_LE(fetcher.started, 3) << "the first token's answer may be over before the second round begins";
}

}  // namespace
}  // namespace assay::test

// Property: while workers decide on their threads, the control thread fetches answers and a third thread reloads the
// policy, every verdict is right for one of the policies, no ticket is lost, and nothing races (thread sanitizer).
// Method: the two policies that are reloaded in turn differ in the audience; each worker decides a token for either, a
// tampered one and an opaque one whose answer says its own name back. A JWT is accepted or refused for its audience,
// the tampered one never accepted, the opaque one accepted with its own subject.
#include <atomic>
#include <thread>

#include <gtest/gtest.h>

#include "assay/fetcher.h"
#include "tests/verify/test_issuer.h"

namespace assay::test {
namespace {

// Answers on a thread of its own, as a real fetcher does, with the token as the subject.
class EchoFetcher final : public Fetcher {
 public:
  ~EchoFetcher() override {
    for (std::thread& thread : threads_) thread.join();
  }
  void fetch(FetchRequest request, FetchDone done) override {
    const std::size_t at = request.body.find("token=") + 6;
    const std::string name = request.body.substr(at, request.body.find('&', at) - at);
    threads_.emplace_back([name, done = std::move(done)] {
      done({.outcome = FetchOutcome::kAnswered,
            .status = 200,
            .headers = {},
            .body = R"({"active":true,"sub":")" + name + "\"}",
            .complaint = {}});
    });
  }

 private:
  std::vector<std::thread> threads_;  // fetch() comes from the control thread alone
};

Policy policy_for(const std::string& audience) {
  IssuerPolicy jwt = issuer_policy("jwt");
  jwt.audiences = {audience};
  IssuerPolicy opaque;
  opaque.name = "opaque";
  opaque.opaque = OpaquePolicy{};
  opaque.opaque->introspection_url = "https://issuer.example/introspect";
  opaque.opaque->client_id = "assay";
  return policy({jwt, opaque});
}

TEST(EngineStress, DecidesRightWhilePoliciesAndAnswersChange) {
  const std::int64_t now_s = Now::read().wall_us / 1'000'000;
  const std::string times_from = std::to_string(now_s - 60);
  const std::string times_to = std::to_string(now_s + 3600);
  const std::string one = token(claims({{"aud", "\"one\""}, {"iat", times_from}, {"exp", times_to}}));
  const std::string two = token(claims({{"aud", "\"two\""}, {"iat", times_from}, {"exp", times_to}}));
  std::string tampered = one;
  tampered[tampered.size() - 10] = tampered[tampered.size() - 10] == 'A' ? 'B' : 'A';

  EchoFetcher fetcher;
  auto engine = Engine::open({.policy = policy_for("one"), .fetcher = &fetcher}).value();
  std::atomic<bool> stop{false};
  std::atomic<std::size_t> opaque_accepted{0};

  std::vector<std::thread> workers;
  workers.reserve(3);
  for (int id = 0; id < 3; ++id) {
    workers.emplace_back([&, id] {
      Worker worker = engine->worker();
      for (int round = 0; !stop.load(); ++round) {
        const std::string opaque = "w" + std::to_string(id) + "-" + std::to_string(round / 8);
        const std::array<Check, 4> checks{{{.token = one}, {.token = two}, {.token = tampered}, {.token = opaque}}};
        std::array<Verdict, 4> verdicts;
        worker.decide_blocking(checks, verdicts);
        for (std::size_t i = 0; i < 2; ++i) {
          EXPECT_TRUE(verdicts[i].accepted() || verdicts[i].code() == ErrorCode::kBadAudience);
        }
        EXPECT_FALSE(verdicts[2].accepted());
        if (verdicts[3].accepted()) {
          EXPECT_EQ(verdicts[3].token().subject(), opaque);
          ++opaque_accepted;
        } else {
          EXPECT_EQ(verdicts[3].code(), ErrorCode::kIntrospectionUnavailable) << "the policy changed under its order";
        }
      }
    });
  }
  for (int i = 0; i < 40; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    EXPECT_TRUE(engine->control().reload(policy_for(i % 2 == 0 ? "two" : "one")));
    EXPECT_TRUE(engine->control().readiness().ready);
    engine->control().for_each_metric([](const Metric&) {});
    const Check check{.token = one};
    const ErrorCode code = engine->control().explain(check, Now::read()).code;
    EXPECT_TRUE(code == ErrorCode::kNone || code == ErrorCode::kBadAudience);
  }
  stop = true;
  for (std::thread& worker : workers) worker.join();
  EXPECT_GT(opaque_accepted.load(), 10U);
}

}  // namespace
}  // namespace assay::test

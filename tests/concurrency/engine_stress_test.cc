// Property: while workers decide on their threads, the control thread fetches answers and keys and a third thread
// reloads the policy, every verdict is right for one of the policies, no ticket is lost, and nothing races (thread
// sanitizer).
// Method: the two policies that are reloaded in turn differ in the audience; each worker decides a token for either, a
// tampered one and an opaque one whose answer says its own name back. A JWT is accepted or refused for its audience,
// the tampered one never accepted, the opaque one accepted with its own subject. Beside them an issuer publishes a
// second key with every other fetch: its tokens, and those with invented kids, have the keys fetched and wait for them.
// Each policy has an issuer that the other lacks, with another key of the same kid: its seat of the key cache becomes
// the other's, and its tokens find their own key or no issuer. One more worker has clients that go away while they
// wait.
#include <algorithm>
#include <atomic>
#include <thread>

#include <gtest/gtest.h>

#include "assay/fetcher.h"
#include "tests/verify/test_issuer.h"

namespace assay::test {
namespace {

constexpr std::string_view kRotatingUrl = "https://rotating.example";
constexpr std::string_view kOneAloneUrl = "https://one-alone.example";

// Answers on a thread of its own, as a real fetcher does: a question about a token with the token as the subject, one
// for keys with k1, and every other time with k2 as well.
class EchoFetcher final : public Fetcher {
 public:
  ~EchoFetcher() override {
    for (std::thread& thread : threads_) thread.join();
  }
  void fetch(FetchRequest request, FetchDone done) override {
    const std::size_t at = request.body.find("token=");
    std::string body = at == std::string::npos ? next_keys() : answer_about(request.body.substr(at + 6));
    threads_.emplace_back([body = std::move(body), done = std::move(done)] {
      done({.outcome = FetchOutcome::kAnswered, .status = 200, .headers = {}, .body = body, .complaint = {}});
    });
  }

 private:
  static std::string answer_about(const std::string& form) {
    return R"({"active":true,"sub":")" + form.substr(0, form.find('&')) + "\"}";
  }
  std::string next_keys() {
    const std::string first = rsa_key().public_jwk({.kid = "k1", .alg = {}, .use = {}});
    const std::string second = other_rsa_key().public_jwk({.kid = "k2", .alg = {}, .use = {}});
    return ++key_fetches_ % 2 == 0 ? signing::jwk_set(first, second) : signing::jwk_set(first);
  }

  // fetch() comes from the control thread alone.
  std::vector<std::thread> threads_;
  int key_fetches_ = 0;
};

// The issuer that this policy has and the other lacks.
IssuerPolicy own_issuer(const std::string& audience) {
  const bool is_one = audience == "one";
  IssuerPolicy issuer = issuer_policy("of-" + audience);
  issuer.issuer = is_one ? kOneAloneUrl : "https://two-alone.example";
  issuer.keys = {.kind = KeySource::Kind::kJwksText,
                 .text = signing::jwk_set((is_one ? other_rsa_key() : rsa_key()).public_jwk({.kid = "k1"}))};
  return issuer;
}

Policy policy_for(const std::string& audience) {
  IssuerPolicy jwt = issuer_policy("jwt");
  jwt.audiences = {audience};
  IssuerPolicy opaque;
  opaque.name = "opaque";
  opaque.opaque = OpaquePolicy{};
  opaque.opaque->introspection_url = "https://issuer.example/introspect";
  opaque.opaque->client_id = "assay";
  opaque.opaque->calls_per_second = kCallsPerSecondMax;
  IssuerPolicy rotating = issuer_policy("rotating");
  rotating.issuer = kRotatingUrl;
  rotating.keys = {.kind = KeySource::Kind::kJwksUrl, .text = "https://rotating.example/jwks"};
  rotating.refresh.forced_fetch_every = std::chrono::milliseconds(4);
  return policy({jwt, opaque, rotating, own_issuer(audience)});
}

// A claim set of `issuer` for `audience` that is good now.
std::string current_claims(std::string_view issuer, std::string_view audience) {
  const std::int64_t now_s = Now::read().wall_us / 1'000'000;
  return claims({{"iss", "\"" + std::string(issuer) + "\""},
                 {"aud", "\"" + std::string(audience) + "\""},
                 {"iat", std::to_string(now_s - 60)},
                 {"exp", std::to_string(now_s + 3600)}});
}

// What all workers decide.
struct Tokens {
  std::string one = token(current_claims(kIssuerUrl, "one"));
  std::string two = token(current_claims(kIssuerUrl, "two"));
  std::string tampered = one;
  std::string first_key = token(current_claims(kRotatingUrl, "api"));
  std::string second_key = token(current_claims(kRotatingUrl, "api"), header("RS256", "k2"), other_rsa_key());
  std::string one_alone = token(current_claims(kOneAloneUrl, "api"), header(), other_rsa_key());

  Tokens() {
    char& letter = tampered[tampered.size() - 10];
    letter = letter == 'A' ? 'B' : 'A';
  }
  [[nodiscard]] std::string invented(int id, int round) const {
    const std::string kid = "w" + std::to_string(id) + "-" + std::to_string(round);
    const std::string_view rest = std::string_view{first_key}.substr(first_key.find('.'));
    return signing::base64url_encode(header("RS256", kid)) + std::string(rest);
  }
};

// How often all workers saw what takes waiting.
struct Seen {
  std::atomic<std::size_t> opaque_accepted{0};
  std::atomic<std::size_t> second_key_accepted{0};
  std::atomic<std::size_t> invented_refused{0};
  std::atomic<std::size_t> own_accepted{0};
  std::atomic<std::size_t> went_away{0};
};

bool says_no_key(const Verdict& verdict) {
  return verdict.code() == ErrorCode::kUnknownKey || verdict.code() == ErrorCode::kKeysUnavailable;
}

void decide_round(Worker& worker, const Tokens& tokens, int id, int round, Seen& seen) {
  const std::string opaque = "w" + std::to_string(id) + "-" + std::to_string(round / 8);
  const std::string invented = tokens.invented(id, round);
  const std::array<Check, 8> checks{{{.token = tokens.one},
                                     {.token = tokens.two},
                                     {.token = tokens.tampered},
                                     {.token = opaque},
                                     {.token = tokens.first_key},
                                     {.token = tokens.second_key},
                                     {.token = invented},
                                     {.token = tokens.one_alone}}};
  std::array<Verdict, 8> verdicts;
  worker.decide_blocking(checks, verdicts);
  for (std::size_t i = 0; i < 2; ++i) {
    EXPECT_TRUE(verdicts[i].accepted() || verdicts[i].code() == ErrorCode::kBadAudience);
  }
  EXPECT_FALSE(verdicts[2].accepted());
  if (verdicts[3].accepted()) {
    EXPECT_EQ(verdicts[3].token().subject(), opaque);
    ++seen.opaque_accepted;
  } else {
    EXPECT_EQ(verdicts[3].code(), ErrorCode::kIntrospectionUnavailable) << "the policy changed under its order";
  }
  EXPECT_TRUE(verdicts[4].accepted()) << "a key that was there all the time: " << facts_of(verdicts[4].code()).name;
  EXPECT_TRUE(verdicts[5].accepted() || says_no_key(verdicts[5]));
  EXPECT_TRUE(says_no_key(verdicts[6]));
  EXPECT_TRUE(verdicts[7].accepted() || verdicts[7].code() == ErrorCode::kUnknownIssuer)
      << facts_of(verdicts[7].code()).name;
  if (verdicts[7].accepted()) ++seen.own_accepted;
  if (verdicts[5].accepted()) ++seen.second_key_accepted;
  if (says_no_key(verdicts[6])) ++seen.invented_refused;
}

// Decides, and lets the client go while its check waits.
void leave_while_waiting(Worker& worker, const Tokens& tokens, int id, int round, Seen& seen) {
  const std::string invented = tokens.invented(id, round);
  const std::array<Check, 2> checks{{{.token = tokens.second_key}, {.token = invented}}};
  std::array<Verdict, 2> verdicts;
  worker.decide(checks, verdicts, Now::read());
  for (const Verdict& verdict : verdicts) {
    if (verdict.code() != ErrorCode::kPendingAnswer) continue;
    worker.cancel(verdict.ticket());
    ++seen.went_away;
  }
  std::this_thread::yield();
}

double metric_of(Engine& engine, std::string_view name) {
  double value = 0;
  engine.control().for_each_metric([&](const Metric& metric) {
    if (metric.name == name) value = std::max(value, metric.value);
  });
  return value;
}

TEST(EngineStress, DecidesRightWhilePoliciesKeysAndAnswersChange) {
  constexpr int kWorkers = 3;
  const Tokens tokens;
  Seen seen;
  EchoFetcher fetcher;
  auto engine = Engine::open({.policy = policy_for("one"), .fetcher = &fetcher}).value();
  while (!engine->control().readiness().ready) std::this_thread::yield();

  std::atomic<bool> stop{false};
  std::vector<std::thread> workers;
  workers.reserve(kWorkers + 1);
  for (int id = 0; id < kWorkers; ++id) {
    workers.emplace_back([&, id] {
      Worker worker = engine->worker();
      for (int round = 0; !stop.load(); ++round) decide_round(worker, tokens, id, round, seen);
    });
  }
  workers.emplace_back([&] {
    Worker worker = engine->worker();
    for (int round = 0; !stop.load(); ++round) leave_while_waiting(worker, tokens, kWorkers, round, seen);
  });
  for (int i = 0; i < 40; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    EXPECT_TRUE(engine->control().reload(policy_for(i % 2 == 0 ? "two" : "one")));
    EXPECT_TRUE(engine->control().readiness().ready);
    engine->control().for_each_metric([](const Metric&) {});
    const Check check{.token = tokens.one};
    const ErrorCode code = engine->control().explain(check, Now::read()).code;
    EXPECT_TRUE(code == ErrorCode::kNone || code == ErrorCode::kBadAudience);
  }
  stop = true;
  for (std::thread& worker : workers) worker.join();
  EXPECT_GT(seen.opaque_accepted.load(), 10U);
  EXPECT_GT(seen.second_key_accepted.load(), 0U);
  EXPECT_GT(seen.invented_refused.load(), 0U);
  EXPECT_GT(seen.own_accepted.load(), 0U);
  EXPECT_GT(seen.went_away.load(), 0U);
  EXPECT_GT(metric_of(*engine, "key_forced_fetches_total"), 5.0);
}

}  // namespace
}  // namespace assay::test

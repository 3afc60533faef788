// Opaque tokens in numbers: floods, shares, staleness, and what an answer's members decide.
#include <array>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "tests/verify/opaque_fixture.h"

namespace assay::test {
namespace {

class OpaqueBounds : public OpaqueTokens {};

TEST_F(OpaqueBounds, MakeOneCallHoweverManyChecksWait) {
  std::vector<Worker> workers;
  for (int i = 0; i < 10; ++i) workers.push_back(engine_->worker());
  std::vector<std::pair<std::size_t, Ticket>> tickets;
  const Check check{.token = "token-1"};
  std::array<Verdict, 1> verdict;
  for (std::size_t i = 0; i < 1000; ++i) {
    workers[i % 10].decide({&check, 1}, verdict, kNow);
    ASSERT_TRUE(verdict[0].pending());
    tickets.emplace_back(i % 10, verdict[0].ticket());
  }
  engine_->control().step(kNow);
  EXPECT_EQ(fetcher_.started, 1U);
  fetcher_.answer(std::string(kActive));
  engine_->control().step(kNow);
  for (const auto& [worker, ticket] : tickets) {
    const Check again{.token = "token-1", .ticket = ticket};
    workers[worker].decide({&again, 1}, verdict, kNow);
    ASSERT_TRUE(verdict[0].accepted());
  }
  EXPECT_EQ(fetcher_.started, 1U);
}

// 200,000 tokens that nobody issued, 2,000 a second: the good ones are all decided from memory, the issuer is called at
// the configured rate, and the memory of answers stays in its budget.
TEST_F(OpaqueBounds, OfAFloodPushOutNoGoodOnesAndDoNotReachTheIssuer) {
  Policy chosen = policy({opaque_issuer()});
  chosen.issuers[0].opaque->calls_per_second = 100;
  chosen.issuers[0].opaque->ttl = std::chrono::hours(1);
  chosen.introspection_cache_bytes = 1 << 20;
  ASSERT_TRUE(engine_->control().reload(chosen));
  constexpr int kGood = 100;
  constexpr int kFlood = 200'000;
  Now now = kNow;
  for (int i = 0; i < kGood; ++i) static_cast<void>(ask("good" + std::to_string(i), {}, now));
  engine_->control().step(now);
  while (fetcher_.waiting() > 0) fetcher_.answer(std::string(kActive));
  engine_->control().step(now);
  static_cast<void>(drain());
  const std::size_t good_calls = fetcher_.started;
  ASSERT_EQ(good_calls, std::size_t{kGood});
  for (int i = 0; i < kFlood; ++i) {
    now = later(now, 500);
    const Ticket ticket = ask("flood" + std::to_string(i), {}, now).ticket();
    engine_->control().step(now);
    while (fetcher_.waiting() > 0) fetcher_.answer(R"({"active":false})");
    engine_->control().step(now);
    const ErrorCode code = ask("flood" + std::to_string(i), ticket, now).code();
    ASSERT_TRUE(code == ErrorCode::kInactive || code == ErrorCode::kOverloaded) << facts_of(code).name;
    static_cast<void>(drain());
    ASSERT_TRUE(ask("good" + std::to_string(i % kGood), {}, now).accepted()) << i;
  }
  // 100 s of flood, and the burst that the good ones have used up.
  EXPECT_LE(fetcher_.started - good_calls, 100U * 100U + 1U);
  EXPECT_GE(fetcher_.started - good_calls, 100U * 99U);
  engine_->control().for_each_metric([](const Metric& metric) {
    if (metric.name != "introspection_cache_bytes") return;
    EXPECT_LE(metric.value, 1 << 20);
  });
}

TEST_F(OpaqueBounds, ServeStaleWhileTheyAreAskedAnewOnce) {
  Policy chosen = policy({opaque_issuer()});
  chosen.issuers[0].opaque->stale = std::chrono::seconds(30);
  ASSERT_TRUE(engine_->control().reload(chosen));
  const Ticket ticket = ask("token-1").ticket();
  engine_->control().step(kNow);
  fetcher_.answer(std::string(kActive));
  engine_->control().step(kNow);
  ASSERT_TRUE(ask("token-1", ticket).accepted());
  static_cast<void>(drain());

  const Now stale = later(kNow, 60'000'000);
  for (int i = 0; i < 100; ++i) ASSERT_TRUE(ask("token-1", {}, stale).accepted());
  engine_->control().step(stale);
  EXPECT_EQ(fetcher_.started, 2U);
  fetcher_.fail("down");
  engine_->control().step(stale);
  EXPECT_TRUE(drain().empty()) << "nobody waits for it";
  const Now second_later = later(stale, 1'000'000);
  EXPECT_TRUE(ask("token-1", {}, second_later).accepted()) << "an outage does not end it early";
  engine_->control().step(second_later);
  ASSERT_EQ(fetcher_.started, 3U);
  fetcher_.answer(R"({"active":false})");
  engine_->control().step(second_later);
  EXPECT_EQ(ask("token-1", {}, second_later).code(), ErrorCode::kInactive) << "what is said anew counts at once";
  EXPECT_TRUE(ask("token-1", {}, later(second_later, 10'000'000)).pending());
}

TEST_F(OpaqueBounds, AreNotStaleForLongerThanIsSaid) {
  Policy chosen = policy({opaque_issuer()});
  chosen.issuers[0].opaque->stale = std::chrono::seconds(30);
  ASSERT_TRUE(engine_->control().reload(chosen));
  const Ticket ticket = ask("token-1").ticket();
  engine_->control().step(kNow);
  fetcher_.answer(std::string(kActive));
  engine_->control().step(kNow);
  EXPECT_TRUE(ask("token-1", ticket).accepted());
  EXPECT_TRUE(ask("token-1", {}, later(kNow, 89'999'999)).accepted());
  EXPECT_TRUE(ask("token-1", {}, later(kNow, 90'000'000)).pending());
}

TEST_F(OpaqueBounds, OfOneIssuerTakeNoMoreThanItsShareOfTickets) {
  Policy chosen = policy({opaque_issuer(), opaque_issuer()});
  chosen.issuers[1].name = "other";
  chosen.issuers[0].opaque->pending_max = 10;
  chosen.entrances = {{.issuers = {"opaque"}}, {.issuers = {"other"}}};
  ASSERT_TRUE(engine_->control().reload(chosen));
  const auto ask_at = [this](std::uint32_t entrance, int number) {
    const std::string text = "token-" + std::to_string(number);
    const Check check{.token = text, .entrance = entrance};
    std::array<Verdict, 1> verdicts;
    worker_.decide({&check, 1}, verdicts, kNow);
    return verdicts[0].code();
  };
  for (int i = 0; i < 10; ++i) EXPECT_EQ(ask_at(0, i), ErrorCode::kPendingAnswer);
  EXPECT_EQ(ask_at(0, 10), ErrorCode::kOverloaded);
  // The other has an equal share of all: half of them.
  for (std::size_t i = 0; i < kPendingMax / 2; ++i) {
    ASSERT_EQ(ask_at(1, static_cast<int>(i)), ErrorCode::kPendingAnswer) << i;
  }
  EXPECT_EQ(ask_at(1, 1'000'000), ErrorCode::kOverloaded);
}

// What an answer says is checked as a JWT's claims are, and at each use.
TEST_F(OpaqueBounds, AreRefusedByWhatTheirAnswerSays) {
  Policy chosen = policy({opaque_issuer()});
  IssuerPolicy& issuer = chosen.issuers[0];
  issuer.issuer = "https://issuer.example";
  issuer.audiences = {"api"};
  issuer.required_claims = {"client_id"};
  chosen.routes.emplace_back();
  chosen.routes[0].path = "/orders";
  chosen.routes[0].scopes = {"orders:read"};
  ASSERT_TRUE(engine_->control().reload(chosen));
  const auto decided = [this](const std::string& members) {
    static int number = 0;
    const std::string text = "token-" + std::to_string(++number);
    Check check{.token = text, .method = "GET", .path = "/orders"};
    std::array<Verdict, 1> verdicts;
    worker_.decide({&check, 1}, verdicts, kNow);
    check.ticket = verdicts[0].ticket();
    engine_->control().step(kNow);
    EXPECT_EQ(fetcher_.waiting(), 1U);
    if (fetcher_.waiting() == 0) return verdicts[0].code();
    fetcher_.answer(R"({"active":true,"client_id":"app",)" + members + "}");
    engine_->control().step(kNow);
    worker_.decide({&check, 1}, verdicts, kNow);
    return verdicts[0].code();
  };
  const std::string at = std::to_string(kNowS);
  const std::string good = R"("aud":"api","scope":"orders:read")";
  EXPECT_EQ(decided(good + R"(,"iss":"https://issuer.example","token_type":"Bearer","nbf":)" + at), ErrorCode::kNone);
  EXPECT_EQ(decided(good + R"(,"iss":"https://issuer.example/")"), ErrorCode::kUnknownIssuer);
  EXPECT_EQ(decided(R"("aud":"other","scope":"orders:read")"), ErrorCode::kBadAudience);
  EXPECT_EQ(decided(good + R"(,"exp":)" + at), ErrorCode::kExpired);
  EXPECT_EQ(decided(good + R"(,"nbf":)" + std::to_string(kNowS + 1)), ErrorCode::kNotYetValid);
  EXPECT_EQ(decided(good + R"(,"token_type":"DPoP")"), ErrorCode::kWrongType);
  EXPECT_EQ(decided(R"("aud":"api","scope":"orders:write")"), ErrorCode::kInsufficientScope);
  EXPECT_EQ(decided(R"("aud":"api","scope":"orders:read","sub":7)"), ErrorCode::kIntrospectionUnavailable);
  issuer.required_claims = {"username"};
  ASSERT_TRUE(engine_->control().reload(chosen));
  EXPECT_EQ(decided(good), ErrorCode::kMissingClaim);
}

// What is remembered saves the call and nothing else.
TEST_F(OpaqueBounds, OfARememberedAnswerEverythingIsJudgedAnew) {
  Policy chosen = policy({opaque_issuer()});
  chosen.issuers[0].opaque->ttl_min = std::chrono::seconds(30);
  chosen.routes.resize(2);
  chosen.routes[0].path = "/orders";
  chosen.routes[0].scopes = {"orders:read"};
  chosen.routes[1].path = "/admin";
  chosen.routes[1].scopes = {"admin"};
  ASSERT_TRUE(engine_->control().reload(chosen));
  const auto decided = [this](std::string_view path, Now now, Ticket ticket = {}) {
    const Check check{.token = "token-1", .method = "GET", .path = path, .ticket = ticket};
    std::array<Verdict, 1> verdicts;
    worker_.decide({&check, 1}, verdicts, now);
    return verdicts[0];
  };
  const Ticket ticket = decided("/orders", kNow).ticket();
  engine_->control().step(kNow);
  fetcher_.answer(R"({"active":true,"scope":"orders:read","nbf":)" + std::to_string(kNowS) + R"(,"exp":)" +
                  std::to_string(kNowS + 5) + "}");
  engine_->control().step(kNow);
  ASSERT_TRUE(decided("/orders", kNow, ticket).accepted());
  ASSERT_TRUE(decided("/orders", kNow).accepted());
  EXPECT_EQ(decided("/admin", kNow).code(), ErrorCode::kInsufficientScope);
  EXPECT_EQ(facts_of(decided("/admin", kNow).verdict_class()).http_status, 403);
  EXPECT_EQ(decided("/orders", {.wall_us = kNow.wall_us - 1'000'000, .monotonic_ns = kNow.monotonic_ns}).code(),
            ErrorCode::kNotYetValid);
  ASSERT_TRUE(decided("/orders", later(kNow, 4'999'999)).accepted());
  EXPECT_EQ(decided("/orders", later(kNow, 5'000'000)).code(), ErrorCode::kExpired);
  EXPECT_EQ(fetcher_.started, 1U);
}

}  // namespace
}  // namespace assay::test

// Opaque tokens: asked of the authorization server once, remembered for a while, never decided by an outage.
#include <poll.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/verify/opaque_fixture.h"

namespace assay::test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST_F(OpaqueTokens, PendUntilTheAnswerComes) {
  const Verdict first = ask("token-1");
  ASSERT_TRUE(first.pending());
  EXPECT_FALSE(completion_is_readable());
  engine_->control().step(kNow);
  ASSERT_EQ(fetcher_.waiting(), 1U);
  EXPECT_EQ(fetcher_.front().url, "https://issuer.example/introspect");
  EXPECT_THAT(fetcher_.front().body, HasSubstr("token=token-1"));
  EXPECT_TRUE(ask("token-1", first.ticket()).pending());

  fetcher_.answer(std::string(kActive));
  engine_->control().step(kNow);
  EXPECT_TRUE(completion_is_readable());
  EXPECT_THAT(drain(), ElementsAre(first.ticket()));
  EXPECT_FALSE(completion_is_readable());

  const Verdict second = ask("token-1", first.ticket());
  ASSERT_TRUE(second.accepted()) << facts_of(second.code()).name;
  EXPECT_EQ(second.token().subject(), "bob");
  EXPECT_EQ(second.token().client(), "app");
  EXPECT_EQ(second.token().issuer_name(), "opaque");
  EXPECT_THAT(second.token().scope(), ElementsAre("orders:read"));
}

TEST_F(OpaqueTokens, AreRememberedForTheirLifeTimeAndNoLonger) {
  const Ticket ticket = ask("token-1").ticket();
  engine_->control().step(kNow);
  fetcher_.answer(std::string(kActive));
  engine_->control().step(kNow);
  EXPECT_TRUE(ask("token-1", ticket).accepted());
  EXPECT_TRUE(ask("token-1", {}, later(kNow, 59'999'999)).accepted());
  EXPECT_TRUE(ask("token-1", {}, later(kNow, 60'000'000)).pending());
}

TEST_F(OpaqueTokens, AreNotRememberedBeyondTheirExpiry) {
  const Ticket ticket = ask("token-1").ticket();
  engine_->control().step(kNow);
  fetcher_.answer(R"({"active":true,"exp":)" + std::to_string(kNowS + 5) + "}");
  engine_->control().step(kNow);
  EXPECT_TRUE(ask("token-1", ticket).accepted());
  EXPECT_TRUE(ask("token-1", {}, later(kNow, 4'999'999)).accepted());
  EXPECT_TRUE(ask("token-1", {}, later(kNow, 5'000'000)).pending());
}

TEST_F(OpaqueTokens, ShareOneCallPerToken) {
  Worker other = engine_->worker();
  const Verdict mine = ask("token-1");
  const Check check{.token = "token-1"};
  std::array<Verdict, 1> theirs;
  other.decide({&check, 1}, theirs, kNow);
  EXPECT_TRUE(ask("token-1").pending());
  engine_->control().step(kNow);
  EXPECT_EQ(fetcher_.started, 1U);
  fetcher_.answer(R"({"active":false})");
  engine_->control().step(kNow);
  EXPECT_EQ(ask("token-1", mine.ticket()).code(), ErrorCode::kInactive);
  const Check again{.token = "token-1", .ticket = theirs[0].ticket()};
  other.decide({&again, 1}, theirs, kNow);
  EXPECT_EQ(theirs[0].code(), ErrorCode::kInactive);
}

TEST_F(OpaqueTokens, AreNeverInactiveBecauseOfAnOutage) {
  const Ticket ticket = ask("token-1").ticket();
  engine_->control().step(kNow);
  fetcher_.fail("connection refused");
  engine_->control().step(kNow);
  EXPECT_EQ(ask("token-1", ticket).code(), ErrorCode::kIntrospectionUnavailable);
  EXPECT_TRUE(ask("token-1").pending()) << "a failure is not remembered";
}

TEST_F(OpaqueTokens, SettleByTheirDeadlineEvenIfTheFetcherForgets) {
  const Ticket ticket = ask("token-1").ticket();
  engine_->control().step(kNow);
  const Now late = later(kNow, 2'500'000);
  EXPECT_LE(engine_->control().next_step_ns(), late.monotonic_ns);
  engine_->control().step(late);
  EXPECT_EQ(ask("token-1", ticket, late).code(), ErrorCode::kIntrospectionUnavailable);
  fetcher_.answer(std::string(kActive));
  engine_->control().step(late);
  EXPECT_TRUE(ask("token-1", {}, late).pending()) << "an answer after the deadline is dropped";
}

TEST_F(OpaqueTokens, DoNotTakeAnotherTokensTicket) {
  const Ticket ticket = ask("token-1").ticket();
  engine_->control().step(kNow);
  fetcher_.answer(std::string(kActive));
  engine_->control().step(kNow);
  EXPECT_TRUE(ask("token-2", ticket).pending());
}

TEST_F(OpaqueTokens, GiveBackCancelledTickets) {
  for (std::size_t round = 0; round < 3; ++round) {
    std::vector<Ticket> tickets;
    for (std::size_t i = 0; i < kPendingMax; ++i) {
      const Verdict verdict = ask("round-" + std::to_string(round) + "-" + std::to_string(i));
      ASSERT_TRUE(verdict.pending()) << round << " " << i;
      tickets.push_back(verdict.ticket());
    }
    EXPECT_EQ(ask("one-too-many").code(), ErrorCode::kOverloaded);
    for (const Ticket ticket : tickets) worker_.cancel(ticket);
    engine_->control().step(kNow);
    while (fetcher_.waiting() > 0) fetcher_.fail("down");
    engine_->control().step(kNow);
    EXPECT_TRUE(drain().empty());
  }
}

TEST_F(OpaqueTokens, AreRefusedWhereTheAnswerNamesAnotherIssuer) {
  Policy chosen = policy({opaque_issuer()});
  chosen.issuers[0].issuer = "https://issuer.example";
  ASSERT_TRUE(engine_->control().reload(chosen));
  const Ticket ticket = ask("token-1").ticket();
  engine_->control().step(kNow);
  fetcher_.answer(R"({"active":true,"iss":"https://evil.example"})");
  engine_->control().step(kNow);
  EXPECT_EQ(ask("token-1", ticket).code(), ErrorCode::kUnknownIssuer);
}

TEST_F(OpaqueTokens, AreRefusedWhereTheAnswerIsAboutARefreshToken) {
  const Ticket ticket = ask("token-1").ticket();
  engine_->control().step(kNow);
  fetcher_.answer(R"({"active":true,"token_type":"refresh_token"})");
  engine_->control().step(kNow);
  EXPECT_EQ(ask("token-1", ticket).code(), ErrorCode::kWrongType);
}

TEST_F(OpaqueTokens, AreForgottenWhenThePolicyChanges) {
  const Ticket ticket = ask("token-1").ticket();
  engine_->control().step(kNow);
  fetcher_.answer(std::string(kActive));
  engine_->control().step(kNow);
  EXPECT_TRUE(ask("token-1", ticket).accepted());
  ASSERT_TRUE(engine_->control().reload(policy({opaque_issuer()})));
  EXPECT_TRUE(ask("token-1").pending());
}

// Whatever became of a ticket's question meanwhile, the check that brings the ticket back frees its slot.
TEST_F(OpaqueTokens, GiveBackTicketsThatAPolicyChangeOvertook) {
  Policy without_opaque = policy();
  Policy with_routes = policy({opaque_issuer()});
  with_routes.routes.emplace_back();
  with_routes.routes[0].path = "/a";
  for (const Policy& next : {policy({opaque_issuer()}), without_opaque, with_routes}) {
    ASSERT_TRUE(engine_->control().reload(policy({opaque_issuer()})));
    std::vector<Ticket> tickets;
    while (tickets.size() < kPendingMax) tickets.push_back(ask(std::to_string(tickets.size())).ticket());
    EXPECT_EQ(ask("one-too-many").code(), ErrorCode::kOverloaded);
    engine_->control().step(kNow);
    ASSERT_TRUE(engine_->control().reload(next));
    while (fetcher_.waiting() > 0) fetcher_.answer(std::string(kActive));
    engine_->control().step(kNow);
    EXPECT_EQ(drain().size(), kPendingMax);
    for (std::size_t i = 0; i < kPendingMax; ++i) EXPECT_FALSE(ask(std::to_string(i), tickets[i]).pending()) << i;
  }
  ASSERT_TRUE(engine_->control().reload(policy({opaque_issuer()})));
  EXPECT_TRUE(ask("one-more").pending());
}

TEST_F(OpaqueTokens, AreNotDecidedByAnAnswerUnderAnOlderPolicy) {
  const Ticket ticket = ask("token-1").ticket();
  engine_->control().step(kNow);
  ASSERT_TRUE(engine_->control().reload(policy({opaque_issuer()})));
  EXPECT_TRUE(ask("token-1", ticket).pending());
  fetcher_.answer(std::string(kActive));
  engine_->control().step(kNow);
  EXPECT_EQ(ask("token-1", ticket).code(), ErrorCode::kIntrospectionUnavailable);
}

TEST_F(OpaqueTokens, OrderNothingWhereTheAnswerIsRemembered) {
  const Ticket ticket = ask("token-1").ticket();
  engine_->control().step(kNow);
  fetcher_.answer(std::string(kActive));
  engine_->control().step(kNow);
  const Ticket stale{.slot_plus_one = ticket.slot_plus_one, .generation = ticket.generation + 1};
  EXPECT_TRUE(ask("token-1", stale).accepted());
  EXPECT_TRUE(ask("token-1", ticket).accepted());
  engine_->control().step(kNow);
  EXPECT_EQ(fetcher_.started, 1U);
}

TEST_F(OpaqueTokens, MustHaveTheAlphabetAndLengthOfBearerTokens) {
  EXPECT_EQ(ask("with space").code(), ErrorCode::kMalformedToken);
  EXPECT_EQ(ask("new\nline").code(), ErrorCode::kMalformedToken);
  EXPECT_EQ(ask("\xC3\xA9").code(), ErrorCode::kMalformedToken);
  EXPECT_EQ(ask(std::string(kOpaqueTokenBytesMax + 1, 'a')).code(), ErrorCode::kMalformedToken);
  EXPECT_TRUE(ask(std::string(kOpaqueTokenBytesMax, 'a')).pending());
  EXPECT_TRUE(ask("a.b.c").pending()) << "with no JWT issuer here, dots mean nothing";
}

}  // namespace
}  // namespace assay::test

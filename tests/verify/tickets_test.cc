#include "verify/tickets.h"

#include <set>

#include <gtest/gtest.h>

namespace assay::verify {
namespace {

class Tickets : public ::testing::Test {
 protected:
  void settle_all(ErrorCode code) {
    while (const std::optional<AnswerOrder> order = table_.take_order()) {
      table_.settle(order->slot, nullptr, Error{.code = code});
    }
  }
  std::size_t drain_all() {
    std::array<Ticket, kPendingMax> tickets;
    return table_.drain(tickets);
  }

  TicketTable table_{std::make_shared<FetchInbox>()};
};

TEST_F(Tickets, CarryTheQuestionToControlAndTheAnswerBack) {
  const Ticket ticket = *table_.order(7, "token");
  const AnswerOrder order = *table_.take_order();
  EXPECT_EQ(order.answers_id, 7U);
  EXPECT_EQ(order.token, "token");
  EXPECT_FALSE(table_.take_order());
  EXPECT_EQ(table_.redeem(ticket, 7, "token")->error.code, ErrorCode::kPendingAnswer);
  table_.settle(order.slot, nullptr, Error{.code = ErrorCode::kIntrospectionUnavailable});
  EXPECT_EQ(drain_all(), 1U);
  EXPECT_EQ(table_.redeem(ticket, 7, "token")->error.code, ErrorCode::kIntrospectionUnavailable);
  EXPECT_FALSE(table_.redeem(ticket, 7, "token")) << "a ticket is redeemed once";
}

TEST_F(Tickets, AreForOneToken) {
  const Ticket ticket = *table_.order(7, "token");
  settle_all(ErrorCode::kIntrospectionUnavailable);
  EXPECT_FALSE(table_.redeem(ticket, 7, "Token"));
  EXPECT_FALSE(table_.redeem(Ticket{}, 7, "token"));
  EXPECT_FALSE(table_.redeem(Ticket{.slot_plus_one = kPendingMax + 1, .generation = 1}, 7, "token"));
  EXPECT_TRUE(table_.redeem(ticket, 7, "token"));
}

TEST_F(Tickets, OfAnotherIssuerOrPolicyBringNoAnswer) {
  const Ticket ticket = *table_.order(7, "token");
  EXPECT_EQ(table_.redeem(ticket, 8, "token")->error.code, ErrorCode::kPendingAnswer);
  table_.settle(table_.take_order()->slot, *issuer::IntrospectionAnswer::parse(R"({"active":true})"), {});
  const std::optional<TicketTable::Outcome> outcome = table_.redeem(ticket, 8, "token");
  ASSERT_TRUE(outcome);
  EXPECT_EQ(outcome->answer, nullptr);
  EXPECT_EQ(outcome->error.code, ErrorCode::kIntrospectionUnavailable);
  EXPECT_FALSE(table_.redeem(ticket, 7, "token")) << "its slot is given back";
}

TEST_F(Tickets, ForKeysAreOfTheirOwnKind) {
  const Ticket ticket = *table_.order(OrderKind::kKey, 7, "kid");
  EXPECT_EQ(table_.take_order()->kind, OrderKind::kKey);
  EXPECT_FALSE(table_.redeem(ticket, 7, "kid")) << "no answer about an opaque token";
  EXPECT_FALSE(table_.redeem(OrderKind::kKeyWithoutKid, ticket, 7, "kid"));
  EXPECT_EQ(table_.redeem(OrderKind::kKey, ticket, 7, "kid")->error.code, ErrorCode::kPendingAnswer);
  table_.settle(ticket.slot_plus_one - 1, nullptr, Error{.code = ErrorCode::kUnknownKey});
  EXPECT_EQ(table_.redeem(OrderKind::kKey, ticket, 8, "kid")->error.code, ErrorCode::kKeysUnavailable)
      << "another policy's";
}

TEST_F(Tickets, ForKeysLeaveRoomForAnswers) {
  std::vector<Ticket> tickets;
  while (const std::optional<Ticket> ticket = table_.order(OrderKind::kKey, 1, "x")) tickets.push_back(*ticket);
  EXPECT_EQ(tickets.size(), kPendingKeysMax);
  EXPECT_FALSE(table_.order(OrderKind::kKeyWithoutKid, 1, ""));
  EXPECT_TRUE(table_.order(1, "opaque"));
  for (const Ticket ticket : tickets) table_.cancel(ticket);
  settle_all(ErrorCode::kKeysUnavailable);
  EXPECT_EQ(drain_all(), 1U) << "the opaque token's";
  EXPECT_TRUE(table_.order(OrderKind::kKey, 1, "x"));
}

TEST_F(Tickets, OfAnEarlierUseOfTheSlotAreStale) {
  const Ticket first = *table_.order(1, "a");
  settle_all(ErrorCode::kIntrospectionUnavailable);
  EXPECT_EQ(drain_all(), 1U);
  EXPECT_TRUE(table_.redeem(first, 1, "a"));
  const Ticket second = *table_.order(1, "a");
  EXPECT_EQ(first.slot_plus_one, second.slot_plus_one);
  EXPECT_FALSE(table_.redeem(first, 1, "a"));
  table_.cancel(first);
  EXPECT_TRUE(table_.redeem(second, 1, "a")) << "cancelling a stale ticket touches nothing";
}

TEST_F(Tickets, RunOutAtTheBoundAndComeBackInEveryOrderOfEnding) {
  for (int order_of_ending = 0; order_of_ending < 4; ++order_of_ending) {
    std::vector<Ticket> tickets;
    while (const std::optional<Ticket> ticket = table_.order(1, "x")) tickets.push_back(*ticket);
    ASSERT_EQ(tickets.size(), kPendingMax) << order_of_ending;
    const auto cancel_all = [&] {
      for (const Ticket ticket : tickets) table_.cancel(ticket);
    };
    if (order_of_ending == 0) cancel_all();
    settle_all(ErrorCode::kIntrospectionUnavailable);
    if (order_of_ending == 1) cancel_all();
    if (order_of_ending == 2) {
      for (const Ticket ticket : tickets) EXPECT_TRUE(table_.redeem(ticket, 1, "x"));
    }
    EXPECT_EQ(drain_all(), order_of_ending == 3 ? kPendingMax : 0U);
    if (order_of_ending == 3) cancel_all();
  }
}

TEST_F(Tickets, DrainInPiecesWithoutLosingAny) {
  std::set<std::uint32_t> expected;
  for (int i = 0; i < 10; ++i) expected.insert(table_.order(1, "x")->slot_plus_one);
  settle_all(ErrorCode::kIntrospectionUnavailable);
  std::set<std::uint32_t> seen;
  std::array<Ticket, 3> piece;
  while (const std::size_t count = table_.drain(piece)) {
    for (std::size_t i = 0; i < count; ++i) EXPECT_TRUE(seen.insert(piece[i].slot_plus_one).second);
  }
  EXPECT_EQ(seen, expected);
}

}  // namespace
}  // namespace assay::verify

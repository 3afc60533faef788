#include "server/exchange_table.h"

#include <gtest/gtest.h>

namespace assay::server {
namespace {

TEST(ExchangeTable, ChainsTheRequestsOfAConnectionInOrder) {
  ExchangeTable table;
  Connection first;
  Connection second;
  const std::uint32_t a = table.append(first, 1);
  const std::uint32_t b = table.append(second, 2);
  const std::uint32_t c = table.append(first, 1);
  EXPECT_EQ(first.exchanges, 2U);
  EXPECT_EQ(first.first_exchange, a);
  EXPECT_EQ(table.slot(a).next, c);
  EXPECT_EQ(table.slot(c).connection, 1U);
  EXPECT_EQ(second.first_exchange, b);
  table.pop_front(first);
  EXPECT_EQ(first.first_exchange, c);
  table.pop_front(first);
  EXPECT_EQ(first.first_exchange, Connection::kNoExchange);
  EXPECT_EQ(first.last_exchange, Connection::kNoExchange);
  EXPECT_EQ(first.exchanges, 0U);
}

TEST(ExchangeTable, FindsARequestOnlyWhileItWaits) {
  ExchangeTable table;
  Connection connection;
  const std::uint32_t index = table.append(connection, 0);
  const ExchangeId id = table.id_of(index);
  EXPECT_EQ(table.find_waiting(id), nullptr);
  table.slot(index).state = ExchangeSlot::State::kWaiting;
  EXPECT_EQ(table.find_waiting(id), &table.slot(index));
  table.slot(index).state = ExchangeSlot::State::kAnswered;
  EXPECT_EQ(table.find_waiting(id), nullptr);
  EXPECT_EQ(table.find_waiting({.slot = 7, .generation = 0}), nullptr);
}

TEST(ExchangeTable, TellsAnOldIdFromTheNewRequestOfItsSlot) {
  ExchangeTable table;
  Connection connection;
  const std::uint32_t index = table.append(connection, 0);
  const ExchangeId old = table.id_of(index);
  table.pop_front(connection);
  ASSERT_EQ(table.append(connection, 0), index);
  table.slot(index).state = ExchangeSlot::State::kWaiting;
  EXPECT_EQ(table.find_waiting(old), nullptr);
  EXPECT_NE(table.find_waiting(table.id_of(index)), nullptr);
}

TEST(ExchangeTable, LeavesSlotsWhereTheyAreWhileItGrows) {
  ExchangeTable table;
  Connection connection;
  const std::uint32_t first = table.append(connection, 0);
  const HttpRequest* const request = &table.slot(first).request;
  for (int i = 0; i < 10'000; ++i) static_cast<void>(table.append(connection, 0));
  EXPECT_EQ(&table.slot(first).request, request);
}

TEST(ExchangeTable, FreesLargeRepliesAndKeepsSmallOnes) {
  ExchangeTable table;
  Connection connection;
  const std::uint32_t index = table.append(connection, 0);
  table.slot(index).reply.assign(1'000'000, 'r');
  table.pop_front(connection);
  EXPECT_LE(table.slot(index).reply.capacity(), kSpareBytesMax);
}

}  // namespace
}  // namespace assay::server

#include "state/status_board.h"

#include <atomic>
#include <memory>
#include <optional>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

namespace assay::state {
namespace {

ServedStatusList list_of(std::uint8_t byte) { return {.list = StatusList(8, {byte})}; }

std::optional<std::uint8_t> shown(StatusBoard& board, StatusSeatNumber seat) {
  const StatusBoard::Pin pin = board.observe(0);
  const ServedStatusList* const served = pin->find(seat);
  return served == nullptr ? std::nullopt : served->list.find(0);
}

TEST(StatusList, PacksFromTheLowestBit) {
  const StatusList one(1, {0xB9, 0xA3});
  const int bits[] = {1, 0, 0, 1, 1, 1, 0, 1, 1, 1, 0, 0, 0, 1, 0, 1};
  for (std::uint32_t i = 0; i < 16; ++i) EXPECT_EQ(one.find(i), bits[i]) << i;
  const StatusList two(2, {0xC9, 0x44, 0xF9});
  const int pairs[] = {1, 2, 0, 3, 0, 1, 0, 1, 1, 2, 3, 3};
  for (std::uint32_t i = 0; i < 12; ++i) EXPECT_EQ(two.find(i), pairs[i]) << i;
  EXPECT_EQ(StatusList(4, {0x2F}).find(0), 0xF);
  EXPECT_EQ(StatusList(4, {0x2F}).find(1), 0x2);
  EXPECT_EQ(StatusList(8, {0x2F, 0xFE}).find(1), 0xFE);
}

TEST(StatusList, HasNothingBehindItsEnd) {
  for (const std::uint32_t bits : {1U, 2U, 4U, 8U}) {
    const StatusList list(bits, {0xFF, 0xFF, 0xFF});
    EXPECT_EQ(list.size(), 24 / bits);
    EXPECT_TRUE(list.find(24 / bits - 1).has_value()) << bits;
    for (const std::uint32_t index : {24 / bits, 24 / bits + 1, 0x7FFF'FFFFU, 0x8000'0000U, 0xFFFF'FFFFU}) {
      EXPECT_EQ(list.find(index), std::nullopt) << bits << " bits, index " << index;
    }
  }
  EXPECT_EQ(StatusList(1, {}).find(0), std::nullopt);
}

TEST(StatusBoard, ShowsWhatEachSeatPublishedLast) {
  const auto board = std::make_shared<StatusBoard>();
  StatusSeat one(board);
  StatusSeat other(board);
  EXPECT_EQ(shown(*board, one.number()), std::nullopt);
  one.publish(list_of(1));
  other.publish(list_of(2));
  EXPECT_EQ(shown(*board, one.number()), 1);
  EXPECT_EQ(shown(*board, other.number()), 2);
  one.publish(list_of(3));
  EXPECT_EQ(shown(*board, one.number()), 3);
  one.withdraw();
  one.withdraw();
  EXPECT_EQ(shown(*board, one.number()), std::nullopt);
  EXPECT_EQ(shown(*board, other.number()), 2);
}

TEST(StatusBoard, AnEndedSeatsNumberIsNobodysAgain) {
  const auto board = std::make_shared<StatusBoard>();
  StatusSeatNumber ended = 0;
  {
    StatusSeat seat(board);
    seat.publish(list_of(1));
    ended = seat.number();
  }
  EXPECT_EQ(shown(*board, ended), std::nullopt);
  StatusSeat next(board);
  next.publish(list_of(2));
  EXPECT_NE(next.number(), ended);
  EXPECT_EQ(shown(*board, ended), std::nullopt);
}

TEST(StatusBoard, APinKeepsItsListsAndDelaysNobody) {
  const auto board = std::make_shared<StatusBoard>();
  StatusSeat seat(board);
  seat.publish(list_of(1));
  {
    const StatusBoard::Pin pin = board->observe(0);
    seat.publish(list_of(2));
    EXPECT_EQ(pin->find(seat.number())->list.find(0), 1);
    EXPECT_GT(board->reclaim(), 0U);
  }
  EXPECT_EQ(board->reclaim(), 0U);
  EXPECT_EQ(shown(*board, seat.number()), 2);
}

// Each list says one number in all its places: a reader that saw two numbers in one batch would have seen a list
// change.
TEST(StatusBoard, ReadersSeeWholeListsWhileTheyAreReplaced) {
  const auto board = std::make_shared<StatusBoard>();
  StatusSeat seat(board);
  std::atomic<bool> stop{false};
  std::atomic<int> torn{0};
  std::thread reader([&] {
    while (!stop.load()) {
      const StatusBoard::Pin pin = board->observe(1);
      const ServedStatusList* const served = pin->find(seat.number());
      if (served != nullptr && served->list.find(0) != served->list.find(63)) torn.fetch_add(1);
    }
  });
  for (int i = 0; i < 2000; ++i) {
    seat.publish({.list = StatusList(8, std::vector<std::uint8_t>(64, static_cast<std::uint8_t>(i)))});
    if (i % 100 == 0) seat.withdraw();
  }
  stop.store(true);
  reader.join();
  EXPECT_EQ(torn.load(), 0);
}

}  // namespace
}  // namespace assay::state

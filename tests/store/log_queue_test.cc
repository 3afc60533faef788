#include "store/log_queue.h"

#include <chrono>
#include <thread>

#include <gtest/gtest.h>

#include "tests/store/log_fixture.h"

namespace assay::store {
namespace {

constexpr std::chrono::milliseconds kNoWait{0};
constexpr std::chrono::milliseconds kLongWait{60'000};

WriteRequest request_of(std::size_t count) {
  return AppendRequest{std::vector<RevocationRecord>(count, record_of(1)), [](const AppendResult&) {}};
}

bool push(LogQueue& queue, std::size_t count) {
  WriteRequest request = request_of(count);
  return queue.push(request);
}

TEST(LogQueue, HandsOverAllThatWaitInTheirOrder) {
  LogQueue queue;
  for (std::size_t count = 1; count <= 5; ++count) ASSERT_TRUE(push(queue, count));
  EXPECT_EQ(queue.queued_count(), 15U);
  const LogTurn turn = queue.wait(kLongWait);
  ASSERT_EQ(turn.writes.size(), 5U);
  for (std::size_t i = 0; i < 5; ++i) EXPECT_EQ(record_count(turn.writes[i]), i + 1);
  EXPECT_EQ(queue.queued_count(), 15U) << "taken is not settled";
  queue.settle(15);
  EXPECT_EQ(queue.queued_count(), 0U);
}

TEST(LogQueue, AGroupIsBoundedAndNeverSplitsARequest) {
  LogQueue queue;
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(push(queue, LogQueue::kGroupRecordsMax - 1));
  EXPECT_EQ(queue.wait(kLongWait).writes.size(), 2U);
  EXPECT_EQ(queue.wait(kLongWait).writes.size(), 1U);
  ASSERT_TRUE(push(queue, 3 * LogQueue::kGroupRecordsMax));
  EXPECT_EQ(queue.wait(kLongWait).writes.size(), 1U);
}

TEST(LogQueue, AfterTheEndNothingEntersAndTheRestIsHandedOver) {
  LogQueue queue;
  ASSERT_TRUE(push(queue, LogQueue::kGroupRecordsMax));
  ASSERT_TRUE(push(queue, 1));
  queue.end();
  EXPECT_FALSE(push(queue, 1));
  ReadRequest read;
  EXPECT_FALSE(queue.push(read));
  EXPECT_FALSE(queue.wait(kLongWait).ended);
  EXPECT_TRUE(queue.wait(kLongWait).ended);
}

TEST(LogQueue, ForgettingWakesOnceAndKeepsTheLatestTime) {
  LogQueue queue;
  EXPECT_EQ(queue.forget_before_us(), LogQueue::kForgetNothing);
  queue.ask_to_forget(7);
  queue.ask_to_forget(5);
  EXPECT_EQ(queue.forget_before_us(), 7);
  EXPECT_TRUE(queue.wait(kLongWait).writes.empty());
  EXPECT_TRUE(queue.wait(kNoWait).writes.empty());
}

TEST(LogQueue, APushWakesAWaiter) {
  LogQueue queue;
  std::size_t seen = 0;
  std::thread waiter([&] {
    while (seen < 100) seen += queue.wait(kLongWait).writes.size();
  });
  for (int i = 0; i < 100; ++i) ASSERT_TRUE(push(queue, 1));
  waiter.join();
  EXPECT_EQ(seen, 100U);
}

TEST(LogQueue, AReadIsHandedOverWithWhatCameBefore) {
  LogQueue queue;
  ASSERT_TRUE(push(queue, 1));
  ReadRequest read{3, 4, [](const std::vector<LoggedRecord>&, const std::string&) {}};
  ASSERT_TRUE(queue.push(read));
  const LogTurn turn = queue.wait(kLongWait);
  EXPECT_EQ(turn.writes.size(), 1U);
  ASSERT_EQ(turn.reads.size(), 1U);
  EXPECT_EQ(turn.reads[0].after, 3U);
}

}  // namespace
}  // namespace assay::store

#include "base/wake_inbox.h"

#include <memory>
#include <poll.h>
#include <thread>

#include <gtest/gtest.h>

namespace assay::base {
namespace {

bool is_readable(const WakeInbox<int>& inbox) {
  pollfd wake{.fd = inbox.fd(), .events = POLLIN, .revents = 0};
  return poll(&wake, 1, 0) == 1;
}

TEST(WakeInbox, HandsOverInOrderAndOnce) {
  WakeInbox<int> inbox;
  EXPECT_FALSE(is_readable(inbox));
  EXPECT_TRUE(inbox.take_all().empty());
  inbox.put(1);
  inbox.put(2);
  EXPECT_TRUE(is_readable(inbox));
  EXPECT_EQ(inbox.take_all(), (std::vector<int>{1, 2}));
  EXPECT_FALSE(is_readable(inbox));
  EXPECT_TRUE(inbox.take_all().empty());
}

TEST(WakeInbox, IsReadableAfterAWakeUpAlone) {
  WakeInbox<int> inbox;
  inbox.wake();
  EXPECT_TRUE(is_readable(inbox));
  EXPECT_TRUE(inbox.take_all().empty());
  EXPECT_FALSE(is_readable(inbox));
}

TEST(WakeInbox, TakesFromManyThreads) {
  constexpr int kThreads = 4;
  constexpr int kItems = 1000;
  const auto inbox = std::make_shared<WakeInbox<int>>();
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([inbox] {
      for (int item = 0; item < kItems; ++item) inbox->put(item);
    });
  }
  std::size_t taken = 0;
  while (taken < std::size_t{kThreads} * kItems) {
    pollfd wake{.fd = inbox->fd(), .events = POLLIN, .revents = 0};
    ASSERT_EQ(poll(&wake, 1, 10'000), 1);
    taken += inbox->take_all().size();
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(taken, std::size_t{kThreads} * kItems);
  // The last wake-up may have come after its item was taken.
  EXPECT_TRUE(inbox->take_all().empty());
  EXPECT_FALSE(is_readable(*inbox));
}

}  // namespace
}  // namespace assay::base

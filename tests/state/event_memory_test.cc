#include "state/event_memory.h"

#include <string>

#include <gtest/gtest.h>

namespace assay::state {
namespace {

base::Hash128 token(int number) { return base::keyed_hash(std::to_string(number)); }

TEST(EventMemory, RemembersEachTokenUntilItsEnd) {
  EventMemory memory(10);
  memory.insert(token(1), 200, 100);
  EXPECT_TRUE(memory.contains(token(1), 199));
  EXPECT_FALSE(memory.contains(token(1), 200));
  EXPECT_FALSE(memory.contains(token(2), 100));
}

TEST(EventMemory, DropsWhatHasEndedWhenOthersCome) {
  EventMemory memory(10);
  for (int i = 0; i < 5; ++i) memory.insert(token(i), 200 + i, 100);
  memory.insert(token(9), 500, 202);
  EXPECT_EQ(memory.size(), 3U);
  EXPECT_TRUE(memory.contains(token(3), 202));
  EXPECT_TRUE(memory.contains(token(9), 202));
}

TEST(EventMemory, KeepsTheLaterEndOfATokenThatComesTwice) {
  EventMemory memory(10);
  memory.insert(token(1), 200, 100);
  memory.insert(token(1), 300, 100);
  memory.insert(token(1), 250, 100);
  EXPECT_EQ(memory.size(), 1U);
  EXPECT_TRUE(memory.contains(token(1), 299));
  EXPECT_FALSE(memory.contains(token(1), 300));
}

TEST(EventMemory, MakesRoomWithWhatEndsFirst) {
  EventMemory memory(3);
  memory.insert(token(1), 300, 100);
  memory.insert(token(2), 200, 100);
  memory.insert(token(3), 400, 100);
  memory.insert(token(4), 500, 100);
  EXPECT_EQ(memory.size(), 3U);
  EXPECT_FALSE(memory.contains(token(2), 100));
  for (const int kept : {1, 3, 4}) EXPECT_TRUE(memory.contains(token(kept), 100)) << kept;
}

}  // namespace
}  // namespace assay::state

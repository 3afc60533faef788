#include "server/wake_set.h"

#include <poll.h>

#include <gtest/gtest.h>

#include "base/wake_inbox.h"

namespace assay::server {
namespace {

bool is_readable(const WakeSet& wakes) {
  pollfd wake{.fd = wakes.fd(), .events = POLLIN, .revents = 0};
  return poll(&wake, 1, 0) == 1;
}

TEST(WakeSet, IsReadableAsLongAsOneOfThemIs) {
  base::WakeInbox<int> one;
  base::WakeInbox<int> other;
  WakeSet wakes;
  EXPECT_FALSE(is_readable(wakes));
  wakes.add(one.fd());
  wakes.add(other.fd());
  EXPECT_FALSE(is_readable(wakes));
  one.put(1);
  other.put(2);
  EXPECT_TRUE(is_readable(wakes));
  EXPECT_EQ(one.take_all().size(), 1U);
  EXPECT_TRUE(is_readable(wakes));
  EXPECT_EQ(other.take_all().size(), 1U);
  EXPECT_FALSE(is_readable(wakes));
}

}  // namespace
}  // namespace assay::server

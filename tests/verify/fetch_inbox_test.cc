#include "verify/fetch_inbox.h"

#include <poll.h>

#include <gtest/gtest.h>

namespace assay::verify {
namespace {

bool is_readable(const FetchInbox& inbox) {
  pollfd wake{.fd = inbox.fd(), .events = POLLIN, .revents = 0};
  return poll(&wake, 1, 0) == 1;
}

TEST(FetchInbox, HandsOverInOrderAndOnce) {
  FetchInbox inbox;
  EXPECT_FALSE(is_readable(inbox));
  EXPECT_TRUE(inbox.take_all().empty());
  inbox.put({.fetch_id = 1, .result = FetchResult{}});
  inbox.put({.fetch_id = 2, .result = FetchResult{}});
  EXPECT_TRUE(is_readable(inbox));
  const std::vector<FetchInbox::Item> items = inbox.take_all();
  ASSERT_EQ(items.size(), 2U);
  EXPECT_EQ(items[0].fetch_id, 1U);
  EXPECT_EQ(items[1].fetch_id, 2U);
  EXPECT_FALSE(is_readable(inbox));
  EXPECT_TRUE(inbox.take_all().empty());
}

}  // namespace
}  // namespace assay::verify

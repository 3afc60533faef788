#include "outbound/inbox.h"

#include <thread>

#include <gtest/gtest.h>

namespace assay::outbound {
namespace {

Work work_for(const std::string& url) {
  Work work;
  work.request.url = url;
  return work;
}

TEST(Inbox, GivesWorkBackOnceInOrder) {
  Inbox inbox(10);
  inbox.push(work_for("a"));
  inbox.push(work_for("b"));
  const std::vector<Work> works = inbox.take_all();
  ASSERT_EQ(works.size(), 2U);
  EXPECT_EQ(works[0].request.url, "a");
  EXPECT_EQ(works[1].request.url, "b");
  EXPECT_TRUE(inbox.take_all().empty());
}

TEST(Inbox, MarksWorkOverTheLimitUntilSomeIsCompleted) {
  Inbox inbox(1);
  inbox.push(work_for("a"));
  inbox.push(work_for("b"));
  std::vector<Work> works = inbox.take_all();
  ASSERT_EQ(works.size(), 2U);
  EXPECT_FALSE(works[0].over_limit);
  EXPECT_TRUE(works[1].over_limit);
  EXPECT_EQ(works[1].request.url, "");
  inbox.count_completed();
  inbox.push(work_for("c"));
  EXPECT_FALSE(inbox.take_all()[0].over_limit);
}

TEST(Inbox, RemembersTheWishToStop) {
  Inbox inbox(1);
  EXPECT_FALSE(inbox.asked_to_stop());
  std::thread([&] { inbox.ask_to_stop(); }).join();
  EXPECT_TRUE(inbox.asked_to_stop());
}

}  // namespace
}  // namespace assay::outbound

// What concerns epoll alone; the contract that it shares with io_uring is in transport_test.cc.
#include "server/poller.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>
#include <vector>

#include <gtest/gtest.h>

namespace assay::server {
namespace {

TEST(Poller, SaysWhatIsMissingWhereItCannotOpen) {
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
  rlimit none = before;
  none.rlim_cur = 0;
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &none), 0);
  const OpenedTransport refused = open_poller({.slots_max = 1, .listeners_max = 1});
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &before), 0);
  ASSERT_FALSE(refused.has_value());
  EXPECT_NE(refused.error().find("epoll_create1"), std::string::npos) << refused.error();
}

}  // namespace
}  // namespace assay::server

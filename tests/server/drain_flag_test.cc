#include "server/drain_flag.h"

#include <thread>

#include <gtest/gtest.h>

namespace assay::server {
namespace {

TEST(DrainFlag, DrainingBeginsOnceAndForAll) {
  DrainFlag flag;
  EXPECT_FALSE(flag.begun());
  flag.begin();
  flag.begin();
  EXPECT_TRUE(flag.begun());
}

TEST(DrainFlag, AnotherThreadSeesItBegin) {
  DrainFlag flag;
  std::thread admin([&flag] {
    while (!flag.begun()) std::this_thread::yield();
  });
  flag.begin();
  admin.join();
}

}  // namespace
}  // namespace assay::server

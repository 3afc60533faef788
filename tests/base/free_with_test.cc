#include "base/free_with.h"

#include <memory>

#include <gtest/gtest.h>

namespace assay::base {
namespace {

int freed = 0;

int free_counter(int* counter) {
  ++*counter;
  return *counter;
}

TEST(FreeWith, CallsTheFunctionOncePerHandle) {
  { const std::unique_ptr<int, FreeWith<free_counter>> handle(&freed); }
  EXPECT_EQ(freed, 1);
  { const std::unique_ptr<int, FreeWith<free_counter>> none; }
  EXPECT_EQ(freed, 1);
}

TEST(FreeWith, TakesNoRoom) { EXPECT_EQ(sizeof(std::unique_ptr<int, FreeWith<free_counter>>), sizeof(int*)); }

}  // namespace
}  // namespace assay::base

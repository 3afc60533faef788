#include "base/counters.h"

#include <thread>

#include <gtest/gtest.h>

namespace assay::base {
namespace {

TEST(Counters, StartAtZeroAndAddApart) {
  Counters<3> counters;
  counters.add(1);
  counters.add(2, 40);
  counters.add(2, 2);
  EXPECT_EQ(counters.read(0), 0U);
  EXPECT_EQ(counters.read(1), 1U);
  EXPECT_EQ(counters.read(2), 42U);
}

TEST(Counters, OfTwoWorkersShareNoCacheLine) {
  static_assert(alignof(Counters<1>) == kCacheLineBytes);
  static_assert(sizeof(Counters<1>) == kCacheLineBytes);
  static_assert(sizeof(Counters<9>) == 2 * kCacheLineBytes);
}

TEST(Counters, AreReadByAnotherThreadWithoutGoingBack) {
  constexpr std::uint64_t kAdditions = 100'000;
  Counters<1> counters;
  std::thread owner([&counters] {
    for (std::uint64_t i = 0; i < kAdditions; ++i) counters.add(0);
  });
  std::uint64_t latest = 0;
  while (latest < kAdditions) {
    const std::uint64_t seen = counters.read(0);
    ASSERT_GE(seen, latest);
    latest = seen;
  }
  owner.join();
  EXPECT_EQ(counters.read(0), kAdditions);
}

}  // namespace
}  // namespace assay::base

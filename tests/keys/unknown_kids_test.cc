#include "keys/unknown_kids.h"

#include <memory>
#include <string>
#include <thread>

#include <gtest/gtest.h>

namespace assay::keys {
namespace {

base::Hash128 hash_of(int kid) { return base::keyed_hash(std::to_string(kid)); }

TEST(UnknownKids, AreUnknownUntilTheirEnd) {
  UnknownKids kids;
  EXPECT_FALSE(kids.contains(hash_of(1), 0));
  kids.insert(hash_of(1), 100);
  EXPECT_TRUE(kids.contains(hash_of(1), 99));
  EXPECT_FALSE(kids.contains(hash_of(1), 100));
  EXPECT_FALSE(kids.contains(hash_of(2), 99));
}

TEST(UnknownKids, NeverGrowAndForgetOnlyOtherUnknownKids) {
  UnknownKids kids;
  constexpr int kMany = 100'000;
  for (int kid = 0; kid < kMany; ++kid) kids.insert(hash_of(kid), 100);
  int remembered = 0;
  for (int kid = 0; kid < kMany; ++kid) remembered += kids.contains(hash_of(kid), 50) ? 1 : 0;
  EXPECT_LE(remembered, static_cast<int>(kUnknownKidsMax));
  EXPECT_GT(remembered, static_cast<int>(kUnknownKidsMax / 2));
  EXPECT_TRUE(kids.contains(hash_of(kMany - 1), 50));
}

TEST(UnknownKids, DoNotMixTwoThatShareAPlace) {
  const auto kids = std::make_unique<UnknownKids>();
  const base::Hash128 first{.high = 1, .low = 7};
  const base::Hash128 second{.high = 2, .low = 7};
  const base::Hash128 lasting_nowhere{.high = 3, .low = 7};
  std::atomic<bool> stop{false};
  std::thread writer([&] {
    for (int i = 0; i < 200'000; ++i) {
      kids->insert(first, 100);
      kids->insert(second, 200);
      kids->insert(lasting_nowhere, 1);
    }
    stop = true;
  });
  int wrong = 0;
  while (!stop) {
    if (kids->contains(first, 150) || kids->contains(lasting_nowhere, 50)) ++wrong;
  }
  writer.join();
  EXPECT_EQ(wrong, 0);
}

}  // namespace
}  // namespace assay::keys

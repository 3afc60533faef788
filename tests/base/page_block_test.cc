#include "base/page_block.h"

#include <cstdint>
#include <utility>

#include <gtest/gtest.h>

namespace assay::base {
namespace {

TEST(PageBlock, IsZeroedPagesThatCanBeWritten) {
  const PageBlock block(kPageBytes + 1);
  ASSERT_NE(block.start(), nullptr);
  EXPECT_EQ(block.bytes(), 2 * kPageBytes);
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(block.start()) % kPageBytes, 0U);
  auto* bytes = static_cast<unsigned char*>(block.start());
  for (std::size_t i = 0; i < block.bytes(); ++i) {
    EXPECT_EQ(bytes[i], 0);
    bytes[i] = 0xff;
  }
}

TEST(PageBlock, WholePagesAreNotRoundedUp) { EXPECT_EQ(PageBlock(3 * kPageBytes).bytes(), 3 * kPageBytes); }

TEST(PageBlock, AnEmptyOneOwnsNothing) {
  const PageBlock block;
  EXPECT_EQ(block.start(), nullptr);
  EXPECT_EQ(block.bytes(), 0U);
}

TEST(PageBlock, MovesItsPages) {
  PageBlock first(1);
  const void* start = first.start();
  PageBlock second(std::move(first));
  EXPECT_EQ(second.start(), start);
  PageBlock third;
  third = std::move(second);
  EXPECT_EQ(third.start(), start);
  EXPECT_EQ(third.bytes(), kPageBytes);
}

}  // namespace
}  // namespace assay::base

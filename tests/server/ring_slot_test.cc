#include "server/ring_slot.h"

#include <gtest/gtest.h>

namespace assay::server {
namespace {

TEST(RingTag, KeepsOperationGenerationAndIndexApart) {
  const std::uint64_t tag = ring_tag(RingOperation::kSend, 0xFFFFFFFF, kRingGenerationMask);
  EXPECT_EQ(tag >> 56, static_cast<std::uint64_t>(RingOperation::kSend));
  EXPECT_EQ((tag >> 32) & kRingGenerationMask, kRingGenerationMask);
  EXPECT_EQ(static_cast<std::uint32_t>(tag), 0xFFFFFFFFU);
  EXPECT_NE(ring_tag(RingOperation::kReceive, 1, 2), ring_tag(RingOperation::kReceive, 2, 1));
  EXPECT_NE(ring_tag(RingOperation::kReceive, 1, 2), ring_tag(RingOperation::kSend, 1, 2));
}

}  // namespace
}  // namespace assay::server

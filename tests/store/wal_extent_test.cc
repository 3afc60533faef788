#include "store/wal_extent.h"

#include <gtest/gtest.h>

#include "tests/store/log_fixture.h"

namespace assay::store {
namespace {

constexpr std::size_t kHeadBytes = 32;
constexpr std::size_t kFrameBytes = 24 + 4096;

class WalExtentTest : public testing::Test {
 protected:
  // The write-ahead log of a log with ten transactions.
  void SetUp() override {
    SqliteLog log(path_);
    ASSERT_EQ(replay_of(log).result.outcome, ReplayOutcome::kReplayed);
    for (std::uint64_t i = 0; i < 10; ++i) append_and_wait(log, {record_of(i)});
    whole_ = read_whole(path_ + "-wal");
    ASSERT_GT(whole_.size(), kHeadBytes + 10 * kFrameBytes);
  }

  WalExtent measure(const std::string& bytes) const {
    write_whole(path_ + "-copy", bytes);
    return measure_wal(path_ + "-copy");
  }

  LogFolder folder_{LogFolder::Place::kMemory};
  std::string path_ = folder_.path();
  std::string whole_;
};

TEST_F(WalExtentTest, WhatSqliteWroteIsWholeToItsEnd) {
  const WalExtent extent = measure(whole_);
  EXPECT_EQ(extent.whole_bytes, whole_.size());
  EXPECT_FALSE(extent.is_broken);
}

TEST_F(WalExtentTest, AFlippedByteBreaksTheFrameThatItIsIn) {
  for (const std::size_t in_frame : {std::size_t{0}, std::size_t{5}, std::size_t{9}, std::size_t{13}, std::size_t{17},
                                     std::size_t{24}, std::size_t{2000}, kFrameBytes - 1}) {
    std::string bytes = whole_;
    const std::size_t frame_at = kHeadBytes + 4 * kFrameBytes;
    bytes[frame_at + in_frame] = static_cast<char>(bytes[frame_at + in_frame] ^ 0x40);
    const WalExtent extent = measure(bytes);
    EXPECT_EQ(extent.whole_bytes, frame_at) << in_frame;
    EXPECT_TRUE(extent.is_broken) << in_frame;
  }
}

TEST_F(WalExtentTest, AFlippedByteOfTheHeadBreaksAll) {
  for (std::size_t i = 0; i < kHeadBytes; ++i) {
    std::string bytes = whole_;
    bytes[i] = static_cast<char>(bytes[i] ^ 1);
    const WalExtent extent = measure(bytes);
    EXPECT_EQ(extent.whole_bytes, 0U) << i;
    EXPECT_TRUE(extent.is_broken) << i;
  }
}

TEST_F(WalExtentTest, WhatIsCutOffWithinAFrameIsBroken) {
  const WalExtent within = measure(whole_.substr(0, whole_.size() - 100));
  EXPECT_EQ(within.whole_bytes, whole_.size() - kFrameBytes);
  EXPECT_TRUE(within.is_broken);
  const WalExtent between = measure(whole_.substr(0, kHeadBytes + 2 * kFrameBytes));
  EXPECT_EQ(between.whole_bytes, kHeadBytes + 2 * kFrameBytes);
  EXPECT_FALSE(between.is_broken) << "nothing says that more was there";
}

TEST_F(WalExtentTest, FramesOfAnEarlierRoundEndTheLog) {
  std::string bytes = whole_;
  const std::size_t frame_at = kHeadBytes + 3 * kFrameBytes;
  for (std::size_t i = 8; i < 16; ++i) bytes[frame_at + i] = static_cast<char>(bytes[frame_at + i] ^ 0x55);
  const WalExtent extent = measure(bytes);
  EXPECT_EQ(extent.whole_bytes, frame_at);
  EXPECT_FALSE(extent.is_broken);
}

TEST_F(WalExtentTest, AnEmptyOrAbsentFileHoldsNothing) {
  EXPECT_EQ(measure("").whole_bytes, 0U);
  EXPECT_FALSE(measure("").is_broken);
  EXPECT_EQ(measure_wal(path_ + "-none").whole_bytes, 0U);
  EXPECT_FALSE(measure_wal(path_ + "-none").is_broken);
}

}  // namespace
}  // namespace assay::store

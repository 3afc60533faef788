#include "base/arena.h"

#include <cstdint>
#include <limits>

#include <gtest/gtest.h>

namespace assay::base {
namespace {

TEST(Arena, HandsOutAlignedPiecesThatDoNotOverlap) {
  Arena arena(256);
  const auto bytes = arena.take<char>(3);
  const auto words = arena.take<std::uint64_t>(4);
  const auto more_bytes = arena.take<char>(1);
  ASSERT_EQ(bytes.size(), 3U);
  ASSERT_EQ(words.size(), 4U);
  ASSERT_EQ(more_bytes.size(), 1U);
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(words.data()) % alignof(std::uint64_t), 0U);
  EXPECT_GE(reinterpret_cast<char*>(words.data()), bytes.data() + 3);
  EXPECT_EQ(more_bytes.data(), reinterpret_cast<char*>(words.data() + 4));
}

TEST(Arena, GivesEverythingOnceAndThenNothing) {
  Arena arena(16);
  EXPECT_EQ(arena.take<char>(16).size(), 16U);
  EXPECT_EQ(arena.used(), 16U);
  EXPECT_TRUE(arena.take<char>(1).empty());
}

TEST(Arena, LeavesTheRestUsableAfterARequestThatDidNotFit) {
  Arena arena(16);
  EXPECT_TRUE(arena.take<char>(17).empty());
  EXPECT_EQ(arena.take<char>(16).size(), 16U);
}

TEST(Arena, RefusesCountsWhoseSizeOverflows) {
  Arena arena(64);
  EXPECT_TRUE(arena.take<std::uint64_t>(std::numeric_limits<std::size_t>::max()).empty());
  EXPECT_TRUE(arena.take<std::uint64_t>(std::numeric_limits<std::size_t>::max() / 8 + 2).empty());
  EXPECT_EQ(arena.used(), 0U);
}

TEST(Arena, RefusesAPieceWhoseAlignmentLiesBehindTheEnd) {
  Arena arena(9);
  ASSERT_EQ(arena.take<char>(9).size(), 9U);
  EXPECT_TRUE(arena.take<std::uint64_t>(1).empty());
  EXPECT_TRUE(arena.take<std::uint64_t>(0).empty());
}

TEST(Arena, OfNoBytesHasRoomForNothing) {
  Arena arena(0);
  EXPECT_EQ(arena.size(), 0U);
  EXPECT_TRUE(arena.take<char>(1).empty());
}

TEST(Arena, TakesAllPiecesBackAtReset) {
  Arena arena(8);
  char* const first = arena.take<char>(8).data();
  arena.reset();
  EXPECT_EQ(arena.used(), 0U);
  EXPECT_EQ(arena.take<char>(8).data(), first);
}

TEST(Arena, TakesBackTheEndOfTheLatestPiece) {
  Arena arena(8 * sizeof(std::uint32_t));
  const auto piece = arena.shrink(arena.take<std::uint32_t>(8), 2);
  EXPECT_EQ(piece.size(), 2U);
  EXPECT_EQ(arena.used(), 2 * sizeof(std::uint32_t));
  EXPECT_EQ(arena.take<std::uint32_t>(6).size(), 6U);
}

TEST(Arena, HandsOutAllTheRest) {
  Arena arena(4 * sizeof(std::uint32_t) + 1);
  EXPECT_EQ(arena.take<char>(1).size(), 1U);
  const auto rest = arena.take_rest<std::uint32_t>();
  EXPECT_EQ(rest.size(), 3U);
  EXPECT_TRUE(arena.take_rest<std::uint32_t>().empty());
  EXPECT_EQ(arena.shrink(rest, 1).size(), 1U);
  EXPECT_EQ(arena.take_rest<std::uint32_t>().size(), 2U);
}

TEST(Arena, CopiesTextAndSaysSoWhenItCannot) {
  Arena arena(5);
  const std::string_view copied = arena.copy("token");
  EXPECT_EQ(copied, "token");
  const std::string_view refused = arena.copy("x");
  EXPECT_TRUE(refused.empty());
  EXPECT_EQ(refused.data(), nullptr);
}

}  // namespace
}  // namespace assay::base

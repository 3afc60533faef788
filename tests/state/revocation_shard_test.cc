#include "state/revocation_shard.h"

#include <set>
#include <vector>

#include <gtest/gtest.h>

namespace assay::state {
namespace {

constexpr std::int64_t kSecondUs = 1'000'000;

RevocationEntry entry_of(std::uint64_t number, RevocationKind kind = RevocationKind::kJti) {
  return {.id = {.high = number, .low = ~number}, .kind = kind, .issued_before_us = 0, .forget_at_us = kNeverForgotten};
}

std::vector<RevocationEntry> entries_of(const RevocationShard& shard) {
  std::vector<RevocationEntry> entries;
  shard.for_each([&](std::size_t, const RevocationEntry& entry) { entries.push_back(entry); });
  return entries;
}

TEST(RevocationShard, AnEmptyOneFindsNothingAndTakesNoMemory) {
  const RevocationShard shard;
  EXPECT_FALSE(shard.view().find({.high = 1, .low = 2}, 0));
  EXPECT_FALSE(shard.view().find({.high = 1, .low = 2}, ~std::uint64_t{0}));
  EXPECT_TRUE(shard.is_full());
  EXPECT_EQ(shard.bytes(), 0U);
  EXPECT_TRUE(entries_of(shard).empty());
}

TEST(RevocationShard, FindsWhatWasAddedAndNothingElse) {
  RevocationShard shard(1000);
  const PositionHash position_of;
  for (std::uint64_t i = 0; i < 1000; ++i) {
    const RevocationEntry entry = entry_of(i);
    ASSERT_FALSE(shard.replace(entry, position_of(entry.id)));
    shard.add(entry, position_of(entry.id));
  }
  for (std::uint64_t i = 0; i < 2000; ++i) {
    const TargetId id = entry_of(i).id;
    EXPECT_EQ(shard.view().find(id, position_of(id)).has_value(), i < 1000) << i;
  }
  EXPECT_EQ(shard.live_count(), 1000U);
  EXPECT_EQ(entries_of(shard).size(), 1000U);
}

// All positions alike: one search path through every word, over the end and round to the beginning.
TEST(RevocationShard, FindsIdsWhosePositionsAreAllAlike) {
  for (const std::uint64_t position : {std::uint64_t{0}, ~std::uint64_t{0}, std::uint64_t{0x1'8000'0000}}) {
    RevocationShard shard(1);
    std::uint64_t count = 0;
    for (; !shard.is_full(); ++count) shard.add(entry_of(count), position);
    EXPECT_EQ(count, shard.room());
    for (std::uint64_t i = 0; i < count; ++i) EXPECT_TRUE(shard.view().find(entry_of(i).id, position)) << i;
    EXPECT_FALSE(shard.view().find(entry_of(count).id, position));
  }
}

TEST(RevocationShard, HalfAnIdIsNoMatch) {
  RevocationShard shard(1);
  shard.add(entry_of(5), 77);
  EXPECT_TRUE(shard.view().find({.high = 5, .low = ~std::uint64_t{5}}, 77));
  EXPECT_FALSE(shard.view().find({.high = 5, .low = 5}, 77));
  EXPECT_FALSE(shard.view().find({.high = 6, .low = ~std::uint64_t{5}}, 77));
}

TEST(RevocationShard, EveryTagOfAPositionIsAnIdsTag) {
  for (std::uint64_t tag = 0; tag < 256; ++tag) {
    const std::uint64_t alike = ShardView::tags_alike(tag << 32);
    EXPECT_GE(alike & 0xff, ShardView::kFirstTag);
    EXPECT_EQ(alike, (alike & 0xff) * 0x0101010101010101U);
  }
}

TEST(RevocationShard, ZeroBytesAreFoundAndTheLowestExactly) {
  EXPECT_EQ(ShardView::zero_bytes(0x0102030405060708), 0U);
  EXPECT_EQ(ShardView::zero_bytes(~std::uint64_t{0}), 0U);
  EXPECT_EQ(ShardView::zero_bytes(0x8080808080808080), 0U);
  EXPECT_EQ(ShardView::first_slot(3, ShardView::zero_bytes(0x0202020200020202)), 3U * 8 + 3);
  EXPECT_EQ(ShardView::first_slot(0, ShardView::zero_bytes(0x0002020202020202)), 7U);
  EXPECT_EQ(ShardView::first_slot(0, ShardView::zero_bytes(0)), 0U);
}

TEST(RevocationShard, AnErasedIdIsGoneAndThoseBehindItAreNot) {
  RevocationShard shard(1);
  for (std::uint64_t i = 0; i < 20; ++i) shard.add(entry_of(i, RevocationKind::kClient), 9);
  EXPECT_EQ(shard.erase(entry_of(3).id, 9), RevocationKind::kClient);
  EXPECT_EQ(shard.erase(entry_of(3).id, 9), std::nullopt);
  for (std::uint64_t i = 0; i < 20; ++i) EXPECT_EQ(shard.view().find(entry_of(i).id, 9).has_value(), i != 3) << i;
  EXPECT_EQ(shard.live_count(), 19U);
}

TEST(RevocationShard, GoneSlotsAreNotUsedAgain) {
  RevocationShard shard(1);
  std::uint64_t added = 0;
  for (; !shard.is_full(); ++added) {
    shard.add(entry_of(added), 0);
    shard.erase(entry_of(added).id, 0);
  }
  EXPECT_EQ(added, shard.room());
  EXPECT_EQ(shard.live_count(), 0U);
  EXPECT_FALSE(shard.view().find(entry_of(0).id, 0));
}

TEST(RevocationShard, ReplacingChangesTheTimesInPlace) {
  RevocationShard shard(1);
  RevocationEntry entry = entry_of(1, RevocationKind::kSubjectIssuedBefore);
  entry.issued_before_us = -5;
  shard.add(entry, 3);
  const std::size_t slot = shard.view().find(entry.id, 3).value();
  EXPECT_EQ(shard.view().issued_before_us(slot), -5);
  entry.issued_before_us = 1'700'000'000'123'456;
  entry.forget_at_us = 8 * kSecondUs;
  EXPECT_TRUE(shard.replace(entry, 3));
  EXPECT_EQ(shard.view().find(entry.id, 3), slot);
  EXPECT_EQ(shard.view().issued_before_us(slot), 1'700'000'000'123'456);
  EXPECT_EQ(entries_of(shard), std::vector{entry});
  EXPECT_EQ(shard.live_count(), 1U);
}

TEST(RevocationShard, ForgettingIsRoundedUpToSecondsAndNeverStaysNever) {
  struct Times {
    std::int64_t given_us, kept_us;
  };
  for (const Times& times : {Times{0, 0}, Times{-1, 0}, Times{1, kSecondUs}, Times{kSecondUs, kSecondUs},
                             Times{kSecondUs + 1, 2 * kSecondUs}, Times{kNeverForgotten, kNeverForgotten},
                             Times{kNeverForgotten - 1, kNeverForgotten}}) {
    RevocationShard shard(1);
    RevocationEntry entry = entry_of(1);
    entry.forget_at_us = times.given_us;
    shard.add(entry, 0);
    EXPECT_EQ(entries_of(shard).front().forget_at_us, times.kept_us) << times.given_us;
  }
}

TEST(RevocationShard, KnowsWhenTheFirstMayBeForgotten) {
  RevocationShard shard(10);
  EXPECT_EQ(shard.earliest_forget_us(), kNeverForgotten);
  for (const std::int64_t seconds : {9, 4, 6}) {
    RevocationEntry entry = entry_of(static_cast<std::uint64_t>(seconds));
    entry.forget_at_us = seconds * kSecondUs;
    shard.add(entry, 0);
  }
  EXPECT_EQ(shard.earliest_forget_us(), 4 * kSecondUs);
  shard.note_earliest_forget(6 * kSecondUs);
  EXPECT_EQ(shard.earliest_forget_us(), 6 * kSecondUs);
}

TEST(RevocationShard, RoomIsWhatWasAskedForAndAFifthMore) {
  for (const std::size_t room :
       {std::size_t{0}, std::size_t{1}, std::size_t{51}, std::size_t{1000}, std::size_t{9000}}) {
    EXPECT_GE(RevocationShard(room).room(), room + room / 5 + 1);
    EXPECT_LT(RevocationShard(room).room(), room + room / 5 + 1 + 52);
  }
  EXPECT_EQ(RevocationShard(RevocationShard::kRoomMax).room(), RevocationShard::kRoomMax);
}

TEST(RevocationShard, ReleasingTheBlockLeavesAnEmptyShard) {
  RevocationShard shard(1);
  shard.add(entry_of(1), 0);
  const ShardView seen_before = shard.view();
  const base::PageBlock block = shard.release_block();
  EXPECT_EQ(shard.live_count(), 0U);
  EXPECT_FALSE(shard.view().find(entry_of(1).id, 0));
  EXPECT_TRUE(seen_before.find(entry_of(1).id, 0));
}

TEST(PositionHash, IsSpreadEvenlyOverIdsThatAreNearlyAlike) {
  const PositionHash position_of;
  std::array<int, 256> upper{};
  std::array<int, 256> lower{};
  for (std::uint64_t i = 0; i < 25'600; ++i) {
    const std::uint64_t position = position_of({.high = 7, .low = i});
    ++upper[position >> 56];
    ++lower[position >> 24 & 0xff];
  }
  for (std::size_t i = 0; i < 256; ++i) {
    EXPECT_LT(upper[i], 300);
    EXPECT_LT(lower[i], 300);
  }
}

}  // namespace
}  // namespace assay::state

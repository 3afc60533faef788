#include "state/revocation_table.h"

#include <algorithm>
#include <map>
#include <memory>
#include <random>
#include <set>
#include <vector>

#include <gtest/gtest.h>

namespace assay::state {
namespace {

constexpr std::int64_t kSecondUs = 1'000'000;

DurableId id_of(std::uint64_t number) {
  DurableId id{};
  for (std::size_t i = 0; i < 8; ++i) {
    id[i] = static_cast<std::uint8_t>(number * 0x9E3779B97F4A7C15U >> (56 - 8 * i));
    id[8 + i] = static_cast<std::uint8_t>(number >> (56 - 8 * i));
  }
  return id;
}

RevocationRecord revoked(std::uint64_t number, RevocationKind kind = RevocationKind::kJti,
                         std::int64_t forget_at_us = kNeverForgotten) {
  RevocationRecord record;
  record.id = id_of(number);
  record.kind = kind;
  record.forget_at_us = forget_at_us;
  return record;
}

RevocationRecord lifted(std::uint64_t number, RevocationKind kind = RevocationKind::kJti) {
  RevocationRecord record = revoked(number, kind);
  record.operation = RevocationOperation::kLift;
  return record;
}

TokenTargets token_with(RevocationKind kind, std::uint64_t number, std::int64_t issued_at_us = 0) {
  TokenTargets token(issued_at_us);
  token.set(kind, target_id_of(id_of(number)));
  return token;
}

class RevocationTableTest : public testing::Test {
 protected:
  void apply(const RevocationRecord& record) { table_.apply({&record, 1}); }

  std::optional<RevocationKind> find(const TokenTargets& token) {
    std::optional<RevocationKind> found = RevocationKind::kToken;
    reader_.find({&token, 1}, {&found, 1});
    return found;
  }
  bool is_revoked(std::uint64_t number, RevocationKind kind = RevocationKind::kJti) {
    return find(token_with(kind, number)).has_value();
  }

  // Sweeps one whole round from the beginning; returns how many steps it took.
  std::size_t sweep_round(std::int64_t now_us) {
    std::size_t steps = 1;
    while (!table_.step_sweep(now_us)) ++steps;
    return steps;
  }

  RevocationTable table_;
  RevocationTable::Reader reader_{table_, 0};
};

TEST_F(RevocationTableTest, AnEmptyOneRevokesNothing) {
  EXPECT_FALSE(is_revoked(1));
  EXPECT_EQ(table_.entry_count(), 0U);
  EXPECT_TRUE(table_.list(std::nullopt, 10).empty());
  EXPECT_EQ(table_.earliest_forget_us(), kNeverForgotten);
}

TEST_F(RevocationTableTest, EveryKindRevokesItsTokensAndNoOthers) {
  for (std::size_t i = 1; i <= kRevocationKindCount; ++i) {
    const auto kind = static_cast<RevocationKind>(i);
    EXPECT_FALSE(table_.holds(kind));
    RevocationRecord record = revoked(i, kind);
    record.issued_before_us = has_issued_before(kind) ? 1 : 0;
    apply(record);
    EXPECT_TRUE(table_.holds(kind));
    EXPECT_EQ(table_.entry_count(kind), 1U);
    EXPECT_EQ(find(token_with(kind, i)), kind);
    EXPECT_FALSE(is_revoked(i + 100, kind));
  }
  EXPECT_EQ(table_.entry_count(), kRevocationKindCount);
}

TEST_F(RevocationTableTest, ATokenWithAllKindsIsRevokedByAnyOne) {
  TokenTargets token(0);
  for (std::size_t i = 1; i <= kRevocationKindCount; ++i) {
    token.set(static_cast<RevocationKind>(i), target_id_of(id_of(i)));
    apply(revoked(1000 + i, static_cast<RevocationKind>(i)));
  }
  EXPECT_EQ(find(token), std::nullopt);
  for (std::size_t i = 1; i <= kRevocationKindCount; ++i) {
    const auto kind = static_cast<RevocationKind>(i);
    RevocationRecord record = revoked(i, kind);
    record.issued_before_us = 1;
    apply(record);
    EXPECT_EQ(find(token), kind);
    apply(lifted(i, kind));
    EXPECT_EQ(find(token), std::nullopt);
  }
}

TEST_F(RevocationTableTest, TheFirstKindIsNamedWhereSeveralRevoke) {
  TokenTargets token(0);
  for (const auto kind : {RevocationKind::kSigningKey, RevocationKind::kSubject, RevocationKind::kSession}) {
    token.set(kind, target_id_of(id_of(static_cast<std::uint64_t>(kind))));
    apply(revoked(static_cast<std::uint64_t>(kind), kind));
  }
  EXPECT_EQ(find(token), RevocationKind::kSubject);
}

TEST_F(RevocationTableTest, IssuedBeforeForbidsEarlierTokensAndThoseWithoutIat) {
  for (const auto kind : {RevocationKind::kSubjectIssuedBefore, RevocationKind::kIssuerIssuedBefore}) {
    const auto number = static_cast<std::uint64_t>(kind);
    RevocationRecord record = revoked(number, kind);
    record.issued_before_us = 1'000;
    apply(record);
    EXPECT_EQ(find(token_with(kind, number, 999)), kind);
    EXPECT_EQ(find(token_with(kind, number, 1'000)), std::nullopt);
    EXPECT_EQ(find(token_with(kind, number, 1'001)), std::nullopt);
    EXPECT_EQ(find(token_with(kind, number, kIssuedAtUnknown)), kind);
  }
}

TEST_F(RevocationTableTest, TheLaterRecordCounts) {
  RevocationRecord record = revoked(5, RevocationKind::kSubjectIssuedBefore);
  for (const std::int64_t before_us : {500, 1'000, 2'000}) {
    record.issued_before_us = before_us;
    apply(record);
    EXPECT_TRUE(find(token_with(record.kind, 5, before_us - 1)));
    EXPECT_FALSE(find(token_with(record.kind, 5, before_us)));
  }
  EXPECT_EQ(table_.entry_count(), 1U);
  const std::vector<RevocationRecord> batch{revoked(6), lifted(6), revoked(7), lifted(7), revoked(7)};
  table_.apply(batch);
  EXPECT_FALSE(is_revoked(6));
  EXPECT_TRUE(is_revoked(7));
}

TEST_F(RevocationTableTest, ABoundNeverMovesBackButByALift) {
  constexpr RevocationKind kKind = RevocationKind::kSubjectIssuedBefore;
  RevocationRecord late = revoked(7, kKind, 900 * kSecondUs);
  late.issued_before_us = 200 * kSecondUs;
  RevocationRecord early = revoked(7, kKind, 800 * kSecondUs);
  early.issued_before_us = 100 * kSecondUs;
  apply(late);
  RevocationRecord for_log = early;
  table_.raise_times(for_log);
  EXPECT_EQ(for_log.issued_before_us, late.issued_before_us);
  EXPECT_EQ(for_log.forget_at_us, late.forget_at_us);
  apply(early);
  EXPECT_TRUE(find(token_with(kKind, 7, 150 * kSecondUs)));
  apply(lifted(7, kKind));
  apply(early);
  EXPECT_FALSE(find(token_with(kKind, 7, 150 * kSecondUs)));
  EXPECT_TRUE(find(token_with(kKind, 7, 50 * kSecondUs)));
}

TEST_F(RevocationTableTest, AnIdThatComesBackUnderAnotherKindCountsAsThat) {
  apply(revoked(5, RevocationKind::kSession));
  apply(revoked(5, RevocationKind::kClient));
  EXPECT_EQ(table_.entry_count(), 1U);
  EXPECT_FALSE(table_.holds(RevocationKind::kSession));
  EXPECT_TRUE(is_revoked(5, RevocationKind::kClient));
  apply(lifted(5, RevocationKind::kSession));
  EXPECT_EQ(table_.entry_count(), 0U);
  EXPECT_FALSE(table_.holds(RevocationKind::kClient));
}

TEST_F(RevocationTableTest, LiftEndsARevocationAndNothingElse) {
  apply(revoked(1));
  apply(revoked(2));
  apply(lifted(1));
  apply(lifted(3));
  EXPECT_FALSE(is_revoked(1));
  EXPECT_TRUE(is_revoked(2));
  EXPECT_EQ(table_.entry_count(), 1U);
  apply(lifted(2));
  EXPECT_FALSE(table_.holds(RevocationKind::kJti));
  apply(revoked(1));
  EXPECT_TRUE(is_revoked(1));
}

TEST_F(RevocationTableTest, GrowsWithoutLosingOrInventingAnything) {
  constexpr std::uint64_t kCount = 60'000;
  for (std::uint64_t i = 0; i < kCount; i += 100) {
    std::vector<RevocationRecord> batch;
    for (std::uint64_t j = i; j < i + 100; ++j) batch.push_back(revoked(j));
    table_.apply(batch);
  }
  EXPECT_EQ(table_.entry_count(), kCount);
  EXPECT_EQ(table_.waiting_bytes(), 0U);
  EXPECT_LT(table_.bytes(), kCount * 50);
  for (std::uint64_t i = 0; i < 2 * kCount; ++i) ASSERT_EQ(is_revoked(i), i < kCount) << i;
}

TEST_F(RevocationTableTest, ABatchOfAnySizeIsAnsweredTokenByToken) {
  for (std::uint64_t i = 0; i < 5'000; i += 2) apply(revoked(i));
  for (const std::size_t size : {0U, 1U, 15U, 16U, 17U, 64U, 100U}) {
    std::vector<TokenTargets> tokens;
    for (std::size_t i = 0; i < size; ++i) tokens.push_back(token_with(RevocationKind::kJti, 31 * i));
    std::vector<std::optional<RevocationKind>> found(size, RevocationKind::kToken);
    reader_.find(tokens, found);
    for (std::size_t i = 0; i < size; ++i) EXPECT_EQ(found[i].has_value(), 31 * i % 2 == 0) << i;
  }
}

TEST_F(RevocationTableTest, ATokenWithoutIdsIsNotRevoked) {
  apply(revoked(1));
  EXPECT_EQ(find(TokenTargets(0)), std::nullopt);
}

TEST_F(RevocationTableTest, EntriesLeaveWhenTheyMayBeForgotten) {
  apply(revoked(1, RevocationKind::kJti, 10 * kSecondUs));
  apply(revoked(2, RevocationKind::kJti, 20 * kSecondUs));
  apply(revoked(3, RevocationKind::kClient));
  EXPECT_EQ(table_.earliest_forget_us(), 10 * kSecondUs);
  sweep_round(10 * kSecondUs - 1);
  EXPECT_EQ(table_.entry_count(), 3U);
  sweep_round(10 * kSecondUs);
  EXPECT_FALSE(is_revoked(1));
  EXPECT_TRUE(is_revoked(2));
  EXPECT_EQ(table_.earliest_forget_us(), 20 * kSecondUs);
  sweep_round(kNeverForgotten - 1);
  EXPECT_EQ(table_.entry_count(), 1U);
  EXPECT_TRUE(is_revoked(3, RevocationKind::kClient));
  EXPECT_FALSE(table_.holds(RevocationKind::kJti));
}

TEST_F(RevocationTableTest, ARevocationMadeAgainKeepsTheLaterTime) {
  apply(revoked(1, RevocationKind::kJti, 10 * kSecondUs));
  apply(revoked(1, RevocationKind::kJti, 30 * kSecondUs));
  sweep_round(20 * kSecondUs);
  EXPECT_TRUE(is_revoked(1));
  sweep_round(30 * kSecondUs);
  EXPECT_FALSE(is_revoked(1));
}

TEST_F(RevocationTableTest, MemoryReturnsAfterAMassExpiry) {
  std::vector<RevocationRecord> batch;
  for (std::uint64_t i = 0; i < 100'000; ++i)
    batch.push_back(revoked(i, RevocationKind::kJti, static_cast<std::int64_t>(i % 10 + 1) * kSecondUs));
  table_.apply(batch);
  const std::size_t full_bytes = table_.bytes();
  sweep_round(9 * kSecondUs);
  EXPECT_EQ(table_.entry_count(), 10'000U);
  EXPECT_LT(table_.bytes(), full_bytes / 5);
  for (std::uint64_t i = 0; i < 1'000; ++i) ASSERT_EQ(is_revoked(i), i % 10 == 9);
  sweep_round(10 * kSecondUs);
  EXPECT_EQ(table_.entry_count(), 0U);
  EXPECT_LT(table_.bytes(), 1'000U);
  table_.apply(batch);
  EXPECT_TRUE(is_revoked(99'999));
}

TEST_F(RevocationTableTest, ASweepStepVisitsOneShardAtMost) {
  std::vector<RevocationRecord> batch;
  for (std::uint64_t i = 0; i < 100'000; ++i) batch.push_back(revoked(i, RevocationKind::kJti, kSecondUs));
  table_.apply(batch);
  const std::size_t before = table_.entry_count();
  table_.step_sweep(kSecondUs);
  EXPECT_LT(table_.entry_count(), before);
  EXPECT_GE(table_.entry_count(), before - RevocationShard::kRoomMax);
}

TEST_F(RevocationTableTest, ChurnDoesNotGrowTheTable) {
  for (std::uint64_t i = 0; i < 300'000; ++i) {
    apply(revoked(i));
    if (i >= 100) apply(lifted(i - 100));
  }
  EXPECT_EQ(table_.entry_count(), 100U);
  EXPECT_LT(table_.bytes(), 20'000U);
}

TEST_F(RevocationTableTest, PagesShowEveryEntryOnce) {
  for (std::uint64_t i = 0; i < 30'000; ++i) apply(revoked(i, RevocationKind::kSubject, 5 * kSecondUs));
  std::set<std::uint64_t> seen;
  std::optional<TargetId> after;
  for (;;) {
    const std::vector<RevocationEntry> page = table_.list(after, 777);
    for (const RevocationEntry& entry : page) {
      EXPECT_TRUE(seen.insert(entry.id.low).second);
      EXPECT_EQ(entry.kind, RevocationKind::kSubject);
      EXPECT_EQ(entry.forget_at_us, 5 * kSecondUs);
    }
    if (page.size() < 777) break;
    after = page.back().id;
  }
  EXPECT_EQ(seen.size(), 30'000U);
}

TEST_F(RevocationTableTest, PagesGoOnWhileTheTableGrowsAndTheLastEntryIsLifted) {
  for (std::uint64_t i = 0; i < 10'000; ++i) apply(revoked(i));
  std::set<std::uint64_t> seen;
  std::optional<TargetId> after;
  std::uint64_t next = 10'000;
  for (;;) {
    const std::vector<RevocationEntry> page = table_.list(after, 500);
    for (const RevocationEntry& entry : page) EXPECT_TRUE(seen.insert(entry.id.low).second);
    if (page.size() < 500) break;
    after = page.back().id;
    apply(lifted(after->low));
    for (int i = 0; i < 1'000; ++i) apply(revoked(next++));
  }
  for (std::uint64_t i = 0; i < 10'000; ++i) EXPECT_TRUE(seen.contains(i)) << i;
}

// Ids that differ in few bits, share halves or are all zero: nothing about them is assumed.
TEST_F(RevocationTableTest, IdsThatSomebodyChoseAreKeptApart) {
  std::vector<RevocationRecord> batch;
  for (std::size_t bit = 0; bit < 128; ++bit) {
    RevocationRecord record = revoked(0);
    record.id = {};
    record.id[bit / 8] = static_cast<std::uint8_t>(1U << bit % 8);
    batch.push_back(record);
  }
  RevocationRecord zero = revoked(0);
  zero.id = {};
  table_.apply(batch);
  TokenTargets token(0);
  token.set(RevocationKind::kJti, target_id_of(zero.id));
  EXPECT_EQ(find(token), std::nullopt);
  apply(zero);
  EXPECT_EQ(find(token), RevocationKind::kJti);
  for (std::uint64_t i = 0; i < 50'000; ++i) {
    zero.id[14] = static_cast<std::uint8_t>(i >> 8);
    zero.id[15] = static_cast<std::uint8_t>(i);
    zero.id[31] = 1;
    apply(zero);
  }
  EXPECT_LT(table_.bytes() / table_.entry_count(), 60U);
}

// Against the simplest table there is, through every operation.
TEST_F(RevocationTableTest, AgreesWithAMapThroughARandomHistory) {
  struct Known {
    RevocationKind kind;
    std::int64_t issued_before_us, forget_at_us;
  };
  std::map<std::uint64_t, Known> known;
  std::mt19937_64 random(20'251'122);
  std::int64_t now_us = 0;
  const auto kind_of = [](std::uint64_t number) { return static_cast<RevocationKind>(1 + number % 8); };
  for (int round = 0; round < 400; ++round) {
    std::vector<RevocationRecord> batch;
    for (int i = 0; i < 200; ++i) {
      const std::uint64_t number = random() % 20'000;
      RevocationRecord record = random() % 4 == 0 ? lifted(number, kind_of(number)) : revoked(number, kind_of(number));
      record.issued_before_us = static_cast<std::int64_t>(random() % 100);
      record.forget_at_us = now_us + static_cast<std::int64_t>(random() % 300) * kSecondUs;
      batch.push_back(record);
      if (record.operation == RevocationOperation::kLift) {
        known.erase(number);
      } else {
        Known times{record.kind, record.issued_before_us, record.forget_at_us};
        if (const auto there = known.find(number); there != known.end() && has_issued_before(record.kind)) {
          times.issued_before_us = std::max(times.issued_before_us, there->second.issued_before_us);
          times.forget_at_us = std::max(times.forget_at_us, there->second.forget_at_us);
        }
        known[number] = times;
      }
    }
    table_.apply(batch);
    now_us += kSecondUs;
    sweep_round(now_us);
    std::erase_if(known, [now_us](const auto& item) { return item.second.forget_at_us <= now_us; });
    ASSERT_EQ(table_.entry_count(), known.size());
    for (int i = 0; i < 200; ++i) {
      const std::uint64_t number = random() % 20'000;
      const auto issued_at_us = static_cast<std::int64_t>(random() % 100);
      const auto entry = known.find(number);
      const bool expected = entry != known.end() &&
                            (!has_issued_before(entry->second.kind) || issued_at_us < entry->second.issued_before_us);
      ASSERT_EQ(find(token_with(kind_of(number), number, issued_at_us)).has_value(), expected) << number;
    }
  }
}

}  // namespace
}  // namespace assay::state

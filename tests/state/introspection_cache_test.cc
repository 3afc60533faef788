#include "state/introspection_cache.h"

#include <limits>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace assay::state {
namespace {

constexpr base::ReaderIndex kReader = 5;
constexpr std::int64_t kForeverNs = std::numeric_limits<std::int64_t>::max();

// Stands for issuer::IntrospectionAnswer.
class Answer {
 public:
  explicit Answer(std::string text, bool active = true, std::size_t bytes = 100)
      : text_(std::move(text)), active_(active), bytes_(bytes) {}
  [[nodiscard]] bool active() const { return active_; }
  [[nodiscard]] std::size_t bytes() const { return bytes_; }
  [[nodiscard]] const std::string& text() const { return text_; }

 private:
  std::string text_;
  bool active_;
  std::size_t bytes_;
};

using Cache = IntrospectionCache<Answer>;

// Fresh as long as it lives.
Cache::Life until(std::int64_t expires_ns) { return {.fresh_until_ns = expires_ns, .expires_ns = expires_ns}; }

std::shared_ptr<const Answer> active(std::string text) { return std::make_shared<const Answer>(std::move(text)); }
std::shared_ptr<const Answer> inactive() { return std::make_shared<const Answer>("", false); }

std::string found_text(Cache& cache, const Cache::Key& key, std::int64_t now_ns = 0) {
  const auto answer = cache.find(key, now_ns, kReader).answer;
  return answer == nullptr ? "nothing" : answer->text();
}

// Inserts inactive answers for tokens bad0, bad1, ... until one is not kept; returns how many were.
std::size_t flood_inactive(Cache& cache, std::int64_t expires_ns) {
  std::size_t kept = 0;
  while (cache.not_kept_count() == 0) {
    cache.insert({1, "bad" + std::to_string(kept)}, inactive(), until(expires_ns));
    ++kept;
  }
  return kept - 1;
}

TEST(IntrospectionCache, RemembersAnAnswerUntilItExpires) {
  Cache cache(1 << 20);
  EXPECT_EQ(found_text(cache, {1, "token"}), "nothing");
  cache.insert({1, "token"}, active("a"), until(1000));
  EXPECT_EQ(found_text(cache, {1, "token"}, 999), "a");
  EXPECT_EQ(found_text(cache, {1, "token"}, 1000), "nothing");
  EXPECT_EQ(found_text(cache, {1, "token"}, 1001), "nothing");
}

TEST(IntrospectionCache, RemembersInactiveAnswersToo) {
  Cache cache(1 << 20);
  cache.insert({1, "token"}, inactive(), until(kForeverNs));
  const auto answer = cache.find({1, "token"}, 0, kReader).answer;
  ASSERT_NE(answer, nullptr);
  EXPECT_FALSE(answer->active());
}

TEST(IntrospectionCache, NeverAnswersForAnotherTokenOrIssuer) {
  Cache cache(1 << 20);
  cache.insert({1, "token"}, active("a"), until(kForeverNs));
  for (const char* other : {"", "toke", "token1", "Token", "tokem"}) {
    EXPECT_EQ(found_text(cache, {1, other}), "nothing") << other;
  }
  EXPECT_EQ(found_text(cache, {2, "token"}), "nothing");
  cache.insert({2, "token"}, active("b"), until(kForeverNs));
  EXPECT_EQ(found_text(cache, {1, "token"}), "a");
  EXPECT_EQ(found_text(cache, {2, "token"}), "b");
}

TEST(IntrospectionCache, CollidingHashesNeverGiveAnotherTokensAnswer) {
  Cache cache(1 << 20, [](const Cache::Key&) noexcept { return base::Hash128{.high = 1, .low = 1}; });
  cache.insert({1, "token"}, active("a"), until(kForeverNs));
  EXPECT_EQ(found_text(cache, {1, "other"}), "nothing");
  EXPECT_EQ(found_text(cache, {2, "token"}), "nothing");
  cache.erase({1, "other"});
  EXPECT_EQ(found_text(cache, {1, "token"}), "a");
  cache.insert({1, "other"}, active("b"), until(kForeverNs));
  EXPECT_EQ(found_text(cache, {1, "other"}), "b");
  EXPECT_EQ(found_text(cache, {1, "token"}), "nothing");
  cache.insert({2, "other"}, inactive(), until(kForeverNs));
  EXPECT_EQ(found_text(cache, {1, "other"}), "nothing");
  EXPECT_EQ(cache.entry_count(), 1U);
  cache.erase({2, "other"});
  EXPECT_EQ(cache.bytes(), 0U);
}

TEST(IntrospectionCache, OwnsTheTextOfItsTokens) {
  Cache cache(1 << 20);
  {
    std::string token(300, 't');
    cache.insert({1, token}, active("a"), until(kForeverNs));
    token.assign(300, 'x');
  }
  EXPECT_EQ(found_text(cache, {1, std::string(300, 't')}), "a");
}

TEST(IntrospectionCache, ReplacesTheAnswerOfAToken) {
  Cache cache(1 << 20);
  cache.insert({1, "token"}, active("old"), until(kForeverNs));
  const std::size_t bytes = cache.bytes();
  cache.insert({1, "token"}, active("new"), until(kForeverNs));
  EXPECT_EQ(found_text(cache, {1, "token"}), "new");
  EXPECT_EQ(cache.entry_count(), 1U);
  EXPECT_EQ(cache.bytes(), bytes);
}

TEST(IntrospectionCache, ForgetsWhatIsErasedAndNothingElse) {
  Cache cache(1 << 20);
  cache.insert({1, "token"}, active("a"), until(kForeverNs));
  cache.insert({2, "token"}, active("b"), until(kForeverNs));
  cache.erase({1, "token"});
  cache.erase({1, "never seen"});
  EXPECT_EQ(found_text(cache, {1, "token"}), "nothing");
  EXPECT_EQ(found_text(cache, {2, "token"}), "b");
  EXPECT_EQ(cache.entry_count(), 1U);
}

TEST(IntrospectionCache, LeavesAnswersAliveForThoseWhoFoundThem) {
  Cache cache(1 << 20);
  cache.insert({1, "token"}, active("a"), until(kForeverNs));
  const auto answer = cache.find({1, "token"}, 0, kReader).answer;
  cache.erase({1, "token"});
  ASSERT_NE(answer, nullptr);
  EXPECT_EQ(answer->text(), "a");
}

TEST(IntrospectionCache, CountsTokenAnswerAndOverheadAndReturnsToZero) {
  Cache cache(1 << 20);
  cache.insert({1, std::string(500, 't')}, std::make_shared<const Answer>("", true, 1000), until(kForeverNs));
  EXPECT_GT(cache.bytes(), 1500U);
  EXPECT_LT(cache.bytes(), 2000U);
  cache.insert({1, "bad"}, inactive(), until(kForeverNs));
  EXPECT_EQ(cache.entry_count(), 2U);
  cache.erase({1, std::string(500, 't')});
  cache.erase({1, "bad"});
  EXPECT_EQ(cache.bytes(), 0U);
  EXPECT_EQ(cache.entry_count(), 0U);
}

TEST(IntrospectionCache, StaysWithinItsBudgetAndKeepsWhatItHas) {
  constexpr std::size_t kBudget = 64 * 1024;
  Cache cache(kBudget);
  std::size_t kept = 0;
  while (cache.not_kept_count() == 0) {
    cache.insert({1, "good" + std::to_string(kept)}, active("a"), until(kForeverNs));
    ++kept;
    ASSERT_LE(cache.bytes(), kBudget);
  }
  EXPECT_GT(kept, 100U);
  EXPECT_EQ(cache.entry_count(), kept - 1);
  EXPECT_EQ(found_text(cache, {1, "good" + std::to_string(kept - 1)}), "nothing");
  for (std::size_t i = 0; i + 1 < kept; ++i) {
    ASSERT_EQ(found_text(cache, {1, "good" + std::to_string(i)}), "a") << i;
  }
}

TEST(IntrospectionCache, KeepsNoAnswerLargerThanItsBudget) {
  Cache cache(64 * 1024);
  cache.insert({1, "token"}, std::make_shared<const Answer>("a", true, 64 * 1024), until(kForeverNs));
  EXPECT_EQ(found_text(cache, {1, "token"}), "nothing");
  EXPECT_EQ(cache.bytes(), 0U);
  EXPECT_EQ(cache.not_kept_count(), 1U);
}

TEST(IntrospectionCache, OfNoBytesRemembersNothing) {
  Cache cache(0);
  cache.insert({1, "token"}, active("a"), until(kForeverNs));
  EXPECT_EQ(found_text(cache, {1, "token"}), "nothing");
}

// Whoever sends bad tokens fills the inactive eighth: active answers stay, and there is room for new ones.
TEST(IntrospectionCache, DoesNotLetInactiveAnswersTakeTheRoomOfActiveOnes) {
  constexpr std::size_t kBudget = 64 * 1024;
  Cache cache(kBudget);
  cache.insert({1, "good"}, active("a"), until(kForeverNs));
  const std::size_t kept = flood_inactive(cache, kForeverNs);
  EXPECT_GT(kept, 10U);
  EXPECT_LE(cache.bytes(), kBudget / 8 + 1024);
  EXPECT_EQ(found_text(cache, {1, "good"}), "a");
  cache.insert({1, "new"}, active("b"), until(kForeverNs));
  EXPECT_EQ(found_text(cache, {1, "new"}), "b");
}

// A token that turned inactive must not be let through by what is remembered of it, room or no room.
TEST(IntrospectionCache, ForgetsTheOldAnswerEvenWhenTheNewOneIsNotKept) {
  Cache cache(64 * 1024);
  cache.insert({1, "token"}, active("a"), until(kForeverNs));
  flood_inactive(cache, kForeverNs);
  const std::uint64_t not_kept = cache.not_kept_count();
  const std::size_t entries = cache.entry_count();
  cache.insert({1, "token"}, inactive(), until(kForeverNs));
  EXPECT_EQ(cache.not_kept_count(), not_kept + 1);
  EXPECT_EQ(found_text(cache, {1, "token"}), "nothing");
  EXPECT_EQ(cache.entry_count(), entries - 1);
}

TEST(IntrospectionCache, DropsExpiredEntriesWithinOneRoundOfSweeps) {
  Cache cache(1 << 20);
  for (int i = 0; i < 1000; ++i) cache.insert({1, "short" + std::to_string(i)}, active("s"), until(1000));
  cache.insert({1, "long"}, active("l"), until(1001));
  for (std::size_t i = 0; i < Cache::kShardCount; ++i) cache.sweep(1000);
  EXPECT_EQ(cache.entry_count(), 1U);
  EXPECT_EQ(found_text(cache, {1, "long"}, 1000), "l");
  for (std::size_t i = 0; i < Cache::kShardCount; ++i) cache.sweep(1001);
  EXPECT_EQ(cache.bytes(), 0U);
}

// Each insert that finds no room visits one more shard, and its own.
TEST(IntrospectionCache, MakesRoomFromEntriesThatHadExpiredAtTheLatestSweep) {
  Cache cache(64 * 1024);
  const std::size_t kept = flood_inactive(cache, 1000);
  cache.sweep(1000);  // one shard alone: nearly all expired entries are still there
  EXPECT_GT(cache.entry_count(), kept / 2);
  std::size_t found = 0;
  for (std::size_t i = 0; i < Cache::kShardCount; ++i) {
    const std::string token = "new" + std::to_string(i);
    cache.insert({1, token}, inactive(), until(5000));
    found += cache.find({1, token}, 2000, kReader).answer != nullptr;
  }
  EXPECT_GE(found, kept * 2 / 3);
  EXPECT_LE(cache.entry_count(), kept);
}

TEST(IntrospectionCache, HasAStaleAnswerAskedAnewOnceASecond) {
  constexpr std::int64_t kSecondNs = 1'000'000'000;
  Cache cache(1 << 20);
  cache.insert({1, "token"}, active("a"), {.fresh_until_ns = 100, .expires_ns = 10 * kSecondNs});
  EXPECT_FALSE(cache.find({1, "token"}, 99, kReader).refresh_due);
  EXPECT_TRUE(cache.find({1, "token"}, 100, kReader).refresh_due);
  EXPECT_FALSE(cache.find({1, "token"}, 101, kReader).refresh_due) << "one finder asks";
  EXPECT_NE(cache.find({1, "token"}, 101, kReader).answer, nullptr);
  EXPECT_FALSE(cache.find({1, "token"}, 100 + kSecondNs - 1, kReader).refresh_due);
  EXPECT_TRUE(cache.find({1, "token"}, 100 + kSecondNs, kReader).refresh_due) << "nothing came of it";
  EXPECT_EQ(cache.find({1, "token"}, 10 * kSecondNs, kReader).answer, nullptr);
  EXPECT_FALSE(cache.find({1, "token"}, 10 * kSecondNs, kReader).refresh_due);
}

// 200,000 tokens that nobody ever issued, and as many answers: the good ones are all found, the memory is bounded.
TEST(IntrospectionCache, KeepsGoodAnswersThroughAFloodOfBadTokens) {
  constexpr std::size_t kBudget = 4 << 20;
  constexpr int kGood = 1000;
  Cache cache(kBudget);
  for (int i = 0; i < kGood; ++i) cache.insert({1, "good" + std::to_string(i)}, active("a"), until(kForeverNs));
  for (int i = 0; i < 200'000; ++i) {
    cache.insert({1, "flood" + std::to_string(i)}, inactive(), until(1'000'000 + i));
    if (i % 1000 == 0) cache.sweep(i);
  }
  EXPECT_LE(cache.bytes(), kBudget);
  for (int i = 0; i < kGood; ++i) ASSERT_EQ(found_text(cache, {1, "good" + std::to_string(i)}), "a") << i;
}

TEST(IntrospectionCacheDeathTest, StopsTheProgramOnANullAnswer) {
  Cache cache(1 << 20);
  EXPECT_DEATH(cache.insert({1, "token"}, nullptr, until(kForeverNs)), "CHECK");
}

}  // namespace
}  // namespace assay::state

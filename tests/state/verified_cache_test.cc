#include "state/verified_cache.h"

#include <algorithm>
#include <array>
#include <deque>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "assay/limits.h"

namespace assay::state {
namespace {

constexpr std::size_t kBudget = 2 * kVerifiedCacheBytesMin;

// What a pipeline would offer of one token; owns what the entry shows.
struct Offered {
  explicit Offered(const std::string& name, std::size_t filling = 600)
      : compact("e30.e30." + name + std::string(filling, 'x') + name),
        payload(R"({"iss":"i-)" + name + R"(","sub":"s","aud":["a","b"],"scope":"r w"})"),
        unescaped("sub of " + name),
        scope("r w"),
        audiences{std::string_view{payload}.substr(payload.find("[\"a") + 2, 1), "b"},
        members{
            {.name = "iss", .text = std::string_view{payload}.substr(8, 2 + name.size()), .kind = JsonKind::kString},
            {.name = "sub", .text = unescaped, .kind = JsonKind::kString}} {}

  [[nodiscard]] VerifiedEntry entry() const {
    VerifiedEntry entry{.compact = compact,
                        .payload = payload,
                        .key_id = "kid",
                        .claims = {},
                        .under = {.issuer = 7, .keys = 3},
                        .targets = {},
                        .issuer_index = 1};
    entry.claims.has_iss = true;
    entry.claims.iss = members[0].text;
    entry.claims.sub = unescaped;
    entry.claims.has_aud = true;
    entry.claims.audiences = audiences;
    entry.claims.scope_texts = {&scope, 1};
    entry.claims.members = members;
    entry.claims.exp = NumericDate{5};
    return entry;
  }

  std::string compact, payload, unescaped;
  std::string_view scope;
  std::vector<std::string_view> audiences;
  std::vector<Claim> members;
};

void offer_twice(VerifiedCache& cache, const Offered& offered) {
  cache.offer(offered.entry());
  cache.offer(offered.entry());
}

const VerifiedEntry* find(VerifiedCache& cache, std::string_view compact) {
  const base::Hash128 hash = cache.seek(compact);
  cache.fetch(hash);
  return cache.find(hash, compact);
}

TEST(VerifiedCache, KeepsWhatIsOfferedTwice) {
  VerifiedCache cache(kBudget);
  const Offered token("t");
  cache.offer(token.entry());
  EXPECT_EQ(find(cache, token.compact), nullptr);
  cache.offer(token.entry());
  EXPECT_NE(find(cache, token.compact), nullptr);
  cache.offer(token.entry());
  EXPECT_EQ(cache.entry_count(), 1U);
}

TEST(VerifiedCache, OwnsEverythingThatAnEntryShows) {
  VerifiedCache cache(kBudget);
  std::string compact;
  {
    const Offered token("gone");
    compact = token.compact;
    offer_twice(cache, token);
  }
  const VerifiedEntry* const found = find(cache, compact);
  ASSERT_NE(found, nullptr);
  const Offered again("gone");
  EXPECT_EQ(found->compact, again.compact);
  EXPECT_EQ(found->payload, again.payload);
  EXPECT_EQ(found->key_id, "kid");
  EXPECT_EQ(found->under, (VerifiedUnder{.issuer = 7, .keys = 3}));
  EXPECT_EQ(found->issuer_index, 1U);
  EXPECT_TRUE(found->claims.has_iss);
  EXPECT_EQ(found->claims.iss, "i-gone");
  EXPECT_EQ(found->claims.sub, "sub of gone");
  EXPECT_EQ(found->claims.exp->us, 5);
  ASSERT_EQ(found->claims.audiences.size(), 2U);
  EXPECT_EQ(found->claims.audiences[0], "a");
  EXPECT_EQ(found->claims.audiences[1], "b");
  ASSERT_EQ(found->claims.members.size(), 2U);
  EXPECT_EQ(found->claims.members[0].name, "iss");
  EXPECT_EQ(found->claims.members[0].text, "i-gone");
  EXPECT_EQ(found->claims.members[1].text, "sub of gone");
}

TEST(VerifiedCache, FindsTheWholeTokenOrNothing) {
  VerifiedCache cache(kBudget);
  const Offered token("t");
  offer_twice(cache, token);
  for (std::size_t i = 0; i < token.compact.size(); ++i) {
    std::string other = token.compact;
    other[i] = static_cast<char>(other[i] ^ 1);
    EXPECT_EQ(find(cache, other), nullptr) << i;
  }
  EXPECT_EQ(find(cache, std::string_view(token.compact).substr(1)), nullptr);
  EXPECT_EQ(find(cache, token.compact + "x"), nullptr);
  EXPECT_EQ(find(cache, ""), nullptr);
}

// Entries of every length of their last line, with every list and with none.
TEST(VerifiedCache, EntriesOfEverySizeStayWhole) {
  VerifiedCache cache(std::size_t{16} << 20);  // so many buckets that none of them is full
  std::deque<Offered> tokens;
  for (std::size_t i = 0; i < 3 * 64; ++i) {
    tokens.emplace_back("t" + std::to_string(100 + i), 300 + i / 3);
    if (i % 3 == 1) tokens.back().audiences.clear();
    if (i % 3 == 2) tokens.back().members.pop_back();
    offer_twice(cache, tokens.back());
  }
  ASSERT_EQ(cache.entry_count(), tokens.size());
  for (const Offered& token : tokens) {
    const VerifiedEntry* const found = find(cache, token.compact);
    ASSERT_NE(found, nullptr);
    EXPECT_EQ(found->payload, token.payload);
    EXPECT_EQ(found->key_id, "kid");
    EXPECT_EQ(found->claims.sub, token.unescaped);
    EXPECT_TRUE(std::equal(found->claims.audiences.begin(), found->claims.audiences.end(), token.audiences.begin(),
                           token.audiences.end()));
    ASSERT_EQ(found->claims.scope_texts.size(), 1U);
    EXPECT_EQ(found->claims.scope_texts.front(), "r w");
    ASSERT_EQ(found->claims.members.size(), token.members.size());
    for (std::size_t i = 0; i < token.members.size(); ++i) {
      EXPECT_EQ(found->claims.members[i].name, token.members[i].name);
      EXPECT_EQ(found->claims.members[i].text, token.members[i].text);
    }
  }
}

TEST(VerifiedCache, ABatchSeeksBeforeItFinds) {
  VerifiedCache cache(kBudget);
  const Offered kept("kept");
  const Offered twin("twin");
  for (const Offered* const token : {&kept, &twin}) offer_twice(cache, *token);
  cache.begin_batch();
  const std::array<base::Hash128, 3> hashes{cache.seek(twin.compact), cache.seek(kept.compact),
                                            cache.seek(twin.compact)};
  cache.fetch(hashes[0]);
  cache.fetch(hashes[2]);
  const VerifiedEntry* const first = cache.find(hashes[0], twin.compact);
  ASSERT_NE(first, nullptr);
  cache.forget(*first);
  EXPECT_NE(cache.find(hashes[1], kept.compact), nullptr);  // nobody fetched it
  EXPECT_EQ(cache.find(hashes[2], twin.compact), nullptr);
}

TEST(VerifiedCache, CollidingHashesNeverGiveAnotherToken) {
  VerifiedCache cache(kBudget, [](std::string_view) noexcept { return base::Hash128{.high = 1, .low = 1}; });
  for (int i = 0; i < 50; ++i) offer_twice(cache, Offered("c" + std::to_string(i)));
  EXPECT_GT(cache.entry_count(), 1U);
  std::size_t found_count = 0;
  for (int i = 0; i < 50; ++i) {
    const Offered token("c" + std::to_string(i));
    const VerifiedEntry* const found = find(cache, token.compact);
    if (found == nullptr) continue;
    ++found_count;
    EXPECT_EQ(found->compact, token.compact);
    EXPECT_EQ(found->claims.sub, token.unescaped);
  }
  EXPECT_EQ(found_count, cache.entry_count());
}

TEST(VerifiedCache, StaysInItsBudgetWhateverComes) {
  VerifiedCache cache(kBudget);
  for (int i = 0; i < 5000; ++i) {
    cache.begin_batch();
    const Offered token(std::to_string(i), static_cast<std::size_t>(i * 37 % 6000));
    offer_twice(cache, token);
    if (i % 3 == 0) static_cast<void>(find(cache, token.compact));
    ASSERT_LE(cache.bytes(), kBudget);
    if (const VerifiedEntry* const found = find(cache, token.compact)) {
      ASSERT_EQ(found->payload, token.payload);
    }
  }
  EXPECT_GT(cache.bytes(), kBudget / 4);
  const Offered whole("big", kTokenBytesMax);
  for (int i = 0; i < 100 && find(cache, whole.compact) == nullptr; ++i) {
    cache.begin_batch();
    cache.offer(whole.entry());
  }
  EXPECT_NE(find(cache, whole.compact), nullptr);
}

TEST(VerifiedCache, AFloodOfTokensSeenOncePushesOutNothing) {
  VerifiedCache cache(kBudget);
  std::deque<Offered> good;
  for (int i = 0; i < 50; ++i) good.emplace_back("good" + std::to_string(i));
  for (const Offered& token : good) offer_twice(cache, token);
  for (int i = 0; i < 100'000; ++i) {
    cache.begin_batch();
    cache.offer(Offered("flood" + std::to_string(i), 100).entry());
  }
  for (const Offered& token : good) EXPECT_NE(find(cache, token.compact), nullptr);
}

TEST(VerifiedCache, TokensSeenOftenOutliveTokensSeenTwice) {
  VerifiedCache cache(kBudget);
  std::deque<Offered> good;
  for (int i = 0; i < 50; ++i) good.emplace_back("good" + std::to_string(i));
  for (const Offered& token : good) offer_twice(cache, token);
  std::size_t hits = 0;
  for (int i = 0; i < 10'000; ++i) {
    cache.begin_batch();
    const Offered& token = good[static_cast<std::size_t>(i) % good.size()];
    if (find(cache, token.compact) != nullptr) {
      ++hits;
    } else {
      cache.offer(token.entry());
    }
    offer_twice(cache, Offered("twice" + std::to_string(i)));
  }
  EXPECT_GT(hits, 9'900U);
}

TEST(VerifiedCache, WhatABatchWasGivenOutlivesTheBatch) {
  VerifiedCache cache(kBudget);
  const Offered token("held");
  offer_twice(cache, token);
  cache.begin_batch();
  const VerifiedEntry* const held = find(cache, token.compact);
  ASSERT_NE(held, nullptr);
  for (int i = 0; i < 5000; ++i) offer_twice(cache, Offered("x" + std::to_string(i)));
  EXPECT_EQ(held->compact, token.compact);
  EXPECT_EQ(held->payload, token.payload);
  EXPECT_EQ(find(cache, token.compact), held);
}

TEST(VerifiedCache, KeepsMoreTargetsOfAnEntry) {
  VerifiedCache cache(kBudget);
  const Offered token("t");
  offer_twice(cache, token);
  TokenTargets targets(5);
  targets.set(RevocationKind::kSubject, {.high = 1, .low = 2});
  cache.note_targets(*find(cache, token.compact), targets);
  const VerifiedEntry* const found = find(cache, token.compact);
  EXPECT_EQ(found->targets.issued_at_us(), 5);
  EXPECT_EQ(found->targets.known(), TokenTargets::bit_of(RevocationKind::kSubject));
  EXPECT_EQ(found->compact, token.compact);
}

TEST(VerifiedCache, ForgetsOnceAndForAll) {
  VerifiedCache cache(kBudget);
  const Offered token("t");
  offer_twice(cache, token);
  const VerifiedEntry& found = *find(cache, token.compact);
  cache.forget(found);
  cache.forget(found);
  EXPECT_EQ(find(cache, token.compact), nullptr);
  EXPECT_EQ(cache.entry_count(), 0U);
  EXPECT_EQ(cache.bytes(), 0U);
}

TEST(VerifiedCache, KeepsNothingWithoutABudget) {
  for (const std::size_t budget : {std::size_t{0}, kVerifiedCacheBytesMin - 1}) {
    VerifiedCache cache(budget);
    const Offered token("t");
    offer_twice(cache, token);
    EXPECT_FALSE(cache.keeps_any());
    EXPECT_EQ(find(cache, token.compact), nullptr);
    EXPECT_EQ(cache.entry_count(), 0U);
  }
}

}  // namespace
}  // namespace assay::state

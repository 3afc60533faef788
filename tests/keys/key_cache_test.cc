#include "keys/key_cache.h"

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "signing/signing_key.h"

namespace assay::keys {
namespace {

TEST(KeyCache, BeginsWithoutKeys) {
  KeyCache cache;
  const KeyCache::Pin state = cache.observe(base::ReaderIndex{0});
  EXPECT_EQ(state->set, nullptr);
  EXPECT_EQ(state->generation, 0u);
  EXPECT_FALSE(state->facts.latest_failed);
}

TEST(KeyCache, AReaderKeepsWhatItPinnedAndTheNextOneSeesTheNewState) {
  KeyCache cache;
  const auto publish = [&cache](const std::string& kid, std::uint64_t generation) {
    const std::string document =
        signing::jwk_set(signing::SigningKey::generate_ec(signing::Curve::kP256).public_jwk({.kid = kid}));
    auto state = std::make_unique<KeyState>();
    state->set = std::move(KeySet::make_from_jwks(document).value());
    state->generation = generation;
    cache.publish(std::move(state));
  };
  publish("old", 1);
  const KeyCache::Pin early = cache.observe(base::ReaderIndex{0});
  publish("new", 2);
  const KeyCache::Pin late = cache.observe(base::ReaderIndex{1});
  EXPECT_EQ(early->generation, 1u);
  EXPECT_EQ(early->set->find_by_kid("old", Alg::kES256).count, 1u);
  EXPECT_EQ(early->set->find_by_kid("new", Alg::kES256).code, ErrorCode::kUnknownKey);
  EXPECT_EQ(late->generation, 2u);
  EXPECT_EQ(late->set->find_by_kid("new", Alg::kES256).count, 1u);
  EXPECT_EQ(late->set->find_by_kid("old", Alg::kES256).code, ErrorCode::kUnknownKey);
}

TEST(KeyCache, AReaderThatSleepsForAnHourDelaysNobodyAndFreesItsKeysAfterwards) {
  constexpr std::uint64_t kSeconds = 3600;  // a rotation each
  KeyCache cache;
  std::vector<std::weak_ptr<const KeySet>> sets;
  const auto publish = [&](std::uint64_t second) {
    auto state = std::make_unique<KeyState>();
    state->set =
        std::move(KeySet::make({.kind = KeySource::Kind::kSecret, .text = "secret-" + std::string(32, 's')}).value());
    state->generation = second;
    state->fetched_us = static_cast<std::int64_t>(second) * 1'000'000;
    sets.push_back(state->set);
    cache.publish(std::move(state));
  };
  const auto alive = [&sets] {
    return std::count_if(sets.begin(), sets.end(), [](const auto& set) { return !set.expired(); });
  };
  publish(0);
  KeyCache::Pin asleep = cache.observe(base::ReaderIndex{0});
  for (std::uint64_t second = 1; second <= kSeconds; ++second) {
    publish(second);
    ASSERT_EQ(cache.observe(base::ReaderIndex{1})->generation, second) << "others see the new keys at once";
    ASSERT_EQ(alive(), 2) << "the sleeper's and the current ones";
  }
  EXPECT_EQ(asleep->generation, 0u);
  EXPECT_EQ(asleep->set->keys().size(), 1u);
  asleep = {};
  EXPECT_EQ(cache.reclaim(), 0u);
  EXPECT_EQ(alive(), 1);
  EXPECT_TRUE(sets.front().expired());
}

}  // namespace
}  // namespace assay::keys

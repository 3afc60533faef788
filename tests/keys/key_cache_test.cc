#include "keys/key_cache.h"

#include <memory>
#include <string>
#include <utility>

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

}  // namespace
}  // namespace assay::keys

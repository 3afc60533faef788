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

std::shared_ptr<KeyState> state_of_generation(std::uint64_t generation) {
  auto state = std::make_shared<KeyState>();
  state->generation = generation;
  return state;
}

std::shared_ptr<KeyState> state_with_kid(const std::string& kid, std::uint64_t generation) {
  const std::string document =
      signing::jwk_set(signing::SigningKey::generate_ec(signing::Curve::kP256).public_jwk({.kid = kid}));
  std::shared_ptr<KeyState> state = state_of_generation(generation);
  state->set = KeySet::make_from_jwks(document).value();
  return state;
}

Candidates find(const KeyView& view, const KeySeat& seat, std::string_view kid) {
  return view.find_by_kid(seat.number(), base::keyed_hash(kid), Alg::kES256);
}

TEST(KeyCache, BeginsWithoutKeys) {
  const auto cache = std::make_shared<KeyCache>();
  const KeySeat seat(cache);
  const KeyCache::Pin view = cache->observe(base::ReaderIndex{0});
  const KeyState& state = view->state_of(seat.number());
  EXPECT_EQ(state.set, nullptr);
  EXPECT_EQ(view->set_of(seat.number()), nullptr);
  EXPECT_EQ(state.generation, 0u);
  EXPECT_FALSE(state.facts.latest_failed);
}

TEST(KeyCache, AReaderKeepsWhatItPinnedAndTheNextOneSeesTheNewState) {
  const auto cache = std::make_shared<KeyCache>();
  KeySeat seat(cache);
  seat.publish(state_with_kid("old", 1));
  const KeyCache::Pin early = cache->observe(base::ReaderIndex{0});
  seat.publish(state_with_kid("new", 2));
  const KeyCache::Pin late = cache->observe(base::ReaderIndex{1});
  EXPECT_EQ(early->state_of(seat.number()).generation, 1u);
  EXPECT_EQ(find(*early, seat, "old").count, 1u);
  EXPECT_EQ(find(*early, seat, "new").code, ErrorCode::kUnknownKey);
  EXPECT_EQ(late->state_of(seat.number()).generation, 2u);
  EXPECT_EQ(find(*late, seat, "new").count, 1u);
  EXPECT_EQ(find(*late, seat, "old").code, ErrorCode::kUnknownKey);
}

TEST(KeyCache, FindsInOneIssuersKeysNoOthers) {
  const auto cache = std::make_shared<KeyCache>();
  KeySeat a(cache);
  KeySeat b(cache);
  KeySeat pinned(cache);
  a.publish(state_with_kid("a", 1));
  b.publish(state_with_kid("b", 1));
  std::shared_ptr<KeyState> secret = state_of_generation(1);
  secret->set = KeySet::make({.kind = KeySource::Kind::kSecret, .text = std::string(32, 's')}).value();
  pinned.publish(secret);
  const KeyCache::Pin view = cache->observe(base::ReaderIndex{0});
  EXPECT_EQ(find(*view, a, "a").keys[0], view->set_of(a.number())->keys().data());
  EXPECT_EQ(find(*view, b, "b").keys[0], view->set_of(b.number())->keys().data());
  EXPECT_EQ(find(*view, a, "b").code, ErrorCode::kUnknownKey);
  EXPECT_EQ(find(*view, b, "a").code, ErrorCode::kUnknownKey);
  // Of a key without a name the kid chooses nothing.
  EXPECT_EQ(find(*view, pinned, "a").code, ErrorCode::kAlgKeyMismatch);
  EXPECT_EQ(view->find_by_kid(pinned.number(), base::keyed_hash("a"), Alg::kHS256).count, 1u);
}

TEST(KeyCache, GivesASeatAwayAgainWithoutTheKeysThatWereThere) {
  const auto cache = std::make_shared<KeyCache>();
  KeySeat other(cache);
  other.publish(state_with_kid("other", 7));
  auto gone = std::make_unique<KeySeat>(cache);
  gone->publish(state_with_kid("gone", 1));
  const std::weak_ptr<const KeySet> set = cache->observe(base::ReaderIndex{0})->state_of(gone->number()).set;
  const SeatNumber number = gone->number();
  KeyCache::Pin before = cache->observe(base::ReaderIndex{0});
  gone.reset();
  const KeySeat next(cache);
  EXPECT_EQ(next.number(), number);
  EXPECT_EQ(cache->observe(base::ReaderIndex{1})->set_of(number), nullptr);
  EXPECT_EQ(cache->observe(base::ReaderIndex{1})->state_of(other.number()).generation, 7u);
  EXPECT_NE(before->set_of(number), nullptr) << "a batch that began before";
  EXPECT_FALSE(set.expired());
  before = {};
  EXPECT_EQ(cache->reclaim(), 0u);
  EXPECT_TRUE(set.expired());
}

// A seat that was taken after the view was made has no place in it.
TEST(KeyCache, ShowsNoKeysOfASeatThatTheViewDoesNotKnow) {
  const auto cache = std::make_shared<KeyCache>();
  const KeyCache::Pin early = cache->observe(base::ReaderIndex{0});
  KeySeat seat(cache);
  seat.publish(state_with_kid("a", 1));
  EXPECT_EQ(early->set_of(seat.number()), nullptr);
  EXPECT_EQ(early->state_of(seat.number()).generation, 0u);
  early->prefetch(seat.number(), base::keyed_hash("a"));
}

TEST(KeyCache, AReaderThatSleepsForAnHourDelaysNobodyAndFreesItsKeysAfterwards) {
  constexpr std::uint64_t kSeconds = 3600;  // a rotation each
  const auto cache = std::make_shared<KeyCache>();
  KeySeat seat(cache);
  std::vector<std::weak_ptr<const KeySet>> sets;
  const auto publish = [&](std::uint64_t second) {
    std::shared_ptr<KeyState> state = state_of_generation(second);
    state->set = KeySet::make({.kind = KeySource::Kind::kSecret, .text = "secret-" + std::string(32, 's')}).value();
    state->fetched_us = static_cast<std::int64_t>(second) * 1'000'000;
    sets.push_back(state->set);
    seat.publish(state);
  };
  const auto alive = [&sets] {
    return std::count_if(sets.begin(), sets.end(), [](const auto& set) { return !set.expired(); });
  };
  publish(0);
  KeyCache::Pin asleep = cache->observe(base::ReaderIndex{0});
  for (std::uint64_t second = 1; second <= kSeconds; ++second) {
    publish(second);
    ASSERT_EQ(cache->observe(base::ReaderIndex{1})->state_of(seat.number()).generation, second)
        << "others see the new keys at once";
    ASSERT_EQ(alive(), 2) << "the sleeper's and the current ones";
  }
  EXPECT_EQ(asleep->state_of(seat.number()).generation, 0u);
  EXPECT_EQ(asleep->set_of(seat.number())->keys().size(), 1u);
  asleep = {};
  EXPECT_EQ(cache->reclaim(), 0u);
  EXPECT_EQ(alive(), 1);
  EXPECT_TRUE(sets.front().expired());
}

}  // namespace
}  // namespace assay::keys

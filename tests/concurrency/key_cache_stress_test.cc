// Property: whatever the interleaving of workers with the control thread,
//   1  the key set, generation, time and error text that a worker pins belong together, to the end of the pin;
//   2  no worker sees generations go back, nor one older than a publish() it knows to have returned;
//   3  every published state, and its hold on a key set, is freed exactly once and never while a worker pins it;
//   4  a worker that sleeps on old keys delays nobody and keeps one state alive;
//   5  in the steady state workers write no line of the cache that another thread reads or writes.
// Method: every field of a state is a function of its generation, and its hold on the key set ends in a ledger. Workers
// pin and look twice while the control thread publishes for a bounded time; failures are counted and read after
// joining. For 5 the bytes of the cache are compared around a pin.
#include <atomic>
#include <latch>
#include <memory>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "base/clock.h"
#include "keys/key_cache.h"
#include "tests/concurrency/ledger.h"
#include "tests/concurrency/object_lines.h"

namespace assay::keys {
namespace {

constexpr std::uint64_t kGenerationsMax = 4'000'000;
constexpr std::int64_t kRunNs = 1'000'000'000;

std::unique_ptr<const KeySet> make_secret_set(char fill) {
  return KeySet::make({.kind = KeySource::Kind::kSecret, .text = std::string(32, fill)}).value();
}

class KeyCacheStress : public testing::Test {
 protected:
  KeyCacheStress() { publish(0); }

  void publish(std::uint64_t generation) {
    auto state = std::make_shared<KeyState>();
    // Shares in the life of a Checked and points at a real key set.
    state->set = std::shared_ptr<const KeySet>(std::make_shared<const base::Checked>(generation, ledger_),
                                               sets_[generation % 2].get());
    state->generation = generation;
    state->fetched_us = static_cast<std::int64_t>(~generation);
    state->facts.latest_failed = generation % 3 == 0;
    state->last_error = "generation " + std::to_string(generation);
    seat_->publish(std::move(state));
  }

  [[nodiscard]] bool is_consistent(const KeyState& state) const {
    const std::uint64_t generation = state.generation;
    return state.fetched_us == static_cast<std::int64_t>(~generation) && generation < kGenerationsMax &&
           ledger_.times_freed(generation) == 0 && state.set.get() == sets_[generation % 2].get() &&
           state.set->keys().size() == 1 && state.facts.latest_failed == (generation % 3 == 0) &&
           state.last_error == "generation " + std::to_string(generation);
  }

  base::Ledger ledger_{kGenerationsMax};
  const std::unique_ptr<const KeySet> sets_[2] = {make_secret_set('a'), make_secret_set('b')};
  std::shared_ptr<KeyCache> cache_ = std::make_shared<KeyCache>();
  const std::unique_ptr<KeySeat> other_ = std::make_unique<KeySeat>(cache_);  // of an issuer whose keys stand still
  std::unique_ptr<KeySeat> seat_ = std::make_unique<KeySeat>(cache_);
  const SeatNumber other_number_ = other_->number();
  const SeatNumber seat_number_ = seat_->number();
};

struct Findings {
  std::uint64_t pins = 0;
  std::uint64_t torn = 0;       // against properties 1 and 3
  std::uint64_t went_back = 0;  // against property 2
  std::uint64_t missed = 0;     // against property 2
};

TEST_F(KeyCacheStress, WorkersSeeWholeStatesInOrderWhileKeysAreReplaced) {
  constexpr std::size_t kWorkers = 4;
  std::atomic<std::uint64_t> returned{0};  // latest generation whose publish() has returned
  std::atomic<bool> stopped{false};
  std::vector<Findings> findings(kWorkers);
  const auto work = [&](base::ReaderIndex reader) {
    Findings seen;
    std::uint64_t latest = 0;
    while (!stopped.load(std::memory_order_relaxed)) {                       // alone: a late look costs a turn [S2]
      const std::uint64_t floor = returned.load(std::memory_order_acquire);  // [S1]
      const KeyCache::Pin pin = cache_->observe(reader);
      const KeyState& state = pin->state_of(seat_number_);
      seen.torn += !is_consistent(state);
      seen.went_back += state.generation < latest;
      seen.missed += state.generation < floor;
      latest = state.generation;
      if (reader % 2 == 0) std::this_thread::yield();
      seen.torn += !is_consistent(state) || state.generation != latest;
      seen.torn += pin->set_of(seat_number_) != state.set.get() || pin->set_of(other_number_) != nullptr;
      ++seen.pins;
    }
    findings[reader] = seen;
  };
  std::vector<std::thread> workers;
  for (base::ReaderIndex reader = 0; reader < kWorkers; ++reader) workers.emplace_back(work, reader);
  std::uint64_t generation = 0;
  for (const std::int64_t end_ns = base::monotonic_ns() + kRunNs;
       base::monotonic_ns() < end_ns && generation + 1 < kGenerationsMax;) {
    publish(++generation);
    returned.store(generation, std::memory_order_release);  // [S1]
  }
  stopped.store(true, std::memory_order_relaxed);  // [S2]
  for (std::thread& worker : workers) worker.join();

  for (const Findings& seen : findings) {
    EXPECT_GT(seen.pins, 0U);
    EXPECT_EQ(seen.torn, 0U);
    EXPECT_EQ(seen.went_back, 0U);
    EXPECT_EQ(seen.missed, 0U);
  }
  EXPECT_GT(generation, 100U);
  EXPECT_EQ(cache_->reclaim(), 0U);
  seat_.reset();
  EXPECT_EQ(ledger_.count_not_freed_once(generation + 1), 0U);
}

TEST_F(KeyCacheStress, AWorkerThatSleepsOnOldKeysDelaysNobodyAndKeepsOneStateAlive) {
  constexpr std::uint64_t kPublished = 5'000;
  std::latch asleep(1);
  std::latch wake(1);
  std::thread sleeper([&] {
    const KeyCache::Pin pin = cache_->observe(0);
    asleep.count_down();
    wake.wait();
    EXPECT_TRUE(is_consistent(pin->state_of(seat_number_)));
    EXPECT_EQ(pin->state_of(seat_number_).generation, 0U);
  });
  asleep.wait();
  for (std::uint64_t generation = 1; generation <= kPublished; ++generation) {
    publish(generation);
    EXPECT_EQ(cache_->observe(1)->state_of(seat_number_).generation, generation);
  }
  EXPECT_EQ(cache_->reclaim(), 1U);
  EXPECT_EQ(ledger_.count_not_freed_once(kPublished), 1U);  // all but the sleeper's and the current one are freed
  wake.count_down();
  sleeper.join();
  EXPECT_EQ(cache_->reclaim(), 0U);
  EXPECT_EQ(ledger_.times_freed(0), 1);
}

TEST_F(KeyCacheStress, WorkersWriteNoSharedLineInTheSteadyState) {
  base::ObjectLines<KeyCache> lines(*cache_);
  publish(1);
  std::set<std::size_t> taken = lines.changed();
  ASSERT_FALSE(taken.empty());
  lines.remember();
  for (base::ReaderIndex reader = 0; reader < base::kReadersMax; ++reader) {
    KeyCache::Pin pin = cache_->observe(reader);
    const std::set<std::size_t> changed = lines.changed();
    ASSERT_EQ(changed.size(), 1U) << "reader " << reader;
    EXPECT_TRUE(taken.insert(*changed.begin()).second) << "reader " << reader << " shares a line";
    pin = {};
    EXPECT_TRUE(lines.changed().empty());
  }
}

}  // namespace
}  // namespace assay::keys

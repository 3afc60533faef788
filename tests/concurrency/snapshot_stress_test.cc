// Property: whatever the interleaving of readers with publish() and reclaim(),
//   1  a pinned value is whole and alive from observe() to the end of the Pin;
//   2  no reader sees generations go back, nor one older than a generation whose publish() it knows to have returned;
//   3  every value is freed exactly once, and at no time does a reader keep more than one alive;
//   4  a reader that sleeps on a pin delays neither publishers nor other readers.
// Method: values check themselves (generation, complement, a ledger of destructions). Readers of different manners pin,
// look twice and let go as fast as they can, while a publisher replaces the value and another thread reclaims, for a
// bounded time. Failures are counted and read after joining: an assertion inside a reader would synchronise threads
// and hide what is looked for. Under the thread sanitizer the destructor's writes make a missing order a report.
#include <algorithm>
#include <atomic>
#include <latch>
#include <memory>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "base/clock.h"
#include "base/snapshot.h"
#include "tests/concurrency/ledger.h"

namespace assay::base {
namespace {

constexpr std::uint64_t kGenerationsMax = 4'000'000;
constexpr std::int64_t kRunNs = 1'000'000'000;

// What a reader does while it holds a pin.
enum class Manner { kBrief, kYielding, kMoving };

struct Findings {
  std::uint64_t pins = 0;
  std::uint64_t dead = 0;       // against property 1
  std::uint64_t went_back = 0;  // against property 2
  std::uint64_t missed = 0;     // against property 2
};

class SnapshotStress : public testing::Test {
 protected:
  // Publishes generations 1, 2, ... for kRunNs, then tells all others to stop.
  void publish_for_a_while() {
    const std::int64_t end_ns = monotonic_ns() + kRunNs;
    while (monotonic_ns() < end_ns && published_ + 16 < kGenerationsMax) {
      for (int i = 0; i < 16; ++i) {
        snapshot_->publish(std::make_unique<const Checked>(++published_, ledger_));
        returned_.store(published_, std::memory_order_release);  // [S1]
      }
    }
    stopped_.store(true, std::memory_order_relaxed);  // alone: a late look costs a turn [S2]
  }

  void reclaim_until_stopped() {
    while (!stopped()) {
      waiting_max_ = std::max(waiting_max_, snapshot_->reclaim());
      std::this_thread::yield();
    }
  }

  [[nodiscard]] Findings read_until_stopped(ReaderIndex reader, Manner manner) {
    Findings findings;
    std::uint64_t latest = 0;
    while (!stopped()) {
      const std::uint64_t floor = returned_.load(std::memory_order_acquire);  // [S1]
      auto pin = snapshot_->observe(reader);
      findings.dead += !pin->is_alive(ledger_);
      const std::uint64_t generation = pin->generation();
      findings.went_back += generation < latest;
      findings.missed += generation < floor;
      latest = generation;
      linger(manner, pin);
      findings.dead += !pin->is_alive(ledger_) || pin->generation() != generation;
      ++findings.pins;
    }
    return findings;
  }

  static void linger(Manner manner, Snapshot<Checked>::Pin& pin) {
    switch (manner) {
      case Manner::kBrief: break;
      case Manner::kYielding: std::this_thread::yield(); break;
      case Manner::kMoving: {
        Snapshot<Checked>::Pin elsewhere = std::move(pin);
        pin = std::move(elsewhere);
        break;
      }
    }
  }

  [[nodiscard]] bool stopped() const { return stopped_.load(std::memory_order_relaxed); }  // [S2]

  Ledger ledger_{kGenerationsMax};
  std::unique_ptr<Snapshot<Checked>> snapshot_ =
      std::make_unique<Snapshot<Checked>>(std::make_unique<const Checked>(0, ledger_));
  std::uint64_t published_ = 0;             // the publisher's alone until it is joined
  std::size_t waiting_max_ = 0;             // the reclaimer's alone until it is joined
  std::atomic<std::uint64_t> returned_{0};  // latest generation whose publish() has returned
  std::atomic<bool> stopped_{false};
};

TEST_F(SnapshotStress, PinnedValuesAreWholeAliveAndInOrderAndAllAreFreedOnce) {
  const std::vector<Manner> manners{Manner::kBrief, Manner::kBrief, Manner::kYielding, Manner::kMoving};
  std::vector<Findings> findings(manners.size() + 1);
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < manners.size(); ++i) {
    threads.emplace_back([this, i, &manners, &findings] { findings[i] = read_until_stopped(i, manners[i]); });
  }
  threads.emplace_back([this, &findings] { findings.back() = read_until_stopped(kControlReader, Manner::kYielding); });
  threads.emplace_back([this] { reclaim_until_stopped(); });
  publish_for_a_while();
  for (std::thread& thread : threads) thread.join();

  for (std::size_t i = 0; i < findings.size(); ++i) {
    EXPECT_GT(findings[i].pins, 0U) << "reader " << i;
    EXPECT_EQ(findings[i].dead, 0U) << "reader " << i;
    EXPECT_EQ(findings[i].went_back, 0U) << "reader " << i;
    EXPECT_EQ(findings[i].missed, 0U) << "reader " << i;
  }
  EXPECT_GT(published_, 100U);
  EXPECT_LE(waiting_max_, findings.size());
  EXPECT_EQ(snapshot_->reclaim(), 0U);
  EXPECT_EQ(snapshot_->latest().generation(), published_);
  snapshot_.reset();
  EXPECT_EQ(ledger_.count_not_freed_once(published_ + 1), 0U);
}

TEST_F(SnapshotStress, TwoPublishersLoseAndLeakNothing) {
  constexpr std::uint64_t kEach = 20'000;
  Findings findings;
  const auto publish_from = [this](std::uint64_t first) {
    for (std::uint64_t generation = first; generation < first + kEach; ++generation) {
      snapshot_->publish(std::make_unique<const Checked>(generation, ledger_));
    }
  };
  std::thread reader([this, &findings] {
    while (!stopped()) {
      const auto pin = snapshot_->observe(0);
      findings.dead += !pin->is_alive(ledger_);
      ++findings.pins;
    }
  });
  std::thread publisher(publish_from, 1);
  publish_from(1 + kEach);
  publisher.join();
  stopped_.store(true, std::memory_order_relaxed);  // [S2]
  reader.join();
  EXPECT_GT(findings.pins, 0U);
  EXPECT_EQ(findings.dead, 0U);
  snapshot_.reset();
  EXPECT_EQ(ledger_.count_not_freed_once(1 + 2 * kEach), 0U);
}

TEST_F(SnapshotStress, ASleepingReaderDelaysNobodyAndKeepsOneValueAlive) {
  constexpr std::uint64_t kPublished = 10'000;
  std::latch asleep(1);
  std::latch wake(1);
  std::thread sleeper([this, &asleep, &wake] {
    const auto pin = snapshot_->observe(0);
    asleep.count_down();
    wake.wait();
    EXPECT_TRUE(pin->is_alive(ledger_));
    EXPECT_EQ(pin->generation(), 0U);
  });
  asleep.wait();
  for (std::uint64_t generation = 1; generation <= kPublished; ++generation) {
    snapshot_->publish(std::make_unique<const Checked>(generation, ledger_));
    EXPECT_EQ(snapshot_->observe(1)->generation(), generation);
  }
  EXPECT_EQ(snapshot_->reclaim(), 1U);
  EXPECT_EQ(ledger_.times_freed(0), 0);
  EXPECT_EQ(ledger_.count_not_freed_once(kPublished), 1U);  // all but the sleeper's and the current one are freed
  wake.count_down();
  sleeper.join();
  EXPECT_EQ(snapshot_->reclaim(), 0U);
  EXPECT_EQ(ledger_.times_freed(0), 1);
}

}  // namespace
}  // namespace assay::base

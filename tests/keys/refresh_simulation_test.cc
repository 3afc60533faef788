// Seeded schedules of a clock, an issuer that rotates its keys, answers that are slow, failed, garbage or stale, and
// floods of unknown kids. Whoever runs keys::Refresh as its card says keeps these promises:
//
//   budget    fetches out of turn stay within burst + time / forced_every; others keep their distance; one is in flight
//   keys      what serves is exactly the latest good set, until max_stale after it and not a moment less or more
//   verdicts  unknown_key is said only where a set fetched within the last forced_every lacks the kid and the latest
//             attempt has not failed
//   waiters   each is settled once, by its deadline
//   memory    nobody is remembered who does not wait
//
// ASSAY_SCHEDULES=N runs N schedules instead of the few of every day; ASSAY_SCHEDULE=SEED replays one.
#include <algorithm>
#include <cstdlib>
#include <map>
#include <random>
#include <set>
#include <string>

#include <gtest/gtest.h>

#include "keys/refresh.h"

namespace assay::keys {
namespace {

constexpr std::int64_t kMs = 1'000'000;
constexpr std::int64_t kSecond = 1000 * kMs;

// What is wrong with whoever runs the machine.
enum class Fault : std::uint8_t { kNone, kOneFetchTooMany, kMergesKeySets, kForgetsDeadlines };

// A kid is a number here; its hash spreads over the table as a keyed hash does.
base::Hash128 hash_of(std::uint64_t kid) {
  return {.high = kid * 0x9e3779b97f4a7c15, .low = (kid ^ (kid >> 7)) * 0xbf58476d1ce4e5b9};
}

class Simulation {
 public:
  Simulation(std::uint64_t seed, Fault fault)
      : random_(seed), fault_(fault), settings_(random_settings()), refresh_(machine_settings(), seed, unknown_kids_) {
    rotate();
  }

  // The first promise that was broken; empty if none was.
  std::string run() {
    for (int i = 0; i < kTurns && broken_.empty(); ++i) turn();
    // No waiter outlives the longest wait.
    arrivals_stopped_ = true;
    const std::int64_t end_ns = now_ns_ + kWaitMaxNs;
    while (now_ns_ <= end_ns && broken_.empty() && !waiting_.empty()) turn();
    if (broken_.empty() && !waiting_.empty()) fail("a waiter was forgotten");
    return broken_;
  }

 private:
  static constexpr int kTurns = 80;
  static constexpr std::int64_t kWaitMaxNs = 2 * kSecond;

  struct Waiting {
    std::optional<std::uint64_t> kid;
    std::int64_t deadline_ns = 0;
  };

  std::int64_t pick(std::int64_t least, std::int64_t most) {
    return least + static_cast<std::int64_t>(random_() % static_cast<std::uint64_t>(most - least + 1));
  }
  bool chance(int percent) { return pick(1, 100) <= percent; }
  void fail(const std::string& what) {
    if (broken_.empty()) broken_ = what + " at " + std::to_string(now_ns_) + " ns";
  }

  RefreshSettings random_settings() {
    RefreshSettings settings;
    settings.times.interval_ns = pick(500 * kMs, 600 * kSecond);
    settings.times.floor_ns = pick(100 * kMs, settings.times.interval_ns);
    settings.times.ceiling_ns = pick(settings.times.interval_ns, 2 * settings.times.interval_ns);
    settings.times.max_stale_ns = pick(settings.times.ceiling_ns, 4 * settings.times.ceiling_ns);
    settings.forced_every_ns = pick(100 * kMs, 60 * kSecond);
    settings.forced_burst = static_cast<std::uint32_t>(pick(0, 4));
    return settings;
  }

  [[nodiscard]] RefreshSettings machine_settings() const {
    RefreshSettings settings = settings_;
    if (fault_ == Fault::kOneFetchTooMany) ++settings.forced_burst;
    return settings;
  }

  // The issuer signs with new keys and may take old ones out.
  void rotate() {
    if (issuer_kids_.size() > 3 || (issuer_kids_.size() > 1 && chance(50))) issuer_kids_.erase(issuer_kids_.begin());
    issuer_kids_.insert(++newest_kid_);
  }

  void turn() {
    advance_clock();
    if (chance(15)) rotate();
    if (in_flight_ && now_ns_ >= answer_at_ns_) answer();
    if (!arrivals_stopped_ && chance(70)) arrive();
    if (fault_ != Fault::kForgetsDeadlines) refresh_.settle_overdue(now_ns_);
    check_staleness();
    start_fetch();
    take_settled();
    check_keys();
    check_memory();
  }

  // To the next thing that is due, or by any step that does not jump over it.
  void advance_clock() {
    std::int64_t next_ns = refresh_.next_due_ns();
    if (in_flight_) next_ns = std::min(next_ns, answer_at_ns_);
    const std::int64_t step_ns = chance(50) ? pick(0, 50 * kMs) : pick(0, 20 * kSecond);
    now_ns_ = std::max(now_ns_, chance(40) ? next_ns : std::min(next_ns, now_ns_ + step_ns));
  }

  void start_fetch() {
    const std::uint64_t forced_before = refresh_.forced_count();
    if (!refresh_.should_fetch(now_ns_)) return;
    if (in_flight_) return fail("two fetches are in flight");
    in_flight_ = true;
    answer_at_ns_ = now_ns_ + (chance(70) ? pick(0, 100 * kMs) : pick(0, 10 * kSecond));
    asked_kids_ = issuer_kids_;
    if (refresh_.forced_count() == forced_before) {
      if (now_ns_ < earliest_due_ns_) fail("a fetch came before its time");
      return;
    }
    forced_ns_.push_back(now_ns_);
    const std::size_t burst = settings_.forced_burst;
    // The burst and one more take at least as long as one fetch is earned in.
    const bool over_budget = forced_ns_.size() > burst && now_ns_ - forced_ns_[forced_ns_.size() - 1 - burst] <
                                                              (burst == 0 ? now_ns_ + 1 : settings_.forced_every_ns);
    if (over_budget) fail("more fetches out of turn than the budget has");
  }

  void answer() {
    in_flight_ = false;
    if (chance(30)) {  // refused, lost, garbage, or without a usable key
      const std::int64_t retry_after_ns = chance(30) ? pick(0, 100 * kSecond) : 0;
      latest_failed_ = true;
      earliest_due_ns_ = now_ns_ + settings_.times.backoff_min_ns * 3 / 4;
      refresh_.on_failure(now_ns_, retry_after_ns);
      return;
    }
    // The answer was written while the request was under way.
    publish(chance(50) ? asked_kids_ : issuer_kids_);
    latest_failed_ = false;
    good_ns_ = now_ns_;
    std::optional<std::int64_t> fresh_ns;
    if (chance(50)) fresh_ns = pick(0, 1000 * kSecond);
    const std::int64_t honoured_ns = fresh_ns
                                         ? std::clamp(*fresh_ns, settings_.times.floor_ns, settings_.times.ceiling_ns)
                                         : settings_.times.interval_ns;
    earliest_due_ns_ = now_ns_ + honoured_ns - honoured_ns / 4;
    refresh_.on_success(now_ns_, fresh_ns, [&](const base::Hash128& kid) {
      return std::any_of(serving_.begin(), serving_.end(), [&](std::uint64_t own) { return hash_of(own) == kid; });
    });
  }

  void publish(const std::set<std::uint64_t>& kids) {
    if (fault_ != Fault::kMergesKeySets) serving_.clear();
    serving_.insert(kids.begin(), kids.end());
    latest_good_ = kids;
    is_withdrawn_ = false;
  }

  void check_staleness() {
    const bool must_lapse = good_ns_ >= 0 && now_ns_ >= good_ns_ + settings_.times.max_stale_ns;
    if (refresh_.too_stale(now_ns_) != must_lapse) fail("keys lapse at another time than max_stale");
    if (!must_lapse) return;
    serving_.clear();
    is_withdrawn_ = true;
  }

  // Tokens come: with keys that serve, keys to come, keys that were taken out, invented kids, and without kid.
  void arrive() {
    const std::int64_t count = chance(20) ? pick(1, 40) : pick(1, 3);
    for (std::int64_t i = 0; i < count; ++i) {
      std::optional<std::uint64_t> kid;
      if (chance(40)) kid = static_cast<std::uint64_t>(pick(1, static_cast<std::int64_t>(newest_kid_) + 1));
      if (!kid && chance(90)) kid = (std::uint64_t{1} << 32) + random_() % 64;
      if (is_withdrawn_ || (kid && serving_.contains(*kid))) continue;
      const std::int64_t deadline_ns = now_ns_ + (chance(20) ? 0 : pick(0, kWaitMaxNs));
      const std::uint64_t id = next_id_++;
      waiting_.emplace(id, Waiting{.kid = kid, .deadline_ns = deadline_ns});
      refresh_.wait_for_key(
          {.id = id, .kid = kid ? std::optional(hash_of(*kid)) : std::nullopt, .deadline_ns = deadline_ns}, now_ns_);
    }
  }

  void take_settled() {
    for (const SettledWaiter& settled : refresh_.take_settled()) {
      const auto found = waiting_.find(settled.id);
      if (found == waiting_.end()) return fail("a waiter was settled twice");
      check_verdict(found->second, settled.code);
      waiting_.erase(found);
    }
    for (const auto& [id, waiting] : waiting_) {
      if (waiting.deadline_ns <= now_ns_) fail("a waiter outlives its deadline");
    }
  }

  void check_verdict(const Waiting& waiting, ErrorCode code) {
    const bool has_key = waiting.kid && latest_good_.contains(*waiting.kid);
    if (code == ErrorCode::kKeysUnavailable) return;
    if (code == ErrorCode::kNone) {
      if (!has_key) fail("a key is said to be there that the latest set lacks");
      return;
    }
    if (code != ErrorCode::kUnknownKey) fail("a waiter got another code");
    if (has_key) fail("a good key is said to be unknown");
    if (latest_failed_) fail("an outage is said to be a bad token");
    if (good_ns_ < 0 || now_ns_ - good_ns_ >= settings_.forced_every_ns) fail("an old set is said to prove");
  }

  void check_keys() {
    if (is_withdrawn_ || good_ns_ < 0) return;
    for (const std::uint64_t kid : serving_) {
      if (!latest_good_.contains(kid)) fail("a removed key is used after its removal was published");
    }
    for (const std::uint64_t kid : latest_good_) {
      if (!serving_.contains(kid)) fail("a good key was lost");
    }
  }

  void check_memory() {
    if (refresh_.waiter_count() > waiting_.size()) fail("somebody is remembered who does not wait");
  }

  std::mt19937_64 random_;
  const Fault fault_;
  const RefreshSettings settings_;
  UnknownKids unknown_kids_;
  Refresh refresh_;

  std::int64_t now_ns_ = 0;
  std::set<std::uint64_t> issuer_kids_;
  std::uint64_t newest_kid_ = 0;

  bool in_flight_ = false;
  std::int64_t answer_at_ns_ = 0;
  std::set<std::uint64_t> asked_kids_;  // the issuer's when the fetch began
  std::int64_t earliest_due_ns_ = 0;    // of the next fetch that is not out of turn
  std::vector<std::int64_t> forced_ns_;

  std::set<std::uint64_t> serving_;
  std::set<std::uint64_t> latest_good_;
  std::int64_t good_ns_ = -1;
  bool latest_failed_ = false;
  bool is_withdrawn_ = false;

  std::map<std::uint64_t, Waiting> waiting_;
  std::uint64_t next_id_ = 1;
  bool arrivals_stopped_ = false;
  std::string broken_;
};

std::uint64_t number_from(const char* variable, std::uint64_t otherwise) {
  // NOLINTNEXTLINE(concurrency-mt-unsafe): the only thread
  const char* const text = std::getenv(variable);
  return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

// The seed of the first schedule that breaks a promise; nothing if none of them does.
std::optional<std::uint64_t> find_broken(Fault fault, std::uint64_t schedules) {
  for (std::uint64_t seed = 1; seed <= schedules; ++seed) {
    if (!Simulation(seed, fault).run().empty()) return seed;
  }
  return std::nullopt;
}

constexpr std::uint64_t kEverydaySchedules = 3000;

TEST(RefreshSimulation, KeepsItsPromises) {
  const std::uint64_t replayed = number_from("ASSAY_SCHEDULE", 0);
  const std::uint64_t first = replayed == 0 ? 1 : replayed;
  const std::uint64_t last = replayed == 0 ? number_from("ASSAY_SCHEDULES", kEverydaySchedules) : replayed;
  for (std::uint64_t seed = first; seed <= last; ++seed) {
    const std::string broken = Simulation(seed, Fault::kNone).run();
    ASSERT_EQ(broken, "") << "replay with ASSAY_SCHEDULE=" << seed;
  }
}

TEST(RefreshSimulation, FindsOneFetchTooMany) {
  EXPECT_NE(find_broken(Fault::kOneFetchTooMany, kEverydaySchedules), std::nullopt);
}

TEST(RefreshSimulation, FindsMergedKeySets) {
  EXPECT_NE(find_broken(Fault::kMergesKeySets, kEverydaySchedules), std::nullopt);
}

TEST(RefreshSimulation, FindsForgottenDeadlines) {
  EXPECT_NE(find_broken(Fault::kForgetsDeadlines, kEverydaySchedules), std::nullopt);
}

TEST(RefreshSimulation, IsTheSameEveryTime) {
  const std::uint64_t seed = *find_broken(Fault::kMergesKeySets, kEverydaySchedules);
  EXPECT_EQ(Simulation(seed, Fault::kMergesKeySets).run(), Simulation(seed, Fault::kMergesKeySets).run());
}

}  // namespace
}  // namespace assay::keys

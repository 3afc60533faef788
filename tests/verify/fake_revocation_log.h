// A RevocationLog in memory. By default it settles every append at once; a test may hold appends back, make them fail,
// and speak for other nodes.
#pragma once

#include <atomic>
#include <deque>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "assay/revocation_log.h"

namespace assay::test {

// Calls of the engine and settle() may come from different threads, and `outcome` may change at any time; the other
// fields are set before the engine is opened.
class FakeRevocationLog final : public RevocationLog {
 public:
  FakeRevocationLog() = default;
  FakeRevocationLog(const FakeRevocationLog&) = delete;
  FakeRevocationLog& operator=(const FakeRevocationLog&) = delete;
  ~FakeRevocationLog() override {
    while (settle(AppendOutcome::kClosed)) continue;
  }

  ReplayResult replay(const ReplaySink& sink) override {
    if (replay_outcome == ReplayOutcome::kReplayed) sink(kept);
    return {.outcome = replay_outcome,
            .last_sequence = sequence_,
            .damaged_at = replay_outcome == ReplayOutcome::kDamaged ? 4096U : 0U,
            .complaint = replay_outcome == ReplayOutcome::kReplayed ? "" : "the log is torn"};
  }

  void append(std::vector<RevocationRecord> records, AppendDone done) override {
    {
      const std::lock_guard lock(mutex_);
      ++appends;
      held_.emplace_back(std::move(records), std::move(done));
    }
    if (!holds) settle(outcome);
  }

  void follow(FollowSink sink) override { sink_ = std::move(sink); }
  void forget(std::int64_t now_us) override { forgotten_us = now_us; }
  [[nodiscard]] RevocationLogHealth health() const override { return health_now; }

  // Settles the oldest append that is held; whether there was one.
  bool settle(AppendOutcome how) {
    std::unique_lock lock(mutex_);
    if (held_.empty()) return false;
    auto [records, done] = std::move(held_.front());
    held_.pop_front();
    if (is_durable(how)) {
      for (RevocationRecord& record : records) keep(record);
    }
    const std::uint64_t last_sequence = sequence_;
    lock.unlock();
    done({.outcome = how,
          .last_sequence = last_sequence,
          .complaint = how == AppendOutcome::kDurable ? "" : "so it is"});
    return true;
  }

  // Another node did this.
  void hand_over(RevocationRecord record) {
    keep(record);
    sink_({&record, 1});
  }

  bool holds = false;
  std::atomic<AppendOutcome> outcome{AppendOutcome::kDurable};
  ReplayOutcome replay_outcome = ReplayOutcome::kReplayed;
  std::vector<RevocationRecord> kept;  // what replay() hands over
  RevocationLogHealth health_now{.accepts_appends = true, .fleet_position = {}, .complaint = {}};
  std::int64_t forgotten_us = 0;
  std::atomic<std::size_t> appends{0};

 private:
  void keep(RevocationRecord& record) {
    record.sequence = ++sequence_;
    kept.push_back(record);
  }

  std::mutex mutex_;
  std::deque<std::pair<std::vector<RevocationRecord>, AppendDone>> held_;
  FollowSink sink_;
  std::uint64_t sequence_ = 0;
};

}  // namespace assay::test

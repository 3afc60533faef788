// Whether this node still hears what its fleet revokes, and whether it may go on without.
//
// Concurrency
//   writers    observe(): the control thread, four times a second
//   readers    refuses_at(): all workers, once per batch; the others: any thread
//   publish    refuse_from_ns_, release: after the log has said that it follows                       [F1]
//   observe    refuse_from_ns_, acquire: a worker that goes on sees what the fleet had revoked by then [F1]
//   unpaired   followed_ns_, relaxed: for people                                                      [F2]
//   staleness  a reader may miss the latest observe(): then it refuses, or stops to refuse, one batch later
#pragma once

#include <atomic>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>

#include "assay/engine.h"
#include "assay/revocation_log.h"

namespace assay::verify {

class FeedWatch {
 public:
  static constexpr std::int64_t kPeriodNs = 250'000'000;

  // Knows of no fleet.
  explicit FeedWatch(FeedRule rule) noexcept : rule_(rule) {}

  // Before there are workers: how the fleet is at the start. Until a node has followed its fleet once it knows only
  // what it knew before it was started, however long ago that was.
  void begin(RevocationLogHealth::Fleet fleet) noexcept;

  // To be called every kPeriodNs.
  void observe(RevocationLogHealth::Fleet fleet, Now now) noexcept;

  // Whether tokens get no verdict at that time, since a revocation of them may not have come here.
  [[nodiscard]] bool refuses_at(std::int64_t monotonic_ns) const noexcept {
    return monotonic_ns >= refuse_from_ns_.load(std::memory_order_acquire);  // [F1]
  }

  // Time since the fleet was followed; nothing where there is no fleet. Where it was never followed: since the first
  // observe().
  [[nodiscard]] std::optional<std::int64_t> lag_ns(std::int64_t monotonic_ns) const noexcept;

  // For people, where the lag is greater than the rule allows; empty otherwise.
  [[nodiscard]] std::string complaint(std::int64_t monotonic_ns) const;

 private:
  static constexpr std::int64_t kNever = std::numeric_limits<std::int64_t>::max();
  static constexpr std::int64_t kNotYet = std::numeric_limits<std::int64_t>::min();

  const FeedRule rule_;
  bool has_fleet_ = false;  // const after begin()
  std::atomic<std::int64_t> refuse_from_ns_{kNever};
  std::atomic<std::int64_t> followed_ns_{kNotYet};  // or first observed
};

}  // namespace assay::verify

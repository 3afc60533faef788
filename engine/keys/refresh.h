// When an issuer's keys are fetched: a state machine over time and results. No I/O, no clock.
#pragma once

#include <cstdint>

namespace assay::keys {

// All times are monotonic nanoseconds, none negative.
struct RefreshSettings {
  std::int64_t period_ns = 0;  // between good fetches
  std::int64_t backoff_min_ns = 1'000'000'000;
  std::int64_t backoff_max_ns = 60'000'000'000;
  std::int64_t max_stale_ns = 0;  // after the last good fetch: how long its keys serve
};

class Refresh {
 public:
  // `jitter_seed` differs by process and issuer so that a fleet does not fetch in step.
  Refresh(const RefreshSettings& settings, std::uint64_t jitter_seed) noexcept;

  // Whether a fetch shall start now. After true it answers false until on_success or on_failure: one fetch in flight.
  [[nodiscard]] bool should_fetch(std::int64_t now_ns) noexcept;
  // The next fetch is due after three quarters to the whole of the period.
  void on_success(std::int64_t now_ns) noexcept;
  // Backs off exponentially, three quarters to the whole of each step.
  //   retry_after_ns   from the answer's Retry-After, which is waited out up to the longer of period_ns and
  //                    backoff_max_ns; 0 if it had none
  void on_failure(std::int64_t now_ns, std::int64_t retry_after_ns) noexcept;

  // Whether keys of the last good fetch may no longer serve; false before the first one, which has no keys to withdraw.
  [[nodiscard]] bool too_stale(std::int64_t now_ns) const noexcept;
  // When should_fetch or too_stale may next change, as of the latest should_fetch; the largest int64 if only a result
  // can change them.
  [[nodiscard]] std::int64_t next_due_ns() const noexcept;

 private:
  [[nodiscard]] std::int64_t jittered(std::int64_t delay_ns) noexcept;
  [[nodiscard]] std::int64_t stale_at_ns() const noexcept;

  RefreshSettings settings_;
  std::uint64_t random_state_;
  bool in_flight_ = false;
  bool ever_succeeded_ = false;
  std::uint32_t failures_in_a_row_ = 0;
  std::int64_t next_fetch_ns_ = 0;  // the first is due at once
  std::int64_t last_success_ns_ = 0;
  std::int64_t seen_ns_ = 0;  // of the latest should_fetch: a moment before it is no longer due
};

}  // namespace assay::keys

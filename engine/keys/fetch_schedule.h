// When a document is fetched again: ahead of the end of its freshness, or after a pause that grows with each failure;
// and until when what was fetched last may serve. A state machine over time and results. No I/O, no clock, no
// randomness but the seed it is given.
#pragma once

#include <cstdint>
#include <optional>

namespace assay::keys {

// All times are monotonic nanoseconds, none negative.
struct FetchTimes {
  std::int64_t interval_ns = 0;  // between good fetches whose answer does not say how long it is fresh
  std::int64_t floor_ns = 0;     // bounds of an answer's own freshness
  std::int64_t ceiling_ns = 0;
  std::int64_t backoff_min_ns = 1'000'000'000;
  std::int64_t backoff_max_ns = 60'000'000'000;
  std::int64_t max_stale_ns = 0;  // after the last good fetch: how long what it brought serves
};

class FetchSchedule {
 public:
  // `jitter_seed` differs by process and document so that a fleet does not fetch in step.
  FetchSchedule(const FetchTimes& times, std::uint64_t jitter_seed) noexcept
      : times_(times), random_state_(jitter_seed) {}

  // Whether a fetch shall start now. The first is due at once.
  [[nodiscard]] bool is_due(std::int64_t now_ns) const noexcept { return !in_flight_ && now_ns >= next_fetch_ns_; }
  // An attempt starts, due or not. The next call is on_success or on_failure. Precondition: none is in flight.
  void start(std::int64_t now_ns) noexcept;
  // The next fetch is due after three quarters to the whole of the answer's freshness, so ahead of its end.
  //   fresh_for_ns  what the answer says; nothing: interval_ns
  void on_success(std::int64_t now_ns, std::optional<std::int64_t> fresh_for_ns) noexcept;
  // Backs off exponentially, three quarters to the whole of each step.
  //   retry_after_ns   from the answer's Retry-After, which is waited out up to the longest of the ceiling, the
  //                    interval and backoff_max_ns; 0 if it had none
  void on_failure(std::int64_t now_ns, std::int64_t retry_after_ns) noexcept;
  // What was fetched is in doubt: the next fetch is due now, but where attempts fail. Pauses after failures stay.
  void hasten(std::int64_t now_ns) noexcept;

  [[nodiscard]] bool in_flight() const noexcept { return in_flight_; }
  [[nodiscard]] std::int64_t started_ns() const noexcept { return started_ns_; }  // of the latest attempt
  [[nodiscard]] bool latest_failed() const noexcept { return failures_in_a_row_ > 0; }
  [[nodiscard]] bool ever_succeeded() const noexcept { return ever_succeeded_; }
  [[nodiscard]] std::int64_t last_success_ns() const noexcept { return last_success_ns_; }

  // Whether what was fetched last is past its freshness.
  [[nodiscard]] bool is_stale(std::int64_t now_ns) const noexcept { return ever_succeeded_ && now_ns >= fresh_to_ns_; }
  // Whether it may no longer serve; false before the first good fetch.
  [[nodiscard]] bool too_stale(std::int64_t now_ns) const noexcept {
    return ever_succeeded_ && now_ns >= stale_at_ns();
  }

  // When is_due, or too_stale of what was not at `seen_ns`, may next have something to say; the greatest int64 if only
  // a result can change that.
  [[nodiscard]] std::int64_t next_due_ns(std::int64_t seen_ns) const noexcept;

 private:
  [[nodiscard]] std::int64_t jittered(std::int64_t delay_ns) noexcept;
  [[nodiscard]] std::int64_t stale_at_ns() const noexcept;

  FetchTimes times_;
  std::uint64_t random_state_;
  bool in_flight_ = false;
  bool ever_succeeded_ = false;
  std::uint32_t failures_in_a_row_ = 0;
  std::int64_t next_fetch_ns_ = 0;
  std::int64_t started_ns_ = 0;
  std::int64_t last_success_ns_ = 0;
  std::int64_t fresh_to_ns_ = 0;
};

// a + b without leaving the range. Precondition: b >= 0.
[[nodiscard]] std::int64_t add_saturating(std::int64_t a, std::int64_t b) noexcept;

}  // namespace assay::keys

#include "keys/fetch_schedule.h"

#include <algorithm>
#include <limits>

#include "base/check.h"

namespace assay::keys {
namespace {

constexpr std::int64_t kNever = std::numeric_limits<std::int64_t>::max();

// Shortest time between two fetches that are due, whatever the settings say.
constexpr std::int64_t kPeriodMinNs = 10'000'000;

}  // namespace

std::int64_t add_saturating(std::int64_t a, std::int64_t b) noexcept { return a > kNever - b ? kNever : a + b; }

void FetchSchedule::start(std::int64_t now_ns) noexcept {
  ASSAY_DCHECK(!in_flight_);
  in_flight_ = true;
  started_ns_ = now_ns;
}

void FetchSchedule::on_success(std::int64_t now_ns, std::optional<std::int64_t> fresh_for_ns) noexcept {
  in_flight_ = false;
  ever_succeeded_ = true;
  failures_in_a_row_ = 0;
  last_success_ns_ = now_ns;
  // An answer that is never fresh, or a period of next to nothing, must not become a flood.
  const std::int64_t fresh_ns =
      fresh_for_ns ? std::max(times_.floor_ns, std::min(*fresh_for_ns, times_.ceiling_ns)) : times_.interval_ns;
  fresh_to_ns_ = add_saturating(now_ns, fresh_ns);
  next_fetch_ns_ = add_saturating(now_ns, std::max(kPeriodMinNs, jittered(fresh_ns)));
}

void FetchSchedule::on_failure(std::int64_t now_ns, std::int64_t retry_after_ns) noexcept {
  in_flight_ = false;
  std::int64_t backoff_ns = times_.backoff_min_ns;
  for (std::uint32_t i = 0; i < failures_in_a_row_ && backoff_ns < times_.backoff_max_ns; ++i) {
    backoff_ns = add_saturating(backoff_ns, backoff_ns);
  }
  backoff_ns = std::min(backoff_ns, times_.backoff_max_ns);
  ++failures_in_a_row_;
  std::int64_t wait_ns = jittered(backoff_ns);
  if (retry_after_ns > 0) {
    // Never before the asked time; after it by a random part of the backoff, so that a fleet does not return in step.
    // An answer cannot switch fetching off: waits are bounded by the time between good fetches.
    const std::int64_t longest_ns = std::max({times_.interval_ns, times_.ceiling_ns, times_.backoff_max_ns});
    const std::int64_t asked_ns = std::min(retry_after_ns, longest_ns);
    wait_ns = std::max(wait_ns, add_saturating(asked_ns, backoff_ns - wait_ns));
  }
  next_fetch_ns_ = add_saturating(now_ns, wait_ns);
}

void FetchSchedule::hasten(std::int64_t now_ns) noexcept {
  if (!latest_failed()) next_fetch_ns_ = std::min(next_fetch_ns_, now_ns);
}

std::int64_t FetchSchedule::next_due_ns(std::int64_t seen_ns) const noexcept {
  const std::int64_t due_ns = in_flight_ ? kNever : next_fetch_ns_;
  const bool will_turn_stale = ever_succeeded_ && stale_at_ns() > seen_ns;
  return will_turn_stale ? std::min(due_ns, stale_at_ns()) : due_ns;
}

std::int64_t FetchSchedule::stale_at_ns() const noexcept {
  return add_saturating(last_success_ns_, times_.max_stale_ns);
}

std::int64_t FetchSchedule::jittered(std::int64_t delay_ns) noexcept {
  // One step of SplitMix64: any seed, 0 included, gives well-spread values.
  random_state_ += 0x9e3779b97f4a7c15;
  std::uint64_t mixed = random_state_;
  mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9;
  mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111eb;
  mixed ^= mixed >> 31;
  const std::int64_t spread_ns = delay_ns / 4;
  return delay_ns - static_cast<std::int64_t>(mixed % (static_cast<std::uint64_t>(spread_ns) + 1));
}

}  // namespace assay::keys

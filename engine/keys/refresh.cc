#include "keys/refresh.h"

#include <algorithm>
#include <limits>

namespace assay::keys {

namespace {

constexpr std::int64_t kNever = std::numeric_limits<std::int64_t>::max();

// a + b without leaving the range. Precondition: b >= 0.
std::int64_t add_saturating(std::int64_t a, std::int64_t b) noexcept { return a > kNever - b ? kNever : a + b; }

}  // namespace

Refresh::Refresh(const RefreshSettings& settings, std::uint64_t jitter_seed) noexcept
    : settings_(settings), random_state_(jitter_seed) {}

bool Refresh::should_fetch(std::int64_t now_ns) noexcept {
  seen_ns_ = now_ns;
  if (in_flight_ || now_ns < next_fetch_ns_) return false;
  in_flight_ = true;
  return true;
}

void Refresh::on_success(std::int64_t now_ns) noexcept {
  in_flight_ = false;
  ever_succeeded_ = true;
  failures_in_a_row_ = 0;
  last_success_ns_ = now_ns;
  // A period of next to nothing must not become a flood.
  next_fetch_ns_ = add_saturating(now_ns, jittered(std::max(settings_.period_ns, settings_.backoff_min_ns)));
}

void Refresh::on_failure(std::int64_t now_ns, std::int64_t retry_after_ns) noexcept {
  in_flight_ = false;
  std::int64_t backoff_ns = settings_.backoff_min_ns;
  for (std::uint32_t i = 0; i < failures_in_a_row_ && backoff_ns < settings_.backoff_max_ns; ++i) {
    backoff_ns = add_saturating(backoff_ns, backoff_ns);
  }
  backoff_ns = std::min(backoff_ns, settings_.backoff_max_ns);
  ++failures_in_a_row_;
  std::int64_t wait_ns = jittered(backoff_ns);
  if (retry_after_ns > 0) {
    // Never before the asked time; after it by a random part of the backoff, so that a fleet does not return in step.
    // An answer cannot switch fetching off: waits are bounded by the time between good fetches.
    const std::int64_t asked_ns = std::min(retry_after_ns, std::max(settings_.period_ns, settings_.backoff_max_ns));
    wait_ns = std::max(wait_ns, add_saturating(asked_ns, backoff_ns - wait_ns));
  }
  next_fetch_ns_ = add_saturating(now_ns, wait_ns);
}

bool Refresh::too_stale(std::int64_t now_ns) const noexcept { return ever_succeeded_ && now_ns >= stale_at_ns(); }

std::int64_t Refresh::next_due_ns() const noexcept {
  const std::int64_t fetch_ns = in_flight_ ? kNever : next_fetch_ns_;
  const bool will_turn_stale = ever_succeeded_ && stale_at_ns() > seen_ns_;
  return will_turn_stale ? std::min(fetch_ns, stale_at_ns()) : fetch_ns;
}

std::int64_t Refresh::stale_at_ns() const noexcept { return add_saturating(last_success_ns_, settings_.max_stale_ns); }

std::int64_t Refresh::jittered(std::int64_t delay_ns) noexcept {
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

#include "issuer/call_gate.h"

#include <algorithm>

namespace assay::issuer {
namespace {

constexpr std::int64_t kNsPerS = 1'000'000'000;

}  // namespace

ServerHealth health_of(const FetchResult& result) noexcept {
  switch (result.outcome) {
    case FetchOutcome::kAnswered: break;
    case FetchOutcome::kTooLarge: return ServerHealth::kAlive;
    case FetchOutcome::kRefused:
    case FetchOutcome::kRedirected:
    case FetchOutcome::kTimedOut:
    case FetchOutcome::kTlsFailed:
    case FetchOutcome::kUnreachable: return ServerHealth::kFailed;
  }
  if (result.status == 429 || result.status == 503) return ServerHealth::kBusy;
  const bool is_failure = result.status >= 500 || result.status == 401 || result.status == 403;
  return is_failure ? ServerHealth::kFailed : ServerHealth::kAlive;
}

CallGate::CallGate(std::uint32_t calls_per_second, std::uint64_t jitter_seed) noexcept
    : call_ns_(kNsPerS / std::max<std::int64_t>(1, calls_per_second)),
      burst_ns_(call_ns_ * (std::max<std::int64_t>(1, calls_per_second) - 1)),
      random_state_(jitter_seed) {}

CallGate::Admission CallGate::admit(std::int64_t now_ns) noexcept {
  const State now_state = state(now_ns);
  const bool shut = now_state == State::kOpen || (now_state == State::kHalfOpen && probe_under_way_);
  if (shut) return Admission::kShut;
  if (!take_from_rate(now_ns)) return Admission::kTooMany;
  if (now_state == State::kClosed) return Admission::kCall;
  probe_under_way_ = true;
  return Admission::kProbe;
}

// The generic cell rate algorithm: one moment instead of a count that must be refilled.
bool CallGate::take_from_rate(std::int64_t now_ns) noexcept {
  if (rate_used_until_ns_ > now_ns + burst_ns_) return false;
  rate_used_until_ns_ = std::max(rate_used_until_ns_, now_ns) + call_ns_;
  return true;
}

CallGate::State CallGate::state(std::int64_t now_ns) const noexcept {
  if (!is_open_) return State::kClosed;
  return now_ns < open_until_ns_ ? State::kOpen : State::kHalfOpen;
}

void CallGate::on_result(Admission admission, ServerHealth health, std::int64_t retry_ns,
                         std::int64_t now_ns) noexcept {
  if (is_open_ && admission != Admission::kProbe) return;
  if (admission == Admission::kProbe) probe_under_way_ = false;
  if (health == ServerHealth::kAlive) {
    is_open_ = false;
    failures_in_a_row_ = 0;
    opened_in_a_row_ = 0;
    return;
  }
  ++failures_in_a_row_;
  const bool opens = health == ServerHealth::kBusy || is_open_ || failures_in_a_row_ >= kFailuresToOpen;
  if (opens) open(retry_ns, now_ns);
}

void CallGate::open(std::int64_t retry_ns, std::int64_t now_ns) noexcept {
  std::int64_t backoff_ns = kWaitNsMin;
  for (std::uint32_t i = 0; i < opened_in_a_row_ && backoff_ns < kWaitNsMax; ++i) backoff_ns *= 2;
  backoff_ns = jittered(std::min(backoff_ns, kWaitNsMax));
  // Never before the asked time, and after it by as much as the backoff spreads.
  const std::int64_t asked_ns = std::min(retry_ns, kRetryAfterNsMax);
  const std::int64_t wait_ns = asked_ns > backoff_ns ? asked_ns + jittered(kWaitNsMin) : backoff_ns;
  is_open_ = true;
  open_until_ns_ = now_ns + wait_ns;
  failures_in_a_row_ = 0;
  ++opened_in_a_row_;
  ++opened_count_;
}

// Three quarters to the whole of a wait.
std::int64_t CallGate::jittered(std::int64_t wait_ns) noexcept {
  // One step of SplitMix64: any seed, 0 included, gives well-spread values.
  random_state_ += 0x9e3779b97f4a7c15;
  std::uint64_t mixed = random_state_;
  mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9;
  mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111eb;
  mixed ^= mixed >> 31;
  const std::int64_t spread_ns = wait_ns / 4;
  return wait_ns - static_cast<std::int64_t>(mixed % (static_cast<std::uint64_t>(spread_ns) + 1));
}

}  // namespace assay::issuer

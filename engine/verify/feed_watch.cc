#include "verify/feed_watch.h"

#include <algorithm>
#include <chrono>

namespace assay::verify {

void FeedWatch::begin(RevocationLogHealth::Fleet fleet) noexcept {
  has_fleet_ = fleet != RevocationLogHealth::Fleet::kNone;
  const bool refuses = has_fleet_ && rule_.past_max == FeedRule::PastMax::kRefuse;
  refuse_from_ns_.store(refuses ? kNotYet : kNever, std::memory_order_release);  // [F1]
}

void FeedWatch::observe(RevocationLogHealth::Fleet fleet, Now now) noexcept {
  if (!has_fleet_) return;
  const bool is_first = followed_ns_.load(std::memory_order_relaxed) == kNotYet;  // [F2]
  const bool follows = fleet == RevocationLogHealth::Fleet::kFollowing;
  if (is_first || follows) followed_ns_.store(now.monotonic_ns, std::memory_order_relaxed);  // [F2]
  if (!follows || rule_.past_max != FeedRule::PastMax::kRefuse) return;
  const std::int64_t max_ns = std::chrono::nanoseconds(rule_.lag_max).count();
  refuse_from_ns_.store(now.monotonic_ns + max_ns, std::memory_order_release);  // [F1]
}

std::optional<std::int64_t> FeedWatch::lag_ns(std::int64_t monotonic_ns) const noexcept {
  if (!has_fleet_) return std::nullopt;
  const std::int64_t followed_ns = followed_ns_.load(std::memory_order_relaxed);  // [F2]
  return followed_ns == kNotYet ? 0 : std::max<std::int64_t>(0, monotonic_ns - followed_ns);
}

std::string FeedWatch::complaint(std::int64_t monotonic_ns) const {
  if (refuses_at(monotonic_ns)) {
    return "revocations: the fleet was not followed for longer than max_feed_lag, or since the start: no token is "
           "accepted";
  }
  const std::optional<std::int64_t> lag = lag_ns(monotonic_ns);
  if (!lag || *lag <= std::chrono::nanoseconds(rule_.lag_max).count()) return {};
  return "revocations: the fleet was not followed for longer than max_feed_lag";
}

}  // namespace assay::verify

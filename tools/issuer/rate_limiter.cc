#include "issuer/rate_limiter.h"

#include <algorithm>

namespace assay::development {
namespace {

constexpr std::int64_t kSecondNs = 1'000'000'000;
constexpr std::int64_t kMinuteNs = 60 * kSecondNs;

}  // namespace

std::int64_t RateLimiter::take(std::string_view client, std::int64_t now_ns) {
  auto found = buckets_.find(client);
  if (found == buckets_.end()) found = buckets_.emplace(std::string(client), Bucket{.asked_ns = now_ns}).first;
  Bucket& bucket = found->second;
  bucket.debt_ns = std::max<std::int64_t>(0, bucket.debt_ns - (now_ns - bucket.asked_ns));
  bucket.asked_ns = now_ns;
  const std::int64_t cost_ns = kMinuteNs / per_minute_;
  const std::int64_t over_ns = bucket.debt_ns + cost_ns - kMinuteNs;
  if (over_ns > 0) return (over_ns + kSecondNs - 1) / kSecondNs;
  bucket.debt_ns += cost_ns;
  return 0;
}

void RateLimiter::set_per_minute(std::int64_t per_minute) {
  per_minute_ = per_minute;
  buckets_.clear();
}

}  // namespace assay::development

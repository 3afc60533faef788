#include "load/latency_histogram.h"

#include <algorithm>
#include <cmath>

namespace assay::load {

double LatencyHistogram::mean_ns() const noexcept {
  return count_ == 0 ? 0.0 : static_cast<double>(sum_ns_) / static_cast<double>(count_);
}

std::uint64_t LatencyHistogram::quantile_ns(double share) const noexcept {
  const auto wanted = static_cast<std::uint64_t>(std::ceil(share * static_cast<double>(count_)));
  std::uint64_t seen = 0;
  for (std::size_t index = 0; index < kBucketCount; ++index) {
    seen += counts_[index];
    if (seen > 0 && seen >= wanted) return std::min(largest_of(index), max_ns_);
  }
  return max_ns_;
}

// The largest time that bucket `index` counts.
std::uint64_t LatencyHistogram::largest_of(std::size_t index) noexcept {
  const std::size_t shift = index < 2 * kSubCount ? 0 : index / kSubCount - 1;
  const std::uint64_t first = index - shift * kSubCount;
  return ((first + 1) << shift) - 1;
}

}  // namespace assay::load

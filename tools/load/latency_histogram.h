// Counts times by size: quantiles of any number of them, in fixed memory.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

namespace assay::load {

// Buckets are as wide as 1/64 of the times they count, so that a quantile is at most 1.6 % too large:
//
//   0 .. 127 ns    one bucket per nanosecond
//   128 ns ..      64 buckets for each doubling
class LatencyHistogram {
 public:
  // A time below 0 counts as 0. Cost: one increment, no allocation.
  void record(std::int64_t latency_ns) noexcept {
    const auto ns = static_cast<std::uint64_t>(latency_ns > 0 ? latency_ns : 0);
    ++counts_[index_of(ns)];
    ++count_;
    sum_ns_ += ns;
    max_ns_ = ns > max_ns_ ? ns : max_ns_;
  }

  [[nodiscard]] std::uint64_t count() const noexcept { return count_; }
  [[nodiscard]] std::uint64_t max_ns() const noexcept { return max_ns_; }
  [[nodiscard]] double mean_ns() const noexcept;

  // The least time that at least `share` (0 .. 1) of the recorded ones do not exceed; 0 if nothing was recorded.
  [[nodiscard]] std::uint64_t quantile_ns(double share) const noexcept;

 private:
  static constexpr unsigned kSubBits = 6;
  static constexpr std::size_t kSubCount = std::size_t{1} << kSubBits;
  static constexpr std::size_t kBucketCount = (64 - kSubBits - 1) * kSubCount + 2 * kSubCount;

  static std::size_t index_of(std::uint64_t ns) noexcept {
    const auto width = static_cast<unsigned>(std::bit_width(ns));
    const unsigned shift = width > kSubBits + 1 ? width - (kSubBits + 1) : 0;
    return shift * kSubCount + static_cast<std::size_t>(ns >> shift);
  }
  static std::uint64_t largest_of(std::size_t index) noexcept;

  std::array<std::uint64_t, kBucketCount> counts_{};
  std::uint64_t count_ = 0;
  std::uint64_t sum_ns_ = 0;
  std::uint64_t max_ns_ = 0;
};

}  // namespace assay::load

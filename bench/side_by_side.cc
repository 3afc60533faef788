#include "bench/side_by_side.h"

#include <algorithm>
#include <time.h>
#include <utility>

namespace assay::bench {

double thread_cpu_seconds() {
  timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
}

double median(std::vector<double>& values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

SideBySide::SideBySide(std::vector<Way> ways) : ways_(std::move(ways)), seconds_per_item_(ways_.size()) {}

double SideBySide::round() {
  for (std::size_t i = 0; i < ways_.size(); ++i) {
    const std::size_t way = (i + rounds_) % ways_.size();
    if (ways_[way].prepare) ways_[way].prepare();
    const double start = thread_cpu_seconds();
    ways_[way].run();
    const double seconds = thread_cpu_seconds() - start;
    seconds_per_item_[way].push_back(seconds / static_cast<double>(ways_[way].items));
  }
  ++rounds_;
  return seconds_per_item_[0].back() * static_cast<double>(ways_[0].items);
}

double SideBySide::ns_per_item(std::size_t way) const {
  std::vector<double> values = seconds_per_item_[way];
  return median(values) * 1e9;
}

double SideBySide::times_faster(std::size_t fast, std::size_t slow) const {
  std::vector<double> ratios;
  for (std::size_t i = 0; i < rounds_; ++i) ratios.push_back(seconds_per_item_[slow][i] / seconds_per_item_[fast][i]);
  return median(ratios);
}

double SideBySide::times_faster_at(double share, std::size_t fast, std::size_t slow) const {
  std::vector<double> ratios;
  for (std::size_t i = 0; i < rounds_; ++i) ratios.push_back(seconds_per_item_[slow][i] / seconds_per_item_[fast][i]);
  std::sort(ratios.begin(), ratios.end());
  return ratios[static_cast<std::size_t>(share * static_cast<double>(ratios.size() - 1))];
}

double SideBySide::rest_in_units(std::size_t whole, std::size_t part, std::size_t unit) const {
  std::vector<double> ratios;
  for (std::size_t i = 0; i < rounds_; ++i) {
    ratios.push_back((seconds_per_item_[whole][i] - seconds_per_item_[part][i]) / seconds_per_item_[unit][i]);
  }
  return median(ratios);
}

void ResultHash::add(std::uint64_t value) noexcept {
  for (int byte = 0; byte < 8; ++byte) {
    hash_ ^= static_cast<std::uint32_t>(value >> (8 * byte) & 0xff);
    hash_ *= 16'777'619u;
  }
}

}  // namespace assay::bench

#include "base/clock.h"

#include <time.h>

#include "base/check.h"

namespace assay::base {
namespace {

timespec read_clock(clockid_t clock) noexcept {
  timespec time{};
  ASSAY_CHECK(clock_gettime(clock, &time) == 0);  // fails only for a clock that the kernel does not have
  return time;
}

}  // namespace

std::int64_t wall_us() noexcept {
  const timespec time = read_clock(CLOCK_REALTIME);
  return std::int64_t{time.tv_sec} * 1'000'000 + time.tv_nsec / 1'000;
}

std::int64_t monotonic_ns() noexcept {
  const timespec time = read_clock(CLOCK_MONOTONIC);
  return std::int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
}

}  // namespace assay::base

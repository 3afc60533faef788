// How long to wait after a server could not be reached.
#pragma once

#include <algorithm>
#include <cstdint>

namespace assay::store {

// Waits double from one failure to the next. Of each three quarters to all of it are taken, so that the nodes of a
// fleet spread. Thread-compatible.
class Backoff {
 public:
  // Another failure, at `now_ns`, whose last digits are as good as random.
  //   returns   how long to wait, in nanoseconds
  [[nodiscard]] std::int64_t after_failure(std::int64_t now_ns) noexcept {
    wait_ns_ = std::clamp(wait_ns_ * 2, kMinNs, kMaxNs);
    return wait_ns_ * 3 / 4 + now_ns / 1000 % (wait_ns_ / 4);
  }

  // The server answers again.
  void reset() noexcept { wait_ns_ = 0; }

  static constexpr std::int64_t kMinNs = 50'000'000;
  static constexpr std::int64_t kMaxNs = 5'000'000'000;

 private:
  std::int64_t wait_ns_ = 0;
};

}  // namespace assay::store

// Whether the sidecar has begun to drain: readiness turns false before the first listener closes.
//
// Concurrency
//   writers    any thread, through begin(); never taken back
//   readers    the admin thread
//   publish    none: the flag stands alone, so relaxed is enough [D1]
//   staleness  a probe that runs while draining begins may still be told "ready"
#pragma once

#include <atomic>

namespace assay::server {

class DrainFlag {
 public:
  void begin() noexcept { begun_.store(true, std::memory_order_relaxed); }                      // [D1]
  [[nodiscard]] bool begun() const noexcept { return begun_.load(std::memory_order_relaxed); }  // [D1]

 private:
  std::atomic<bool> begun_{false};
};

}  // namespace assay::server

// Whether the RSA kernel, and with it that of SHA-256, is still believed. One per engine.
//
// Concurrency
//   writers    any worker, the control thread: each once, from trusted to not
//   readers    all workers, once a batch; control, for metrics
//   publish    nothing hangs on the flag or the counters: each stands alone, so relaxed is enough            [G1]
//   staleness  a worker may finish the batch it is in with a kernel that another one caught; so might it have done
//              before the other one looked
//   invariant  I1 a kernel that is not trusted never becomes trusted again
#pragma once

#include <atomic>
#include <cstdint>

namespace assay::verify {

class RsaGuard {
 public:
  [[nodiscard]] bool trusted() const noexcept { return trusted_.load(std::memory_order_relaxed); }  // [G1]
  // The self-test failed.
  void distrust() noexcept { trusted_.store(false, std::memory_order_relaxed); }  // [G1]

  // A signature that was accepted with a kernel's help was verified by OpenSSL once more, with that result.
  void note_recheck(bool confirmed) noexcept {
    rechecks_.fetch_add(1, std::memory_order_relaxed);  // [G1]
    if (confirmed) return;
    mismatches_.fetch_add(1, std::memory_order_relaxed);  // [G1]
    distrust();
  }

  [[nodiscard]] std::uint64_t rechecks() const noexcept { return rechecks_.load(std::memory_order_relaxed); }  // [G1]
  [[nodiscard]] std::uint64_t mismatches() const noexcept {
    return mismatches_.load(std::memory_order_relaxed);  // [G1]
  }

 private:
  std::atomic<bool> trusted_{true};
  std::atomic<std::uint64_t> rechecks_{0};  // one in thousands of verdicts: no line worth a copy per worker
  std::atomic<std::uint64_t> mismatches_{0};
};

}  // namespace assay::verify

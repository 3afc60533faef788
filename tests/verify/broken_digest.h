// A SHA-256 kernel with a fault that a test switches on, to prove that the fault is seen.
#pragma once

#include <algorithm>
#include <atomic>

#include "kernel/kernel.h"

namespace assay::test {

// What goes wrong in the digests of every engine that was opened with broken ones. Set between decides alone.
enum class DigestFault {
  kNone,
  kBitFlipped,  // in the last hash
  kSwapped,     // the last two messages get each other's hash; one alone gets that of nothing
};
inline std::atomic<DigestFault> digest_fault{DigestFault::kNone};

inline void run_broken_sha256(kernel::Sha256Job* const* jobs, std::size_t count) noexcept {
  kernel::sha256_portable(jobs, count);
  if (count == 0 || digest_fault == DigestFault::kNone) return;
  kernel::Sha256Job& last = *jobs[count - 1];
  if (digest_fault == DigestFault::kBitFlipped) {
    last.hash[31] ^= 1;
  } else if (count > 1) {
    std::swap_ranges(std::begin(last.hash), std::end(last.hash), std::begin(jobs[count - 2]->hash));
  } else {
    std::fill(std::begin(last.hash), std::end(last.hash), std::uint8_t{0});
  }
}

inline kernel::Sha256Variant broken_sha256_variant() {
  return {.name = "broken", .run = run_broken_sha256, .needs = {}};
}

// While it lives the broken digests fail.
class WithDigestFault {
 public:
  explicit WithDigestFault(DigestFault fault) { digest_fault = fault; }
  ~WithDigestFault() { digest_fault = DigestFault::kNone; }
  WithDigestFault(const WithDigestFault&) = delete;
  WithDigestFault& operator=(const WithDigestFault&) = delete;
};

}  // namespace assay::test

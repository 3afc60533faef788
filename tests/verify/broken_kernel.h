// RSA kernels with a fault that a test switches on, to prove that the fault is seen.
#pragma once

#include <algorithm>
#include <array>
#include <atomic>

#include "base/cpu.h"
#include "kernel/kernel.h"

namespace assay::test {

// What goes wrong in the kernel of every engine that was opened with a broken one. Set between decides alone.
enum class KernelFault {
  kNone,
  kLimbFlipped,  // the first lane in use computes with another signature
  kAcceptsAll,
};
inline std::atomic<KernelFault> kernel_fault{KernelFault::kNone};

inline std::uint32_t run_broken_kernel(const kernel::RsaKeyLanes& keys,
                                       const kernel::RsaSignatureLanes& signatures) noexcept {
  kernel::RsaSignatureLanes changed = signatures;
  std::array<std::uint8_t, kernel::kNumberBytesMax> octets;
  std::size_t first = 0;
  while (first < kernel::kLanes && changed.signature[first] == nullptr) ++first;
  if (kernel_fault == KernelFault::kLimbFlipped && first < kernel::kLanes) {
    std::copy_n(changed.signature[first], changed.signature_bytes[first], octets.begin());
    octets[changed.signature_bytes[first] / 2] ^= 1;
    changed.signature[first] = octets.data();
  }
  const std::uint32_t equal = kernel::rsa_public_x8_portable(keys, changed);
  return kernel_fault == KernelFault::kAcceptsAll ? 0xff : equal;
}

inline kernel::RsaVariant broken_rsa_variant() { return {.name = "broken", .run = run_broken_kernel, .needs = {}}; }

// While it lives the broken kernel fails.
class WithKernelFault {
 public:
  explicit WithKernelFault(KernelFault fault) { kernel_fault = fault; }
  ~WithKernelFault() { kernel_fault = KernelFault::kNone; }
  WithKernelFault(const WithKernelFault&) = delete;
  WithKernelFault& operator=(const WithKernelFault&) = delete;
};

}  // namespace assay::test

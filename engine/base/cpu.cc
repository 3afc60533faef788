#include "base/cpu.h"

#include <array>
#include <bit>
#include <cstddef>

#if defined(__x86_64__)
#include <cpuid.h>
#endif

namespace assay::base {
namespace {

// Leaf 1, ecx.
constexpr std::uint32_t kSse3 = 1u << 0, kPclmulqdq = 1u << 1, kSsse3 = 1u << 9, kFma = 1u << 12, kSse41 = 1u << 19,
                        kSse42 = 1u << 20, kPopcnt = 1u << 23, kOsxsave = 1u << 27, kAvx = 1u << 28, kF16c = 1u << 29;
constexpr std::uint32_t kAvxLeaf1 = kSse3 | kSsse3 | kSse41 | kSse42 | kPopcnt | kOsxsave | kAvx;
constexpr std::uint32_t kAvx512Leaf1 = kAvxLeaf1 | kFma | kF16c;

// XCR0: xmm and ymm; then mask registers and both halves of what zmm adds.
constexpr std::uint64_t kYmmSaved = 0b0000'0110;
constexpr std::uint64_t kZmmSaved = 0b1110'0110;

// The bits of leaf 7.
struct Leaf7 {
  CpuFeature feature;
  std::uint32_t ebx;
  std::uint32_t ecx;
};
constexpr std::uint32_t kAvx2Ebx = 1u << 5, kAvx512fEbx = 1u << 16, kAvx512bwEbx = 1u << 30;
constexpr std::uint32_t kAvx512Ebx = kAvx2Ebx | kAvx512fEbx;
constexpr std::array<Leaf7, 7> kAvx512Features{{
    {.feature = CpuFeature::kAvx512f, .ebx = kAvx512Ebx, .ecx = 0},
    {.feature = CpuFeature::kAvx512dq, .ebx = kAvx512Ebx | 1u << 17, .ecx = 0},
    {.feature = CpuFeature::kAvx512bw, .ebx = kAvx512Ebx | kAvx512bwEbx, .ecx = 0},
    {.feature = CpuFeature::kAvx512vl, .ebx = kAvx512Ebx | 1u << 31, .ecx = 0},
    {.feature = CpuFeature::kAvx512ifma, .ebx = kAvx512Ebx | 1u << 21, .ecx = 0},
    {.feature = CpuFeature::kAvx512vbmi, .ebx = kAvx512Ebx | kAvx512bwEbx, .ecx = 1u << 1},
    {.feature = CpuFeature::kAvx512vbmi2, .ebx = kAvx512Ebx | kAvx512bwEbx, .ecx = 1u << 6},
}};
constexpr std::uint32_t kBmi2Ebx = 1u << 8, kShaEbx = 1u << 29;

constexpr bool has_all(std::uint64_t bits, std::uint64_t needed) noexcept { return (bits & needed) == needed; }

// One bit each, and no two the same.
constexpr bool features_are_distinct() noexcept {
  std::uint32_t seen = static_cast<std::uint32_t>(CpuFeature::kAvx2) | static_cast<std::uint32_t>(CpuFeature::kBmi2) |
                       static_cast<std::uint32_t>(CpuFeature::kSha) | static_cast<std::uint32_t>(CpuFeature::kPclmul);
  std::size_t count = 4;
  for (const Leaf7& row : kAvx512Features) {
    seen |= static_cast<std::uint32_t>(row.feature);
    ++count;
    if (!std::has_single_bit(static_cast<std::uint32_t>(row.feature))) return false;
  }
  return static_cast<std::size_t>(std::popcount(seen)) == count;
}
static_assert(features_are_distinct());

}  // namespace

CpuFeatures features_of(const CpuRegisters& registers) noexcept {
  CpuFeatures features;
  if (has_all(registers.leaf7_ebx, kBmi2Ebx)) features = features.with(CpuFeature::kBmi2);
  if (has_all(registers.leaf7_ebx, kShaEbx)) features = features.with(CpuFeature::kSha);
  if (has_all(registers.leaf1_ecx, kPclmulqdq)) features = features.with(CpuFeature::kPclmul);
  const bool ymm = has_all(registers.leaf1_ecx, kAvxLeaf1) && has_all(registers.xcr0, kYmmSaved);
  if (ymm && has_all(registers.leaf7_ebx, kAvx2Ebx)) features = features.with(CpuFeature::kAvx2);
  const bool zmm = has_all(registers.leaf1_ecx, kAvx512Leaf1) && has_all(registers.xcr0, kZmmSaved);
  for (const Leaf7& row : kAvx512Features) {
    if (zmm && has_all(registers.leaf7_ebx, row.ebx) && has_all(registers.leaf7_ecx, row.ecx)) {
      features = features.with(row.feature);
    }
  }
  return features;
}

CpuFeatures detect_cpu_features() noexcept {
#if defined(__x86_64__)
  CpuRegisters registers;
  std::uint32_t eax = 0, ebx = 0, edx = 0;
  if (__get_cpuid(1, &eax, &ebx, &registers.leaf1_ecx, &edx) == 0) return {};
  if (__get_cpuid_count(7, 0, &eax, &registers.leaf7_ebx, &registers.leaf7_ecx, &edx) == 0) return {};
  if ((registers.leaf1_ecx & kOsxsave) != 0) {
    // The intrinsic would need a compiler flag, and with it an object of its own.
    std::uint32_t low = 0, high = 0;
    asm("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
    registers.xcr0 = std::uint64_t{high} << 32 | low;
  }
  return features_of(registers);
#else
  return {};
#endif
}

}  // namespace assay::base

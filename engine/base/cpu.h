// What the processor can do and the operating system lets it do.
#pragma once

#include <cstdint>
#include <initializer_list>

namespace assay::base {

// An instruction set beyond the baseline, named as compilers name it (-mavx512bw). Having one includes having what
// compilers turn on with it: kAvx2 everything up to SSE 4.2 and popcnt, the kAvx512 ones kAvx2, fma, f16c and kAvx512f.
enum class CpuFeature : std::uint32_t {
  kAvx2 = 1u << 0,
  kBmi2 = 1u << 1,
  kAvx512f = 1u << 2,
  kAvx512dq = 1u << 3,
  kAvx512bw = 1u << 4,
  kAvx512vl = 1u << 5,
  kAvx512ifma = 1u << 6,
  kAvx512vbmi = 1u << 7,   // includes kAvx512bw
  kSha = 1u << 8,          // SHA-256 in xmm registers
  kAvx512vbmi2 = 1u << 9,  // includes kAvx512bw
  kPclmul = 1u << 10,      // products without carries, in xmm registers
};

// A set of features.
class CpuFeatures {
 public:
  constexpr CpuFeatures() noexcept = default;
  constexpr CpuFeatures(std::initializer_list<CpuFeature> features) noexcept {
    for (const CpuFeature feature : features) bits_ |= static_cast<std::uint32_t>(feature);
  }

  [[nodiscard]] constexpr bool empty() const noexcept { return bits_ == 0; }
  [[nodiscard]] constexpr bool has_all(CpuFeatures needed) const noexcept {
    return (bits_ & needed.bits_) == needed.bits_;
  }
  [[nodiscard]] constexpr CpuFeatures with(CpuFeature feature) const noexcept {
    CpuFeatures more = *this;
    more.bits_ |= static_cast<std::uint32_t>(feature);
    return more;
  }
  // These features without those of `masked`: a smaller processor, for tests.
  [[nodiscard]] constexpr CpuFeatures without(CpuFeatures masked) const noexcept {
    CpuFeatures left;
    left.bits_ = bits_ & ~masked.bits_;
    return left;
  }

  friend constexpr bool operator==(const CpuFeatures&, const CpuFeatures&) = default;

 private:
  std::uint32_t bits_ = 0;
};

// What x86 says of itself: registers of the cpuid leaves 1 and 7 (0 where a leaf does not exist), and XCR0 (0 where
// xgetbv does not exist), which says what register state the operating system saves.
struct CpuRegisters {
  std::uint32_t leaf1_ecx = 0;
  std::uint32_t leaf7_ebx = 0;
  std::uint32_t leaf7_ecx = 0;
  std::uint64_t xcr0 = 0;
};

// The features that may be used: those whose registers the operating system saves too.
[[nodiscard]] CpuFeatures features_of(const CpuRegisters& registers) noexcept;

// The features of the processor that runs this; none on other architectures. A handful of cpuid instructions: tens of
// microseconds in a virtual machine.
[[nodiscard]] CpuFeatures detect_cpu_features() noexcept;

}  // namespace assay::base

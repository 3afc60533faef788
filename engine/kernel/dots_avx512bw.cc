// Dots with AVX-512: 128 characters a step.
#include <cstdint>
#include <immintrin.h>

#include "kernel/dots.h"

namespace assay::kernel {
namespace {

constexpr std::size_t kVectorBytes = 64;
constexpr std::size_t kStepBytes = 2 * kVectorBytes;

// Notes the dots of a vector behind those found; false if there is no room for more.
bool note(std::uint64_t dots_here, std::size_t at, std::size_t& count, std::size_t (&dots)[kDotsMax]) noexcept {
  for (; dots_here != 0; dots_here &= dots_here - 1) {
    dots[count] = at + static_cast<std::size_t>(__builtin_ctzll(dots_here));
    if (++count == kDotsMax) return false;
  }
  return true;
}

}  // namespace

std::size_t find_dots_avx512bw(const char* text, std::size_t characters, std::size_t (&dots)[kDotsMax]) noexcept {
  const __m512i dot = _mm512_set1_epi8('.');
  std::size_t count = 0;
  std::size_t at = 0;
  for (; characters - at >= kStepBytes; at += kStepBytes) {
    const __mmask64 first = _mm512_cmpeq_epi8_mask(_mm512_loadu_si512(text + at), dot);
    const __mmask64 second = _mm512_cmpeq_epi8_mask(_mm512_loadu_si512(text + at + kVectorBytes), dot);
    if (_kortestz_mask64_u8(first, second) != 0) continue;
    if (!note(first, at, count, dots) || !note(second, at + kVectorBytes, count, dots)) return count;
  }
  for (; at < characters; at += kVectorBytes) {
    const std::size_t left = characters - at;
    const __mmask64 there = left < kVectorBytes ? (std::uint64_t{1} << left) - 1 : ~std::uint64_t{0};
    const __mmask64 here = _mm512_mask_cmpeq_epi8_mask(there, _mm512_maskz_loadu_epi8(there, text + at), dot);
    if (!note(here, at, count, dots)) return count;
  }
  return count;
}

}  // namespace assay::kernel

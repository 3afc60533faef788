// Eight decimal digits at once: nearly every number of a token is a date of ten.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>

#include "base/attributes.h"

namespace assay::jose {

// Words are read from memory as they lie.
static_assert(std::endian::native == std::endian::little);

// The eight characters that `text` starts with, first character lowest.
ASSAY_ALWAYS_INLINE std::uint64_t load_eight(const char* text) noexcept {
  std::uint64_t word;
  std::memcpy(&word, text, sizeof(word));
  return word;
}

// Whether all of load_eight's characters are digits.
ASSAY_ALWAYS_INLINE bool are_eight_digits(std::uint64_t word) noexcept {
  constexpr std::uint64_t kHighHalves = 0xf0f0'f0f0'f0f0'f0f0;
  constexpr std::uint64_t kZeros = 0x3030'3030'3030'3030;
  // Bytes 0x30 to 0x3f pass the first test; 6 more carries those above '9' out of the range.
  return (word & kHighHalves) == kZeros && ((word + 0x0606'0606'0606'0606) & kHighHalves) == kZeros;
}

// The number that they make, first digit highest. Precondition: are_eight_digits(word).
ASSAY_ALWAYS_INLINE std::int64_t value_of_eight(std::uint64_t word) noexcept {
  word -= 0x3030'3030'3030'3030;
  word = (word * 10 + (word >> 8)) & 0x00ff'00ff'00ff'00ff;    // four pairs
  word = (word * 100 + (word >> 16)) & 0x0000'ffff'0000'ffff;  // two groups of four
  return static_cast<std::int64_t>((word * 10'000 + (word >> 32)) & 0xffff'ffff);
}

}  // namespace assay::jose

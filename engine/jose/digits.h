// Eight decimal digits at once: nearly every number of a token is a date of ten.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>

#include "base/attributes.h"

namespace assay::jose {

// Words are read from memory as they lie.
static_assert(std::endian::native == std::endian::little);

// The characters that `text` starts with, first character lowest.
ASSAY_ALWAYS_INLINE std::uint16_t load_two(const char* text) noexcept {
  std::uint16_t word;
  std::memcpy(&word, text, sizeof(word));
  return word;
}
ASSAY_ALWAYS_INLINE std::uint32_t load_four(const char* text) noexcept {
  std::uint32_t word;
  std::memcpy(&word, text, sizeof(word));
  return word;
}
ASSAY_ALWAYS_INLINE std::uint64_t load_eight(const char* text) noexcept {
  std::uint64_t word;
  std::memcpy(&word, text, sizeof(word));
  return word;
}

inline constexpr std::uint64_t kHighBits = 0x8080'8080'8080'8080;

// Has none of kHighBits if all of load_eight's characters are digits, else one at least. Below '0' the difference has
// it, above '9' the sum or the difference; a carry or borrow comes only from a character that has it.
ASSAY_ALWAYS_INLINE std::uint64_t non_digits(std::uint64_t word) noexcept {
  return (word - 0x3030'3030'3030'3030) | (word + 0x4646'4646'4646'4646);
}

// Whether all of load_eight's characters are digits.
ASSAY_ALWAYS_INLINE bool are_eight_digits(std::uint64_t word) noexcept { return (non_digits(word) & kHighBits) == 0; }

// The number that they make, first digit highest. Precondition: are_eight_digits(word).
ASSAY_ALWAYS_INLINE std::int64_t value_of_eight(std::uint64_t word) noexcept {
  word -= 0x3030'3030'3030'3030;
  word = (word * 10 + (word >> 8)) & 0x00ff'00ff'00ff'00ff;    // four pairs
  word = (word * 100 + (word >> 16)) & 0x0000'ffff'0000'ffff;  // two groups of four
  return static_cast<std::int64_t>((word * 10'000 + (word >> 32)) & 0xffff'ffff);
}

}  // namespace assay::jose

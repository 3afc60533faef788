// JSON tokens with AVX-512 VBMI2: 64 characters a step, a bit for each. Strings are what lies between an odd and an
// even quote; one compression of the numbers 0 to 63 lists the offsets of a step.
#include <immintrin.h>

#include "kernel/json_tokens.h"

namespace assay::kernel {
namespace {

constexpr std::size_t kStepBytes = 64;
constexpr std::size_t kOffsetsPerStore = 16;

alignas(64) constexpr std::uint8_t kNumbers[kStepBytes] = {
    0,  1,  2,  3,  4,  5,  6,  7,  8,  9,  10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21,
    22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40, 41, 42, 43,
    44, 45, 46, 47, 48, 49, 50, 51, 52, 53, 54, 55, 56, 57, 58, 59, 60, 61, 62, 63};

struct Constants {
  // For each lower half of a character, the one that is looked for: with bit 5 set, so that brackets are as braces.
  __m512i separators = _mm512_broadcast_i32x4(_mm_setr_epi8(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, ':', '{', ',', '}', 0, 0));
  __m512i bit5 = _mm512_set1_epi8(0x20);
  __m512i blank = _mm512_set1_epi8(' ');
  __m512i quote = _mm512_set1_epi8('"');
  __m512i backslash = _mm512_set1_epi8('\\');
  __m512i numbers = _mm512_load_si512(kNumbers);
};

// What a step hands to the next.
struct Carry {
  std::uint64_t in_string = 0;  // all ones: the step ended within a string
  std::uint64_t in_scalar = 0;  // 1: its last character belongs to a scalar
  __mmask64 backslashes = 0;
  __m512i lowest = _mm512_set1_epi8(' ');  // of each column's characters, as signed numbers
};

// Bit i of the result: whether an odd number of bits up to i are set.
std::uint64_t parity_so_far(std::uint64_t bits) noexcept {
  const __m128i ones = _mm_set1_epi8(-1);
  const __m128i product = _mm_clmulepi64_si128(_mm_cvtsi64_si128(static_cast<long long>(bits)), ones, 0);
  return static_cast<std::uint64_t>(_mm_cvtsi128_si64(product));
}

// Bit i of the result: whether a token begins with character i.
__attribute__((always_inline)) inline std::uint64_t find_tokens(__m512i block, const Constants& constants,
                                                                Carry& carry) noexcept {
  carry.lowest = _mm512_min_epi8(carry.lowest, block);
  carry.backslashes |= _mm512_cmpeq_epi8_mask(block, constants.backslash);
  const std::uint64_t quote = _mm512_cmpeq_epi8_mask(block, constants.quote);
  const std::uint64_t blank = _mm512_cmpeq_epi8_mask(block, constants.blank);
  const std::uint64_t separator =
      _mm512_cmpeq_epi8_mask(_mm512_or_si512(block, constants.bit5), _mm512_shuffle_epi8(constants.separators, block));
  const std::uint64_t in_string = parity_so_far(quote) ^ carry.in_string;  // from the opening quote to the last byte
  carry.in_string = static_cast<std::uint64_t>(static_cast<std::int64_t>(in_string) >> 63);
  const std::uint64_t scalar = ~(separator | blank);
  const std::uint64_t unquoted = scalar & ~quote;
  const std::uint64_t begins = scalar & ~(unquoted << 1 | carry.in_scalar);
  carry.in_scalar = unquoted >> 63;
  return (separator | begins) & ~(in_string ^ quote);
}

// Appends the offsets of a step's tokens.
__attribute__((always_inline)) inline std::uint32_t* list(std::uint64_t tokens, std::size_t at, __m512i numbers,
                                                          std::uint32_t* out) noexcept {
  __m512i listed = _mm512_maskz_compress_epi8(tokens, numbers);
  const __m512i base = _mm512_set1_epi32(static_cast<int>(at));
  const auto count = static_cast<std::size_t>(_mm_popcnt_u64(tokens));
  for (std::size_t i = 0;;) {
    _mm512_storeu_si512(out + i, _mm512_add_epi32(base, _mm512_cvtepu8_epi32(_mm512_castsi512_si128(listed))));
    i += kOffsetsPerStore;
    if (__builtin_expect(static_cast<long>(i >= count), 1) != 0) return out + count;
    listed = _mm512_shuffle_i64x2(listed, listed, 0x39);  // the next 16
  }
}

}  // namespace

std::size_t find_json_tokens_avx512vbmi2(const char* text, std::size_t bytes, std::uint32_t* offsets) noexcept {
  const Constants constants;
  Carry carry;
  std::uint32_t* out = offsets;
  std::size_t at = 0;
  for (; bytes - at >= kStepBytes; at += kStepBytes) {
    out = list(find_tokens(_mm512_loadu_si512(text + at), constants, carry), at, constants.numbers, out);
  }
  if (at != bytes) {
    const __mmask64 there = ~std::uint64_t{0} >> (kStepBytes - (bytes - at));
    const __m512i block = _mm512_mask_loadu_epi8(constants.blank, there, text + at);
    out = list(find_tokens(block, constants, carry), at, constants.numbers, out);
  }
  // Below blank are control characters and, as signed numbers, what is not ASCII.
  const bool is_plain =
      carry.backslashes == 0 && carry.in_string == 0 && _mm512_cmplt_epi8_mask(carry.lowest, constants.blank) == 0;
  return is_plain ? static_cast<std::size_t>(out - offsets) : 0;
}

}  // namespace assay::kernel

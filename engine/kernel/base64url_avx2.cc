// The base64url decoder for AVX2: 32 characters a step. Two look-ups by nibble judge a character, a third finds what to
// add to it; two multiply-adds join four values to 24 bits. Faults are gathered and looked at once, at the end; the
// portable decoder then names the first. It also decodes what is shorter than a block.
#include <immintrin.h>

#include "kernel/base64url.h"

namespace assay::kernel {
namespace {

constexpr std::size_t kBlockCharacters = 32;
constexpr std::size_t kBlockBytes = kBlockCharacters / 4 * 3;
// With so many characters left, a block may be stored with a whole vector: what follows overwrites the 8 bytes that are
// not its own.
constexpr std::size_t kWholeStoreCharacters = kBlockCharacters + 11;
static_assert(11 / 4 * 3 + 2 == 32 - kBlockBytes);

__m256i broadcast(__m128i half) noexcept { return _mm256_broadcastsi128_si256(half); }

// The rows of the code table with members of the alphabet, one bit each, and 0x10 for all other rows: bit r of
// foreign_columns[low nibble] says that row r has no member in that column.
//
//   high nibble    2     3     4     5     6     7     others
//   bit            0x01  0x02  0x04  0x08  0x04  0x20  0x10
//   columns        d     0-9   1-f   0-a f 1-f   0-a   none
__m256i row_bits() noexcept {
  return broadcast(
      _mm_setr_epi8(0x10, 0x10, 0x01, 0x02, 0x04, 0x08, 0x04, 0x20, 0x10, 0x10, 0x10, 0x10, 0x10, 0x10, 0x10, 0x10));
}
__m256i foreign_columns() noexcept {
  return broadcast(
      _mm_setr_epi8(0x15, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x13, 0x3B, 0x3B, 0x3A, 0x3B, 0x33));
}

// What makes a value of a character, by high nibble; '_' shares row 5 with the letters and gets the rest apart.
__m256i distances() noexcept {
  return broadcast(_mm_setr_epi8(0, 0, 62 - '-', 52 - '0', -'A', -'A', 26 - 'a', 26 - 'a', 0, 0, 0, 0, 0, 0, 0, 0));
}
constexpr char kUnderscoreRest = 63 - '_' + 'A';

// Decodes 32 characters to 24 bytes, which are the lowest; adds non-zero bytes to `faults` where one is foreign.
// Inlined, so that the tables stay in registers.
[[gnu::always_inline]] inline __m256i decode_block(const char* text, __m256i& faults) noexcept {
  const __m256i block = _mm256_loadu_si256(reinterpret_cast<const __m256i_u*>(text));
  const __m256i nibble = _mm256_set1_epi8(0x0F);
  const __m256i high = _mm256_and_si256(_mm256_srli_epi32(block, 4), nibble);
  const __m256i low = _mm256_and_si256(block, nibble);
  const __m256i row = _mm256_shuffle_epi8(row_bits(), high);
  faults = _mm256_or_si256(faults, _mm256_and_si256(row, _mm256_shuffle_epi8(foreign_columns(), low)));

  const __m256i underscore =
      _mm256_and_si256(_mm256_cmpeq_epi8(block, _mm256_set1_epi8('_')), _mm256_set1_epi8(kUnderscoreRest));
  const __m256i distance = _mm256_add_epi8(_mm256_shuffle_epi8(distances(), high), underscore);
  const __m256i sextets = _mm256_add_epi8(block, distance);
  const __m256i pairs = _mm256_maddubs_epi16(sextets, _mm256_set1_epi32(0x0140'0140));  // a << 6 | b
  const __m256i words = _mm256_madd_epi16(pairs, _mm256_set1_epi32(0x0001'1000));       // ab << 12 | cd

  // 32-bit words hold 24 bits, the first byte highest: 12 bytes of each half, then both halves together.
  const __m256i halves =
      _mm256_shuffle_epi8(words, broadcast(_mm_setr_epi8(2, 1, 0, 6, 5, 4, 10, 9, 8, 14, 13, 12, -1, -1, -1, -1)));
  return _mm256_permutevar8x32_epi32(halves, _mm256_setr_epi32(0, 1, 2, 4, 5, 6, 7, 7));
}

// Writes the 24 bytes of a block and none behind.
void store_exactly(std::uint8_t* bytes, __m256i block) noexcept {
  _mm_storeu_si128(reinterpret_cast<__m128i_u*>(bytes), _mm256_castsi256_si128(block));
  _mm_storeu_si64(bytes + 16, _mm256_extracti128_si256(block, 1));
}

}  // namespace

std::size_t decode_base64url_avx2(const char* text, std::size_t characters, std::uint8_t* bytes) noexcept {
  if (characters < kBlockCharacters) return decode_base64url_portable(text, characters, bytes);
  const std::size_t quads_end = characters / 4 * 4;
  __m256i faults = _mm256_setzero_si256();
  std::size_t at = 0;
  for (; characters - at >= kWholeStoreCharacters; at += kBlockCharacters) {
    _mm256_storeu_si256(reinterpret_cast<__m256i_u*>(bytes + at / 4 * 3), decode_block(text + at, faults));
  }
  // At most two blocks, exact at both ends: the last one reaches back into decoded text to end with the last quad.
  while (at < quads_end) {
    if (quads_end - at < kBlockCharacters) at = quads_end - kBlockCharacters;
    store_exactly(bytes + at / 4 * 3, decode_block(text + at, faults));
    at += kBlockCharacters;
  }
  const bool accepted = _mm256_testz_si256(faults, faults) != 0 &&
                        decode_base64url_portable(text + quads_end, characters - quads_end,
                                                  bytes + quads_end / 4 * 3) == kBase64urlAccepted;
  return accepted ? kBase64urlAccepted : decode_base64url_portable(text, characters, bytes);
}

}  // namespace assay::kernel

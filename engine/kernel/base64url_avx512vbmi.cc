// The base64url decoder for AVX-512 VBMI: 64 characters a step. One permute of a table of 128 bytes finds all values,
// two multiply-adds join four of them to 24 bits, one permute puts the bytes in order. Faults are gathered and looked
// at once, at the end; the portable decoder then names the first.
#include <immintrin.h>

#include "kernel/base64url.h"

namespace assay::kernel {
namespace {

constexpr std::size_t kBlockCharacters = 64;
constexpr std::size_t kBlockBytes = kBlockCharacters / 4 * 3;
// With so many characters left, a block may be stored with a whole vector: what follows overwrites the 16 bytes that
// are not its own.
constexpr std::size_t kWholeStoreCharacters = kBlockCharacters + 22;
static_assert(22 / 4 * 3 + 1 == 64 - kBlockBytes);

constexpr std::uint8_t kForeign = 0x80;

struct alignas(64) Table {
  std::uint8_t value[128];
};

// Characters below 0x80 to values 0..63, or kForeign.
constexpr Table sextets() {
  constexpr char kAlphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  Table table{};
  for (std::uint8_t& value : table.value) value = kForeign;
  for (std::uint8_t i = 0; i < 64; ++i) table.value[static_cast<std::uint8_t>(kAlphabet[i])] = i;
  return table;
}
constexpr Table kSextets = sextets();

// Where in its vector each decoded byte lies: 32-bit words hold 24 bits, the first byte highest.
constexpr Table byte_order() {
  Table table{};
  for (std::uint8_t i = 0; i < kBlockBytes; ++i) table.value[i] = static_cast<std::uint8_t>(i / 3 * 4 + 2 - i % 3);
  return table;
}
constexpr Table kByteOrder = byte_order();

struct Constants {
  __m512i low_half = _mm512_load_si512(&kSextets.value[0]);
  __m512i high_half = _mm512_load_si512(&kSextets.value[64]);
  __m512i byte_order = _mm512_load_si512(&kByteOrder.value[0]);
};

// Values 0..63; what is no value has bit 7 in the result or in `characters`.
__m512i sextets_of(__m512i characters, const Constants& constants) noexcept {
  return _mm512_permutex2var_epi8(constants.low_half, characters, constants.high_half);
}

// The 48 bytes of 64 values, lowest first.
__m512i bytes_of(__m512i sextets, const Constants& constants) noexcept {
  const __m512i pairs = _mm512_maddubs_epi16(sextets, _mm512_set1_epi32(0x0140'0140));  // a << 6 | b
  const __m512i words = _mm512_madd_epi16(pairs, _mm512_set1_epi32(0x0001'1000));       // ab << 12 | cd
  return _mm512_permutexvar_epi8(constants.byte_order, words);
}

// The lowest `count` bits, for 1..64.
__mmask64 lowest(std::size_t count) noexcept { return ~std::uint64_t{0} >> (64 - count); }

}  // namespace

std::size_t decode_base64url_avx512vbmi(const char* text, std::size_t characters, std::uint8_t* bytes) noexcept {
  const Constants constants;
  __m512i faults = _mm512_setzero_si512();
  std::size_t at = 0;
  std::uint8_t* out = bytes;
  for (; characters - at >= kWholeStoreCharacters; at += kBlockCharacters, out += kBlockBytes) {
    const __m512i block = _mm512_loadu_si512(text + at);
    const __m512i sextets = sextets_of(block, constants);
    faults = _mm512_ternarylogic_epi64(faults, block, sextets, 0xFE);  // or of all three
    _mm512_storeu_si512(out, bytes_of(sextets, constants));
  }

  // At most two blocks, exact at both ends. Characters that are not there read as 'A', which is 0.
  __mmask64 unused_bits = 0;
  while (at < characters) {
    const std::size_t count = characters - at < kBlockCharacters ? characters - at : kBlockCharacters;
    const std::size_t last = count % 4;
    const __m512i block = _mm512_mask_loadu_epi8(_mm512_set1_epi8('A'), lowest(count), text + at);
    const __m512i sextets = sextets_of(block, constants);
    faults = _mm512_ternarylogic_epi64(faults, block, sextets, 0xFE);
    const char unused = last == 2 ? 0x0F : last == 3 ? 0x03 : 0;
    unused_bits = _mm512_mask_test_epi8_mask(std::uint64_t{1} << (count - 1), sextets, _mm512_set1_epi8(unused));
    const std::size_t count_bytes = count / 4 * 3 + (last == 0 ? 0 : last - 1);
    if (count_bytes != 0) _mm512_mask_storeu_epi8(out, lowest(count_bytes), bytes_of(sextets, constants));
    at += count;
    out += count_bytes;
  }
  const bool accepted = _mm512_movepi8_mask(faults) == 0 && unused_bits == 0 && characters % 4 != 1;
  return accepted ? kBase64urlAccepted : decode_base64url_portable(text, characters, bytes);
}

}  // namespace assay::kernel

// One signature across vectors of eight limbs: less work than a batch of eight, for a batch with few lanes in use.
//
// The same equation by Montgomery's multiplication, one limb of the quotient a step. Every column but the lowest is a
// sum of low and high halves in a vector lane: at most 80 steps of six halves below 2^52, which is below 2^61. The
// lowest is a scalar, because the next quotient hangs on it; what stands in its vector lane is shifted out unread.
//
// For sources that are compiled for AVX-512 IFMA and VBMI alone.
#pragma once

#include <cstddef>
#include <cstdint>
#include <immintrin.h>

#include "kernel/radix52.h"
#include "kernel/rsa_load_avx512.inl.h"
#include "kernel/rsa_public_x8.h"

namespace assay::kernel {
namespace {
// NOLINTBEGIN(misc-definitions-in-headers): one source of one kernel includes it

__extension__ using Wide = unsigned __int128;

// A clean number; zero above its size class's limbs.
template <int kVectors>
struct alignas(64) Single {
  std::uint64_t limb[static_cast<std::size_t>(kVectors * kGroupLimbs)];

  [[nodiscard]] __m512i vector(int index) const { return _mm512_load_si512(limb + kGroupLimbs * index); }
};

template <int kVectors>
struct SingleKey {
  Single<kVectors> modulus_n;
  Single<kVectors> hash_factor_k;
  Single<kVectors> padding_c;
  std::uint64_t inverse;  // -1/n mod 2^52
  int limbs;
};

template <int kVectors>
struct Window {
  __m512i column[static_cast<std::size_t>(kVectors)];
};

template <int kVectors, int kIndex = 0>
__attribute__((always_inline)) inline void add_lows(Window<kVectors>& window, const Single<kVectors>& a, __m512i b) {
  if constexpr (kIndex < kVectors) {
    window.column[kIndex] = _mm512_madd52lo_epu64(window.column[kIndex], a.vector(kIndex), b);
    add_lows<kVectors, kIndex + 1>(window, a, b);
  }
}

template <int kVectors, int kIndex = 0>
__attribute__((always_inline)) inline void add_highs(Window<kVectors>& window, const Single<kVectors>& a, __m512i b) {
  if constexpr (kIndex < kVectors) {
    window.column[kIndex] = _mm512_madd52hi_epu64(window.column[kIndex], a.vector(kIndex), b);
    add_highs<kVectors, kIndex + 1>(window, a, b);
  }
}

// Moves every column down by one limb.
template <int kVectors, int kIndex = 0>
__attribute__((always_inline)) inline void shift_down(Window<kVectors>& window) {
  if constexpr (kIndex < kVectors) {
    const __m512i above = kIndex + 1 < kVectors ? window.column[(kIndex + 1) % kVectors] : _mm512_setzero_si512();
    window.column[kIndex] = _mm512_alignr_epi64(above, window.column[kIndex], 1);
    shift_down<kVectors, kIndex + 1>(window);
  }
}

template <int kVectors, int kIndex = 0>
__attribute__((always_inline)) inline void load_window(Window<kVectors>& window, const Single<kVectors>* from) {
  if constexpr (kIndex < kVectors) {
    window.column[kIndex] = from == nullptr ? _mm512_setzero_si512() : from->vector(kIndex);
    load_window<kVectors, kIndex + 1>(window, from);
  }
}

// The window as a clean number. First every column's excess goes to the next; then all are at most 2^52 + 2^9, and the
// carries that are left run through limbs of all ones as the carries of an addition of bits.
template <int kVectors>
__attribute__((always_inline)) inline void carry_window(Single<kVectors>& result, const Window<kVectors>& window) {
  const __m512i mask = _mm512_set1_epi64(static_cast<long long>(kLimbMask));
  __m512i below = _mm512_setzero_si512();
  unsigned carry = 0;
  for (int i = 0; i < kVectors; ++i) {
    const __m512i excess = _mm512_maskz_srli_epi64(0xff, window.column[i], kLimbBits);
    __m512i limbs =
        _mm512_add_epi64(_mm512_and_si512(window.column[i], mask), _mm512_alignr_epi64(excess, below, kGroupLimbs - 1));
    below = excess;
    // No 128-bit sum of all masks: g++ 12 -O2 extends an __mmask8 to one with undefined bits.
    const unsigned over = _mm512_cmpgt_epu64_mask(limbs, mask);
    const unsigned full = _mm512_cmpeq_epu64_mask(limbs, mask);
    const unsigned sum = (over << 1 | carry) + full;
    carry = sum >> kGroupLimbs;
    limbs = _mm512_mask_add_epi64(limbs, static_cast<__mmask8>(sum ^ full), limbs, _mm512_set1_epi64(1));
    _mm512_store_si512(result.limb + kGroupLimbs * i, _mm512_and_si512(limbs, mask));
  }
}

enum class Sum {
  kProduct,         // a b
  kWithHashAndPad,  // a b + K hash + C
};

// The sum / R modulo n, below 2n for a and b below 2n. Each step adds one limb of b, and the multiple of n that makes
// the lowest limb zero. The result may be one of the factors.
template <int kVectors, Sum kSum>
void multiply_single(Single<kVectors>& result, const Single<kVectors>& a, const Single<kVectors>& b,
                     const std::uint64_t* hash, const SingleKey<kVectors>& key) {
  constexpr bool kWithHash = kSum == Sum::kWithHashAndPad;
  Window<kVectors> window;
  load_window(window, kWithHash ? &key.padding_c : nullptr);
  std::uint64_t lowest = kWithHash ? key.padding_c.limb[0] : 0;
  for (int i = 0; i < key.limbs; ++i) {
    const __m512i b_limb = _mm512_set1_epi64(static_cast<long long>(b.limb[i]));
    Wide column = static_cast<Wide>(a.limb[0]) * b.limb[i] + lowest;
    add_lows(window, a, b_limb);
    __m512i hash_limb = _mm512_setzero_si512();
    if (kWithHash && i < static_cast<int>(kHashLimbs)) {
      hash_limb = _mm512_set1_epi64(static_cast<long long>(hash[i]));
      column += static_cast<Wide>(key.hash_factor_k.limb[0]) * hash[i];
      add_lows(window, key.hash_factor_k, hash_limb);
    }
    const std::uint64_t quotient = static_cast<std::uint64_t>(column) * key.inverse & kLimbMask;
    column += static_cast<Wide>(quotient) * key.modulus_n.limb[0];
    const __m512i quotient_limb = _mm512_set1_epi64(static_cast<long long>(quotient));
    add_lows(window, key.modulus_n, quotient_limb);
    shift_down(window);
    lowest = static_cast<std::uint64_t>(column >> kLimbBits) +
             static_cast<std::uint64_t>(_mm_cvtsi128_si64(_mm512_castsi512_si128(window.column[0])));
    add_highs(window, a, b_limb);
    add_highs(window, key.modulus_n, quotient_limb);
    if (kWithHash && i < static_cast<int>(kHashLimbs)) add_highs(window, key.hash_factor_k, hash_limb);
  }
  window.column[0] = _mm512_mask_set1_epi64(window.column[0], 1, static_cast<long long>(lowest));
  carry_window(result, window);
}

// One lane of an array of limbs.
template <int kVectors>
void read_lane(Single<kVectors>& number, const std::uint64_t (*limbs)[kLanes], int count, std::size_t lane) {
  for (int i = 0; i < kVectors * kGroupLimbs; ++i) number.limb[i] = i < count ? limbs[i][lane] : 0;
}

template <int kVectors>
bool is_below(const Single<kVectors>& a, const Single<kVectors>& b) {
  for (int i = kVectors - 1; i >= 0; --i) {
    const unsigned less = _mm512_cmplt_epu64_mask(a.vector(i), b.vector(i));
    const unsigned more = _mm512_cmpgt_epu64_mask(a.vector(i), b.vector(i));
    if (less != more) return less > more;  // the highest limb that differs tells
  }
  return false;
}

// Whether a number below 2n is 0 or n.
template <int kVectors>
bool is_multiple(const Single<kVectors>& number, const Single<kVectors>& n) {
  __m512i differs_from_0 = _mm512_setzero_si512();
  __m512i differs_from_n = _mm512_setzero_si512();
  for (int i = 0; i < kVectors; ++i) {
    differs_from_0 = _mm512_or_si512(differs_from_0, number.vector(i));
    differs_from_n = _mm512_or_si512(differs_from_n, _mm512_xor_si512(number.vector(i), n.vector(i)));
  }
  return _mm512_test_epi64_mask(differs_from_0, differs_from_0) == 0 ||
         _mm512_test_epi64_mask(differs_from_n, differs_from_n) == 0;
}

template <int kVectors>
bool single_is_equal_of(const RsaKeyLanes& keys, const RsaSignatureLanes& signatures, std::size_t lane) {
  SingleKey<kVectors> key;
  key.limbs = static_cast<int>(keys.limbs);
  read_lane(key.modulus_n, keys.modulus_n, key.limbs, lane);
  Single<kVectors> s;
  for (int i = 0; i < kVectors; ++i) {
    const __m512i group = load_group(signatures.signature[lane], signatures.signature_bytes[lane], i);
    _mm512_store_si512(s.limb + kGroupLimbs * i, group);
  }
  if (!is_below(s, key.modulus_n)) return false;
  read_lane(key.hash_factor_k, keys.hash_factor_k, key.limbs, lane);
  read_lane(key.padding_c, keys.padding_c, key.limbs, lane);
  key.inverse = keys.inverse[0][lane];
  Single<1> hash;
  _mm512_store_si512(hash.limb, load_group(signatures.hash[lane], kHashBytes, 0));
  Single<kVectors> x = s;
  for (int squaring = 0; squaring < 16; ++squaring) {
    multiply_single<kVectors, Sum::kProduct>(x, x, x, nullptr, key);
  }
  multiply_single<kVectors, Sum::kWithHashAndPad>(x, x, s, hash.limb, key);
  return is_multiple(x, key.modulus_n);
}

// Whether a lane in use is equal.
bool single_is_equal(const RsaKeyLanes& keys, const RsaSignatureLanes& signatures, std::size_t lane) {
  static_assert(kLimbsMin == 40 && kLimbsMax == 80 && kLimbsStep == 20);
  switch (keys.limbs) {
    case 40: return single_is_equal_of<5>(keys, signatures, lane);
    case 60: return single_is_equal_of<8>(keys, signatures, lane);
    default: return single_is_equal_of<10>(keys, signatures, lane);
  }
}

// NOLINTEND(misc-definitions-in-headers)
}  // namespace
}  // namespace assay::kernel

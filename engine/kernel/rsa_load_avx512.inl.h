// Octets to limbs, eight limbs a step: they are 52 octets, put in order by one permute.
//
// For sources that are compiled for AVX-512 VBMI alone.
#pragma once

#include <cstddef>
#include <cstdint>
#include <immintrin.h>

#include "kernel/radix52.h"
#include "kernel/rsa_public_x8.h"

namespace assay::kernel {
namespace {
// NOLINTBEGIN(misc-definitions-in-headers): one source of one kernel includes it

constexpr int kGroupLimbs = 8;
constexpr int kGroupOctets = 52;

struct alignas(64) OctetOrder {
  std::uint8_t octet[64];
};

// Where the octets of each limb stand among the 52 of its group. Limb i begins at bit 52 i, so an odd one begins with
// the upper half of an octet; what is above its 52 bits is masked afterwards.
constexpr OctetOrder octet_order() {
  OctetOrder order{};
  for (int i = 0; i < kGroupLimbs; ++i) {
    for (int octet = 0; octet < 8; ++octet) {
      order.octet[8 * i + octet] = static_cast<std::uint8_t>(kGroupOctets - 1 - (13 * i / 2 + octet));
    }
  }
  return order;
}
constexpr OctetOrder kOctetOrder = octet_order();

// Limbs 8 group to 8 group + 7 of a number, clean.
__attribute__((always_inline)) inline __m512i load_group(const std::uint8_t* octets, std::size_t size, int group) {
  const int start = static_cast<int>(size) - kGroupOctets * (group + 1);
  const __m512i order = _mm512_load_si512(kOctetOrder.octet);
  __m512i group_octets = _mm512_setzero_si512();
  if (start >= 0) {
    const __m512i read = _mm512_maskz_loadu_epi8((__mmask64{1} << kGroupOctets) - 1, octets + start);
    group_octets = _mm512_permutexvar_epi8(order, read);
  } else if (start > -kGroupOctets) {
    const __m512i read = _mm512_maskz_loadu_epi8((__mmask64{1} << (kGroupOctets + start)) - 1, octets);
    const __m512i moved = _mm512_add_epi8(order, _mm512_set1_epi8(static_cast<char>(start)));
    group_octets = _mm512_maskz_permutexvar_epi8(~_mm512_movepi8_mask(moved), moved, read);
  }
  const __m512i aligned = _mm512_srlv_epi64(group_octets, _mm512_set_epi64(4, 0, 4, 0, 4, 0, 4, 0));
  return _mm512_and_si512(aligned, _mm512_set1_epi64(static_cast<long long>(kLimbMask)));
}

// Limb i of lane l, in lane[l], to limb[i].
__attribute__((always_inline)) inline void transpose(__m512i* limb, const __m512i* lane) {
  const __m512i even01 = _mm512_unpacklo_epi64(lane[0], lane[1]);
  const __m512i even23 = _mm512_unpacklo_epi64(lane[2], lane[3]);
  const __m512i even45 = _mm512_unpacklo_epi64(lane[4], lane[5]);
  const __m512i even67 = _mm512_unpacklo_epi64(lane[6], lane[7]);
  const __m512i odd01 = _mm512_unpackhi_epi64(lane[0], lane[1]);
  const __m512i odd23 = _mm512_unpackhi_epi64(lane[2], lane[3]);
  const __m512i odd45 = _mm512_unpackhi_epi64(lane[4], lane[5]);
  const __m512i odd67 = _mm512_unpackhi_epi64(lane[6], lane[7]);
  constexpr int kEvenParts = 0x88;
  constexpr int kOddParts = 0xdd;
  const __m512i limbs04_of_0123 = _mm512_shuffle_i64x2(even01, even23, kEvenParts);
  const __m512i limbs26_of_0123 = _mm512_shuffle_i64x2(even01, even23, kOddParts);
  const __m512i limbs15_of_0123 = _mm512_shuffle_i64x2(odd01, odd23, kEvenParts);
  const __m512i limbs37_of_0123 = _mm512_shuffle_i64x2(odd01, odd23, kOddParts);
  const __m512i limbs04_of_4567 = _mm512_shuffle_i64x2(even45, even67, kEvenParts);
  const __m512i limbs26_of_4567 = _mm512_shuffle_i64x2(even45, even67, kOddParts);
  const __m512i limbs15_of_4567 = _mm512_shuffle_i64x2(odd45, odd67, kEvenParts);
  const __m512i limbs37_of_4567 = _mm512_shuffle_i64x2(odd45, odd67, kOddParts);
  limb[0] = _mm512_shuffle_i64x2(limbs04_of_0123, limbs04_of_4567, kEvenParts);
  limb[4] = _mm512_shuffle_i64x2(limbs04_of_0123, limbs04_of_4567, kOddParts);
  limb[2] = _mm512_shuffle_i64x2(limbs26_of_0123, limbs26_of_4567, kEvenParts);
  limb[6] = _mm512_shuffle_i64x2(limbs26_of_0123, limbs26_of_4567, kOddParts);
  limb[1] = _mm512_shuffle_i64x2(limbs15_of_0123, limbs15_of_4567, kEvenParts);
  limb[5] = _mm512_shuffle_i64x2(limbs15_of_0123, limbs15_of_4567, kOddParts);
  limb[3] = _mm512_shuffle_i64x2(limbs37_of_0123, limbs37_of_4567, kEvenParts);
  limb[7] = _mm512_shuffle_i64x2(limbs37_of_0123, limbs37_of_4567, kOddParts);
}

// The signatures, one to a lane: s[0 .. limbs), rounded up to eight. Zero in idle lanes.
void load_signatures(__m512i* s, const RsaSignatureLanes& signatures, std::size_t limbs) {
  for (int group = 0; group * kGroupLimbs < static_cast<int>(limbs); ++group) {
    __m512i lanes[kLanes];
    for (std::size_t lane = 0; lane < kLanes; ++lane) {
      const std::size_t size = signatures.signature[lane] != nullptr ? signatures.signature_bytes[lane] : 0;
      lanes[lane] = load_group(signatures.signature[lane], size, group);
    }
    transpose(s + group * kGroupLimbs, lanes);
  }
}

// The hashes, one to a lane: hash[0 .. kBlockLimbs), zero where the hash has no limb. Zero in idle lanes.
void load_hashes(__m512i* hash, const RsaSignatureLanes& signatures) {
  __m512i lanes[kLanes];
  for (std::size_t lane = 0; lane < kLanes; ++lane) {
    lanes[lane] = load_group(signatures.hash[lane], signatures.signature[lane] != nullptr ? kHashBytes : 0, 0);
  }
  transpose(hash, lanes);
  for (std::size_t i = kGroupLimbs; i < kBlockLimbs; ++i) hash[i] = _mm512_setzero_si512();
}

// NOLINTEND(misc-definitions-in-headers)
}  // namespace
}  // namespace assay::kernel

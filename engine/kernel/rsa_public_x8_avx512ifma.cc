// The kernel for AVX-512 IFMA: one vector per limb, one lane per signature.
//
// The processor starts one or two multiply-adds a cycle and little else is worth saving, so every product is streamed.
// Column sums are not carried but where a block becomes a quotient and where a result leaves. They may be negative
// until then, between -2^59 and 2^62; the number that they write never is. A batch costs the same however many lanes
// are in use; the signatures of one with few are verified one by one, each across whole vectors.
#include <immintrin.h>

#include "kernel/radix52.h"
#include "kernel/rsa_fold_avx512ifma.inl.h"
#include "kernel/rsa_load_avx512.inl.h"
#include "kernel/rsa_public_x8.h"
#include "kernel/rsa_single_avx512ifma.inl.h"
#include "kernel/rsa_square_avx512ifma.inl.h"
#include "kernel/rsa_stream_avx512ifma.inl.h"

namespace assay::kernel {
namespace {

// The constants of the keys as vectors.
struct KeyVectors {
  int blocks;
  const __m512i* modulus_n;
  const __m512i* fold_m;
  DoubleFold double_fold;
  const __m512i* hash_factor_k;
  const __m512i* padding_c;
  const __m512i* inverse;
};

// sum[0 ..] += rows[0..9] * factor[0 .. 10 blocks), rows that kRows names. Writes 10 blocks + 10 columns.
template <Rows kRows>
__attribute__((always_inline)) inline void add_rows(__m512i* sum, const __m512i* rows, const __m512i* factor,
                                                    int blocks) {
  Stream stream;
  load_block(stream.rows, rows);
  reach_window<Reach::kStored>(stream, sum);
  for (int block = 0; block < blocks; ++block) {
    stream_block<kRows, Finish::kStore>(stream, factor, sum + kBlock, sum);
    factor += kBlock;
    sum += kBlock;
  }
  finish_window<Finish::kStore>(stream, sum);
}

// The first ten steps of a fold of columns[0..9], which are clean: carries columns 10 to 19, the next block.
__attribute__((always_inline)) inline void begin_fold(__m512i* columns, const KeyVectors& keys) {
  Stream stream;
  load_block(stream.rows, columns);
  columns += kBlock;
  reach_window<Reach::kStored>(stream, columns);
  stream.carry = _mm512_setzero_si512();
  stream_block<Rows::kAll, Finish::kCarry>(stream, keys.fold_m, columns + kBlock, columns);
  stream.columns[0] = _mm512_add_epi64(stream.columns[0], stream.carry);
  finish_window<Finish::kStore>(stream, columns + kBlock);
}

// The other steps.
__attribute__((noinline)) void end_fold(__m512i* columns, const KeyVectors& keys) {
  add_rows<Rows::kAll>(columns + 2 * kBlock, columns, keys.fold_m + kBlock, keys.blocks - 1);
}

// The quotient of the last step, carried: block * inverse mod 2^520. Low and high halves have sums of their own, so
// that no chain of multiply-adds is longer than ten.
template <int kRow = 0, int kLimb = 0>
__attribute__((always_inline)) inline void add_quotient_products(Stream& low, Stream& high, const __m512i* block,
                                                                 const __m512i* inverse) {
  if constexpr (kRow < kBlock) {
    if constexpr (kRow + kLimb < kBlock) {
      low.columns[kRow + kLimb] = add_low(low.columns[kRow + kLimb], block[kRow], inverse[kLimb]);
      if constexpr (kRow + kLimb + 1 < kBlock) {
        high.columns[kRow + kLimb + 1] = add_high(high.columns[kRow + kLimb + 1], block[kRow], inverse[kLimb]);
      }
      add_quotient_products<kRow, kLimb + 1>(low, high, block, inverse);
    } else {
      add_quotient_products<kRow + 1, 0>(low, high, block, inverse);
    }
  }
}

template <int kLimb = 0>
__attribute__((always_inline)) inline void carry_quotient(const Stream& low, const Stream& high, __m512i carry,
                                                          __m512i* quotient) {
  if constexpr (kLimb < kBlock) {
    const __m512i sum = _mm512_add_epi64(_mm512_add_epi64(low.columns[kLimb], high.columns[kLimb]), carry);
    quotient[kLimb] = sum;
    carry_quotient<kLimb + 1>(low, high, high_bits(sum), quotient);
  }
}

// quotient = block / -n modulo 2^520, carried.
__attribute__((always_inline)) inline void find_quotient(__m512i* quotient, const __m512i* block,
                                                         const KeyVectors& keys) {
  Stream low;
  Stream high;
  reach_window<Reach::kZero>(low, nullptr);
  reach_window<Reach::kZero>(high, nullptr);
  add_quotient_products(low, high, block, keys.inverse);
  carry_quotient(low, high, _mm512_setzero_si512(), quotient);
}

// The last ten of the columns to go, carried, become zero by the multiple `quotient` of n; result = the rest, carried.
void divide_exactly(__m512i* result, const __m512i* columns, const __m512i* quotient, const KeyVectors& keys) {
  Stream stream;
  load_block(stream.rows, quotient);
  reach_window<Reach::kZero>(stream, nullptr);
  stream.columns[kBlock - 1] = _mm512_and_si512(columns[kBlock - 1], limb_mask());
  const __m512i* factor = keys.modulus_n;
  stream_block<Rows::kLate, Finish::kRoundUp>(stream, factor, columns + kBlock, result);
  for (int block = 1; block < keys.blocks; ++block) {
    factor += kBlock;
    columns += kBlock;
    stream_block<Rows::kAll, Finish::kCarry>(stream, factor, columns + kBlock, result);
    result += kBlock;
  }
  finish_window<Finish::kCarry>(stream, result);
}

// result = columns / R modulo n, below 4n, carried. The two lowest blocks of columns are clean.
void reduce(__m512i* result, __m512i* columns, const KeyVectors& keys) {
  fold_two_blocks(columns, keys.double_fold);
  columns += 2 * kBlock;
  for (int block = 4; block < keys.blocks; block += 2) {
    clean_block(columns + kBlock);
    fold_two_blocks(columns, keys.double_fold);
    columns += 2 * kBlock;
  }
  // The last fold's first steps complete the block of the exact step. Its quotient is one long chain: it is begun here,
  // so that the rest of the fold fills the time.
  begin_fold(columns, keys);
  __m512i quotient[kBlock];
  find_quotient(quotient, columns + kBlock, keys);
  end_fold(columns, keys);
  divide_exactly(result, columns + kBlock, quotient, keys);
}

// columns = x s + K hash + C; the two lowest blocks are clean, the others not carried.
void multiply(__m512i* columns, const __m512i* x, const __m512i* s, const __m512i* hash, const KeyVectors& keys) {
  const int limbs = kBlock * keys.blocks;
  for (int i = 0; i < limbs; ++i) {
    columns[i] = keys.padding_c[i];
    columns[limbs + i] = _mm512_setzero_si512();
  }
  add_rows<Rows::kHash>(columns, hash, keys.hash_factor_k, keys.blocks);
  for (int block = 0; block < keys.blocks; ++block) {
    add_rows<Rows::kAll>(columns + kBlock * block, x + kBlock * block, s, keys.blocks);
  }
  clean_block(columns);
  clean_block(columns + kBlock);
}

// Lanes of a clean number that are below n.
std::uint32_t below_n(const __m512i* number, const KeyVectors& keys) {
  __m512i difference = _mm512_setzero_si512();
  for (int i = 0; i < kBlock * keys.blocks; ++i) {
    const __m512i borrow = _mm512_srai_epi64(difference, 63);
    difference = _mm512_add_epi64(_mm512_sub_epi64(number[i], keys.modulus_n[i]), borrow);
  }
  return _mm512_cmplt_epi64_mask(difference, _mm512_setzero_si512());
}

// Lanes of a carried number below 4n that are 0, n, 2n or 3n. As n is odd, the lowest limb tells which multiple of n it
// is, if it is one: the only one that it is compared with. A wrong `inverse` can but refuse.
std::uint32_t multiples_of_n(const __m512i* number, const KeyVectors& keys) {
  const __m512i zero = _mm512_setzero_si512();
  const __m512i negated = add_low(zero, number[0], keys.inverse[0]);  // -multiple modulo 2^52
  const __m512i multiple = _mm512_and_si512(_mm512_sub_epi64(zero, negated), limb_mask());
  __m512i product_high = zero;
  __m512i carry = zero;
  __m512i differs = zero;
  for (int i = 0; i < kBlock * keys.blocks; ++i) {
    const __m512i limb = _mm512_add_epi64(add_low(product_high, multiple, keys.modulus_n[i]), carry);
    product_high = add_high(zero, multiple, keys.modulus_n[i]);
    carry = high_bits(limb);
    // The low 52 bits of both, compared.
    differs = _mm512_or_si512(differs, _mm512_and_si512(_mm512_xor_si512(limb, number[i]), limb_mask()));
  }
  // `multiple` has up to 52 bits: modulo R alone, its product may be any number. What it has above R differs, too.
  differs = _mm512_or_si512(differs, _mm512_or_si512(product_high, carry));
  return _mm512_testn_epi64_mask(differs, differs);
}

// The lanes that are equal; what it says of idle ones means nothing.
std::uint32_t verify_lanes(const RsaKeyLanes& keys, const RsaSignatureLanes& signatures) {
  const int blocks = static_cast<int>(keys.limbs) / kBlock;
  const KeyVectors vectors{.blocks = blocks,
                           .modulus_n = reinterpret_cast<const __m512i*>(keys.modulus_n),
                           .fold_m = reinterpret_cast<const __m512i*>(keys.fold_m),
                           .double_fold = double_fold_by(reinterpret_cast<const __m512i*>(keys.double_fold_d), blocks),
                           .hash_factor_k = reinterpret_cast<const __m512i*>(keys.hash_factor_k),
                           .padding_c = reinterpret_cast<const __m512i*>(keys.padding_c),
                           .inverse = reinterpret_cast<const __m512i*>(keys.inverse)};
  __m512i s[kLimbsMax];
  __m512i hash[kBlock];
  load_signatures(s, signatures, keys.limbs);
  load_hashes(hash, signatures);
  __m512i columns[2 * kLimbsMax];
  __m512i x[kLimbsMax];
  square(columns, s, vectors.blocks);
  reduce(x, columns, vectors);
  for (int squaring = 1; squaring < 16; ++squaring) {
    square(columns, x, vectors.blocks);
    reduce(x, columns, vectors);
  }
  multiply(columns, x, s, hash, vectors);
  reduce(x, columns, vectors);
  return multiples_of_n(x, vectors) & below_n(s, vectors);
}

// Signatures that cost less one by one than in the lanes. Measured: one of 2048 bits takes 0.38 of the time of eight.
int few_max(std::size_t limbs) { return limbs == kLimbsMin ? 2 : 3; }

}  // namespace

std::uint32_t rsa_public_x8_avx512ifma(const RsaKeyLanes& keys, const RsaSignatureLanes& signatures) noexcept {
  std::uint32_t used = 0;
  for (std::size_t lane = 0; lane < kLanes; ++lane) {
    if (signatures.signature[lane] != nullptr) used |= 1u << lane;
  }
  if (__builtin_popcount(used) > few_max(keys.limbs)) return verify_lanes(keys, signatures) & used;
  std::uint32_t equal = 0;
  for (std::size_t lane = 0; lane < kLanes; ++lane) {
    if ((used >> lane & 1) != 0 && single_is_equal(keys, signatures, lane)) equal |= 1u << lane;
  }
  return equal;
}

}  // namespace assay::kernel

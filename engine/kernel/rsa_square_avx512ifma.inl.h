// The square of a number by one level of Karatsuba's method: three squares of halves instead of four products of them.
//
// Equation, with B = 2^(52 half) for a number of 2 half limbs, x = low + B high, and d = |low - high|:
//
//   2 low high = low^2 + high^2 - d^2
//   x^2 = E + B E - B d^2    with E = low^2 + B high^2
//
// The square of a half is twice the products of its pairs of different limbs, and the squares of its limbs. The pairs
// come first, since they are nearly all of the work; one pass over the columns does the rest.
//
//   ranges     half is 2, 3 or 4 blocks of ten limbs; x carried, below B^2. A column of E is a sum of no more than 80
//              halves of products of clean limbs, so one of the square is between -2^59 and 2^60
//   reduction  none: the square is exact. Its columns may be negative, the number that they write never is
//   lanes      independent: no lane reads another's limbs
//   timing     public data only; not constant-time: lanes whose low half is below the high one cost a little more
//
// For sources that are compiled for AVX-512 IFMA alone.
#pragma once

#include <immintrin.h>

#include "kernel/radix52.h"
#include "kernel/rsa_stream_avx512ifma.inl.h"

namespace assay::kernel {
namespace {
// NOLINTBEGIN(misc-definitions-in-headers): one source of one kernel includes it

// d = |low - high|, carried.
void find_difference(__m512i* d, const __m512i* low, const __m512i* high, int limbs) {
  const __m512i one = _mm512_set1_epi64(1);
  __m512i carry = one;  // low - high = low + ~high + 1
  for (int i = 0; i < limbs; ++i) {
    // A multiply-add by one takes the low 52 bits and adds them at once.
    const __m512i sum = add_low(_mm512_andnot_si512(high[i], limb_mask()), low[i], one);
    d[i] = _mm512_add_epi64(sum, carry);
    carry = high_bits(d[i]);
  }
  const __mmask8 negative = _mm512_testn_epi64_mask(carry, carry);
  if (__builtin_expect(negative == 0, 1)) return;  // high has fewer bits: rare but in numbers that somebody chose
  carry = _mm512_setzero_si512();
  for (int i = 0; i < limbs; ++i) {
    const __m512i negated = _mm512_sub_epi64(carry, _mm512_and_si512(d[i], limb_mask()));
    d[i] = _mm512_mask_mov_epi64(d[i], negative, negated);
    carry = high_bits(negated);
  }
}

// The products of the pairs of different limbs of low, of high and of d.
struct PairColumns {
  __m512i low[kLimbsMax];
  __m512i high[kLimbsMax];
  __m512i d[kLimbsMax];
};

// columns[0..39] = the products of the pairs of x[0..19]. No column is read back.
__attribute__((noinline)) void multiply_pairs_of_two_blocks(__m512i* columns, const __m512i* x) {
  Stream stream;
  load_block(stream.rows, x);
  reach_window<Reach::kZero>(stream, nullptr);
  stream_block<Rows::kBelow, Finish::kStore, Reach::kZero>(stream, x, nullptr, columns);
  x += kBlock;
  columns += kBlock;
  stream_block<Rows::kAll, Finish::kStore, Reach::kZero>(stream, x, nullptr, columns);
  load_block(stream.rows, x);
  columns += kBlock;
  stream_block<Rows::kBelow, Finish::kStore, Reach::kZero>(stream, x, nullptr, columns);
  finish_window<Finish::kStore>(stream, columns + kBlock);
}

// columns[0 ..] += the products of the pairs within the block x[0..9], and of its limbs with those of the blocks after
// it, `blocks` in all.
__attribute__((noinline)) void add_pairs(__m512i* columns, const __m512i* x, int blocks) {
  Stream stream;
  load_block(stream.rows, x);
  reach_window<Reach::kStored>(stream, columns);
  stream_block<Rows::kBelow, Finish::kStore>(stream, x, columns + kBlock, columns);
  for (int block = 1; block < blocks; ++block) {
    x += kBlock;
    columns += kBlock;
    stream_block<Rows::kAll, Finish::kStore>(stream, x, columns + kBlock, columns);
  }
  finish_window<Finish::kStore>(stream, columns + kBlock);
}

// All pairs, in halves of kBlocks blocks.
template <int kBlocks>
__attribute__((always_inline)) inline void multiply_pairs(PairColumns& pairs, const __m512i* x, __m512i* d) {
  const __m512i* const high = x + kBlocks * kBlock;
  for (int block = 0; block < 2 * kBlocks; ++block) {
    clear_block(pairs.low + block * kBlock);
    clear_block(pairs.high + block * kBlock);
    clear_block(pairs.d + block * kBlock);
  }
  // In turn, so that none waits for columns that were written just before.
  add_pairs(pairs.low, x, kBlocks);
  add_pairs(pairs.high, high, kBlocks);
  find_difference(d, x, high, kBlocks * kBlock);
  for (int block = 1; block < kBlocks; ++block) {
    const int at = block * kBlock;
    const int before = at - kBlock;
    add_pairs(pairs.low + 2 * at, x + at, kBlocks - block);
    add_pairs(pairs.d + 2 * before, d + before, kBlocks - block + 1);
    add_pairs(pairs.high + 2 * at, high + at, kBlocks - block);
  }
  constexpr int kLast = (kBlocks - 1) * kBlock;
  add_pairs(pairs.d + 2 * kLast, d + kLast, 1);
}

// Halves of two blocks: the carries of d run beside products that do not need d.
template <>
__attribute__((always_inline)) inline void multiply_pairs<2>(PairColumns& pairs, const __m512i* x, __m512i* d) {
  multiply_pairs_of_two_blocks(pairs.low, x);
  find_difference(d, x, x + 2 * kBlock, 2 * kBlock);
  multiply_pairs_of_two_blocks(pairs.high, x + 2 * kBlock);
  multiply_pairs_of_two_blocks(pairs.d, d);
}

// sum + a half of limb^2. Limb i's square has its low half in column 2i, its high half in the next.
template <int kHigh>
__attribute__((always_inline)) inline __m512i add_square(__m512i sum, __m512i limb) {
  return kHigh == 0 ? add_low(sum, limb, limb) : add_high(sum, limb, limb);
}

// A column of a square: twice its pairs, and a half of limb^2.
template <int kHigh>
__attribute__((always_inline)) inline __m512i square_column(__m512i pairs, __m512i limb) {
  return add_square<kHigh>(_mm512_add_epi64(pairs, pairs), limb);
}

// The limbs whose squares reach the columns 2i and 2i + 1 of a quarter.
struct SquaredLimbs {
  __m512i low[2];  // limb i, and that in the middle of the half, whose square is in its upper half
  __m512i high[2];
  __m512i d[2];
};

template <int kHalf>
__attribute__((always_inline)) inline SquaredLimbs load_squared_limbs(const __m512i* x, const __m512i* d, int i) {
  constexpr int kMiddle = kHalf / 2;
  return {.low = {x[i], x[kMiddle + i]}, .high = {x[kHalf + i], x[kHalf + kMiddle + i]}, .d = {d[i], d[kMiddle + i]}};
}

// The columns 2i + kHigh of each of the four quarters of a square of 4 kHalf columns. The lowest is carried: takes
// and returns its carry.
template <int kHalf, int kHigh>
__attribute__((always_inline)) inline __m512i combine_columns(__m512i* columns, const PairColumns& pairs,
                                                              const SquaredLimbs& limbs, int i, __m512i carry) {
  const int c = 2 * i + kHigh;
  const __m512i pairs_1 = _mm512_add_epi64(pairs.low[kHalf + c], pairs.high[c]);
  const __m512i e0 = square_column<kHigh>(pairs.low[c], limbs.low[0]);
  const __m512i e1 = add_square<kHigh>(square_column<kHigh>(pairs_1, limbs.low[1]), limbs.high[0]);
  const __m512i e2 = square_column<kHigh>(pairs.high[kHalf + c], limbs.high[1]);
  const __m512i d0 = square_column<kHigh>(pairs.d[c], limbs.d[0]);
  const __m512i d1 = square_column<kHigh>(pairs.d[kHalf + c], limbs.d[1]);
  const __m512i carried = _mm512_add_epi64(e0, carry);
  columns[c] = _mm512_and_si512(carried, limb_mask());
  columns[kHalf + c] = _mm512_sub_epi64(_mm512_add_epi64(e0, e1), d0);
  columns[2 * kHalf + c] = _mm512_sub_epi64(_mm512_add_epi64(e1, e2), d1);
  columns[3 * kHalf + c] = e2;
  return high_bits(carried);
}

template <int kBlocks>
void square_of(__m512i* columns, const __m512i* x) {
  constexpr int kHalf = kBlocks * kBlock;
  __m512i d[kLimbsMax / 2];
  PairColumns pairs;
  multiply_pairs<kBlocks>(pairs, x, d);
  __m512i carry = _mm512_setzero_si512();
  for (int i = 0; i < kHalf / 2; ++i) {
    const SquaredLimbs limbs = load_squared_limbs<kHalf>(x, d, i);
    carry = combine_columns<kHalf, 0>(columns, pairs, limbs, i, carry);
    carry = combine_columns<kHalf, 1>(columns, pairs, limbs, i, carry);
  }
  columns[kHalf] = _mm512_add_epi64(columns[kHalf], carry);
}

// columns[0 .. 20 blocks) = x^2; the lowest quarter is clean, the others are not carried.
void square(__m512i* columns, const __m512i* x, int blocks) {
  static_assert(kLimbsMin == 40 && kLimbsMax == 80 && kLimbsStep == 20);
  switch (blocks) {
    case 4: return square_of<2>(columns, x);
    case 6: return square_of<3>(columns, x);
    default: return square_of<4>(columns, x);
  }
}

// NOLINTEND(misc-definitions-in-headers)
}  // namespace
}  // namespace assay::kernel

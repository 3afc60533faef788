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

// columns[0 ..] += the products of the block x[0..9] with itself, each pair of different limbs once, and with the
// blocks after it, of `blocks` in all. With kZero only the first ten columns are read.
template <Reach kReach>
__attribute__((noinline)) void add_pairs(__m512i* columns, const __m512i* x, int blocks) {
  Stream stream;
  load_block(stream.rows, x);
  load_block(stream.columns, columns);
  stream_block<Rows::kBelow, Finish::kStore, kReach>(stream, x, columns + kBlock, columns);
  for (int block = 1; block < blocks; ++block) {
    x += kBlock;
    columns += kBlock;
    stream_block<Rows::kAll, Finish::kStore, kReach>(stream, x, columns + kBlock, columns);
  }
  finish_window<Finish::kStore>(stream, columns + kBlock);
}

// The products of the pairs of low, high and d.
struct PairColumns {
  __m512i low[kLimbsMax];
  __m512i high[kLimbsMax];
  __m512i d[kLimbsMax];
};

template <int kBlocks>
__attribute__((always_inline)) inline void multiply_pairs(PairColumns& pairs, const __m512i* x, __m512i* d) {
  // Two blocks never reach a column that the block before them has written, but for the first ten.
  constexpr Reach kReach = kBlocks == 2 ? Reach::kZero : Reach::kStored;
  constexpr int kRead = kBlocks == 2 ? 1 : 2 * kBlocks;
  const __m512i* const high = x + kBlocks * kBlock;
  for (int block = 0; block < kRead; ++block) {
    clear_block(pairs.low + block * kBlock);
    clear_block(pairs.high + block * kBlock);
    clear_block(pairs.d + block * kBlock);
  }
  // In turn, so that none waits for columns that were written just before.
  add_pairs<kReach>(pairs.low, x, kBlocks);
  add_pairs<kReach>(pairs.high, high, kBlocks);
  find_difference(d, x, high, kBlocks * kBlock);
  for (int block = 1; block < kBlocks; ++block) {
    const int at = block * kBlock;
    const int before = at - kBlock;
    add_pairs<kReach>(pairs.low + 2 * at, x + at, kBlocks - block);
    add_pairs<kReach>(pairs.d + 2 * before, d + before, kBlocks - block + 1);
    add_pairs<kReach>(pairs.high + 2 * at, high + at, kBlocks - block);
  }
  constexpr int kLast = (kBlocks - 1) * kBlock;
  add_pairs<kReach>(pairs.d + 2 * kLast, d + kLast, 1);
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

// The columns 2i + kHigh of each of the four quarters of a square of 4 kHalf columns. The lowest is carried: takes and
// returns its carry.
template <int kHalf, int kHigh>
__attribute__((always_inline)) inline __m512i combine_columns(__m512i* columns, const PairColumns& pairs,
                                                              const __m512i* x, const __m512i* d, int i,
                                                              __m512i carry) {
  constexpr int kMiddle = kHalf / 2;  // the first limb whose square is in the upper half of a half's
  const int c = 2 * i + kHigh;
  const __m512i* const high = x + kHalf;
  const __m512i pairs_1 = _mm512_add_epi64(pairs.low[kHalf + c], pairs.high[c]);
  const __m512i e0 = square_column<kHigh>(pairs.low[c], x[i]);
  const __m512i e1 = add_square<kHigh>(square_column<kHigh>(pairs_1, x[kMiddle + i]), high[i]);
  const __m512i e2 = square_column<kHigh>(pairs.high[kHalf + c], high[kMiddle + i]);
  const __m512i d0 = square_column<kHigh>(pairs.d[c], d[i]);
  const __m512i d1 = square_column<kHigh>(pairs.d[kHalf + c], d[kMiddle + i]);
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
    carry = combine_columns<kHalf, 0>(columns, pairs, x, d, i, carry);
    carry = combine_columns<kHalf, 1>(columns, pairs, x, d, i, carry);
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

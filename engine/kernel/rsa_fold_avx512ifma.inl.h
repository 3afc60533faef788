// Folding two blocks of a number at once, by one level of Karatsuba's method: three products of blocks instead of four.
//
// Equation, with B = 2^520, q = q0 + B q1 the two lowest blocks, and every two blocks a + B b of D, at its place B^i:
//
//   q0 b + q1 a = q0 a + q1 b + (q1 - q0)(a - b)
//   q D = (1 + B) H + B sum of B^i (q1 - q0)(a - b)    with H = sum of B^i (q0 a + B q1 b)
//
// A difference x of blocks is had as x' modulo B with a bit u, x = x' - B u, so
//
//   x y = x' y' - B (u y' + v x') + B^2 u v
//
//   ranges     the number is not negative; D has 4, 6 or 8 blocks. A column gains at most 60 halves of products of
//              clean limbs, and loses two clean limbs
//   reduction  a multiple of D, below 2^1040 n, is added to what stands above the two blocks
//   lanes      independent: no lane reads another's limbs
//   timing     public data only; not constant-time
//
// For sources that are compiled for AVX-512 IFMA alone.
#pragma once

#include <immintrin.h>

#include "kernel/radix52.h"
#include "kernel/rsa_stream_avx512ifma.inl.h"

namespace assay::kernel {
namespace {
// NOLINTBEGIN(misc-definitions-in-headers): one source of one kernel includes it

// x' and u.
struct BlockDifference {
  __m512i limbs[kBlock];  // clean
  __mmask8 negative;
};

// What folding needs of D.
struct DoubleFold {
  const __m512i* d;
  int blocks;
  BlockDifference differences[kLimbsMax / kBlockLimbs / 2];  // a - b
};

// difference = a - b, of clean limbs.
__attribute__((always_inline)) inline void subtract_blocks(BlockDifference& difference, const __m512i* a,
                                                           const __m512i* b) {
  __m512i carry = _mm512_setzero_si512();
#pragma GCC unroll 10
  for (int i = 0; i < kBlock; ++i) {
    const __m512i sum = _mm512_add_epi64(_mm512_sub_epi64(a[i], b[i]), carry);
    difference.limbs[i] = _mm512_and_si512(sum, limb_mask());
    carry = high_bits(sum);
  }
  difference.negative = _mm512_test_epi64_mask(carry, carry);
}

DoubleFold double_fold_by(const __m512i* d, int blocks) {
  DoubleFold fold;
  fold.d = d;
  fold.blocks = blocks;
  for (int block = 0; block < blocks; block += 2) {
    subtract_blocks(fold.differences[block / 2], d + block * kBlock, d + (block + 1) * kBlock);
  }
  return fold;
}

// h[0 ..] = (with kStored: +=) the products of rows[0..9] with every second block of the factor, `places` of them. They
// do not overlap, so none waits for columns that were written just before.
template <Reach kReach>
__attribute__((noinline)) void add_products(__m512i* h, const __m512i* rows, const __m512i* factor, int places) {
  Stream stream;
  load_block(stream.rows, rows);
  for (int place = 0; place < places; ++place) {
    reach_window<kReach>(stream, h);
    stream_block<Rows::kAll, Finish::kStore, kReach>(stream, factor, h + kBlock, h);
    finish_window<Finish::kStore>(stream, h + kBlock);
    h += 2 * kBlock;
    factor += 2 * kBlock;
  }
}

// columns[10 ..] += q D without the lowest block and the highest one.
__attribute__((noinline)) void add_middle(__m512i* columns, const __m512i* h, const BlockDifference& q,
                                          const DoubleFold& fold) {
  Stream stream;
  load_block(stream.rows, q.limbs);
  for (int place = 0; place < fold.blocks / 2; ++place) {
    const BlockDifference& difference = fold.differences[place];
    columns += kBlock;
    h += kBlock;
    stream.addends = h;
    reach_window<Reach::kSum>(stream, columns);
    h += kBlock;
    stream.addends = h;
    stream.corrections[0] = {.lanes = q.negative, .limbs = difference.limbs};
    stream.corrections[1] = {.lanes = difference.negative, .limbs = q.limbs};
    stream_block<Rows::kAll, Finish::kStore, Reach::kCorrectedSum>(stream, difference.limbs, columns + kBlock, columns);
    columns += kBlock;
    finish_window<Finish::kStore>(stream, columns);
    const __mmask8 both = q.negative & difference.negative;
    columns[kBlock] = _mm512_mask_add_epi64(columns[kBlock], both, columns[kBlock], _mm512_set1_epi64(1));
  }
}

// Folds columns[0..19], the two lowest blocks of a number, which are clean, into those above, and makes the lowest of
// these clean.
void fold_two_blocks(__m512i* columns, const DoubleFold& fold) {
  __m512i h[kLimbsMax + kBlockLimbs];
  __m512i* const h_top = h + fold.blocks * kBlock;
  const __m512i* const q0 = columns;
  const __m512i* const q1 = columns + kBlock;
  columns += 2 * kBlock;
  BlockDifference q;
  subtract_blocks(q, q1, q0);
  clear_block(h_top);
  add_products<Reach::kZero>(h, q0, fold.d, fold.blocks / 2);
  add_products<Reach::kStored>(h + kBlock, q1, fold.d + kBlock, fold.blocks / 2);
  add_block(columns, h);
  clean_block(columns);
  add_middle(columns, h, q, fold);
  add_block(columns + (fold.blocks + 1) * kBlock, h_top);
}

// NOLINTEND(misc-definitions-in-headers)
}  // namespace
}  // namespace assay::kernel

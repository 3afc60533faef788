// The square of a number by one level of Karatsuba's method: three squares of halves instead of four products of them.
//
// Equation, with B = 2^(52 half) for a number of 2 half limbs, x = low + B high, and d = |low - high|:
//
//   2 low high = low^2 + high^2 - d^2
//   x^2 = E + B E - B d^2    with E = low^2 + B high^2
//
// E is three halves long, E0 + B E1 + B^2 E2, and summed up in place: where low^2 and high^2 overlap, in E1, low^2 is
// not doubled before high^2 was added. Last comes d^2, D0 + B D1, whose columns turn E1 into E0 + E1 - D0 and E2 into
// E1 + E2 - D1 as they finish, and move E2 up.
//
//   ranges     half is 2, 3 or 4 blocks of ten limbs; x carried, below B^2. A column of E is a sum of no more than 160
//              halves of products of clean limbs, so one of the square is between -2^59 and 2^60
//   reduction  none: the square is exact. Its columns may be negative, the number that they write never is
//   lanes      independent: no lane reads another's limbs
//   timing     public data only; not constant-time: lanes whose low half is below the high one cost a little more
//
// For sources that are compiled for AVX-512 IFMA alone.
#pragma once

#include <cstddef>
#include <immintrin.h>

#include "kernel/radix52.h"
#include "kernel/rsa_stream_avx512ifma.inl.h"

namespace assay::kernel {
namespace {

// The squares of halves, in the order in which they are computed.
enum class Part { kLow, kHigh, kDifference };

// How a block of ten columns of a part finishes: it is in the part's lower half or in the upper one, and the squares
// that belong there are those of the low or of the high five of ten rows.
constexpr Finish square_finish(Part part, bool lower_half, bool low_rows) {
  switch (part) {
    case Part::kLow:
      if (!lower_half) return Finish::kStore;
      return low_rows ? Finish::kSquareLow : Finish::kSquareHigh;
    case Part::kHigh:
      if (!lower_half) return low_rows ? Finish::kSquareLow : Finish::kSquareHigh;
      return low_rows ? Finish::kAlsoSquareLow : Finish::kAlsoSquareHigh;
    case Part::kDifference: break;
  }
  if (lower_half) return low_rows ? Finish::kInnerLow : Finish::kInnerHigh;
  return low_rows ? Finish::kOuterLow : Finish::kOuterHigh;
}

// Where the products of some rows go.
struct SquareColumns {
  __m512i* columns;   // what is not complete yet
  __m512i* finished;  // what is; may be the same
  const __m512i* also_rows;
  std::ptrdiff_t half;
};

template <Reach kReach>
__attribute__((always_inline)) inline void load_window(Stream& stream, const __m512i* columns) {
  if constexpr (kReach == Reach::kZero) {
    clear_window(stream);
  } else {
    load_block(stream.columns, columns);
  }
}

// Rows whose products with themselves and the blocks after them, of which there are more than one, make columns of the
// lower half complete.
template <Part kPart, Reach kReach>
__attribute__((noinline)) void square_rows(SquareColumns to, const __m512i* rows, int others) {
  Stream stream;
  stream.also_rows = to.also_rows;
  stream.half = to.half;
  __m512i* columns = to.columns;
  load_block(stream.rows, rows);
  load_window<kReach>(stream, columns);
  stream_block<Rows::kBelow, square_finish(kPart, true, true), kReach>(stream, rows, columns + kBlock, to.finished);
  rows += kBlock;
  columns += kBlock;
  stream_block<Rows::kAll, square_finish(kPart, true, false), kReach>(stream, rows, columns + kBlock,
                                                                      to.finished + kBlock);
  for (int block = 1; block < others; ++block) {
    rows += kBlock;
    columns += kBlock;
    stream_block<Rows::kAll, Finish::kStore, kReach>(stream, rows, columns + kBlock, columns);
  }
  finish_window<Finish::kStore>(stream, columns + kBlock);
}

// The last two blocks of rows of a half of kBlocks.
template <Part kPart, int kBlocks>
__attribute__((noinline)) void square_last_rows(SquareColumns to, const __m512i* rows) {
  constexpr int kFirst = 2 * kBlocks - 4;  // the first block of columns that finishes
  constexpr Reach kReach = kFirst == 0 && kPart != Part::kHigh ? Reach::kZero : Reach::kStored;
  Stream stream;
  stream.also_rows = to.also_rows;
  stream.half = to.half;
  load_block(stream.rows, rows);
  load_window<kReach>(stream, to.columns);
  stream_block<Rows::kBelow, square_finish(kPart, kFirst < kBlocks, true), kReach>(stream, rows, to.columns + kBlock,
                                                                                   to.finished);
  rows += kBlock;
  stream_block<Rows::kAll, square_finish(kPart, kFirst + 1 < kBlocks, false), Reach::kZero>(stream, rows, nullptr,
                                                                                            to.finished + kBlock);
  load_block(stream.rows, rows);
  stream_block<Rows::kBelow, square_finish(kPart, false, true), Reach::kZero>(stream, rows, nullptr,
                                                                              to.finished + 2 * kBlock);
  finish_window<square_finish(kPart, false, false)>(stream, to.finished + 3 * kBlock);
}

// One of the three squares, of the half `x` of kBlocks blocks.
template <Part kPart, int kBlocks>
__attribute__((always_inline)) inline void square_part(SquareColumns to, const __m512i* x) {
  constexpr int kRowBlocks = kBlocks - 2;  // before the last two
  // With more of them, a copy of the code for columns that are zero costs more than it saves.
  constexpr Reach kReach = kRowBlocks == 1 && kPart != Part::kHigh ? Reach::kZero : Reach::kStored;
  if constexpr (kReach == Reach::kStored && kRowBlocks != 0) {
    constexpr int kSummed = kPart == Part::kHigh ? kBlocks * kBlock : 0;
    for (int i = kSummed; i < (kBlocks + kRowBlocks) * kBlock; ++i) to.columns[i] = _mm512_setzero_si512();
  }
  for (int block = 0; block < kRowBlocks; ++block) {
    square_rows<kPart, kReach>(to, x, kBlocks - 1 - block);
    x += kBlock;
    to.columns += 2 * kBlock;
    to.finished += 2 * kBlock;
    to.also_rows += kBlock;
  }
  square_last_rows<kPart, kBlocks>(to, x);
}

// d = |low - high|, carried.
template <int kBlocks>
void find_difference(__m512i* d, const __m512i* low, const __m512i* high) {
  constexpr int kLimbs = kBlocks * kBlock;
  const __m512i zero = _mm512_setzero_si512();
  __m512i carry = zero;
  for (int i = 0; i < kLimbs; ++i) {
    const __m512i difference =
        _mm512_sub_epi64(_mm512_and_si512(low[i], limb_mask()), _mm512_and_si512(high[i], limb_mask()));
    d[i] = _mm512_add_epi64(difference, carry);
    carry = high_bits(d[i]);
  }
  const __mmask8 negative = _mm512_cmplt_epi64_mask(carry, zero);
  if (__builtin_expect(negative == 0, 1)) return;  // high has fewer bits: rare but in numbers that somebody chose
  carry = zero;
  for (int i = 0; i < kLimbs; ++i) {
    const __m512i negated = _mm512_sub_epi64(carry, _mm512_and_si512(d[i], limb_mask()));
    d[i] = _mm512_mask_mov_epi64(d[i], negative, negated);
    carry = high_bits(negated);
  }
}

template <int kBlocks>
__attribute__((always_inline)) inline void square_of(__m512i* columns, const __m512i* x) {
  constexpr int kHalf = kBlocks * kBlock;
  __m512i d[static_cast<std::size_t>(kHalf)];
  __m512i incomplete[static_cast<std::size_t>(2 * kHalf)];
  // A block of ten columns takes five limbs' squares: those of low^2 that E1 begins with are of limb half / 2.
  const __m512i* const also_rows = x + kHalf / 2;
  __m512i* const upper = columns + kHalf;
  square_part<Part::kLow, kBlocks>({columns, columns, also_rows, kHalf}, x);
  find_difference<kBlocks>(d, x, x + kHalf);
  square_part<Part::kHigh, kBlocks>({upper, upper, also_rows, kHalf}, x + kHalf);
  square_part<Part::kDifference, kBlocks>({incomplete, upper, also_rows, kHalf}, d);
}

// columns[0 .. 20 blocks) = x^2, not carried.
void square(__m512i* columns, const __m512i* x, int blocks) {
  static_assert(kLimbsMin == 40 && kLimbsMax == 80 && kLimbsStep == 20);
  switch (blocks) {
    case 4: return square_of<2>(columns, x);
    case 6: return square_of<3>(columns, x);
    default: return square_of<4>(columns, x);
  }
}

}  // namespace
}  // namespace assay::kernel

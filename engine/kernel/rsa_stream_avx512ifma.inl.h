// Products of lanes, streamed: ten limbs of one factor (the rows) and the ten columns they add to stay in registers,
// the other factor comes by limb by limb, and each step finishes one column. Templates unroll ten steps, because g++ 12
// keeps arrays of vectors in memory otherwise.
//
// For sources that are compiled for AVX-512 IFMA alone.
#pragma once

#include <immintrin.h>

#include "kernel/radix52.h"

namespace assay::kernel {
namespace {
// NOLINTBEGIN(misc-definitions-in-headers): one source of one kernel includes it

constexpr int kBlock = static_cast<int>(kBlockLimbs);

// Ten limbs that are subtracted in some lanes.
struct Correction {
  __mmask8 lanes;
  const __m512i* limbs;  // clean
};

// Ten rows, the window of ten columns that they add to next (column i of step k is columns[(i + k) % 10]), and what
// some ways to reach and to finish a column need.
struct Stream {
  __m512i rows[kBlock];
  __m512i columns[kBlock];
  __m512i carry;              // into the next finished column
  const __m512i* addends;     // to the columns that are reached: where they stand, and those one block below
  Correction corrections[2];  // of the columns that are reached
};

// Which rows take part in the ten steps of a block. With step k, row i adds its low half to column k + i of the block.
enum class Rows {
  kAll,
  kHash,   // those of a hash
  kBelow,  // i < k: each pair of different limbs of one block once
  kLate,   // low halves from column 9 on, high halves as well: what is below is known to be zero
};

// What becomes of a finished column.
enum class Finish {
  kStore,
  kCarry,    // carries, and stores the carried limb
  kRoundUp,  // columns 0 to 8 are dropped; column 9 becomes the carry, rounded up
};

// Where the columns that the window reaches come from. Work done to them then waits for no product; done when they are
// finished, it waits for the last one.
enum class Reach {
  kStored,
  kZero,          // nothing was added to them yet
  kSum,           // stored; the addends are added
  kCorrectedSum,  // stored; the addends are added and the corrections subtracted
};

__attribute__((always_inline)) inline __m512i add_low(__m512i sum, __m512i a, __m512i b) {
  return _mm512_madd52lo_epu64(sum, a, b);
}

__attribute__((always_inline)) inline __m512i add_high(__m512i sum, __m512i a, __m512i b) {
  return _mm512_madd52hi_epu64(sum, a, b);
}

__attribute__((always_inline)) inline __m512i limb_mask() {
  return _mm512_set1_epi64(static_cast<long long>(kLimbMask));
}

// What a column, which may be negative, carries into the next. The masked form, because g++ 12 takes the plain one's
// header for a use of an uninitialised variable.
__attribute__((always_inline)) inline __m512i high_bits(__m512i column) {
  return _mm512_maskz_srai_epi64(0xff, column, kLimbBits);
}

__attribute__((always_inline)) inline void clear_block(__m512i* columns) {
#pragma GCC unroll 10
  for (int i = 0; i < kBlock; ++i) columns[i] = _mm512_setzero_si512();
}

// columns[0..9] += addends[0..9].
__attribute__((always_inline)) inline void add_block(__m512i* columns, const __m512i* addends) {
#pragma GCC unroll 10
  for (int i = 0; i < kBlock; ++i) columns[i] = _mm512_add_epi64(columns[i], addends[i]);
}

// Makes columns[0..9] clean; what they carry goes into columns[10].
__attribute__((always_inline)) inline void clean_block(__m512i* columns) {
  __m512i carry = _mm512_setzero_si512();
#pragma GCC unroll 10
  for (int i = 0; i < kBlock; ++i) {
    const __m512i sum = _mm512_add_epi64(columns[i], carry);
    columns[i] = _mm512_and_si512(sum, limb_mask());
    carry = high_bits(sum);
  }
  columns[kBlock] = _mm512_add_epi64(columns[kBlock], carry);
}

template <Rows kRows, int kStep, int kRow, int kColumn>
constexpr bool takes_part() {
  switch (kRows) {
    case Rows::kAll: return true;
    case Rows::kHash: return kRow < static_cast<int>(kHashLimbs);
    case Rows::kBelow: return kRow < kStep;
    case Rows::kLate: return kColumn >= kBlock - 1;
  }
  return false;
}

template <Rows kRows, int kStep, int kRow = 0>
__attribute__((always_inline)) inline void add_low_halves(Stream& stream, __m512i limb) {
  if constexpr (kRow < kBlock) {
    if constexpr (takes_part<kRows, kStep, kRow, kRow + kStep>()) {
      __m512i& column = stream.columns[(kRow + kStep) % kBlock];
      column = add_low(column, stream.rows[kRow], limb);
    }
    add_low_halves<kRows, kStep, kRow + 1>(stream, limb);
  }
}

template <Rows kRows, int kStep, int kRow = 0>
__attribute__((always_inline)) inline void add_high_halves(Stream& stream, __m512i limb) {
  if constexpr (kRow < kBlock) {
    if constexpr (takes_part<kRows, kStep, kRow, kRow + kStep + 1>()) {
      __m512i& column = stream.columns[(kRow + kStep + 1) % kBlock];
      column = add_high(column, stream.rows[kRow], limb);
    }
    add_high_halves<kRows, kStep, kRow + 1>(stream, limb);
  }
}

template <Finish kFinish, int kStep>
__attribute__((always_inline)) inline void finish_column(Stream& stream, __m512i* finished) {
  const __m512i column = stream.columns[kStep];
  if constexpr (kFinish == Finish::kStore) {
    finished[kStep] = column;
  } else if constexpr (kFinish == Finish::kCarry) {
    const __m512i sum = _mm512_add_epi64(column, stream.carry);
    finished[kStep] = sum;
    stream.carry = high_bits(sum);
  } else if constexpr (kStep == kBlock - 1) {
    stream.carry = high_bits(_mm512_add_epi64(column, limb_mask()));
  }
}

template <Reach kReach, int kColumn>
__attribute__((always_inline)) inline __m512i reach_column(const Stream& stream, const __m512i* reached) {
  if constexpr (kReach == Reach::kZero) {
    return _mm512_setzero_si512();
  } else if constexpr (kReach == Reach::kStored) {
    return reached[kColumn];
  } else {
    const __m512i addend = _mm512_add_epi64(stream.addends[kColumn], stream.addends[kColumn - kBlock]);
    __m512i sum = _mm512_add_epi64(reached[kColumn], addend);
    if constexpr (kReach == Reach::kCorrectedSum) {
      for (const Correction& correction : stream.corrections) {
        sum = _mm512_mask_sub_epi64(sum, correction.lanes, sum, correction.limbs[kColumn]);
      }
    }
    return sum;
  }
}

// Fills the window.
template <Reach kReach, int kColumn = 0>
__attribute__((always_inline)) inline void reach_window(Stream& stream, const __m512i* reached) {
  if constexpr (kColumn < kBlock) {
    stream.columns[kColumn] = reach_column<kReach, kColumn>(stream, reached);
    reach_window<kReach, kColumn + 1>(stream, reached);
  }
}

// Ten steps. The window moves on by ten columns: those it leaves go to finished[0..9], those it reaches come from
// next[0..9]. `finished` and `next` may be ten apart in one array.
template <Rows kRows, Finish kFinish, Reach kReach = Reach::kStored, int kStep = 0>
__attribute__((always_inline)) inline void stream_block(Stream& stream, const __m512i* factor, const __m512i* next,
                                                        __m512i* finished) {
  if constexpr (kStep < kBlock) {
    const __m512i limb = factor[kStep];
    add_low_halves<kRows, kStep>(stream, limb);
    finish_column<kFinish, kStep>(stream, finished);
    stream.columns[kStep] = reach_column<kReach, kStep>(stream, next);
    add_high_halves<kRows, kStep>(stream, limb);
    stream_block<kRows, kFinish, kReach, kStep + 1>(stream, factor, next, finished);
  }
}

// Finishes the ten columns of the window without any further product.
template <Finish kFinish, int kStep = 0>
__attribute__((always_inline)) inline void finish_window(Stream& stream, __m512i* finished) {
  if constexpr (kStep < kBlock) {
    finish_column<kFinish, kStep>(stream, finished);
    finish_window<kFinish, kStep + 1>(stream, finished);
  }
}

template <int kLimb = 0>
__attribute__((always_inline)) inline void load_block(__m512i (&block)[kBlock], const __m512i* limbs) {
  if constexpr (kLimb < kBlock) {
    block[kLimb] = limbs[kLimb];
    load_block<kLimb + 1>(block, limbs);
  }
}

// NOLINTEND(misc-definitions-in-headers)
}  // namespace
}  // namespace assay::kernel

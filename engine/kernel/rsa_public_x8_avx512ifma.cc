// The kernel for AVX-512 IFMA: one vector per limb, one lane per signature.
//
// The processor starts one or two multiply-adds a cycle and nothing else is worth saving, so every product is streamed:
// ten limbs of one factor (the rows) and the ten columns they add to stay in registers, the other factor comes by limb
// by limb, and each step finishes one column. Column sums are not carried but where a block becomes a quotient and
// where a result leaves. Templates unroll ten steps, because g++ 12 keeps arrays of vectors in memory otherwise.
#include <immintrin.h>

#include "kernel/radix52.h"
#include "kernel/rsa_public_x8.h"

namespace assay::kernel {
namespace {

constexpr int kBlock = static_cast<int>(kBlockLimbs);

// Ten rows, the window of ten columns that they add to next (column i of step k is columns[(i + k) % 10]), and what is
// carried into the next finished column.
struct Stream {
  __m512i rows[kBlock];
  __m512i columns[kBlock];
  __m512i carry;
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
  kCarry,           // carries, and stores the carried limb
  kDoubleLow,       // doubles, adds the squares of rows 0 to 4, stores
  kDoubleLowCarry,  // the same, carries, and stores the carried limb
  kDoubleHigh,      // doubles, adds the squares of rows 5 to 9, stores
  kRoundUp,         // columns 0 to 8 are dropped; column 9 becomes the carry, rounded up
};

// Where the columns that the window reaches come from.
enum class Reach {
  kStored,
  kZero,  // nothing was added to them yet
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

// What a column carries into the next. The masked form, because g++ 12 takes the plain one's header for a use of an
// uninitialised variable.
__attribute__((always_inline)) inline __m512i high_bits(__m512i column) {
  return _mm512_maskz_srli_epi64(0xff, column, kLimbBits);
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

// 2 column + the half of a square that belongs there: row r's square has its halves in columns 2r and 2r + 1.
template <int kRow, int kStep>
__attribute__((always_inline)) inline __m512i double_column(const Stream& stream, __m512i column) {
  const __m512i twice = _mm512_add_epi64(column, column);
  const __m512i row = stream.rows[kRow];
  return kStep % 2 == 0 ? add_low(twice, row, row) : add_high(twice, row, row);
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
  } else if constexpr (kFinish == Finish::kDoubleLow) {
    finished[kStep] = double_column<kStep / 2, kStep>(stream, column);
  } else if constexpr (kFinish == Finish::kDoubleLowCarry) {
    const __m512i sum = _mm512_add_epi64(double_column<kStep / 2, kStep>(stream, column), stream.carry);
    finished[kStep] = sum;
    stream.carry = high_bits(sum);
  } else if constexpr (kFinish == Finish::kDoubleHigh) {
    finished[kStep] = double_column<kBlock / 2 + kStep / 2, kStep>(stream, column);
  } else if constexpr (kStep == kBlock - 1) {
    stream.carry = high_bits(_mm512_add_epi64(column, limb_mask()));
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
    stream.columns[kStep] = kReach == Reach::kStored ? next[kStep] : _mm512_setzero_si512();
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

template <int kLimb = 0>
__attribute__((always_inline)) inline void clear_window(Stream& stream) {
  if constexpr (kLimb < kBlock) {
    stream.columns[kLimb] = _mm512_setzero_si512();
    clear_window<kLimb + 1>(stream);
  }
}

// The constants of the keys as vectors.
struct KeyVectors {
  int blocks;
  const __m512i* modulus_n;
  const __m512i* fold_m;
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
  load_block(stream.columns, sum);
  for (int block = 0; block < blocks; ++block) {
    stream_block<kRows, Finish::kStore>(stream, factor, sum + kBlock, sum);
    factor += kBlock;
    sum += kBlock;
  }
  finish_window<Finish::kStore>(stream, sum);
}

// The part of square() that rows of block 0 take in: columns 0 to 10 blocks + 9, of which the first ten are carried.
void square_first_rows(__m512i* columns, const __m512i* x, int blocks) {
  Stream stream;
  load_block(stream.rows, x);
  clear_window(stream);
  stream.carry = _mm512_setzero_si512();
  stream_block<Rows::kBelow, Finish::kDoubleLowCarry, Reach::kZero>(stream, x, nullptr, columns);
  const __m512i carry = stream.carry;
  x += kBlock;
  columns += kBlock;
  stream_block<Rows::kAll, Finish::kDoubleHigh, Reach::kZero>(stream, x, nullptr, columns);
  columns[0] = _mm512_add_epi64(columns[0], carry);
  for (int other = 2; other < blocks; ++other) {
    x += kBlock;
    columns += kBlock;
    stream_block<Rows::kAll, Finish::kStore, Reach::kZero>(stream, x, nullptr, columns);
  }
  finish_window<Finish::kStore>(stream, columns + kBlock);
}

// columns[0 .. 20 blocks) = x^2: the first ten are carried, the others are not. After the rows of block b every column
// below 20 (b + 1) is complete, so that doubling and squares ride along.
void square(__m512i* columns, const __m512i* x, int blocks) {
  square_first_rows(columns, x, blocks);
  for (int i = (blocks + 1) * kBlock; i < 2 * blocks * kBlock; ++i) columns[i] = _mm512_setzero_si512();
  Stream stream;
  for (int block = 1; block < blocks - 1; ++block) {
    const __m512i* factor = x + kBlock * block;
    __m512i* column = columns + 2 * kBlock * block;
    load_block(stream.rows, factor);
    load_block(stream.columns, column);
    stream_block<Rows::kBelow, Finish::kDoubleLow>(stream, factor, column + kBlock, column);
    factor += kBlock;
    column += kBlock;
    stream_block<Rows::kAll, Finish::kDoubleHigh>(stream, factor, column + kBlock, column);
    for (int other = block + 2; other < blocks; ++other) {
      factor += kBlock;
      column += kBlock;
      stream_block<Rows::kAll, Finish::kStore>(stream, factor, column + kBlock, column);
    }
    finish_window<Finish::kStore>(stream, column + kBlock);
  }
  const __m512i* last = x + kBlock * (blocks - 1);
  __m512i* column = columns + 2 * kBlock * (blocks - 1);
  load_block(stream.rows, last);
  load_block(stream.columns, column);
  stream_block<Rows::kBelow, Finish::kDoubleLow, Reach::kZero>(stream, last, nullptr, column);
  finish_window<Finish::kDoubleHigh>(stream, column + kBlock);
}

// The first ten steps of a fold of columns[0..9], which are carried: carries columns 10 to 19, the next block.
__attribute__((always_inline)) inline void begin_fold(__m512i* columns, const KeyVectors& keys) {
  Stream stream;
  load_block(stream.rows, columns);
  columns += kBlock;
  load_block(stream.columns, columns);
  stream.carry = _mm512_setzero_si512();
  stream_block<Rows::kAll, Finish::kCarry>(stream, keys.fold_m, columns + kBlock, columns);
  stream.columns[0] = _mm512_add_epi64(stream.columns[0], stream.carry);
  finish_window<Finish::kStore>(stream, columns + kBlock);
}

// The other steps.
void end_fold(__m512i* columns, const KeyVectors& keys) {
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
  clear_window(low);
  clear_window(high);
  add_quotient_products(low, high, block, keys.inverse);
  carry_quotient(low, high, _mm512_setzero_si512(), quotient);
}

// The last ten of the columns to go, carried, become zero by the multiple `quotient` of n; result = the rest, carried.
void divide_exactly(__m512i* result, const __m512i* columns, const __m512i* quotient, const KeyVectors& keys) {
  Stream stream;
  load_block(stream.rows, quotient);
  clear_window(stream);
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

// result = columns / R modulo n, below 3n, carried. The first ten columns are carried.
void reduce(__m512i* result, __m512i* columns, const KeyVectors& keys) {
  for (int block = 0; block + 2 < keys.blocks; ++block) {
    begin_fold(columns, keys);
    end_fold(columns, keys);
    columns += kBlock;
  }
  // The last fold's first steps complete the block of the exact step. Its quotient is one long chain: it is begun here,
  // so that the rest of the fold fills the time.
  begin_fold(columns, keys);
  __m512i quotient[kBlock];
  find_quotient(quotient, columns + kBlock, keys);
  end_fold(columns, keys);
  divide_exactly(result, columns + kBlock, quotient, keys);
}

// Carries columns[0..9].
void carry_first_block(__m512i* columns) {
  __m512i carry = _mm512_setzero_si512();
  for (int i = 0; i < kBlock; ++i) {
    columns[i] = _mm512_add_epi64(columns[i], carry);
    carry = high_bits(columns[i]);
  }
  columns[kBlock] = _mm512_add_epi64(columns[kBlock], carry);
}

// columns = x s + K hash + C, not carried.
void multiply(__m512i* columns, const __m512i* x, const RsaSignatureLanes& signatures, const KeyVectors& keys) {
  const int limbs = kBlock * keys.blocks;
  for (int i = 0; i < limbs; ++i) {
    columns[i] = keys.padding_c[i];
    columns[limbs + i] = _mm512_setzero_si512();
  }
  __m512i hash[kBlock] = {};
  for (int i = 0; i < static_cast<int>(kHashLimbs); ++i) hash[i] = _mm512_load_si512(signatures.hash[i]);
  add_rows<Rows::kHash>(columns, hash, keys.hash_factor_k, keys.blocks);
  const __m512i* s = reinterpret_cast<const __m512i*>(signatures.signature_s);
  for (int block = 0; block < keys.blocks; ++block) {
    add_rows<Rows::kAll>(columns + kBlock * block, x + kBlock * block, s, keys.blocks);
  }
}

// Lanes of a carried number below 3n that are 0, n or 2n.
std::uint32_t multiples_of_n(const __m512i* number, const KeyVectors& keys) {
  __m512i differs_from_0 = _mm512_setzero_si512();
  __m512i differs_from_n = _mm512_setzero_si512();
  __m512i differs_from_2n = _mm512_setzero_si512();
  __m512i carry = _mm512_setzero_si512();
  for (int i = 0; i < kBlock * keys.blocks; ++i) {
    const __m512i limb = _mm512_and_si512(number[i], limb_mask());
    const __m512i n = keys.modulus_n[i];
    const __m512i twice = _mm512_add_epi64(_mm512_add_epi64(n, n), carry);
    carry = high_bits(twice);
    differs_from_0 = _mm512_or_si512(differs_from_0, limb);
    differs_from_n = _mm512_or_si512(differs_from_n, _mm512_xor_si512(limb, n));
    differs_from_2n = _mm512_or_si512(differs_from_2n, _mm512_xor_si512(limb, _mm512_and_si512(twice, limb_mask())));
  }
  const unsigned equal = _mm512_testn_epi64_mask(differs_from_0, differs_from_0) |
                         _mm512_testn_epi64_mask(differs_from_n, differs_from_n) |
                         _mm512_testn_epi64_mask(differs_from_2n, differs_from_2n);
  return equal;
}

}  // namespace

std::uint32_t rsa_public_x8_avx512ifma(const RsaKeyLanes& keys, const RsaSignatureLanes& signatures) noexcept {
  const KeyVectors vectors{.blocks = static_cast<int>(keys.limbs) / kBlock,
                           .modulus_n = reinterpret_cast<const __m512i*>(keys.modulus_n),
                           .fold_m = reinterpret_cast<const __m512i*>(keys.fold_m),
                           .hash_factor_k = reinterpret_cast<const __m512i*>(keys.hash_factor_k),
                           .padding_c = reinterpret_cast<const __m512i*>(keys.padding_c),
                           .inverse = reinterpret_cast<const __m512i*>(keys.inverse)};
  __m512i columns[2 * kLimbsMax];
  __m512i x[kLimbsMax];
  for (std::size_t i = 0; i < keys.limbs; ++i) x[i] = _mm512_load_si512(signatures.signature_s[i]);
  for (int squaring = 0; squaring < 16; ++squaring) {
    square(columns, x, vectors.blocks);
    reduce(x, columns, vectors);
  }
  multiply(columns, x, signatures, vectors);
  carry_first_block(columns);
  reduce(x, columns, vectors);
  return multiples_of_n(x, vectors);
}

}  // namespace assay::kernel

// SHA-256 with AVX-512: sixteen messages, one in each 32-bit lane. Three rotations and one ternary operation make a
// sum; both choices of FIPS 180-4 are one ternary operation each.
#include <immintrin.h>

#include "kernel/sha256.h"

namespace assay::kernel {
namespace {

constexpr std::size_t kLanes32 = 16;
constexpr std::size_t kWordsPerBlock = kSha256BlockBytes / sizeof(std::uint32_t);
static_assert(kWordsPerBlock == kLanes32, "a block is a vector, and blocks transpose to vectors of words");

// How many lanes must be busy on average: with fewer, two messages at a time are faster (docs/benchmarks.md).
constexpr std::size_t kLanesWorthwhile = 10;

constexpr unsigned kBlockShift = 6;
static_assert(kSha256BlockBytes == 1u << kBlockShift);

// Truth tables of the ternary operation.
constexpr int kXor3 = 0x96;
constexpr int kChoose = 0xCA;  // the second where the first has a one, else the third
constexpr int kMajority = 0xE8;

// a .. h of sixteen messages, lane by lane.
struct State {
  __m512i a, b, c, d, e, f, g, h;
};

// Where each lane's blocks lie: first those from address `message`, then those from `tail`, which is moved back so that
// the same offset serves.
struct alignas(64) Lanes {
  std::uint64_t message[kLanes32];
  std::uint64_t tail[kLanes32];  // less whole_blocks blocks
  std::uint64_t whole_blocks[kLanes32];
  std::uint64_t last_block[kLanes32];  // a lane that is finished reads its last block again
  std::uint32_t blocks[kLanes32];      // 0 for idle lanes
};

// words[i] holds the i-th words of the lanes; or the other way round.
__attribute__((always_inline)) inline void transpose(__m512i (&words)[kLanes32]) noexcept {
  __m512i pairs[kLanes32];
#pragma GCC unroll 8
  for (std::size_t i = 0; i < kLanes32; i += 2) {
    pairs[i] = _mm512_unpacklo_epi32(words[i], words[i + 1]);
    pairs[i + 1] = _mm512_unpackhi_epi32(words[i], words[i + 1]);
  }
  __m512i fours[kLanes32];  // fours[i + j], j below 4: word j of every 128 bits, of rows i .. i + 3
#pragma GCC unroll 4
  for (std::size_t i = 0; i < kLanes32; i += 4) {
    fours[i] = _mm512_unpacklo_epi64(pairs[i], pairs[i + 2]);
    fours[i + 1] = _mm512_unpackhi_epi64(pairs[i], pairs[i + 2]);
    fours[i + 2] = _mm512_unpacklo_epi64(pairs[i + 1], pairs[i + 3]);
    fours[i + 3] = _mm512_unpackhi_epi64(pairs[i + 1], pairs[i + 3]);
  }
#pragma GCC unroll 4
  for (std::size_t j = 0; j < 4; ++j) {
    const __m512i even_low = _mm512_shuffle_i32x4(fours[j], fours[j + 4], 0x88);
    const __m512i odd_low = _mm512_shuffle_i32x4(fours[j], fours[j + 4], 0xDD);
    const __m512i even_high = _mm512_shuffle_i32x4(fours[j + 8], fours[j + 12], 0x88);
    const __m512i odd_high = _mm512_shuffle_i32x4(fours[j + 8], fours[j + 12], 0xDD);
    words[j] = _mm512_shuffle_i32x4(even_low, even_high, 0x88);
    words[j + 4] = _mm512_shuffle_i32x4(odd_low, odd_high, 0x88);
    words[j + 8] = _mm512_shuffle_i32x4(even_low, even_high, 0xDD);
    words[j + 12] = _mm512_shuffle_i32x4(odd_low, odd_high, 0xDD);
  }
}

// Reverses the bytes of each word.
__m512i swap_bytes(__m512i words) noexcept {
  return _mm512_shuffle_epi8(words, _mm512_set4_epi32(0x0c0d0e0f, 0x08090a0b, 0x04050607, 0x00010203));
}

__m512i add(__m512i x, __m512i y) noexcept { return _mm512_add_epi32(x, y); }

template <int k1, int k2, int k3>
__m512i sum(__m512i x) noexcept {
  return _mm512_ternarylogic_epi32(_mm512_ror_epi32(x, k1), _mm512_ror_epi32(x, k2), _mm512_ror_epi32(x, k3), kXor3);
}

template <int k1, int k2, int kShift>
__m512i sigma(__m512i x) noexcept {
  return _mm512_ternarylogic_epi32(_mm512_ror_epi32(x, k1), _mm512_ror_epi32(x, k2), _mm512_srli_epi32(x, kShift),
                                   kXor3);
}

// Keeps compilers from adding in another order.
__m512i fixed(__m512i x) noexcept {
  asm("" : "+v"(x));
  return x;
}

// One round. The caller turns the names of the words instead of moving them. What does not wait for
// the round before is added first: four instructions lie between e and the next e, three between a and the next a. How
// many there are bounds the kernel, not that chain.
__attribute__((always_inline)) inline void round(const __m512i& a, const __m512i& b, const __m512i& c, __m512i& d,
                                                 const __m512i& e, const __m512i& f, const __m512i& g, __m512i& h,
                                                 __m512i word_and_constant) noexcept {
  const __m512i early = fixed(add(h, word_and_constant));
  const __m512i with_choice = fixed(add(early, _mm512_ternarylogic_epi32(e, f, g, kChoose)));
  const __m512i t1 = fixed(add(with_choice, sum<6, 11, 25>(e)));
  d = add(d, t1);
  h = add(fixed(add(t1, _mm512_ternarylogic_epi32(a, b, c, kMajority))), sum<2, 13, 22>(a));
}

__m512i constant(const std::uint32_t* constants, std::size_t i) noexcept {
  return _mm512_set1_epi32(static_cast<int>(constants[i]));
}

// Eight rounds: afterwards every word has its own name again.
__attribute__((always_inline)) inline void eight_rounds(State& s, const __m512i* w, const std::uint32_t* k) noexcept {
  round(s.a, s.b, s.c, s.d, s.e, s.f, s.g, s.h, add(w[0], constant(k, 0)));
  round(s.h, s.a, s.b, s.c, s.d, s.e, s.f, s.g, add(w[1], constant(k, 1)));
  round(s.g, s.h, s.a, s.b, s.c, s.d, s.e, s.f, add(w[2], constant(k, 2)));
  round(s.f, s.g, s.h, s.a, s.b, s.c, s.d, s.e, add(w[3], constant(k, 3)));
  round(s.e, s.f, s.g, s.h, s.a, s.b, s.c, s.d, add(w[4], constant(k, 4)));
  round(s.d, s.e, s.f, s.g, s.h, s.a, s.b, s.c, add(w[5], constant(k, 5)));
  round(s.c, s.d, s.e, s.f, s.g, s.h, s.a, s.b, add(w[6], constant(k, 6)));
  round(s.b, s.c, s.d, s.e, s.f, s.g, s.h, s.a, add(w[7], constant(k, 7)));
}

// The next eight words of the message schedule, in place of w[first] ...
template <std::size_t kFirst>
__attribute__((always_inline)) inline void extend(__m512i (&w)[kWordsPerBlock]) noexcept {
#pragma GCC unroll 8
  for (std::size_t i = kFirst; i < kFirst + 8; ++i) {
    const __m512i early = add(add(w[i], w[(i + 9) % kWordsPerBlock]), sigma<7, 18, 3>(w[(i + 1) % kWordsPerBlock]));
    w[i] = add(early, sigma<17, 19, 10>(w[(i + 14) % kWordsPerBlock]));
  }
}

// One block of each lane.
__attribute__((always_inline)) inline State compress(const State& state, __m512i (&w)[kWordsPerBlock]) noexcept {
  State next = state;
  eight_rounds(next, w, kSha256RoundConstants);
  eight_rounds(next, w + 8, kSha256RoundConstants + 8);
#pragma GCC unroll 1
  for (std::size_t t = kWordsPerBlock; t < kSha256RoundCount; t += kWordsPerBlock) {
    extend<0>(w);
    eight_rounds(next, w, kSha256RoundConstants + t);
    extend<8>(w);
    eight_rounds(next, w + 8, kSha256RoundConstants + t + 8);
  }
  return next;
}

// The lanes' next blocks, as vectors of words.
__attribute__((always_inline)) inline void load_blocks(const Lanes& lanes, std::size_t index,
                                                       __m512i (&w)[kWordsPerBlock]) noexcept {
  alignas(64) const std::uint8_t* blocks[kLanes32];
#pragma GCC unroll 2
  for (std::size_t i = 0; i < kLanes32; i += 8) {
    const __m512i block =
        _mm512_min_epu64(_mm512_set1_epi64(static_cast<long long>(index)), _mm512_load_si512(&lanes.last_block[i]));
    const __mmask8 whole = _mm512_cmplt_epu64_mask(block, _mm512_load_si512(&lanes.whole_blocks[i]));
    const __m512i from =
        _mm512_mask_blend_epi64(whole, _mm512_load_si512(&lanes.tail[i]), _mm512_load_si512(&lanes.message[i]));
    _mm512_store_si512(&blocks[i], _mm512_add_epi64(from, _mm512_slli_epi64(block, kBlockShift)));
  }
#pragma GCC unroll 16
  for (std::size_t i = 0; i < kLanes32; ++i) w[i] = swap_bytes(_mm512_loadu_si512(blocks[i]));
  transpose(w);
}

// Only lanes of the mask go on.
__attribute__((always_inline)) inline void add_where(__mmask16 active, State& state, const State& next) noexcept {
  state.a = _mm512_mask_add_epi32(state.a, active, state.a, next.a);
  state.b = _mm512_mask_add_epi32(state.b, active, state.b, next.b);
  state.c = _mm512_mask_add_epi32(state.c, active, state.c, next.c);
  state.d = _mm512_mask_add_epi32(state.d, active, state.d, next.d);
  state.e = _mm512_mask_add_epi32(state.e, active, state.e, next.e);
  state.f = _mm512_mask_add_epi32(state.f, active, state.f, next.f);
  state.g = _mm512_mask_add_epi32(state.g, active, state.g, next.g);
  state.h = _mm512_mask_add_epi32(state.h, active, state.h, next.h);
}

State first_state() noexcept {
  return {.a = constant(kSha256Start, 0),
          .b = constant(kSha256Start, 1),
          .c = constant(kSha256Start, 2),
          .d = constant(kSha256Start, 3),
          .e = constant(kSha256Start, 4),
          .f = constant(kSha256Start, 5),
          .g = constant(kSha256Start, 6),
          .h = constant(kSha256Start, 7)};
}

void store_hashes(const State& state, Sha256Job* const* jobs, std::size_t count) noexcept {
  const __m512i none = _mm512_setzero_si512();
  __m512i words[kLanes32] = {state.a, state.b, state.c, state.d, state.e, state.f, state.g, state.h,
                             none,    none,    none,    none,    none,    none,    none,    none};
  transpose(words);
#pragma GCC unroll 16
  for (std::size_t lane = 0; lane < kLanes32; ++lane) {
    if (lane >= count) break;
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(jobs[lane]->hash), _mm512_castsi512_si256(swap_bytes(words[lane])));
  }
}

std::size_t block_count(const Sha256Job& job) noexcept { return job.whole_block_count + job.tail_block_count; }

// Up to sixteen jobs, the longest of `longest` blocks. Idle lanes read what lane 0 reads.
void hash_group(Sha256Job* const* jobs, std::size_t count, std::size_t longest) noexcept {
  Lanes lanes;
  for (std::size_t lane = 0; lane < kLanes32; ++lane) {
    const Sha256Job& job = *jobs[lane < count ? lane : 0];
    lanes.message[lane] = reinterpret_cast<std::uintptr_t>(job.whole_blocks);
    lanes.tail[lane] = reinterpret_cast<std::uintptr_t>(job.tail) - job.whole_block_count * kSha256BlockBytes;
    lanes.whole_blocks[lane] = job.whole_block_count;
    lanes.last_block[lane] = block_count(job) - 1;
    lanes.blocks[lane] = lane < count ? static_cast<std::uint32_t>(block_count(job)) : 0;
  }
  const __m512i blocks = _mm512_load_si512(lanes.blocks);
  State state = first_state();
  for (std::size_t index = 0; index < longest; ++index) {
    __m512i w[kWordsPerBlock];
    load_blocks(lanes, index, w);
    const __mmask16 active = _mm512_cmpgt_epu32_mask(blocks, _mm512_set1_epi32(static_cast<int>(index)));
    add_where(active, state, compress(state, w));
  }
  store_hashes(state, jobs, count);
}

}  // namespace

void sha256_avx512(Sha256Job* const* jobs, std::size_t count) noexcept {
  // What does not fill the lanes comes first.
  std::size_t size = count % kLanes32 == 0 ? kLanes32 : count % kLanes32;
  for (std::size_t at = 0; at < count; at += size, size = kLanes32) {
    std::size_t longest = 0, total = 0;
    for (std::size_t i = at; i < at + size; ++i) {
      total += block_count(*jobs[i]);
      longest = longest < block_count(*jobs[i]) ? block_count(*jobs[i]) : longest;
    }
    if (total < kLanesWorthwhile * longest) {
      sha256_shani(jobs + at, size);
    } else {
      hash_group(jobs + at, size, longest);
    }
  }
}

}  // namespace assay::kernel

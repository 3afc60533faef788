// SHA-256 with the processor's SHA instructions: two messages beside each other, because a round waits for the one
// before it longer than the unit needs for it.
#include <immintrin.h>

#include "kernel/sha256.h"

namespace assay::kernel {
namespace {

constexpr std::size_t kWordsPerVector = 4;
constexpr std::size_t kVectorsPerBlock = kSha256BlockBytes / sizeof(__m128i);

// The instructions' order of the hash value: a, b, e and f in one vector, c, d, g and h in the other, a and c highest.
struct State {
  __m128i abef;
  __m128i cdgh;
};

__m128i load(const void* bytes) noexcept { return _mm_loadu_si128(static_cast<const __m128i*>(bytes)); }

// Reverses the bytes of each word.
__m128i swap_bytes(__m128i words) noexcept {
  return _mm_shuffle_epi8(words, _mm_set_epi64x(0x0c0d'0e0f'0809'0a0b, 0x0405'0607'0001'0203));
}

State first_state() noexcept {
  const __m128i abcd = _mm_shuffle_epi32(load(kSha256Start), 0x1B);  // words lowest first: d c b a
  const __m128i efgh = _mm_shuffle_epi32(load(kSha256Start + kWordsPerVector), 0x1B);
  return {.abef = _mm_unpackhi_epi64(efgh, abcd), .cdgh = _mm_unpacklo_epi64(efgh, abcd)};
}

void store_hash(const State& state, std::uint8_t* hash) noexcept {
  const __m128i dcba = _mm_shuffle_epi32(_mm_unpackhi_epi64(state.cdgh, state.abef), 0x1B);
  const __m128i hgfe = _mm_shuffle_epi32(_mm_unpacklo_epi64(state.cdgh, state.abef), 0x1B);
  _mm_storeu_si128(reinterpret_cast<__m128i*>(hash), swap_bytes(dcba));
  _mm_storeu_si128(reinterpret_cast<__m128i*>(hash + sizeof(__m128i)), swap_bytes(hgfe));
}

const std::uint8_t* block_of(const Sha256Job& job, std::size_t index) noexcept {
  return index < job.whole_block_count ? job.whole_blocks + index * kSha256BlockBytes
                                       : job.tail + (index - job.whole_block_count) * kSha256BlockBytes;
}

std::size_t block_count(const Sha256Job& job) noexcept { return job.whole_block_count + job.tail_block_count; }

// The next four words of the message schedule, in place of the oldest ones.
__attribute__((always_inline)) inline void extend(__m128i (&w)[kVectorsPerBlock], std::size_t oldest) noexcept {
  const __m128i newest = w[(oldest + 3) % kVectorsPerBlock];
  const __m128i seven_back = _mm_alignr_epi8(newest, w[(oldest + 2) % kVectorsPerBlock], 4);
  const __m128i partial =
      _mm_add_epi32(_mm_sha256msg1_epu32(w[oldest], w[(oldest + 1) % kVectorsPerBlock]), seven_back);
  w[oldest] = _mm_sha256msg2_epu32(partial, newest);
}

__attribute__((always_inline)) inline void four_rounds(State& state, __m128i words,
                                                       const std::uint32_t* constants) noexcept {
  const __m128i sums = _mm_add_epi32(words, load(constants));
  state.cdgh = _mm_sha256rnds2_epu32(state.cdgh, state.abef, sums);
  state.abef = _mm_sha256rnds2_epu32(state.abef, state.cdgh, _mm_shuffle_epi32(sums, 0x0E));
}

// One block of each stream.
template <std::size_t kStreams>
__attribute__((always_inline)) inline void compress(State (&states)[kStreams],
                                                    const std::uint8_t* const (&blocks)[kStreams]) noexcept {
  State next[kStreams];
  __m128i w[kStreams][kVectorsPerBlock];
#pragma GCC unroll 4
  for (std::size_t s = 0; s < kStreams; ++s) {
    next[s] = states[s];
#pragma GCC unroll 4
    for (std::size_t i = 0; i < kVectorsPerBlock; ++i) w[s][i] = swap_bytes(load(blocks[s] + i * sizeof(__m128i)));
  }
#pragma GCC unroll 16
  for (std::size_t i = 0; i < kSha256RoundCount / kWordsPerVector; ++i) {
#pragma GCC unroll 4
    for (std::size_t s = 0; s < kStreams; ++s) {
      if (i >= kVectorsPerBlock) extend(w[s], i % kVectorsPerBlock);
      four_rounds(next[s], w[s][i % kVectorsPerBlock], kSha256RoundConstants + i * kWordsPerVector);
    }
  }
#pragma GCC unroll 4
  for (std::size_t s = 0; s < kStreams; ++s) {
    states[s].abef = _mm_add_epi32(states[s].abef, next[s].abef);
    states[s].cdgh = _mm_add_epi32(states[s].cdgh, next[s].cdgh);
  }
}

// Blocks first .. of one job.
void finish(Sha256Job& job, State state, std::size_t first) noexcept {
  State states[1] = {state};
  for (std::size_t i = first; i < block_count(job); ++i) {
    const std::uint8_t* const blocks[1] = {block_of(job, i)};
    compress(states, blocks);
  }
  store_hash(states[0], job.hash);
}

void hash_two(Sha256Job& one, Sha256Job& other) noexcept {
  State states[2] = {first_state(), first_state()};
  const std::size_t shorter = block_count(one) < block_count(other) ? block_count(one) : block_count(other);
  for (std::size_t i = 0; i < shorter; ++i) {
    const std::uint8_t* const blocks[2] = {block_of(one, i), block_of(other, i)};
    compress(states, blocks);
  }
  finish(one, states[0], shorter);
  finish(other, states[1], shorter);
}

}  // namespace

void sha256_shani(Sha256Job* const* jobs, std::size_t count) noexcept {
  for (std::size_t i = 0; i + 1 < count; i += 2) hash_two(*jobs[i], *jobs[i + 1]);
  if (count % 2 != 0) finish(*jobs[count - 1], first_state(), 0);
}

}  // namespace assay::kernel

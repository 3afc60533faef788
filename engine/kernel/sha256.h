// SHA-256 of many messages at once (FIPS 180-4 sec 6.2).
//
// A message is hashed as it lies in memory, block by block; its rest and the padding (FIPS 180-4 sec 5.1.1) are blocks
// of the job:
//
//   |<---------- whole_block_count blocks ---------->|
//   | block | block | block |  ...  | block | block  | rest |             the message
//                                                    | rest | 80 00 .. 00 | bits | tail: tail_block_count blocks
#pragma once

#include <cstddef>
#include <cstdint>

#include "kernel/radix52.h"

namespace assay::kernel {

inline constexpr std::size_t kSha256BlockBytes = 64;
inline constexpr std::size_t kSha256RoundCount = 64;
inline constexpr std::size_t kSha256WordCount = kHashBytes / sizeof(std::uint32_t);

// The first hash value and the constants of the rounds (FIPS 180-4 sec 5.3.3, 4.2.2). Both on 64-byte boundaries.
extern const std::uint32_t kSha256Start[kSha256WordCount];
extern const std::uint32_t kSha256RoundConstants[kSha256RoundCount];

// A message that is padded already, and its hash.
struct Sha256Job {
  const std::uint8_t* whole_blocks;  // the message; must outlive the call
  std::size_t whole_block_count;     // with the tail's: below 2^32
  std::size_t tail_block_count;      // 1 or 2
  std::uint8_t tail[2 * kSha256BlockBytes];
  std::uint8_t hash[kHashBytes];
};

// Makes the job for a message of `size` bytes, at most 2^37. Leaves `hash` alone, and of a tail of one block the second
// one.
void pad_sha256(const std::uint8_t* message, std::size_t size, Sha256Job& job) noexcept;

// Sets `hash` of each of the jobs.
//
//   jobs    `count` of them, no two the same; may be 0. Neighbours run beside each other: fastest where jobs are in
//           order of their block counts, the fewest first
//   cost    shani: two cost as little as 1.5 of them. avx512: sixteen cost as much as nine or ten by shani, and fewer
//           are left to shani
//   timing  public data only
//
// The portable variant is the specification of the others. kernel/kernel.h chooses one.
void sha256_portable(Sha256Job* const* jobs, std::size_t count) noexcept;
void sha256_shani(Sha256Job* const* jobs, std::size_t count) noexcept;
void sha256_avx512(Sha256Job* const* jobs, std::size_t count) noexcept;

}  // namespace assay::kernel

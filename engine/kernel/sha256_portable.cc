// Padding, the constants, and SHA-256 as its standard writes it.
#include "kernel/sha256.h"

#include <bit>
#include <cstring>

namespace assay::kernel {

alignas(64) const std::uint32_t kSha256Start[kSha256WordCount] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                                                                  0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};

alignas(64) const std::uint32_t kSha256RoundConstants[kSha256RoundCount] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};

namespace {

// The size in bits, at the end of the last block.
constexpr std::size_t kLengthBytes = 8;

std::uint32_t read_word(const std::uint8_t* bytes) noexcept {
  return std::uint32_t{bytes[0]} << 24 | std::uint32_t{bytes[1]} << 16 | std::uint32_t{bytes[2]} << 8 | bytes[3];
}

void write_word(std::uint32_t word, std::uint8_t* bytes) noexcept {
  for (unsigned i = 0; i < 4; ++i) bytes[i] = static_cast<std::uint8_t>(word >> (24 - 8 * i));
}

// FIPS 180-4 sec 6.2.2, with its names.
void compress(const std::uint8_t* block, std::uint32_t (&hash)[kSha256WordCount]) noexcept {
  std::uint32_t w[kSha256RoundCount];
  for (std::size_t t = 0; t < 16; ++t) w[t] = read_word(block + 4 * t);
  for (std::size_t t = 16; t < kSha256RoundCount; ++t) {
    const std::uint32_t sigma0 = std::rotr(w[t - 15], 7) ^ std::rotr(w[t - 15], 18) ^ w[t - 15] >> 3;
    const std::uint32_t sigma1 = std::rotr(w[t - 2], 17) ^ std::rotr(w[t - 2], 19) ^ w[t - 2] >> 10;
    w[t] = sigma1 + w[t - 7] + sigma0 + w[t - 16];
  }
  std::uint32_t a = hash[0], b = hash[1], c = hash[2], d = hash[3];
  std::uint32_t e = hash[4], f = hash[5], g = hash[6], h = hash[7];
  for (std::size_t t = 0; t < kSha256RoundCount; ++t) {
    const std::uint32_t sum1 = std::rotr(e, 6) ^ std::rotr(e, 11) ^ std::rotr(e, 25);
    const std::uint32_t ch = (e & f) ^ (~e & g);
    const std::uint32_t t1 = h + sum1 + ch + kSha256RoundConstants[t] + w[t];
    const std::uint32_t sum0 = std::rotr(a, 2) ^ std::rotr(a, 13) ^ std::rotr(a, 22);
    const std::uint32_t maj = (a & b) ^ (a & c) ^ (b & c);
    h = g, g = f, f = e, e = d + t1;
    d = c, c = b, b = a, a = t1 + sum0 + maj;
  }
  const std::uint32_t words[kSha256WordCount] = {a, b, c, d, e, f, g, h};
  for (std::size_t i = 0; i < kSha256WordCount; ++i) hash[i] += words[i];
}

void hash_job(Sha256Job& job) noexcept {
  std::uint32_t hash[kSha256WordCount];
  std::memcpy(hash, kSha256Start, sizeof hash);
  for (std::size_t i = 0; i < job.whole_block_count; ++i) compress(job.whole_blocks + i * kSha256BlockBytes, hash);
  for (std::size_t i = 0; i < job.tail_block_count; ++i) compress(job.tail + i * kSha256BlockBytes, hash);
  for (std::size_t i = 0; i < kSha256WordCount; ++i) write_word(hash[i], job.hash + 4 * i);
}

}  // namespace

void pad_sha256(const std::uint8_t* message, std::size_t size, Sha256Job& job) noexcept {
  const std::size_t rest = size % kSha256BlockBytes;
  job.whole_blocks = message;
  job.whole_block_count = size / kSha256BlockBytes;
  job.tail_block_count = rest + 1 + kLengthBytes <= kSha256BlockBytes ? 1 : 2;
  const std::size_t length_at = job.tail_block_count * kSha256BlockBytes - kLengthBytes;
  // Block by block, of a fixed size: a few wide stores instead of a call.
  for (std::size_t i = 0; i < job.tail_block_count; ++i) {
    std::memset(job.tail + i * kSha256BlockBytes, 0, kSha256BlockBytes);
  }
  if (rest != 0) std::memcpy(job.tail, message + (size - rest), rest);
  job.tail[rest] = 0x80;
  std::uint64_t bits = std::uint64_t{size} * 8;
  if constexpr (std::endian::native == std::endian::little) bits = __builtin_bswap64(bits);
  std::memcpy(job.tail + length_at, &bits, kLengthBytes);
}

void sha256_portable(Sha256Job* const* jobs, std::size_t count) noexcept {
  for (std::size_t i = 0; i < count; ++i) hash_job(*jobs[i]);
}

}  // namespace assay::kernel

#include "kernel/radix52.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>

namespace assay::kernel {
namespace {

// Two limbs are 13 bytes.
constexpr std::size_t kPairBytes = 2 * kLimbBits / 8;
static_assert(kPairBytes * 8 == 2 * kLimbBits && kLimbsStep % 2 == 0);

// The 64 bits whose lowest is bit 0 of the byte `at` bytes before `end`.
std::uint64_t read_bits(const std::uint8_t* end, std::size_t at) noexcept {
  std::uint64_t word = 0;
  std::memcpy(&word, end - at - sizeof(word), sizeof(word));
  return std::endian::native == std::endian::little ? __builtin_bswap64(word) : word;
}

}  // namespace

void write_limbs(Octets octets, Limbs limbs) noexcept {
  // Zeros in front, as far as a read of the highest pair reaches.
  std::array<std::uint8_t, kNumberBytesMax + kPairBytes + sizeof(std::uint64_t)> padded;
  const std::size_t reach = std::max(octets.size, limbs.count * kPairBytes / 2 + kPairBytes) + sizeof(std::uint64_t);
  std::uint8_t* const end = padded.data() + padded.size();
  std::fill(end - reach, end - octets.size, std::uint8_t{0});
  std::copy_n(octets.begin, octets.size, end - octets.size);
  const std::uint8_t* pair = end;
  std::uint64_t* limb = limbs.begin;
  for (std::size_t i = 1; i < limbs.count; i += 2) {
    limb[0] = read_bits(pair, 0) & kLimbMask;
    // The odd limb begins with the upper half of byte 6.
    limb[limbs.stride] = (read_bits(pair, kPairBytes / 2) >> 4) & kLimbMask;
    limb += 2 * limbs.stride;
    pair -= kPairBytes;
  }
  if (limbs.count % 2 != 0) limb[0] = read_bits(pair, 0) & kLimbMask;
}

}  // namespace assay::kernel

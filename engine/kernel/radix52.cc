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
  // Zeros in front, as many as a read of the highest pair reaches.
  std::array<std::uint8_t, kNumberBytesMax + sizeof(std::uint64_t)> padded;
  const std::size_t zeros = padded.size() - octets.size;
  std::fill_n(padded.begin(), zeros, std::uint8_t{0});
  std::copy_n(octets.begin, octets.size, padded.begin() + static_cast<std::ptrdiff_t>(zeros));
  const std::uint8_t* end = padded.data() + padded.size();
  for (std::size_t i = 0; i < limbs.count; i += 2) {
    limbs.begin[i * limbs.stride] = read_bits(end, 0) & kLimbMask;
    // The odd limb begins with the upper half of byte 6.
    if (i + 1 < limbs.count) limbs.begin[(i + 1) * limbs.stride] = (read_bits(end, kPairBytes / 2) >> 4) & kLimbMask;
    end -= kPairBytes;
  }
}

}  // namespace assay::kernel

// How big numbers are written for the lanes of a kernel: radix 2^52, because a multiply-add of AVX-512 IFMA takes
// factors of 52 bits and leaves 12 bits of a 64-bit lane for sums of products.
//
// Limb 0 is the lowest. A limb is *clean* when it is below 2^52, and *carried* when what is above its low 52 bits was
// added to the next limb already but may still stand there: a reader takes the low 52 bits alone.
#pragma once

#include <cstddef>
#include <cstdint>

namespace assay::kernel {

// One number per 64-bit lane of a 512-bit vector.
inline constexpr std::size_t kLanes = 8;

inline constexpr unsigned kLimbBits = 52;
inline constexpr std::uint64_t kLimbMask = (std::uint64_t{1} << kLimbBits) - 1;

// Limbs that are kept in registers and reduced at once; every number has a multiple of it.
inline constexpr std::size_t kBlockLimbs = 10;

// Bits that a modulus leaves free in its limbs: results are below 4n, and sums of products below 2^62.
inline constexpr std::size_t kHeadroomBits = 8;

// Size classes: RSA of up to 2072, 3112 and 4096 bits.
inline constexpr std::size_t kLimbsMin = 40;
inline constexpr std::size_t kLimbsMax = 80;
inline constexpr std::size_t kLimbsStep = 20;
static_assert(kLimbsMin % kBlockLimbs == 0 && kLimbsMax % kBlockLimbs == 0 && kLimbsStep % kBlockLimbs == 0);

// A SHA-256 hash.
inline constexpr std::size_t kHashBytes = 32;
inline constexpr std::size_t kHashLimbs = 5;
static_assert(kHashLimbs * kLimbBits >= kHashBytes * 8 && kHashLimbs <= kBlockLimbs);

// Longest number that write_limbs takes, in bytes.
inline constexpr std::size_t kNumberBytesMax = kLimbsMax * kLimbBits / 8;

// A number's octets, most significant first (RFC 8017 sec 4.2), as clean limbs.
//
//   limbs    `begin[i * stride]` becomes limb i, for i below `count`: one lane of a kernel's array (stride kLanes), or
//   a
//            number of its own (stride 1)
//   octets   at most 52 count bits; at most kNumberBytesMax bytes; may be empty
//   timing   public data only; not constant-time
struct Octets {
  const std::uint8_t* begin;
  std::size_t size;
};
struct Limbs {
  std::uint64_t* begin;
  std::size_t count;
  std::size_t stride;
};
void write_limbs(Octets octets, Limbs limbs) noexcept;

}  // namespace assay::kernel

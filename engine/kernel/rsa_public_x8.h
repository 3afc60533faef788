// Eight RSA signatures at once: RSASSA-PKCS1-v1_5 with SHA-256 and e = 65537, each lane with a key of its own.
//
// Equation, per lane, with R = 2^(52 limbs) and EM = padding + hash (RFC 8017 sec 9.2):
//
//   the lane is equal  <=>  s^65537 = EM  (mod n)
//
// Sixteen Montgomery squarings take s to x = s^65536 R^-65535 without any conversion into or out of Montgomery form.
// Instead the expected block is brought to x's form by two constants of the key, K = -R^-65535 mod n and
// C = K padding mod n:
//
//   x s + K hash + C = (s^65537 - EM) R^-65535  (mod n)
//
// which is 0 modulo n exactly where the lane is equal, since R has an inverse. The whole of EM is compared, and nothing
// of the signature is parsed.
//
// Reduction divides by R in blocks of ten limbs. While a number is long enough, its two lowest blocks q are folded:
// q + h 2^1040 = (h + q D) 2^1040 (mod n) with D = 2^-1040 mod n. Two blocks remain: the first is folded with
// M = 2^-520 mod n, and the last is a Montgomery step with q = block * (-1/n) mod 2^520.
//
//   ranges      n odd, below 2^(52 limbs - kHeadroomBits), and not below that of a size class less; M, D, K and C
//               below n, with clean limbs; hash < 2^256. A lane whose s is not below n is never equal:
//               RFC 8017 sec 5.2.2
//   reduction   every intermediate result is in [0, 4n): a product of two such, (4n)^2 / R < n / 16, and less than n of
//               the last fold of two blocks, of the last of one block, and of the last step; what earlier folds add is
//               divided by 2^520 at least and vanishes beside that. A result that is 0, n, 2n or 3n is 0 modulo n;
//               none is reduced further. A variant may as well divide by R limb by limb: then results are in [0, 2n)
//   lanes       independent: no lane reads another's limbs
//   timing      public data only; not constant-time
#pragma once

#include <cstddef>
#include <cstdint>

#include "kernel/radix52.h"

namespace assay::kernel {

// What the keys of eight lanes bring along. Limb i of lane l is [i][l], on a 64-byte boundary for l = 0. Arrays are
// filled up to `limbs`.
struct alignas(64) RsaKeyLanes {
  std::uint64_t modulus_n[kLimbsMax][kLanes];      // n
  std::uint64_t fold_m[kLimbsMax][kLanes];         // M
  std::uint64_t double_fold_d[kLimbsMax][kLanes];  // D
  std::uint64_t hash_factor_k[kLimbsMax][kLanes];  // K
  std::uint64_t padding_c[kLimbsMax][kLanes];      // C
  std::uint64_t inverse[kBlockLimbs][kLanes];      // -1/n mod 2^520
  std::size_t limbs;                               // kLimbsMin, + kLimbsStep, ... kLimbsMax: the same for all lanes
};

// What the tokens of eight lanes bring along.
struct RsaSignatureLanes {
  const std::uint8_t* signature[kLanes];  // s, most significant octet first; null: the lane is idle
  std::size_t signature_bytes[kLanes];    // at most 52 limbs / 8; ignored in an idle lane
  const std::uint8_t* hash[kLanes];       // kHashBytes, most significant octet first; ignored in an idle lane
};

// Which lanes are equal: bit l for lane l. No bit above kLanes, and none of an idle lane, whatever its key is.
// Cost for 40, 60 and 80 limbs: that of 17 multiplications; less where no more than two or three lanes are in use.
[[nodiscard]] std::uint32_t rsa_public_x8_portable(const RsaKeyLanes& keys,
                                                   const RsaSignatureLanes& signatures) noexcept;
[[nodiscard]] std::uint32_t rsa_public_x8_avx512ifma(const RsaKeyLanes& keys,
                                                     const RsaSignatureLanes& signatures) noexcept;

}  // namespace assay::kernel

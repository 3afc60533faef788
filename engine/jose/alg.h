// What is fixed by a JWS algorithm name. RFC 7518 sec 3, RFC 8037 sec 3.1.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "assay/policy.h"

namespace assay::jose {

enum class AlgFamily : std::uint8_t { kRsaPkcs1, kRsaPss, kEcdsa, kEdDsa, kHmac };
enum class Digest : std::uint8_t { kSha256, kSha384, kSha512, kNone };  // kNone: the scheme hashes by itself (EdDSA)
enum class Curve : std::uint8_t { kNone, kP256, kP384, kP521, kEd25519 };

struct AlgFacts {
  std::string_view name;
  AlgFamily family;
  Digest digest;
  Curve curve;                    // kEcdsa and kEdDsa
  std::uint32_t signature_bytes;  // exact size; 0: the size of the modulus
};

// Total over Alg; one table look-up; views are static.
[[nodiscard]] AlgFacts facts_of(Alg alg) noexcept;

// Finds an algorithm by its exact, case-sensitive name. Nothing for every other text, `none` included.
[[nodiscard]] std::optional<Alg> find_alg(std::string_view name) noexcept;

}  // namespace assay::jose

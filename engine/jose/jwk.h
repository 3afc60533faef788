// JSON Web Keys and sets as they are published. RFC 7517, RFC 7518 sec 6, RFC 8037 sec 2.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "assay/expected.h"
#include "jose/alg.h"
#include "jose/json.h"

namespace assay::jose {

// Why a key of a set is not used. The set's other keys stay usable.
enum class KeyDefect : std::uint8_t {
  kNone,
  kUnsupportedType,  // kty or crv is not one that is used for verification here
  kMalformed,        // a member is absent, of the wrong type, or not strict base64url
  kWrongUse,         // `use` is not "sig", or `key_ops` has no "verify"
  kUnsupportedAlg,   // `alg` is unknown or does not fit the key's type
  kPrivateKey,       // private or symmetric material was published
  kDuplicateKid,     // two different keys of one type share a kid
  kModulusTooSmall,
  kModulusTooLarge,
  kModulusEven,
  kBadExponent,   // 1, even, or over kRsaExponentBitsMax bits
  kRoca,          // the fingerprint of CVE-2017-15361
  kPointInvalid,  // not on its curve, of small order, or of the wrong size
};

// Stable name ("modulus_too_small") and one sentence.
struct KeyDefectFacts {
  std::string_view name;
  std::string_view text;
};
[[nodiscard]] KeyDefectFacts facts_of(KeyDefect defect) noexcept;

enum class KeyType : std::uint8_t { kRsa, kEc, kOkp, kOct, kOther };

// A key as its document states it: bytes decoded, nothing computed yet. Big-endian numbers.
struct Jwk {
  KeyType type = KeyType::kOther;
  std::string kty;  // as written, for listings
  Curve curve = Curve::kNone;
  std::optional<std::string> kid;  // at most kKidBytesMax bytes
  std::optional<Alg> alg;
  std::string alg_text;               // as written; empty if absent
  std::string modulus_n, exponent_e;  // RSA, without leading zero bytes
  std::string x, y;                   // EC, OKP: exactly the curve's size
  std::string secret_k;               // oct: only from KeySource::kSecret, never from a document
  KeyDefect defect = KeyDefect::kNone;
};

// Whether signatures of `alg` are made by keys of this type and curve (kNone for RSA and oct). RFC 7518 sec 3.1,
// RFC 8037 sec 3.1.
[[nodiscard]] bool alg_fits(Alg alg, KeyType type, Curve curve) noexcept;

// Bytes of one coordinate of a point as a JWK states it; 0 for kNone. RFC 7518 sec 6.2.1.2, RFC 8037 sec 2.
[[nodiscard]] std::size_t coordinate_bytes(Curve curve) noexcept;

// Bits of a big-endian number without leading zero bytes; 0 for the empty one.
[[nodiscard]] std::size_t bit_length(std::string_view number) noexcept;

// What RSA numbers show without arithmetic: kModulusTooSmall, kModulusTooLarge, kModulusEven, kBadExponent or kNone.
// Both are big-endian without leading zero bytes. RFC 7518 sec 3.3, RFC 8017 sec 3.1.
[[nodiscard]] KeyDefect find_rsa_defect(std::string_view modulus_n, std::string_view exponent_e) noexcept;

// Reads one key. Total: what is wrong with it stands in `defect` (everything but the checks that need arithmetic on the
// numbers, which keys/evp_key makes: point on curve, ROCA). Of several defects the first in this order is named: kty
// and kid, private material, crv, use, alg, the numbers. Members that are not known are ignored (RFC 7517 sec 4).
[[nodiscard]] Jwk parse_jwk(JsonValue key);

// Reads a JWK Set: every element of `keys`, broken ones included with their defect (an element that is no object is
// kMalformed). Sound keys of one kid and type whose numbers differ are all marked kDuplicateKid: RFC 7517 sec 4.5.
//
//   document  JSON text; copied, so no padding is needed
//   errors    bad_key_set: not a JSON object with a `keys` array, larger than kJwksBytesMax, or more than
//             kKeysPerIssuerMax keys (offset = about where)
[[nodiscard]] Expected<std::vector<Jwk>> parse_jwk_set(std::string_view document);

}  // namespace assay::jose

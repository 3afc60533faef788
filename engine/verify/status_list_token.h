// Judges status list tokens: whether one is the issuer's, about the list that was asked for, and fit to be believed
// now. draft-ietf-oauth-status-list, "Status List Token in JWT Format" and "Validation Rules".
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string_view>

#include "assay/policy.h"
#include "base/keyed_hash.h"
#include "issuer/status_list.h"
#include "keys/key_set.h"

namespace assay::verify {

// What is wrong with a token that was fetched, in the order of the checks.
enum class StatusListFault : std::uint8_t {
  kNone,
  kMalformed,      // no compact JWS of a header and claims in JSON
  kUnsigned,       // an empty signature
  kAlgNotAllowed,  // `alg` is not in the issuer's list, or no algorithm at all
  kWrongType,      // `typ` is not statuslist+jwt
  kUnknownKey,     // no key of the issuer fits kid and alg
  kBadSignature,
  kBadClaims,      // one that must be there is absent, or one has the wrong type
  kWrongIssuer,    // `iss` is there and another
  kWrongSubject,   // `sub` is not the URL that was asked
  kWrongAudience,  // `aud` is there and holds none of the issuer's audiences
  kExpired,
  kFromFuture,  // `iat` or `nbf` is to come
  kOlder,       // `iat` is before that of the list that serves
  kBadList,     // `status_list` is no list, does not decompress, or is too large
};
inline constexpr std::size_t kStatusListFaultCount = 15;

// The public name of a fault, as in metrics.
[[nodiscard]] constexpr std::string_view name_of(StatusListFault fault) noexcept {
  constexpr std::array<std::string_view, kStatusListFaultCount> kNames = {
      "none",           "malformed",     "unsigned",    "alg_not_allowed", "wrong_type",
      "unknown_key",    "bad_signature", "bad_claims",  "wrong_issuer",    "wrong_subject",
      "wrong_audience", "expired",       "from_future", "older",           "bad_status_list"};
  return kNames[static_cast<std::size_t>(fault)];
}

// A key that the issuer's set lacks.
struct WantedKey {
  std::optional<base::Hash128> kid;  // nothing: the token names none
};

struct JudgedStatusList {
  StatusListFault fault = StatusListFault::kMalformed;
  std::string_view detail;              // the name of the claim at fault; static
  std::optional<WantedKey> wanted_key;  // of kUnknownKey and kBadSignature: what fetching the keys anew may bring

  // Where the fault is kNone. Whether it decompresses is seen when it does.
  std::optional<issuer::StatusListInflater> list;
  std::uint32_t bits = 1;
  std::int64_t issued_us = 0;
  std::int64_t expires_us = std::numeric_limits<std::int64_t>::max();  // `exp` and the leeway
  std::optional<std::int64_t> ttl_us;
};

// Judges what came from `url`. Nothing of it is believed before the signature; what is refused for its type or
// algorithm is not even decoded.
//
//   issuer          has a status_list
//   keys            the issuer's
//   not_before_us   `iat` of the list that serves; the least int64 if none does
//   cost            allocates up to a few times the token's size; hashes it whole
[[nodiscard]] JudgedStatusList judge_status_list(std::string_view compact, const IssuerPolicy& issuer,
                                                 std::string_view url, const keys::KeySet& keys,
                                                 std::int64_t not_before_us, std::int64_t wall_us);

}  // namespace assay::verify

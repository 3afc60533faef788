// The JOSE header of a JWS. RFC 7515 sec 4.
#pragma once

#include <string_view>

#include "assay/expected.h"
#include "jose/alg.h"
#include "jose/json.h"

namespace assay::jose {

// What the header says. Nothing of it is verified: it may choose among the issuer's own keys and nothing else.
struct JoseHeader {
  Alg unverified_alg = Alg::kRS256;
  bool has_kid = false;
  std::string_view unverified_kid;  // RFC 7515 sec 4.1.4
  std::string_view typ;             // RFC 7515 sec 4.1.9, without a leading "application/"; empty if absent
};

// `typ` of a security event token, and of nothing else: it is never taken for an access token, nor one for it. Media
// types are compared without regard to case. RFC 8417 sec 2.3, RFC 2045 sec 5.1.
inline constexpr std::string_view kSecurityEventType = "secevent+jwt";

// `typ` of a status list, and of nothing else likewise. draft-ietf-oauth-status-list, "Status List Token in JWT
// Format".
inline constexpr std::string_view kStatusListType = "statuslist+jwt";

// Reads the members that matter; jwk, jku, x5u, x5c and unknown members are ignored: no token names a key or a place.
//
//   root      the header's object; views in the result live as long as its text
//   errors    unsupported_alg: `alg` absent, no string or unknown (also `none`)
//             unsupported_crit: `crit` present in any form, or `b64` present and not true (RFC 7797)
//             wrong_type: `cty` says JWT, or `enc` is present (an encrypted or nested token)
//             bad_json: `kid`, `typ` or `cty` is no string, or `kid` is longer than kKidBytesMax
[[nodiscard]] Expected<JoseHeader> parse_header(JsonValue root) noexcept;

}  // namespace assay::jose

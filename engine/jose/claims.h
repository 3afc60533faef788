// The claims of a JWT in fixed slots. RFC 7519 sec 4.1.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "assay/expected.h"
#include "assay/token.h"
#include "base/arena.h"
#include "jose/json.h"

namespace assay::jose {

// Where a token says that its status is kept: `status_list` in its `status`. draft-ietf-oauth-status-list, "Referenced
// Token in JOSE".
struct StatusReference {
  enum class Kind : std::uint8_t {
    kNone,       // the token names no status list; its `status` may hold something else
    kList,       // it names one, and its place there
    kMalformed,  // `status` is no object, or its `status_list` is not an object with a text `uri` and an integer `idx`
  };
  Kind kind = Kind::kNone;
  std::uint32_t index = 0;  // `idx`; kStatusIndexMax also stands for everything greater
  std::string_view uri;
};

// Registered claims with their types checked, and all top-level members for look-up by name.
struct Claims {
  bool has_iss = false;
  std::string_view iss;     // RFC 7519 sec 4.1.1
  std::string_view sub;     // sec 4.1.2; empty if absent
  std::string_view jti;     // sec 4.1.7; empty if absent
  std::string_view client;  // client_id, else azp (RFC 9068 sec 2.2); empty if absent
  bool has_aud = false;
  std::span<const std::string_view> audiences;  // sec 4.1.3; a single string is a list of one
  std::optional<NumericDate> exp;               // sec 4.1.4, rounded down
  std::optional<NumericDate> nbf;               // sec 4.1.5, rounded up
  std::optional<NumericDate> iat;               // sec 4.1.6, rounded up
  // The first present of scope, scp, scopes; a string claim is one text, an array its strings one by one.
  bool scope_is_list = false;
  std::span<const std::string_view> scope_texts;
  // Never a reason to refuse a payload: of many issuers it is a claim of their own, and it counts for those alone whose
  // status lists are followed.
  StatusReference status;
  std::span<const Claim> members;
};

// Reads a payload's text so that its claims can be taken from it: JsonReader::read_document.
[[nodiscard]] Expected<JsonDocument> read_payload(JsonReader& reader, std::string_view text,
                                                  base::Arena& arena) noexcept;

// Fills the slots from a payload. Also serves introspection answers (RFC 7662 sec 2.2 has the same names and types).
//
//   payload   of read_payload
//   arena     takes lists; all views live as long as the payload's text, its members, and `arena`
//   errors    bad_claim: a registered claim has the wrong type (iss, sub, jti, client_id, azp: string; aud: string or
//             array of strings, not empty, at most kAudiencesMax; exp, nbf, iat: number in range; scope, scp, scopes:
//             string or array of strings), or more than one of scope, scp and scopes is present with another value
//             overloaded: `arena` is full
[[nodiscard]] Expected<Claims> parse_claims(const JsonDocument& payload, base::Arena& arena) noexcept;

// As parse_claims, into `claims`, which are default-made, with its code; kNone: read. Of a payload that is refused they
// hold some.
[[nodiscard]] ErrorCode read_claims(const JsonDocument& payload, base::Arena& arena, Claims& claims) noexcept;

// The name of the claim that parse_claims refuses the payload for; for messages. Empty if it would not.
[[nodiscard]] std::string_view find_bad_claim(const JsonDocument& payload) noexcept;

}  // namespace assay::jose

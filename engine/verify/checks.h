// The checks on claims: pure functions of what a token says, what an issuer's policy asks, and the time.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "assay/error.h"
#include "assay/policy.h"
#include "jose/claims.h"

namespace assay::verify {

// Each returns its code, kNone where the claims pass: a result of one byte stays in a register, which one that holds an
// Error does not, and every token of every batch comes by. Each names in `detail` what it refused for: a claim's name,
// static or owned by `policy`. Untouched on success.

// RFC 7519 sec 4.1.3. One of the token's audiences is one of the issuer's, byte for byte.
//   codes    missing_claim (aud), bad_audience
[[nodiscard]] ErrorCode check_audience(const jose::Claims& claims, const IssuerPolicy& policy,
                                       std::string_view& detail) noexcept;

// Opaque tokens may live for ever: their answers do not (OpaquePolicy::ttl).
enum class ExpiryRule : std::uint8_t { kJwt, kOpaque };

// RFC 7519 sec 4.1.4: not on or after `exp` plus leeway; nor older than max_token_life.
//   codes    missing_claim (kJwt alone: exp where required; iat where max_token_life is set), expired
[[nodiscard]] ErrorCode check_expiry(const jose::Claims& claims, const IssuerPolicy& policy, ExpiryRule rule,
                                     std::int64_t wall_us, std::string_view& detail) noexcept;

// RFC 7519 sec 4.1.5.  codes: not_yet_valid
[[nodiscard]] inline ErrorCode check_not_before(const jose::Claims& claims, const IssuerPolicy& policy,
                                                std::int64_t wall_us) noexcept {
  const bool is_early = claims.nbf && wall_us + policy.leeway.count() < claims.nbf->us;
  return is_early ? ErrorCode::kNotYetValid : ErrorCode::kNone;
}

// RFC 7519 sec 4.1.6 (house: a token from the future is refused).  codes: issued_in_future
[[nodiscard]] inline ErrorCode check_issued_at(const jose::Claims& claims, const IssuerPolicy& policy,
                                               std::int64_t wall_us) noexcept {
  const bool is_early = claims.iat && wall_us + policy.leeway.count() < claims.iat->us;
  return is_early ? ErrorCode::kIssuedInFuture : ErrorCode::kNone;
}

// Present and not empty: no null, no "", no [], no {}.
//   codes    missing_claim
[[nodiscard]] ErrorCode check_some_required_claims(const jose::Claims& claims, std::span<const std::string> names,
                                                   std::string_view& detail) noexcept;
// The same, without a call where none are required, as nearly everywhere.
[[nodiscard]] inline ErrorCode check_required_claims(const jose::Claims& claims, std::span<const std::string> names,
                                                     std::string_view& detail) noexcept {
  return names.empty() ? ErrorCode::kNone : check_some_required_claims(claims, names, detail);
}

// An opaque token is an access token or none: what the server says of its type, if it does. RFC 7662 sec 2.2.
//   codes    wrong_type: a refresh token, or one that is bound to more than its bearer
[[nodiscard]] ErrorCode check_token_type(const jose::Claims& answer) noexcept;

// RFC 8725 sec 3.11. Media types compare without case (RFC 7515 sec 4.1.9).
//   codes    wrong_type; of a security event token (RFC 8417 sec 4.2) and of a status list always, whatever the policy
//            says
[[nodiscard]] ErrorCode check_given_type(std::string_view typ, const IssuerPolicy& policy) noexcept;
// The same, without a call where none is given and any will do.
[[nodiscard]] inline ErrorCode check_type(std::string_view typ, const IssuerPolicy& policy) noexcept {
  return typ.empty() && policy.token_types.empty() ? ErrorCode::kNone : check_given_type(typ, policy);
}

}  // namespace assay::verify

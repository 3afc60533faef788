#include "verify/checks.h"

#include <algorithm>

#include "base/letter_case.h"
#include "base/same_text.h"
#include "jose/header.h"

namespace assay::verify {
namespace {

bool is_empty_value(const Claim& claim) {
  switch (claim.kind) {
    case JsonKind::kNull: return true;
    case JsonKind::kString: return claim.text.empty();
    case JsonKind::kObject:
    case JsonKind::kArray: {
      const std::string_view inside = claim.text.substr(1, claim.text.size() - 2);
      return inside.find_first_not_of(" \t\r\n") == std::string_view::npos;
    }
    case JsonKind::kNumber:
    case JsonKind::kTrue:
    case JsonKind::kFalse: return false;
  }
  return true;
}

}  // namespace

ErrorCode check_audience(const jose::Claims& claims, const IssuerPolicy& policy, std::string_view& detail) noexcept {
  if (policy.audience_unchecked || policy.audiences.empty()) return ErrorCode::kNone;
  for (const std::string_view audience : claims.audiences) {
    for (const std::string& ours : policy.audiences) {
      if (base::same_text(audience, ours)) return ErrorCode::kNone;
    }
  }
  detail = "aud";
  return claims.has_aud ? ErrorCode::kBadAudience : ErrorCode::kMissingClaim;
}

ErrorCode check_expiry(const jose::Claims& claims, const IssuerPolicy& policy, ExpiryRule rule, std::int64_t wall_us,
                       std::string_view& detail) noexcept {
  const std::int64_t leeway_us = policy.leeway.count();
  if (claims.exp) {
    // now >= exp + leeway, written so that it cannot overflow: NumericDate is below 2^53 seconds.
    if (wall_us - leeway_us >= claims.exp->us) return ErrorCode::kExpired;
  } else if (rule == ExpiryRule::kJwt && !policy.exp_optional) {
    detail = "exp";
    return ErrorCode::kMissingClaim;
  }
  if (!policy.max_token_life) return ErrorCode::kNone;
  if (!claims.iat) {
    if (rule == ExpiryRule::kOpaque) return ErrorCode::kNone;
    detail = "iat";
    return ErrorCode::kMissingClaim;
  }
  const std::int64_t age_us = wall_us - leeway_us - claims.iat->us;
  if (age_us >= policy.max_token_life->count()) {
    detail = "iat";
    return ErrorCode::kExpired;
  }
  return ErrorCode::kNone;
}

ErrorCode check_some_required_claims(const jose::Claims& claims, std::span<const std::string> names,
                                     std::string_view& detail) noexcept {
  for (const std::string& name : names) {
    const auto found = std::find_if(claims.members.begin(), claims.members.end(),
                                    [&](const Claim& claim) { return base::same_text(claim.name, name); });
    if (found == claims.members.end() || is_empty_value(*found)) {
      detail = name;
      return ErrorCode::kMissingClaim;
    }
  }
  return ErrorCode::kNone;
}

ErrorCode check_token_type(const jose::Claims& answer) noexcept {
  for (const Claim& member : answer.members) {
    if (member.name != "token_type") continue;
    const bool is_bearer =
        member.kind == JsonKind::kString &&
        (base::equals_ignoring_case(member.text, "bearer") || base::equals_ignoring_case(member.text, "access_token"));
    if (!is_bearer) return ErrorCode::kWrongType;
  }
  return ErrorCode::kNone;
}

ErrorCode check_given_type(std::string_view typ, const IssuerPolicy& policy) noexcept {
  for (const std::string_view other : {jose::kSecurityEventType, jose::kStatusListType}) {
    if (base::equals_ignoring_case(typ, other)) return ErrorCode::kWrongType;
  }
  if (policy.token_types.empty()) return ErrorCode::kNone;
  for (const std::string& accepted : policy.token_types) {
    if (base::equals_ignoring_case(typ, accepted)) return ErrorCode::kNone;
  }
  return ErrorCode::kWrongType;
}

}  // namespace assay::verify

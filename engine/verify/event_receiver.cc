#include "verify/event_receiver.h"

#include <algorithm>
#include <utility>

#include "assay/limits.h"
#include "base/letter_case.h"
#include "jose/compact.h"
#include "jose/header.h"
#include "jose/json.h"
#include "keys/kid_doubt.h"
#include "verify/evp_verify.h"
#include "verify/security_event.h"

namespace assay::verify {
namespace {

// Two segments and an empty third: what `alg` none would make. RFC 7515 sec A.5.
bool lacks_signature(std::string_view text) noexcept {
  return text.ends_with('.') && std::count(text.begin(), text.end(), '.') == 2;
}

std::int64_t age_max_us(const IssuerPolicy& issuer) noexcept {
  return issuer.events->max_age.count() + issuer.leeway.count();
}

}  // namespace

// One token on its way through the checks.
struct EventReceiver::Open {
  bool refuse(EventOutcome outcome, std::string_view detail = {}) {
    judged.outcome = outcome;
    judged.detail = detail;
    return false;
  }

  JudgedEvent judged;
  jose::JsonReader json{kTokenBytesMax};
  std::optional<jose::JsonValue> root;
  jose::Claims claims;
  std::uint32_t issuer_index = 0;
  const CompiledIssuer* issuer = nullptr;
};

JudgedEvent EventReceiver::judge(std::string_view text, std::uint32_t entrance) const {
  Open open;
  const bool is_fit = read_jws(text, open) && read_claims(open) && find_issuer(entrance, open) &&
                      check_signature(open) && check_claims(open);
  if (!is_fit) return std::move(open.judged);
  const IssuerPolicy& policy = open.issuer->policy;
  EventTargets targets = read_event_targets(*open.root, open.claims, policy, now_.wall_us);
  JudgedEvent& judged = open.judged;
  judged.outcome = targets.outcome;
  judged.detail = targets.detail;
  judged.targets = std::move(targets.targets);
  judged.id = base::keyed_hash(base::keyed_hash64(open.claims.iss), open.claims.jti);
  judged.fresh_until_us = open.claims.iat->us + age_max_us(policy);
  return std::move(judged);
}

bool EventReceiver::read_jws(std::string_view text, Open& open) const {
  if (text.size() > policy_.token_bytes_max) return open.refuse(EventOutcome::kMalformed, "size");
  if (lacks_signature(text)) return open.refuse(EventOutcome::kUnsigned);
  const Expected<CompactJws> jws = jose::split_compact(text);
  if (!jws) return open.refuse(EventOutcome::kMalformed);
  Expected<DecodedJws> decoded = DecodedJws::decode(*jws);
  if (!decoded && decoded.error().code == ErrorCode::kUnsupportedAlg) {
    return open.refuse(EventOutcome::kAlgNotAllowed);
  }
  if (!decoded && decoded.error().code == ErrorCode::kWrongType) return open.refuse(EventOutcome::kWrongType);
  if (!decoded) return open.refuse(EventOutcome::kMalformed, "header");
  open.judged.jws = std::make_unique<DecodedJws>(std::move(*decoded));
  const bool is_event = base::equals_ignoring_case(open.judged.jws->header().typ, jose::kSecurityEventType);
  return is_event || open.refuse(EventOutcome::kWrongType);
}

bool EventReceiver::read_claims(Open& open) const {
  open.judged.arena = std::make_unique<base::Arena>(kScratchBytesPerCheck);
  const Expected<jose::JsonDocument> payload =
      jose::read_payload(open.json, open.judged.jws->unverified_payload(), *open.judged.arena);
  if (!payload) return open.refuse(EventOutcome::kMalformed, "claims");
  if (jose::read_claims(*payload, *open.judged.arena, open.claims) != ErrorCode::kNone) {
    return open.refuse(EventOutcome::kBadClaims, jose::find_bad_claim(*payload));
  }
  // RFC 8417 sec 2.2. `exp` need not be there, for what has happened does not end.
  if (!open.claims.has_iss || open.claims.iss.empty()) return open.refuse(EventOutcome::kBadClaims, "iss");
  if (open.claims.jti.empty()) return open.refuse(EventOutcome::kBadClaims, "jti");
  if (!open.claims.iat) return open.refuse(EventOutcome::kBadClaims, "iat");
  if (!open.claims.has_aud) return open.refuse(EventOutcome::kBadClaims, "aud");
  // Once more, as a tree.
  const Expected<jose::JsonValue> root = open.json.read(open.judged.jws->unverified_payload(), *open.judged.arena);
  if (!root) return open.refuse(EventOutcome::kMalformed, "claims");
  open.root = *root;
  return true;
}

bool EventReceiver::find_issuer(std::uint32_t entrance, Open& open) const {
  std::optional<std::uint32_t> index;
  if (entrance < policy_.entrances.size()) {
    index = policy_.entrances[entrance].find_jwt_issuer(open.claims.has_iss, open.claims.iss);
  }
  if (!index || !policy_.issuers[*index].policy.events) return open.refuse(EventOutcome::kUnknownIssuer);
  open.issuer_index = *index;
  open.issuer = &policy_.issuers[*index];
  const auto alg = static_cast<std::size_t>(open.judged.jws->header().unverified_alg);
  return open.issuer->algorithms.test(alg) || open.refuse(EventOutcome::kAlgNotAllowed);
}

bool EventReceiver::check_signature(Open& open) const {
  const keys::KeyCache::Pin view = key_cache_.observe(reader_);
  const keys::KeyState& keys = view->state_of(policy_.key_seats[open.issuer_index]);
  if (keys.set == nullptr) return open.refuse(EventOutcome::kKeysUnavailable);
  EvpVerifier verifier;
  const Expected<void> verified = open.judged.jws->check_signature(*keys.set, verifier);
  if (verified) return true;
  doubt_key(verified.error().code, keys, open);
  return false;
}

// A key that is not here yet is no reason to refuse for good: a revocation would be lost to a rotation.
void EventReceiver::doubt_key(ErrorCode code, const keys::KeyState& keys, Open& open) const {
  const jose::JoseHeader& header = open.judged.jws->header();
  const bool is_bad_signature = code == ErrorCode::kBadSignature;
  open.refuse(is_bad_signature ? EventOutcome::kBadSignature : EventOutcome::kUnknownKey);
  // A kid that is known names its key for good; without one, a rotated key shows only in what does not verify.
  if (header.has_kid && code != ErrorCode::kUnknownKey) return;
  const auto kid = header.has_kid ? std::optional(base::keyed_hash(header.unverified_kid)) : std::nullopt;
  switch (keys::judge_missing_key(keys.facts, open.issuer->runtime->unknown_kids, kid, now_.monotonic_ns)) {
    case keys::KidDoubt::kUnknown: return;
    case keys::KidDoubt::kAsk:
      open.judged.wants_keys_of = open.issuer_index;
      open.judged.wanted_kid = kid;
      [[fallthrough]];
    case keys::KidDoubt::kUnavailable: open.refuse(EventOutcome::kKeysUnavailable);
  }
}

bool EventReceiver::check_claims(Open& open) const {
  const IssuerPolicy& policy = open.issuer->policy;
  const jose::Claims& claims = open.claims;
  const auto& audiences = claims.audiences;
  if (std::find(audiences.begin(), audiences.end(), policy.events->audience) == audiences.end()) {
    return open.refuse(EventOutcome::kBadAudience);
  }
  const std::int64_t leeway_us = policy.leeway.count();
  if (now_.wall_us - claims.iat->us >= age_max_us(policy)) return open.refuse(EventOutcome::kTooOld, "iat");
  if (claims.exp && now_.wall_us - leeway_us >= claims.exp->us) return open.refuse(EventOutcome::kTooOld, "exp");
  if (now_.wall_us + leeway_us < claims.iat->us) return open.refuse(EventOutcome::kFromFuture, "iat");
  const bool is_early = claims.nbf && now_.wall_us + leeway_us < claims.nbf->us;
  return !is_early || open.refuse(EventOutcome::kFromFuture, "nbf");
}

}  // namespace assay::verify

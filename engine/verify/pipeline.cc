#include "verify/pipeline.h"

#include <algorithm>

#include "base/attributes.h"
#include "base/same_text.h"
#include "jose/compact.h"
#include "verify/checks.h"
#include "verify/maker.h"

namespace assay::verify {
namespace {

std::string_view as_text(std::span<const std::uint8_t> bytes) noexcept {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

}  // namespace

Pipeline::Pipeline(base::ReaderIndex reader, const PipelineParts& parts)
    : reader_(reader),
      kernels_(parts.kernels),
      key_cache_(parts.keys),
      answers_(parts.answers),
      source_(parts.source),
      arena_(kBatchMax * kScratchBytesPerCheck),
      json_(kTokenBytesMax, kernels_.json),
      signatures_(kernels_, parts.rsa_trust),
      revocations_(reader, parts.revocations, kernels_.sha256, parts.rsa_trust.guard),
      statuses_(reader, parts.status_lists),
      verified_(parts.verified_cache_bytes),
      verified_counters_(parts.verified_counters) {}

// The stage is an argument of the template: it is called by its name, or becomes part of the loop.
template <void (Pipeline::*kStage)(CheckState&) noexcept>
void Pipeline::each(std::span<CheckState> states) noexcept {
  for (CheckState& state : states) {
    if (state.open) (this->*kStage)(state);
  }
}

// The life of a token. Each stage runs for all checks that are still open before the next begins.
void Pipeline::run(const CompiledPolicy& policy, std::span<CheckState> states, Now now) noexcept {
  policy_ = &policy;
  now_ = now;
  arena_.reset();
  headers_.begin_batch();
  verified_.begin_batch();
  latest_ = {};
  each<&Pipeline::read_request>(states);  // one token, of a length and for a path that is looked at
  // JWT: verified before, under this policy and these keys?
  if (verified_.keeps_any()) {
    each<&Pipeline::seek_verified>(states);
    each<&Pipeline::fetch_verified>(states);
    each<&Pipeline::find_verified>(states);
  }
  each<&Pipeline::read_shape>(states);    // a compact JWS or an opaque token
  each<&Pipeline::read_header>(states);   // JWT: alg, kid, typ, crit
  each<&Pipeline::read_payload>(states);  // JWT: claims, unverified
  // opaque: what the authorization server says; may pend
  if (policy.takes_opaque) each<&Pipeline::find_answer>(states);
  each<&Pipeline::choose_issuer>(states);        // by iss; another issuer's keys are out of reach from here on
  each<&Pipeline::check_claims>(states);         // before the signature: these can refuse and nothing else
  each<&Pipeline::seek_keys>(states);            // JWT: where find_keys will look
  each<&Pipeline::find_keys>(states);            // JWT: by issuer, kid and alg
  signatures_.check(states);                     // JWT
  doubt_signatures(states);                      // JWT without kid: whether a rotated key is the reason
  revocations_.check(states, now.monotonic_ns);  // after every cache
  statuses_.check(states, now.wall_us);          // JWT: after every cache, too
  each<&Pipeline::check_rights>(states);         // the route's issuers, claims and scopes
  remember_verified(states);                     // JWT: accepted ones alone
}

void Pipeline::release() noexcept {
  key_pin_ = {};
  policy_ = nullptr;
}

Verdict Pipeline::make_verdict(const CheckState& state) noexcept {
  if (state.error.code == ErrorCode::kPendingAnswer) return VerdictMaker::pend(state.ticket);
  if (state.error.code != ErrorCode::kNone) return VerdictMaker::refuse(state.error, arena_.copy(state.detail));

  const jose::Claims& claims = state.unverified_claims;  // verified by now
  // All of it is at rest in memory: a view that came in registers would be copied while it is still written.
  const std::string_view& issuer_name = name_for_verdict(*state.issuer);
  const std::string_view& kid = key_id_for_verdict(state);
  const std::span<const std::string_view>& scope = scope_for_verdict(state);
  const bool complete = scope.size() == state.granted.size() && issuer_name.data() != nullptr && kid.data() != nullptr;
  if (!complete) return VerdictMaker::refuse(Error{.code = ErrorCode::kOverloaded}, {});
  return VerdictMaker::accept({.issuer_name = issuer_name,
                               .issuer = claims.iss,
                               .subject = claims.sub,
                               .client = claims.client,
                               .jwt_id = claims.jti,
                               .key_id = kid,
                               .claims_json = state.unverified_payload,
                               .scope = scope,
                               .claims = claims.members,
                               .expires_at = claims.exp});
}

const std::string_view& Pipeline::name_for_verdict(const CompiledIssuer& issuer) noexcept {
  if (latest_.issuer_name.issuer != &issuer) {
    latest_.issuer_name = {.issuer = &issuer, .copy = arena_.copy(issuer.policy.name)};
  }
  return latest_.issuer_name.copy;
}

const std::string_view& Pipeline::key_id_for_verdict(const CheckState& state) noexcept {
  if (state.remembered != nullptr) return state.remembered->key_id;
  static constexpr std::string_view kNoKid = "";
  if (state.verified_by == nullptr || !state.verified_by->kid) return kNoKid;
  if (latest_.key_id.key != state.verified_by) {
    latest_.key_id = {.key = state.verified_by, .copy = arena_.copy(*state.verified_by->kid)};
  }
  return latest_.key_id.copy;
}

const std::span<const std::string_view>& Pipeline::scope_for_verdict(const CheckState& state) noexcept {
  static constexpr std::span<const std::string_view> kNoScope;
  if (state.granted.empty()) return kNoScope;
  if (latest_.scope_texts.granted.data() != state.granted.data()) {
    const std::span<std::string_view> texts = arena_.take<std::string_view>(state.granted.size());
    for (std::size_t i = 0; i < texts.size(); ++i) texts[i] = state.granted[i].text;
    latest_.scope_texts = {.granted = state.granted, .texts = texts};
  }
  return latest_.scope_texts.texts;
}

void Pipeline::read_request(CheckState& state) noexcept {
  const Check& check = *state.check;
  if (check.token_count > 1) {
    refuse(state, Step::kRequest, ErrorCode::kMultipleTokens);
    return;
  }
  if (check.token.empty() || check.token_count == 0) {
    refuse(state, Step::kRequest, ErrorCode::kMissingToken);
    return;
  }
  if (check.token.size() > policy_->token_bytes_max) {
    refuse(state, Step::kRequest, ErrorCode::kTokenTooLong, policy_->token_bytes_max);
    return;
  }
  // An entrance that does not exist takes no token at all.
  if (check.entrance < policy_->entrances.size()) state.entrance = &policy_->entrances[check.entrance];
  if (state.entrance != nullptr && state.entrance->route != nullptr) {
    state.route = {.kind = RouteMatch::Kind::kRoute, .route = state.entrance->route.get()};
  } else if (const Expected<RouteMatch> match = find_route(check)) {
    state.route = *match;
  } else {
    state.detail = "path";
    refuse(state, Step::kRequest, match.error().code, match.error().offset);
    return;
  }
  pass(state, Step::kRequest);
}

Expected<RouteMatch> Pipeline::find_route(const Check& check) noexcept {
  LatestLookups::Target& latest = latest_.target;
  const bool is_latest = latest.path.data() != nullptr && base::same_text(latest.path, check.path) &&
                         base::same_text(latest.method, check.method);
  if (is_latest) return latest.route;
  const Expected<RouteMatch> match = policy_->routes.match(check.method, check.path);
  if (match) latest = {.method = check.method, .path = check.path, .route = *match};
  return match;
}

void Pipeline::read_shape(CheckState& state) noexcept {
  if (state.kind == TokenKind::kRememberedJwt) return;
  const std::string_view text = state.check->token;
  const Error unsplit = jose::split_compact(text, kernels_.dots, state.token.jws);
  const bool is_jws = unsplit.code == ErrorCode::kNone;
  if (is_jws && state.entrance != nullptr && state.entrance->takes_jwt()) {
    state.kind = TokenKind::kJwt;
    if (verified_.keeps_any()) count_verified(VerifiedCount::kMisses, 1);
    mark(state, Step::kIntrospection, Trace::Mark::kSkipped);
    pass(state, Step::kShape);
    return;
  }
  const bool may_be_opaque = state.entrance != nullptr && state.entrance->opaque.has_value();
  if (may_be_opaque && text.size() <= kOpaqueTokenBytesMax && jose::is_b64token(text)) {
    state.kind = TokenKind::kOpaque;
    state.issuer_index = *state.entrance->opaque;
    state.issuer = &policy_->issuers[state.issuer_index];
    for (const Step step : {Step::kHeader, Step::kPayload, Step::kAlgorithm, Step::kKey, Step::kSignature}) {
      mark(state, step, Trace::Mark::kSkipped);
    }
    pass(state, Step::kShape);
    return;
  }
  refuse(state, Step::kShape, ErrorCode::kMalformedToken, unsplit.offset);
}

// Decodes into the arena, with `padding_bytes` readable bytes of any content behind. `offset` is the segment's own in
// the token. Leaves `decoded` untouched where the error's code is not kNone.
ASSAY_ALWAYS_INLINE Error Pipeline::decode_segment(std::string_view segment, std::size_t offset,
                                                   std::size_t padding_bytes,
                                                   std::span<const std::uint8_t>& decoded) noexcept {
  const std::size_t bytes = kernel::base64url_decoded_bytes(segment.size());
  const std::span<std::uint8_t> room = arena_.take<std::uint8_t>(bytes + padding_bytes);
  if (room.size() != bytes + padding_bytes) return {.code = ErrorCode::kOverloaded};
  const std::size_t fault = kernels_.base64url.run(segment.data(), segment.size(), room.data());
  if (fault != kernel::kBase64urlAccepted) {
    return {.code = ErrorCode::kBadBase64url, .offset = static_cast<std::uint32_t>(offset + fault)};
  }
  decoded = room.first(bytes);
  return {};
}

Expected<void> Pipeline::parse_header(CheckState& state) noexcept {
  const std::string_view segment = state.token.jws.header_segment();
  if (kernel::base64url_decoded_bytes(segment.size()) > kHeaderBytesMax) {
    return fail(ErrorCode::kMalformedToken, kHeaderBytesMax);
  }
  std::span<const std::uint8_t> text;
  const Error error = decode_segment(segment, 0, jose::kJsonPaddingBytes, text);
  if (error.code != ErrorCode::kNone) return Unexpected(error);
  const Expected<jose::JsonValue> root = json_.read(as_text(text), arena_);
  if (!root) return Unexpected(root.error());
  const Expected<jose::JoseHeader> header = jose::parse_header(*root);
  if (!header) return Unexpected(header.error());
  state.token.unverified_header = *header;
  headers_.offer(segment, *header);
  return {};
}

void Pipeline::read_header(CheckState& state) noexcept {
  if (state.kind != TokenKind::kJwt) return;
  if (const jose::JoseHeader* const known = headers_.find(state.token.jws.header_segment())) {
    state.token.unverified_header = *known;
  } else if (const Expected<void> parsed = parse_header(state); !parsed) {
    close(state, Step::kHeader, parsed.error());
    return;
  }
  // The signature's text is judged together with the header's: both are transport of the same token.
  const Error error =
      decode_segment(state.token.jws.signature_segment(), state.token.jws.payload_end + 1, 0, state.token.signature);
  if (error.code != ErrorCode::kNone) {
    close(state, Step::kHeader, error);
    return;
  }
  pass(state, Step::kHeader);
}

void Pipeline::read_payload(CheckState& state) noexcept {
  if (state.kind != TokenKind::kJwt) return;
  std::span<const std::uint8_t> text;
  const Error error =
      decode_segment(state.token.jws.payload_segment(), state.token.jws.header_end + 1, jose::kJsonPaddingBytes, text);
  if (error.code != ErrorCode::kNone) {
    close(state, Step::kPayload, error);
    return;
  }
  state.unverified_payload = as_text(text);
  const Expected<jose::JsonDocument> payload = jose::read_payload(json_, as_text(text), arena_);
  if (!payload) {
    close(state, Step::kPayload, payload.error());
    return;
  }
  const ErrorCode code = jose::read_claims(*payload, arena_, state.unverified_claims);
  if (code == ErrorCode::kBadClaim) state.detail = arena_.copy(jose::find_bad_claim(*payload));
  judge(state, Step::kPayload, code);
}

void Pipeline::find_answer(CheckState& state) noexcept {
  if (state.kind != TokenKind::kOpaque) return;
  const AnswerCache::Key key{.issuer = state.issuer->answers_id, .token = state.check->token};
  AnswerCache::Found remembered = answers_.find(key, now_.monotonic_ns, reader_);
  if (remembered.refresh_due) source_.refresh(*state.check, *state.issuer);
  if (remembered.answer != nullptr) {
    state.kept_answer = remembered.answer.get();
    state.answer = {std::move(remembered.answer), &state.kept_answer->answer()};
  } else {
    AnswerSource::Found found = source_.find_or_order(*state.check, *state.issuer);
    if (found.answer == nullptr) {
      state.ticket = found.ticket;
      refuse(state, Step::kIntrospection, found.error.code);
      return;
    }
    state.answer = std::move(found.answer);
  }
  if (!state.answer->active()) {
    refuse(state, Step::kIntrospection, ErrorCode::kInactive);
    return;
  }
  state.unverified_payload = state.answer->json();
  state.unverified_claims = state.answer->claims();
  pass(state, Step::kIntrospection);
}

std::optional<std::uint32_t> Pipeline::find_jwt_issuer(const CompiledEntrance& entrance,
                                                       const jose::Claims& claims) noexcept {
  if (!claims.has_iss) return entrance.find_jwt_issuer(claims.has_iss, claims.iss);
  LatestLookups::JwtIssuer& latest = latest_.jwt_issuer;
  if (latest.entrance != &entrance || !base::same_text(latest.iss, claims.iss)) {
    latest = {.entrance = &entrance, .iss = claims.iss, .index = entrance.find_jwt_issuer(claims.has_iss, claims.iss)};
  }
  return latest.index;
}

void Pipeline::choose_issuer(CheckState& state) noexcept {
  const jose::Claims& claims = state.unverified_claims;
  state.detail = "iss";
  if (state.kind == TokenKind::kOpaque) {
    // The issuer was chosen by where the token came in; an answer that names another one is not about it.
    const bool contradicts =
        claims.has_iss && !state.issuer->policy.issuer.empty() && claims.iss != state.issuer->policy.issuer;
    if (contradicts) {
      refuse(state, Step::kIssuer, ErrorCode::kUnknownIssuer);
      return;
    }
  } else if (state.kind == TokenKind::kJwt) {
    const std::optional<std::uint32_t> index = find_jwt_issuer(*state.entrance, claims);
    if (!index) {
      refuse(state, Step::kIssuer, ErrorCode::kUnknownIssuer);
      return;
    }
    state.issuer_index = *index;
    state.issuer = &policy_->issuers[*index];
  }
  state.detail = {};
  pass(state, Step::kIssuer);
}

void Pipeline::check_claims(CheckState& state) noexcept {
  const IssuerPolicy& policy = state.issuer->policy;
  const jose::Claims& claims = state.unverified_claims;
  // Of a remembered token type and algorithm were judged by this very policy.
  if (state.kind == TokenKind::kJwt) {
    const jose::JoseHeader& header = state.token.unverified_header;
    if (!judge(state, Step::kType, check_type(header.typ, policy))) return;
    const bool allowed = state.issuer->algorithms.test(static_cast<std::size_t>(header.unverified_alg));
    if (!allowed) {
      refuse(state, Step::kAlgorithm, ErrorCode::kAlgNotAllowed);
      return;
    }
    pass(state, Step::kAlgorithm);
  }
  if (state.kind == TokenKind::kOpaque && !judge(state, Step::kType, check_token_type(claims))) return;
  const ExpiryRule rule = state.kind == TokenKind::kOpaque ? ExpiryRule::kOpaque : ExpiryRule::kJwt;
  if (!judge(state, Step::kAudience, check_audience(claims, policy, state.detail))) return;
  if (!judge(state, Step::kExpiry, check_expiry(claims, policy, rule, now_.wall_us, state.detail))) {
    if (state.remembered != nullptr) verified_.forget(*state.remembered);
    return;
  }
  if (!judge(state, Step::kNotBefore, check_not_before(claims, policy, now_.wall_us))) return;
  if (!judge(state, Step::kIssuedAt, check_issued_at(claims, policy, now_.wall_us))) return;
  judge(state, Step::kIssuerClaims, check_required_claims(claims, policy.required_claims, state.detail));
}

}  // namespace assay::verify

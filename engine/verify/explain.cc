// Control::explain: the pipeline's own steps in words.
#include <string>

#include "jose/numeric_date.h"
#include "verify/control.h"

namespace assay::verify {
namespace {

constexpr std::array<std::string_view, kStepCount> kStepNames = {
    "request",   "shape",      "header", "payload",    "introspection", "issuer",        "type",
    "algorithm", "audience",   "expiry", "not_before", "issued_at",     "issuer_claims", "key",
    "signature", "revocation", "status", "route",      "route_claims",  "scope"};

std::string seconds_text(NumericDate date) {
  char text[jose::kNumericDateTextMax];
  return std::string(text, jose::format_numeric_date(date, text));
}

std::string duration_text(std::chrono::microseconds duration) {
  return seconds_text(NumericDate{.us = duration.count()}) + "s";
}

// Text from a token, shortened and made printable: what is shown lands in terminals and logs.
std::string shown(std::string_view text) {
  constexpr std::size_t kShownBytesMax = 120;
  std::string out = "\"";
  for (const char character : text.substr(0, kShownBytesMax)) {
    const bool printable = character >= 0x20 && character < 0x7F && character != '"' && character != '\\';
    out += printable ? character : '?';
  }
  if (text.size() > kShownBytesMax) out += "...";
  return out + '"';
}

template <typename List>
std::string shown_list(const List& list) {
  std::string out;
  for (const auto& text : list) {
    if (!out.empty()) out += ", ";
    out += shown(text);
  }
  return out.empty() ? "none" : out;
}

std::string date_finding(std::string_view name, const std::optional<NumericDate>& date, Now now) {
  if (!date) return std::string(name) + " absent";
  return std::string(name) + " " + seconds_text(*date) + ", now " + seconds_text(NumericDate{.us = now.wall_us});
}

std::string setting_of(const CheckState& state, std::string_view key, std::string_view value) {
  return "issuer." + state.issuer->policy.name + "." + std::string(key) + " = " + std::string(value);
}

std::string granted_text(const CheckState& state) {
  std::vector<std::string_view> texts;
  for (const jose::ScopeValue& value : state.granted) texts.push_back(value.text);
  return shown_list(texts);
}

std::string shape_finding(const CheckState& state) {
  switch (state.kind) {
    case TokenKind::kUnknown: return "neither a compact JWS nor an opaque token that is expected here";
    case TokenKind::kRememberedJwt:
    case TokenKind::kJwt: return "compact JWS, " + std::to_string(state.check->token.size()) + " characters";
    case TokenKind::kOpaque: return "opaque token, " + std::to_string(state.check->token.size()) + " characters";
  }
  return {};
}

std::string header_finding(const CheckState& state) {
  const jose::JoseHeader& header = state.token.unverified_header;
  std::string finding = "alg " + std::string(jose::facts_of(header.unverified_alg).name);
  finding += header.has_kid ? ", kid " + shown(header.unverified_kid) : ", no kid";
  if (!header.typ.empty()) finding += ", typ " + shown(header.typ);
  return finding;
}

std::string type_finding(const CheckState& state) {
  if (state.kind == TokenKind::kJwt) return "typ " + shown(state.token.unverified_header.typ);
  for (const Claim& member : state.unverified_claims.members) {
    if (member.name == "token_type") return "token_type " + shown(member.text);
  }
  return "token_type absent";
}

std::string key_finding(const CheckState& state) {
  if (state.keys == nullptr || state.keys->set == nullptr) {
    return "the issuer has no keys: " + (state.keys == nullptr ? "" : state.keys->last_error);
  }
  return std::to_string(state.candidates.count) + " of the issuer's " + std::to_string(state.keys->set->keys().size()) +
         " keys fit";
}

std::string status_finding(const CheckState& state) {
  const jose::StatusReference& reference = state.unverified_claims.status;
  switch (reference.kind) {
    case jose::StatusReference::Kind::kNone: return "no status list named";
    case jose::StatusReference::Kind::kMalformed: return "status is malformed";
    case jose::StatusReference::Kind::kList:
      return "idx " + std::to_string(reference.index) + " of " + shown(reference.uri);
  }
  return {};
}

std::string finding_of(const CheckState& state, Step step, Now now) {
  const jose::Claims& claims = state.unverified_claims;
  switch (step) {
    case Step::kRequest: return std::to_string(state.check->token.size()) + " characters";
    case Step::kShape: return shape_finding(state);
    case Step::kHeader: return header_finding(state);
    case Step::kPayload: return std::to_string(claims.members.size()) + " claims";
    case Step::kIntrospection:
      return state.answer == nullptr ? "no answer is remembered" : state.answer->active() ? "active" : "not active";
    case Step::kIssuer: return claims.has_iss ? "iss " + shown(claims.iss) : "no iss";
    case Step::kType: return type_finding(state);
    case Step::kAlgorithm:
      return "alg " + std::string(jose::facts_of(state.token.unverified_header.unverified_alg).name);
    case Step::kAudience: return "aud " + shown_list(claims.audiences);
    case Step::kExpiry: return date_finding("exp", claims.exp, now);
    case Step::kNotBefore: return date_finding("nbf", claims.nbf, now);
    case Step::kIssuedAt: return date_finding("iat", claims.iat, now);
    case Step::kIssuerClaims:
    case Step::kRouteClaims: return state.detail.empty() ? "all there" : shown(state.detail) + " absent or empty";
    case Step::kKey: return key_finding(state);
    case Step::kSignature: return std::to_string(state.token.signature.size()) + " bytes";
    case Step::kRevocation:
      if (state.error.code == ErrorCode::kRevoked) return "by " + std::string(state.detail);
      return state.error.code == ErrorCode::kRevocationsUnavailable ? "the fleet has not been followed for too long"
                                                                    : "not revoked";
    case Step::kStatus: return status_finding(state);
    case Step::kRoute:
      return state.check->method.empty() && state.check->path.empty()
                 ? "no method and path given"
                 : std::string(state.check->method) + " " + shown(path_of_target(state.check->path));
    case Step::kScope: return "granted " + granted_text(state);
  }
  return {};
}

std::string route_setting(const CheckState& state) {
  if (state.route.route != nullptr) return "route " + state.route.route->path;
  return state.route.kind == RouteMatch::Kind::kNoRoute ? "routes.unmatched = \"refuse\""
                                                        : "routes.unmatched = \"authenticated\"";
}

// The setting that decides a step; empty where the rules leave nothing to set.
std::string setting_text(const CheckState& state, Step step, const CompiledPolicy& policy) {
  if (step == Step::kRequest) return "server.max_token_bytes = " + std::to_string(policy.token_bytes_max);
  if (step == Step::kRoute || step == Step::kRouteClaims) return route_setting(state);
  if (step == Step::kScope) {
    return state.route.route == nullptr ? route_setting(state)
                                        : route_setting(state) + " requires " + shown(state.route.route->scope_text);
  }
  if (state.issuer == nullptr) return {};
  const IssuerPolicy& issuer = state.issuer->policy;
  switch (step) {
    case Step::kIssuer: return setting_of(state, "issuer", shown(issuer.issuer));
    case Step::kType: return setting_of(state, "types", shown_list(issuer.token_types));
    case Step::kAlgorithm: {
      std::vector<std::string_view> names;
      for (const Alg alg : issuer.algorithms) names.push_back(jose::facts_of(alg).name);
      return setting_of(state, "algorithms", shown_list(names));
    }
    case Step::kAudience:
      return setting_of(state, "audiences", issuer.audience_unchecked ? "unchecked" : shown_list(issuer.audiences));
    case Step::kExpiry:
    case Step::kNotBefore:
    case Step::kIssuedAt: return setting_of(state, "leeway", duration_text(issuer.leeway));
    case Step::kIssuerClaims: return setting_of(state, "require_claims", shown_list(issuer.required_claims));
    case Step::kKey:
    case Step::kSignature: return setting_of(state, "keys", "of this issuer alone");
    case Step::kIntrospection:
      return issuer.opaque ? setting_of(state, "opaque.ttl", duration_text(issuer.opaque->ttl)) : "";
    case Step::kStatus:
      return issuer.status_list
                 ? setting_of(state, "status_list.required", issuer.status_list->required ? "true" : "false")
                 : "";
    case Step::kRequest:
    case Step::kShape:
    case Step::kHeader:
    case Step::kPayload:
    case Step::kRevocation:
    case Step::kRoute:
    case Step::kRouteClaims:
    case Step::kScope: return {};
  }
  return {};
}

ExplainStep::Result result_of(Trace::Mark mark) {
  switch (mark) {
    case Trace::Mark::kNotReached: return ExplainStep::Result::kNotReached;
    case Trace::Mark::kPassed: return ExplainStep::Result::kPassed;
    case Trace::Mark::kRefused: return ExplainStep::Result::kRefused;
    case Trace::Mark::kSkipped: return ExplainStep::Result::kSkipped;
  }
  return ExplainStep::Result::kNotReached;
}

// What was read before a step refused is not there to be shown where reading it is what failed.
bool has_finding(const CheckState& state, Step step, Trace::Mark mark) {
  if (mark == Trace::Mark::kPassed) return true;
  if (mark != Trace::Mark::kRefused) return false;
  const bool failed_to_read = step == Step::kHeader || step == Step::kPayload;
  return !failed_to_read && state.error.code != ErrorCode::kOverloaded;
}

}  // namespace

Explanation ControlMachine::explain(const Check& check, Now now) {
  const base::MutexLock lock(explain_mutex_);
  NoAnswerSource source;
  Pipeline pipeline(base::kControlReader, control_parts(source));
  const auto policy = policy_.observe(base::kControlReader);
  Trace trace;
  CheckState state;
  state.check = &check;
  state.trace = &trace;
  pipeline.run(*policy, std::span(&state, 1), now);

  Explanation explanation{.steps = {}, .code = state.error.code, .detail = std::string(state.detail)};
  for (std::size_t i = 0; i < kStepCount; ++i) {
    const auto step = static_cast<Step>(i);
    const Trace::Mark mark = trace.marks[i];
    ExplainStep line{.name = std::string(kStepNames[i]), .result = result_of(mark), .finding = {}, .setting = {}};
    if (has_finding(state, step, mark)) line.finding = finding_of(state, step, now);
    if (mark == Trace::Mark::kRefused) {
      const ErrorFacts facts = facts_of(state.error.code);
      line.finding += (line.finding.empty() ? "" : ": ") + std::string(facts.text);
      if (state.error.offset != 0) line.finding += " (byte " + std::to_string(state.error.offset) + ")";
    }
    if (mark == Trace::Mark::kPassed || mark == Trace::Mark::kRefused) {
      line.setting = setting_text(state, step, *policy);
    }
    explanation.steps.push_back(std::move(line));
  }
  pipeline.release();
  return explanation;
}

}  // namespace assay::verify

// What the route demands of a token that verified: issuer, claims and scopes.
#include "base/same_text.h"
#include "verify/checks.h"
#include "verify/pipeline.h"

namespace assay::verify {

namespace {

bool meets_scopes(const CheckState& state, const RouteRights& rights) noexcept {
  const ScopeWildcard wildcard = state.issuer->policy.scope.wildcard;
  for (const jose::RequiredScope& scope : rights.all_scopes) {
    if (!scope.met_by(state.granted, wildcard)) return false;
  }
  if (rights.any_scopes.empty()) return true;
  for (const jose::RequiredScope& scope : rights.any_scopes) {
    if (scope.met_by(state.granted, wildcard)) return true;
  }
  return false;
}

}  // namespace

bool Pipeline::has_required_scopes(const CheckState& state, const RouteRights& rights) noexcept {
  LatestLookups::RightsMet& latest = latest_.rights_met;
  const bool is_latest = latest.rights == &rights && latest.granted.data() == state.granted.data() &&
                         latest.granted.size() == state.granted.size();
  if (is_latest) return true;
  if (!meets_scopes(state, rights)) return false;
  latest = {.rights = &rights, .granted = state.granted};
  return true;
}

std::optional<std::span<const jose::ScopeValue>> Pipeline::find_granted(const CheckState& state) noexcept {
  const jose::Claims& claims = state.unverified_claims;
  const ScopeGrammar grammar = state.issuer->policy.scope.grammar;
  if (claims.scope_is_list || claims.scope_texts.size() != 1) {
    return jose::parse_granted_scope(claims.scope_texts, claims.scope_is_list, grammar, arena_);
  }
  LatestLookups::Scope& latest = latest_.scope;
  const std::string_view text = claims.scope_texts.front();
  if (latest.issuer == state.issuer && base::same_text(latest.text, text)) return latest.granted;
  const auto granted = jose::parse_granted_scope(claims.scope_texts, false, grammar, arena_);
  if (granted) latest = {.issuer = state.issuer, .text = text, .granted = *granted};
  return granted;
}

void Pipeline::check_rights(CheckState& state) noexcept {
  const jose::Claims& claims = state.unverified_claims;
  const std::optional<std::span<const jose::ScopeValue>> granted = find_granted(state);
  // A scope that does not fit its grammar grants nothing.
  if (granted) {
    state.granted = *granted;
  } else {
    state.issuer->runtime->unreadable_scopes[reader_].add(0);
  }
  if (state.route.kind == RouteMatch::Kind::kUnmatchedAuthenticated) {
    mark(state, Step::kRouteClaims, Trace::Mark::kSkipped);
    mark(state, Step::kScope, Trace::Mark::kSkipped);
    pass(state, Step::kRoute);
    state.open = false;
    return;
  }
  const Route* route = state.route.route;
  const RouteRights* rights = route == nullptr ? nullptr : route->find_rights(state.issuer_index);
  if (rights == nullptr) {
    refuse(state, Step::kRoute, ErrorCode::kNoRoute);
    return;
  }
  pass(state, Step::kRoute);
  if (!judge(state, Step::kRouteClaims, check_required_claims(claims, route->required_claims, state.detail))) return;
  if (!has_required_scopes(state, *rights)) {
    state.detail = route->scope_text;
    refuse(state, Step::kScope, ErrorCode::kInsufficientScope);
    return;
  }
  pass(state, Step::kScope);
  state.open = false;
}

}  // namespace assay::verify

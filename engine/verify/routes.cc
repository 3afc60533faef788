#include "verify/routes.h"

#include <algorithm>
#include <array>
#include <optional>

#include "absl/strings/string_view.h"

#include "base/hex.h"

namespace assay::verify {
namespace {

absl::string_view to_absl(std::string_view text) { return {text.data(), text.size()}; }

constexpr bool is_alphanumeric(unsigned char byte) {
  return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || (byte >= '0' && byte <= '9');
}

// RFC 3986 sec 2.3: bytes whose escape means the same as the byte itself.
constexpr bool is_unreserved(unsigned char byte) {
  return is_alphanumeric(byte) || byte == '-' || byte == '.' || byte == '_' || byte == '~';
}

// Nearly every byte of a path: it neither ends a segment nor needs a second look.
constexpr std::array<bool, 256> kPlainPathBytes = [] {
  std::array<bool, 256> plain{};
  for (std::size_t i = 0; i < plain.size(); ++i) plain[i] = is_unreserved(static_cast<unsigned char>(i));
  return plain;
}();

// The byte that the escape at the front of `text` ("%41...") stands for; nothing if there is none.
std::optional<unsigned char> escaped_byte(std::string_view text) {
  if (text.size() < 3 || text[0] != '%') return std::nullopt;
  const int byte = base::hex_byte(text[1], text[2]);
  if (byte < 0) return std::nullopt;
  return static_cast<unsigned char>(byte);
}

// Whether a lead byte starts a UTF-8 form that is longer than needed, in which a lenient reader finds "/" or ".", or
// none at all. RFC 3629 sec 3.
bool is_overlong_lead(unsigned char lead, std::string_view rest) {
  if (lead == 0xC0 || lead == 0xC1 || lead >= 0xF5) return true;
  if (lead != 0xE0 && lead != 0xF0) return false;
  const std::optional<unsigned char> next = escaped_byte(rest);
  return !next || *next < (lead == 0xE0 ? 0xA0 : 0x90);
}

// Whether the escape at the front of `text` has only one reading.
bool is_plain_escape(std::string_view text) {
  const std::optional<unsigned char> byte = escaped_byte(text);
  if (!byte || is_unreserved(*byte) || *byte < 0x20 || *byte == 0x7F) return false;
  return *byte != '/' && *byte != '\\' && *byte != ';' && *byte != '%' && !is_overlong_lead(*byte, text.substr(3));
}

bool is_dot_segment(std::string_view segment) { return segment == "." || segment == ".."; }

jose::RequiredScope required_scope(const std::string& text, ScopeGrammar grammar) {
  return *jose::RequiredScope::parse(text, grammar);  // policy_faults has checked it
}

RouteRights make_rights(const Policy& policy, const RoutePolicy& route, std::uint32_t issuer) {
  const ScopeGrammar grammar = policy.issuers[issuer].scope.grammar;
  RouteRights rights{.issuer = issuer, .all_scopes = {}, .any_scopes = {}};
  for (const std::string& scope : route.scopes) rights.all_scopes.push_back(required_scope(scope, grammar));
  for (const std::string& scope : route.any_scopes) rights.any_scopes.push_back(required_scope(scope, grammar));
  return rights;
}

Route make_route(const Policy& policy, const RoutePolicy& source) {
  Route route{.path = source.path,
              .methods = source.methods,
              .rights = {},
              .required_claims = source.required_claims,
              .scope_text = {}};
  for (std::uint32_t issuer = 0; issuer < policy.issuers.size(); ++issuer) {
    const std::string& name = policy.issuers[issuer].name;
    const bool listed = std::find(source.issuers.begin(), source.issuers.end(), name) != source.issuers.end();
    if (source.issuers.empty() || listed) route.rights.push_back(make_rights(policy, source, issuer));
  }
  for (const std::vector<std::string>* scopes : {&source.scopes, &source.any_scopes}) {
    for (const std::string& scope : *scopes) {
      if (!route.scope_text.empty()) route.scope_text += ' ';
      route.scope_text += scope;
    }
  }
  return route;
}

}  // namespace

Route make_entrance_route(const Policy& policy, const EntrancePolicy& entrance) {
  return make_route(policy, {.path = {},
                             .methods = {},
                             .issuers = entrance.issuers,
                             .scopes = entrance.scopes,
                             .any_scopes = {},
                             .required_claims = {}});
}

bool Route::takes_method(std::string_view method) const noexcept {
  return methods.empty() || std::find(methods.begin(), methods.end(), method) != methods.end();
}

const RouteRights* Route::find_rights(std::uint32_t issuer) const noexcept {
  for (const RouteRights& candidate : rights) {
    if (candidate.issuer == issuer) return &candidate;
  }
  return nullptr;
}

RouteTable::RouteTable(const Policy& policy) : unmatched_authenticated_(policy.unmatched_authenticated) {
  for (const RoutePolicy& source : policy.routes) {
    Route route = make_route(policy, source);
    const auto index = static_cast<std::uint32_t>(routes_.size());
    if (route.path.ends_with("/*")) {
      route.path.pop_back();
      prefix_bytes_max_ = std::max(prefix_bytes_max_, route.path.size());
      prefix_[route.path].push_back(index);
    } else {
      exact_[route.path].push_back(index);
    }
    routes_.push_back(std::move(route));
  }
}

RouteMatch RouteTable::choose(const RouteList& list, std::string_view method) const noexcept {
  const Route* any_method = nullptr;
  for (const std::uint32_t index : list) {
    const Route& route = routes_[index];
    if (route.methods.empty()) {
      any_method = &route;
    } else if (route.takes_method(method)) {
      return {.kind = RouteMatch::Kind::kRoute, .route = &route};
    }
  }
  if (any_method == nullptr) return {.kind = RouteMatch::Kind::kNoRoute};
  return {.kind = RouteMatch::Kind::kRoute, .route = any_method};
}

Expected<RouteMatch> RouteTable::match(std::string_view method, std::string_view target) const noexcept {
  if (routes_.empty()) {
    return RouteMatch{.kind = unmatched_authenticated_ ? RouteMatch::Kind::kUnmatchedAuthenticated
                                                       : RouteMatch::Kind::kNoRoute};
  }
  const std::string_view path = path_of_target(target);
  if (const Expected<void> unambiguous = check_path(path); !unambiguous) return Unexpected(unambiguous.error());

  if (!exact_.empty()) {
    if (const auto found = exact_.find(to_absl(path)); found != exact_.end()) return choose(found->second, method);
  }

  std::size_t slash = path.substr(0, std::min(path.size(), prefix_bytes_max_)).rfind('/');
  while (slash != std::string_view::npos) {
    const auto found = prefix_.find(to_absl(path.substr(0, slash + 1)));
    if (found != prefix_.end()) return choose(found->second, method);
    if (slash == 0) break;
    slash = path.rfind('/', slash - 1);
  }
  return RouteMatch{.kind = unmatched_authenticated_ ? RouteMatch::Kind::kUnmatchedAuthenticated
                                                     : RouteMatch::Kind::kNoRoute};
}

Expected<void> check_path(std::string_view path) noexcept {
  if (path.empty() || path.front() != '/') return fail(ErrorCode::kAmbiguousPath);
  std::size_t segment_start = 1;
  for (std::size_t i = 1; i <= path.size(); ++i) {
    if (i != path.size() && kPlainPathBytes[static_cast<unsigned char>(path[i])]) continue;
    const bool ends_segment = i == path.size() || path[i] == '/';
    if (ends_segment) {
      const std::string_view segment = path.substr(segment_start, i - segment_start);
      const bool doubled_slash = segment.empty() && i != path.size();
      if (doubled_slash || is_dot_segment(segment)) return fail(ErrorCode::kAmbiguousPath, segment_start);
      segment_start = i + 1;
      continue;
    }
    const auto byte = static_cast<unsigned char>(path[i]);
    const bool odd = byte <= 0x20 || byte >= 0x7F || byte == '\\' || byte == ';' || byte == '#';
    const bool odd_escape = byte == '%' && !is_plain_escape(path.substr(i));
    if (odd || odd_escape) return fail(ErrorCode::kAmbiguousPath, i);
  }
  return {};
}

}  // namespace assay::verify

// Granted and required scopes. RFC 6749 sec 3.3; docs/configuration.md has the grammars.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "assay/policy.h"
#include "base/arena.h"
#include "base/same_text.h"

namespace assay::jose {

// One value of a scope, read in its issuer's grammar.
//
//   grammar      text                               values
//   space/comma  partners:read                      {level "", permission "partners:read"}
//   bracketed    location[orders.write,x.read],p    {location, orders.write} {location, x.read} {location, ""} {"", p}
struct ScopeValue {
  std::string_view level;       // kBracketed: what stands before the bracket; else empty
  std::string_view permission;  // empty: the level itself
  std::string_view text;        // the value as people write it: "partners:read", "location[orders.write]", "location[]"

  friend bool operator==(const ScopeValue& a, const ScopeValue& b) noexcept {
    return base::same_text(a.level, b.level) && base::same_text(a.permission, b.permission);
  }
};

// Reads what a token grants.
//
//   texts    the scope claim: one text, or with `is_list` the elements of an array, each one value (RFC 8693 sec 4.2
//            has that form); in the bracketed grammar each element is one text of the grammar
//   returns  the values, in `arena`; nothing if a text does not fit the grammar (then it grants nothing), has
//            more than kGrantedScopesMax values, or `arena` is full; empty for an empty text
[[nodiscard]] std::optional<std::span<const ScopeValue>> parse_granted_scope(std::span<const std::string_view> texts,
                                                                             bool is_list, ScopeGrammar grammar,
                                                                             base::Arena& arena) noexcept;

// A scope that a route requires, read once when the policy is compiled. Owns its text.
class RequiredScope {
 public:
  // Nothing if `text` reads as nothing, or as more than one value, in `grammar`.
  [[nodiscard]] static std::optional<RequiredScope> parse(std::string_view text, ScopeGrammar grammar);

  [[nodiscard]] std::string_view text() const noexcept { return text_; }

  // Whether one of `granted` is this value, compared whole and case-sensitively, or widens to it by `wildcard`.
  [[nodiscard]] bool met_by(std::span<const ScopeValue> granted, ScopeWildcard wildcard) const noexcept;

 private:
  RequiredScope(std::string text, std::string level, std::string permission);
  std::string text_, level_, permission_;
};

}  // namespace assay::jose

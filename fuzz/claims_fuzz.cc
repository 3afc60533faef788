// Property: the JSON reader agrees with the oracle (fuzz/json_text.h); a payload is refused exactly if a claim is named
// as bad; accepted claims are the members' own texts, times are in range, and all reads the same again.
// Reaches: jose/json, jose/claims, jose/numeric_date.
#include "jose/claims.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "fuzz/json_text.h"

namespace assay::fuzz {
namespace {

void check_text(jose::JsonValue root, std::string_view name, std::string_view text) {
  const jose::JsonValue::Found member = root.find(name);
  require(!member || member.value.kind() == JsonKind::kString, "a registered identifier is a string");
  require(text == (member ? member.value.text() : std::string_view{}), "an identifier is its member's text");
}

void check_date(jose::JsonValue root, std::string_view name, std::optional<NumericDate> date) {
  const jose::JsonValue::Found member = root.find(name);
  require(member.present == date.has_value(), "a time is seen exactly if there is one");
  if (!date) return;
  require(member.value.kind() == JsonKind::kNumber, "a time is a number");
  require(date->us >= 0 && date->us <= kNumericDateUsMax, "a time is in range");
}

// What `status` says, in the plainest way.
jose::StatusReference::Kind status_kind(jose::JsonValue root) {
  using Kind = jose::StatusReference::Kind;
  const jose::JsonValue::Found status = root.find("status");
  if (!status) return Kind::kNone;
  if (status.value.kind() != JsonKind::kObject) return Kind::kMalformed;
  const jose::JsonValue::Found list = status.value.find("status_list");
  if (!list) return Kind::kNone;
  if (list.value.kind() != JsonKind::kObject) return Kind::kMalformed;
  const jose::JsonValue::Found index = list.value.find("idx");
  const jose::JsonValue::Found uri = list.value.find("uri");
  if (!index || index.value.kind() != JsonKind::kNumber) return Kind::kMalformed;
  if (index.value.text().find_first_not_of("0123456789") != std::string_view::npos) return Kind::kMalformed;
  return uri && uri.value.kind() == JsonKind::kString ? Kind::kList : Kind::kMalformed;
}

void check_accepted(const jose::Claims& claims, jose::JsonValue root) {
  check_text(root, "iss", claims.iss);
  check_text(root, "sub", claims.sub);
  check_text(root, "jti", claims.jti);
  check_text(root, root.find("client_id") ? "client_id" : "azp", claims.client);
  check_date(root, "exp", claims.exp);
  check_date(root, "nbf", claims.nbf);
  check_date(root, "iat", claims.iat);
  require(claims.has_iss == root.find("iss").present, "an issuer is seen exactly if there is one");
  require(claims.has_aud == root.find("aud").present, "an audience is seen exactly if there is one");
  require(claims.has_aud != claims.audiences.empty(), "an audience list is not empty");
  require(claims.audiences.size() <= kAudiencesMax && claims.scope_texts.size() <= kGrantedScopesMax,
          "lists are bounded");

  require(claims.status.kind == status_kind(root), "a status is read exactly if it is well formed");
}

bool equal(const jose::Claims& a, const jose::Claims& b) {
  return a.has_iss == b.has_iss && a.iss == b.iss && a.sub == b.sub && a.jti == b.jti && a.client == b.client &&
         a.exp == b.exp && a.nbf == b.nbf && a.iat == b.iat && a.scope_is_list == b.scope_is_list &&
         a.status.kind == b.status.kind && a.status.index == b.status.index && a.status.uri == b.status.uri &&
         std::ranges::equal(a.audiences, b.audiences) && std::ranges::equal(a.scope_texts, b.scope_texts);
}

void check_input(std::string_view input) {
  JsonText text(input);
  if (!text.root()) return;
  const Expected<jose::Claims> claims = jose::parse_claims(*text.payload(), text.arena());
  require(claims.has_value() == jose::find_bad_claim(*text.payload()).empty(), "refused exactly if a claim is bad");
  if (!claims) {
    require(claims.error().code == ErrorCode::kBadClaim, "the code is bad_claim");
    return;
  }
  check_accepted(*claims, *text.root());

  JsonText again(text.root()->text());
  require(again.root().has_value(), "the root's own text is accepted");
  const Expected<jose::Claims> claims_again = jose::parse_claims(*again.payload(), again.arena());
  require(claims_again && equal(*claims, *claims_again), "it reads the same again");
}

}  // namespace
}  // namespace assay::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t count) {
  assay::fuzz::check_input({reinterpret_cast<const char*>(bytes), count});
  return 0;
}

// Property: claims ask for a revocation exactly if the outcome says so; what they ask for is of the token's own issuer,
// names a user or session that the text holds, and lies in no time to come.
// Reaches: jose/json, jose/claims, jose/numeric_date, verify/security_event.
#include "verify/security_event.h"

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "fuzz/json_text.h"

namespace assay::fuzz {
namespace {

constexpr std::int64_t kNowUs = std::int64_t{1'710'221'000} * 1'000'000;
constexpr std::int64_t kSecondUs = 1'000'000;

bool has_text(jose::JsonValue value, std::string_view text) {
  if (value.kind() == JsonKind::kString && value.text() == text) return true;
  for (const jose::JsonValue child : value) {
    if (has_text(child, text)) return true;
  }
  return false;
}

void check_target(const RevocationTarget& target, const IssuerPolicy& issuer, jose::JsonValue root) {
  require(target.issuer_name == issuer.name, "an issuer speaks of its own users and sessions");
  require(!target.value.empty() && has_text(root, target.value), "a target is named in the text");
  const bool is_session = target.kind == RevocationKind::kSession;
  require(is_session || target.kind == RevocationKind::kSubjectIssuedBefore, "a session ends, or a user's past");
  require(!is_session || target.issued_before_us == 0, "a session ends whenever its tokens were issued");
  require(target.issued_before_us <= kNowUs + kSecondUs, "nothing that is to come is cut off");
}

void check_input(std::string_view input) {
  JsonText text(input);
  if (!text.root()) return;
  const Expected<jose::Claims> claims = jose::parse_claims(*text.payload(), text.arena());
  if (!claims || !claims->iat || claims->iat->us > kNowUs) return;  // refused before the events are looked at
  IssuerPolicy issuer;
  issuer.name = "main";
  issuer.issuer = "https://issuer.example";
  const verify::EventTargets read = verify::read_event_targets(*text.root(), *claims, issuer, kNowUs);
  require((read.outcome == EventOutcome::kRevoked) == !read.targets.empty(), "what is revoked is named");
  for (const RevocationTarget& target : read.targets) check_target(target, issuer, *text.root());
}

}  // namespace
}  // namespace assay::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  assay::fuzz::check_input({reinterpret_cast<const char*>(data), size});
  return 0;
}

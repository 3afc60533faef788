// Property: behind the signature (here a fixed byte), an accepted token has the issuer, audience, times, claims and
// scope that the policy asks for; the verdict does not depend on the place in the batch; explain says the same.
// Reaches: verify/pipeline, verify/checks, verify/routes, verify/explain, jose/claims, jose/scope.
#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "assay/control.h"
#include "assay/engine.h"
#include "fuzz/property.h"
#include "fuzz/verify_policy.h"

namespace assay::fuzz {
namespace {

// Any usable key will do: nothing is verified with it. (RFC 8037 appendix A.2.)
constexpr const char* kJwks =
    R"({"keys":[{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]})";

std::string base64url(std::string_view octets) {
  constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  std::string text;
  std::uint32_t bits = 0;
  int bit_count = 0;
  for (const char octet : octets) {
    bits = bits << 8 | static_cast<unsigned char>(octet);
    bit_count += 8;
    while (bit_count >= 6) {
      bit_count -= 6;
      text += kAlphabet[bits >> bit_count & 0x3F];
    }
  }
  if (bit_count > 0) text += kAlphabet[bits << (6 - bit_count) & 0x3F];
  return text;
}

void check_accepted(const VerifiedToken& token) {
  require(token.issuer() == "https://issuer.example", "the issuer is the configured one");
  require(token.expires_at().has_value() && token.expires_at()->us > kNow.wall_us, "the token has not expired");
  require(!token.subject().empty(), "a required claim is there");
  const Claim* audience = token.find_claim("aud");
  require(audience != nullptr && audience->text.find("api") != std::string_view::npos, "the audience is named");
  bool granted = false;
  for (const std::string_view scope : token.scope()) granted = granted || scope == "orders:read";
  require(granted, "the route's scope is granted");
}

// The input is a header and a payload with a line feed between; without one the header is a good one.
std::string make_token(std::string_view input) {
  const std::size_t line_end = input.find('\n');
  const bool has_header = line_end != std::string_view::npos;
  const std::string_view header = has_header ? input.substr(0, line_end) : std::string_view(R"({"alg":"EdDSA"})");
  const std::string_view payload = has_header ? input.substr(line_end + 1) : input;
  return base64url(header) + "." + base64url(payload) + "." + base64url("\x5A");
}

void check(std::string_view input) {
  static const auto engine = Engine::open({.policy = make_policy(kJwks), .host_steps_control = true}).value();
  static Worker worker = engine->worker();
  const std::string token = make_token(input);
  const Check check{.token = token, .path = "/orders"};
  const std::array<Check, 3> checks{check, Check{.token = "other", .path = "/orders"}, check};
  std::array<Verdict, 3> verdicts;
  worker.decide(checks, verdicts, kNow);
  require(verdicts[0].code() == verdicts[2].code(), "the place in the batch does not matter");
  require(verdicts[1].code() == ErrorCode::kMalformedToken, "a neighbour is not touched");
  require(engine->control().explain(check, kNow).code == verdicts[0].code(), "explain says what decide says");
  if (!verdicts[0].accepted()) return;
  check_accepted(verdicts[0].token());
  check_accepted(verdicts[2].token());
}

}  // namespace
}  // namespace assay::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  assay::fuzz::check({reinterpret_cast<const char*>(bytes), size});
  return 0;
}

// Property: a token that we did not sign is never accepted, whatever is done to the text of ones that we did.
// Reaches: verify/pipeline, verify/evp_verify, and all of jose and keys below them.
#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "assay/engine.h"
#include "fuzz/property.h"
#include "fuzz/verify_policy.h"
#include "signing/jwt_writer.h"
#include "signing/signing_key.h"

namespace assay::fuzz {
namespace {

constexpr std::string_view kClaims = R"({"iss":"https://issuer.example","aud":["api"],"sub":"a","exp":1710224600,)"
                                     R"("iat":1710220000,"scope":"orders:read"})";

struct Fixture {
  signing::SigningKey rsa = signing::SigningKey::generate_rsa(2048);
  signing::SigningKey ec = signing::SigningKey::generate_ec(signing::Curve::kP256);
  signing::SigningKey ed = signing::SigningKey::generate_ed25519();
  std::unique_ptr<Engine> engine =
      Engine::open({.policy = make_policy(signing::jwk_set(rsa.public_jwk({.kid = "r", .alg = {}, .use = {}}),
                                                           ec.public_jwk({.kid = "e", .alg = {}, .use = {}}),
                                                           ed.public_jwk({.kid = "d", .alg = {}, .use = {}}))),
                    .host_steps_control = true})
          .value();
  Worker worker = engine->worker();
  std::vector<std::string> signed_tokens = {
      sign(R"({"alg":"RS256","kid":"r"})", rsa, Alg::kRS256), sign(R"({"alg":"PS256","kid":"r"})", rsa, Alg::kPS256),
      sign(R"({"alg":"ES256"})", ec, Alg::kES256), sign(R"({"alg":"EdDSA","kid":"d","typ":"JWT"})", ed, Alg::kEdDSA)};

  static std::string sign(std::string_view header, const signing::SigningKey& key, Alg alg) {
    return signing::sign_jwt({.header_json = header, .payload_json = kClaims}, key, alg);
  }
};

// Reads edits of three bytes and text from the input: where (two bytes), how many characters go (low six bits of the
// third) and how many come (high two), then those. The first byte chooses the token; 4 and above: the input as it is.
std::string make_token(const Fixture& fixture, std::string_view input) {
  if (input.empty() || static_cast<unsigned char>(input[0]) >= fixture.signed_tokens.size()) return std::string(input);
  std::string token = fixture.signed_tokens[static_cast<unsigned char>(input[0])];
  input.remove_prefix(1);
  while (input.size() >= 3) {
    const auto at =
        static_cast<std::size_t>(static_cast<unsigned char>(input[0]) << 8 | static_cast<unsigned char>(input[1])) %
        (token.size() + 1);
    const auto counts = static_cast<unsigned char>(input[2]);
    input.remove_prefix(3);
    const std::string_view added = input.substr(0, counts >> 6);
    input.remove_prefix(added.size());
    token.replace(at, counts & 0x3F, added);
  }
  return token;
}

void check(std::string_view input) {
  static Fixture fixture;
  const std::string token = make_token(fixture, input);
  const Check check{.token = token, .path = "/orders"};
  std::array<Verdict, 1> verdicts;
  fixture.worker.decide({&check, 1}, verdicts, kNow);
  if (!verdicts[0].accepted()) return;
  bool ours = false;
  for (const std::string& candidate : fixture.signed_tokens) ours = ours || candidate == token;
  require(ours, "an accepted token is one that was signed");
}

}  // namespace
}  // namespace assay::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  assay::fuzz::check({reinterpret_cast<const char*>(bytes), size});
  return 0;
}

// A user's program: what README.md shows, built against the installed package alone.
#include <array>
#include <cstdio>

#include "assay/engine.h"

// The public key of RFC 8037 appendix A.2.
constexpr char kKeys[] =
    R"({"keys":[{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]})";

int main() {
  assay::IssuerPolicy issuer{.name = "example", .issuer = "https://issuer.example"};
  issuer.keys = {.kind = assay::KeySource::Kind::kJwksText, .text = kKeys};
  issuer.audiences = {"orders"};
  auto engine = assay::Engine::open({.policy = {.issuers = {issuer}}});
  if (!engine) return 1;

  assay::Worker worker = (*engine)->worker();
  const std::array<assay::Check, 1> checks{{{.token = "not a token", .method = "GET", .path = "/orders"}}};
  std::array<assay::Verdict, 1> verdicts;
  worker.decide(checks, verdicts, assay::Now::read());
  std::printf("%s\n", assay::facts_of(verdicts[0].code()).name.data());
  return verdicts[0].accepted() ? 1 : 0;
}

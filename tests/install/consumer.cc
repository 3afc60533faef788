// A user's program: what README.md shows, built against the installed package alone.
#include <array>
#include <cstdio>

#include "assay/engine.h"

int main() {
  assay::IssuerPolicy issuer{.name = "example", .issuer = "https://issuer.example"};
  issuer.keys = {.kind = assay::KeySource::Kind::kJwksText, .text = R"({"keys":[]})"};
  issuer.audiences = {"orders"};
  auto engine = assay::Engine::open({.policy = {.issuers = {issuer}}});
  if (!engine) return 1;

  assay::Worker worker = (*engine)->worker();
  const std::array<assay::Check, 1> checks{{{.token = "not a token", .method = "GET", .path = "/orders"}}};
  std::array<assay::Verdict, 1> verdicts;
  worker.decide(checks, verdicts, assay::Now::read());
  std::puts(assay::facts_of(verdicts[0].code()).name.data());
  return verdicts[0].accepted() ? 1 : 0;
}

// An issuer for tests of the engine: keys, tokens and the policy that accepts them.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "assay/control.h"
#include "assay/engine.h"
#include "signing/json_text.h"
#include "signing/jwt_writer.h"
#include "signing/signing_key.h"

namespace assay::test {

// The time of every test that does not say otherwise: 2024-03-12, in the life of TestIssuer's tokens.
inline constexpr std::int64_t kNowS = 1'710'221'000;
inline constexpr Now kNow{.wall_us = kNowS * 1'000'000, .monotonic_ns = 1'000'000'000'000};

inline Now later(Now now, std::int64_t us) {
  return {.wall_us = now.wall_us + us, .monotonic_ns = now.monotonic_ns + us * 1000};
}

// Making RSA keys is slow: the tests of a program share these.
inline const signing::SigningKey& rsa_key() {
  static const signing::SigningKey key = signing::SigningKey::generate_rsa(2048);
  return key;
}
inline const signing::SigningKey& other_rsa_key() {
  static const signing::SigningKey key = signing::SigningKey::generate_rsa(2048);
  return key;
}

inline constexpr std::string_view kIssuerUrl = "https://issuer.example";

// Claims that the default policy accepts, with changes: an empty JSON text removes the claim.
inline std::string claims(const std::vector<std::pair<std::string, std::string>>& changes = {}) {
  std::vector<std::pair<std::string, std::string>> members = {{"iss", "\"https://issuer.example\""},
                                                              {"aud", "\"api\""},
                                                              {"sub", "\"alice\""},
                                                              {"client_id", "\"app\""},
                                                              {"iat", std::to_string(kNowS - 60)},
                                                              {"exp", std::to_string(kNowS + 3600)},
                                                              {"scope", "\"orders:read orders:write\""}};
  for (const auto& [name, json] : changes) {
    std::erase_if(members, [&replaced = name](const auto& member) { return member.first == replaced; });
    if (!json.empty()) members.emplace_back(name, json);
  }
  signing::JsonObject object;
  for (const auto& [name, json] : members) object.add_json(name, json);
  return object.text();
}

inline std::string header(std::string_view alg = "RS256", std::string_view kid = "k1") {
  signing::JsonObject object;
  object.add("alg", alg);
  if (!kid.empty()) object.add("kid", kid);
  return object.text();
}

inline std::string token(const std::string& payload = claims(), const std::string& head = header(),
                         const signing::SigningKey& key = rsa_key(), Alg alg = Alg::kRS256) {
  return signing::sign_jwt({.header_json = head, .payload_json = payload}, key, alg);
}

inline KeySource jwks_source(const std::string& jwks) { return {.kind = KeySource::Kind::kJwksText, .text = jwks}; }

inline std::string default_jwks() {
  return signing::jwk_set(rsa_key().public_jwk({.kid = "k1", .alg = {}, .use = {}}));
}

inline IssuerPolicy issuer_policy(std::string name = "main") {
  IssuerPolicy issuer;
  issuer.name = std::move(name);
  issuer.issuer = kIssuerUrl;
  issuer.keys = jwks_source(default_jwks());
  issuer.audiences = {"api"};
  return issuer;
}

inline Policy policy(std::vector<IssuerPolicy> issuers = {issuer_policy()}) {
  Policy result;
  result.issuers = std::move(issuers);
  return result;
}

// An engine whose control machine the test steps by hand.
inline std::unique_ptr<Engine> open_engine(Policy chosen, Fetcher* fetcher = nullptr) {
  return Engine::open({.policy = std::move(chosen), .fetcher = fetcher, .host_steps_control = true}).value();
}

// Decides one check on a worker of its own. The verdict's views are dead; its code and detail text are kept.
struct Decided {
  ErrorCode code = ErrorCode::kOverloaded;
  std::string detail;
};

inline Decided decide(Engine& engine, const Check& check, Now now = kNow) {
  Worker worker = engine.worker();
  std::array<Verdict, 1> verdicts;
  worker.decide({&check, 1}, verdicts, now);
  return {.code = verdicts[0].code(), .detail = std::string(verdicts[0].detail())};
}

inline ErrorCode code_of(const Policy& chosen, std::string_view compact, Now now = kNow) {
  return decide(*open_engine(chosen), {.token = compact}, now).code;
}

}  // namespace assay::test

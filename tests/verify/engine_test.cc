// What an embedder sees of a good token, by every algorithm.
#include "assay/engine.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/verify/test_issuer.h"

namespace assay::test {
namespace {

using ::testing::ElementsAre;

TEST(Engine, AcceptsAGoodToken) {
  const auto engine = open_engine(policy());
  Worker worker = engine->worker();
  const std::string compact = token();
  const Check check{.token = compact};
  std::array<Verdict, 1> verdicts;
  worker.decide({&check, 1}, verdicts, kNow);

  ASSERT_TRUE(verdicts[0].accepted()) << facts_of(verdicts[0].code()).name << " " << verdicts[0].detail();
  const VerifiedToken& verified = verdicts[0].token();
  EXPECT_EQ(verified.issuer_name(), "main");
  EXPECT_EQ(verified.issuer(), kIssuerUrl);
  EXPECT_EQ(verified.subject(), "alice");
  EXPECT_EQ(verified.client(), "app");
  EXPECT_EQ(verified.key_id(), "k1");
  EXPECT_THAT(verified.scope(), ElementsAre("orders:read", "orders:write"));
  EXPECT_EQ(verified.expires_at()->us, (kNowS + 3600) * 1'000'000);
  EXPECT_EQ(verified.claims_json(), claims());
  ASSERT_NE(verified.find_claim("aud"), nullptr);
  EXPECT_EQ(verified.find_claim("aud")->text, "api");
  EXPECT_EQ(verified.find_claim("nope"), nullptr);
}

TEST(Engine, TakesEveryAlgorithmOfItsList) {
  const struct {
    Alg alg;
    std::string name;
    signing::SigningKey key;
  } cases[] = {
      {Alg::kRS256, "RS256", rsa_key()},
      {Alg::kRS384, "RS384", rsa_key()},
      {Alg::kRS512, "RS512", rsa_key()},
      {Alg::kPS256, "PS256", rsa_key()},
      {Alg::kPS384, "PS384", rsa_key()},
      {Alg::kPS512, "PS512", rsa_key()},
      {Alg::kES256, "ES256", signing::SigningKey::generate_ec(signing::Curve::kP256)},
      {Alg::kES384, "ES384", signing::SigningKey::generate_ec(signing::Curve::kP384)},
      {Alg::kES512, "ES512", signing::SigningKey::generate_ec(signing::Curve::kP521)},
      {Alg::kEdDSA, "EdDSA", signing::SigningKey::generate_ed25519()},
  };
  for (const auto& item : cases) {
    IssuerPolicy issuer = issuer_policy();
    issuer.algorithms = {item.alg};
    issuer.keys = jwks_source(signing::jwk_set(item.key.public_jwk({.kid = "k1", .alg = item.name, .use = "sig"})));
    const std::string good = token(claims(), header(item.name), item.key, item.alg);
    EXPECT_EQ(code_of(policy({issuer}), good), ErrorCode::kNone) << item.name;
    const std::string other = token(claims({{"sub", "\"mallory\""}}), header(item.name), item.key, item.alg);
    const std::string swapped = good.substr(0, good.rfind('.')) + other.substr(other.rfind('.'));
    EXPECT_EQ(code_of(policy({issuer}), swapped), ErrorCode::kBadSignature) << item.name;
  }
}

TEST(Engine, AnEntranceWithoutRoutesAsksForItsOwnScopesWhateverThePath) {
  Policy chosen = policy();
  chosen.routes = {{.path = "/a", .methods = {}, .issuers = {}, .scopes = {}, .any_scopes = {}, .required_claims = {}}};
  chosen.unmatched_authenticated = false;
  chosen.entrances = {{}, {.uses_routes = false}, {.uses_routes = false, .scopes = {"admin"}}};
  const auto engine = open_engine(chosen);
  const std::string plain = token();
  const std::string admin = token(claims({{"scope", "\"orders:read admin\""}}));
  for (const char* path : {"", "/b", "/../a"}) {
    EXPECT_NE(decide(*engine, {.token = plain, .path = path, .entrance = 0}).code, ErrorCode::kNone) << path;
    EXPECT_EQ(decide(*engine, {.token = plain, .path = path, .entrance = 1}).code, ErrorCode::kNone) << path;
    EXPECT_EQ(decide(*engine, {.token = admin, .path = path, .entrance = 2}).code, ErrorCode::kNone) << path;
  }
  const Decided refused = decide(*engine, {.token = plain, .entrance = 2});
  EXPECT_EQ(refused.code, ErrorCode::kInsufficientScope);
  EXPECT_EQ(refused.detail, "admin");
}

TEST(Engine, TakesHmacForAnIssuerWithASecretAlone) {
  const std::string secret(64, 's');
  for (const auto& [alg, name] : {std::pair{Alg::kHS256, "HS256"}, {Alg::kHS384, "HS384"}, {Alg::kHS512, "HS512"}}) {
    IssuerPolicy issuer = issuer_policy();
    issuer.keys = {.kind = KeySource::Kind::kSecret, .text = secret};
    issuer.algorithms = {alg};
    const std::string good = token(claims(), header(name), signing::SigningKey::from_secret(secret), alg);
    EXPECT_EQ(code_of(policy({issuer}), good), ErrorCode::kNone) << name;
    const signing::SigningKey wrong = signing::SigningKey::from_secret(std::string(64, 't'));
    EXPECT_EQ(code_of(policy({issuer}), token(claims(), header(name), wrong, alg)), ErrorCode::kBadSignature) << name;
  }
}

TEST(Engine, TriesAtMostEightKeysForATokenWithoutKid) {
  std::vector<std::string> jwks;
  std::string keys;
  const auto add = [&](const signing::SigningKey& key, int i) {
    if (!keys.empty()) keys += ',';
    const std::string kid = "k" + std::to_string(i);
    keys += key.public_jwk({.kid = kid, .alg = {}, .use = {}});
  };
  for (int i = 0; i < 7; ++i) add(other_rsa_key(), i);
  IssuerPolicy issuer = issuer_policy();
  const std::string before = keys;
  add(rsa_key(), 8);
  issuer.keys = jwks_source("{\"keys\":[" + keys + "]}");
  EXPECT_EQ(code_of(policy({issuer}), token(claims(), header("RS256", ""))), ErrorCode::kNone);
  keys = before;
  add(other_rsa_key(), 9);
  add(rsa_key(), 10);
  issuer.keys = jwks_source("{\"keys\":[" + keys + "]}");
  EXPECT_EQ(code_of(policy({issuer}), token(claims(), header("RS256", ""))), ErrorCode::kBadSignature);
}

}  // namespace
}  // namespace assay::test

#include "keys/key.h"

#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "signing/signing_key.h"

namespace assay::keys {
namespace {

using jose::Jwk;
using jose::KeyDefect;
using jose::KeyType;
using signing::SigningKey;

// The prepared form of a key that is published as `jwk_text`.
Key key_of(const std::string& jwk_text) {
  Expected<std::vector<Jwk>> keys = jose::parse_jwk_set(signing::jwk_set(jwk_text));
  EXPECT_TRUE(keys) << jwk_text;
  return make_key(std::move(keys->front()));
}

Key secret_key(std::size_t bytes) {
  Jwk jwk;
  jwk.type = KeyType::kOct;
  jwk.kty = "oct";
  jwk.secret_k.assign(bytes, 's');
  return make_key(std::move(jwk));
}

const SigningKey& ec_key() {
  static const SigningKey key = SigningKey::generate_ec(signing::Curve::kP256);
  return key;
}

TEST(Key, KeepsWhatListingsShow) {
  const Key ec = key_of(ec_key().public_jwk({.kid = "k1", .alg = "ES256", .use = "sig"}));
  EXPECT_TRUE(ec.usable());
  EXPECT_EQ(ec.type_text, "EC P-256");
  EXPECT_EQ(ec.kid, "k1");
  EXPECT_EQ(ec.alg_text, "ES256");
  EXPECT_EQ(ec.prepared.bits, 256u);
  EXPECT_EQ(ec.thumbprint.size(), 43U);
  EXPECT_EQ(key_of(SigningKey::generate_ed25519().public_jwk({})).type_text, "OKP Ed25519");
  EXPECT_EQ(key_of(SigningKey::generate_ec(signing::Curve::kP384).public_jwk({})).type_text, "EC P-384");
  EXPECT_EQ(key_of(SigningKey::generate_ec(signing::Curve::kP521).public_jwk({})).type_text, "EC P-521");
  const Key weak = key_of(SigningKey::generate_rsa(1024).public_jwk({.kid = "old"}));
  EXPECT_FALSE(weak.usable());
  EXPECT_EQ(weak.type_text, "RSA");
  EXPECT_EQ(weak.prepared.bits, 1024u);
  EXPECT_EQ(key_of(R"({"kty":"AKP","alg":"ML-DSA-65","pub":"AA"})").type_text, "AKP");
  EXPECT_EQ(secret_key(32).type_text, "oct");
}

TEST(Key, ForbiddenKeysKeepSizeAndThumbprint) {
  const Key enc = key_of(SigningKey::generate_rsa(2048).public_jwk({.use = "enc"}));
  EXPECT_EQ(enc.prepared.defect, KeyDefect::kWrongUse);
  EXPECT_EQ(enc.prepared.bits, 2048U);
  EXPECT_EQ(enc.thumbprint.size(), 43U);
  EXPECT_EQ(secret_key(32).thumbprint, "");
}

TEST(Key, WithoutAlgFitsEveryAlgOfItsTypeAndCurve) {
  const Key ec = key_of(ec_key().public_jwk({}));
  EXPECT_TRUE(ec.fits(Alg::kES256));
  for (const Alg alg : {Alg::kES384, Alg::kES512, Alg::kRS256, Alg::kPS256, Alg::kEdDSA, Alg::kHS256}) {
    EXPECT_FALSE(ec.fits(alg));
  }
  const Key rsa = key_of(SigningKey::generate_rsa(2048).public_jwk({}));
  for (const Alg alg : {Alg::kRS256, Alg::kRS384, Alg::kRS512, Alg::kPS256, Alg::kPS384, Alg::kPS512}) {
    EXPECT_TRUE(rsa.fits(alg));
  }
  for (const Alg alg : {Alg::kHS256, Alg::kES256, Alg::kEdDSA}) EXPECT_FALSE(rsa.fits(alg));
}

TEST(Key, WithAlgFitsThatOneAlone) {
  const SigningKey signing_key = SigningKey::generate_rsa(2048);
  const Key rs384 = key_of(signing_key.public_jwk({.alg = "RS384"}));
  EXPECT_TRUE(rs384.fits(Alg::kRS384));
  for (const Alg alg : {Alg::kRS256, Alg::kRS512, Alg::kPS384}) EXPECT_FALSE(rs384.fits(alg));
}

TEST(Key, WithAnUnknownAlgFitsNone) {
  const Key key = key_of(SigningKey::generate_ec(signing::Curve::kP521).public_jwk({.alg = "ES521"}));
  EXPECT_EQ(key.prepared.defect, KeyDefect::kUnsupportedAlg);
  EXPECT_EQ(key.alg, std::nullopt);
  for (std::size_t i = 0; i < kAlgCount; ++i) EXPECT_FALSE(key.fits(static_cast<Alg>(i)));
}

TEST(Key, SecretFitsHmacAloneAndIsStrongUpToItsLength) {
  const Key secret = secret_key(47);
  EXPECT_TRUE(secret.usable());
  EXPECT_TRUE(secret.prepared.key);
  EXPECT_EQ(secret.prepared.bits, 47u * 8);
  for (const Alg alg : {Alg::kHS256, Alg::kHS384, Alg::kHS512}) EXPECT_TRUE(secret.fits(alg));
  for (const Alg alg : {Alg::kRS256, Alg::kES256, Alg::kEdDSA}) EXPECT_FALSE(secret.fits(alg));
  EXPECT_TRUE(secret.strong_enough(Alg::kHS256));
  EXPECT_FALSE(secret.strong_enough(Alg::kHS384));
  EXPECT_TRUE(secret_key(48).strong_enough(Alg::kHS384));
  EXPECT_FALSE(secret_key(63).strong_enough(Alg::kHS512));
  EXPECT_TRUE(secret_key(64).strong_enough(Alg::kHS512));
}

TEST(Key, UnusableKeyIsStrongEnoughForNothing) {
  const Key key = key_of(ec_key().public_jwk({.use = "enc"}));
  EXPECT_TRUE(key.fits(Alg::kES256));
  EXPECT_FALSE(key.strong_enough(Alg::kES256));
}

}  // namespace
}  // namespace assay::keys

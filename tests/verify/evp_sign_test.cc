#include "verify/evp_sign.h"

#include <gtest/gtest.h>

#include "keys/key_set.h"
#include "signing/signing_key.h"
#include "tests/verify/test_issuer.h"
#include "verify/evp_verify.h"

namespace assay::verify {
namespace {

using signing::Curve;
using signing::SigningKey;

constexpr std::string_view kInput = "what is signed";

// Whether the engine's own verifier takes what the key signs.
bool verifies(const SigningKey& key, Alg alg, std::string_view verified_input) {
  const std::optional<Signer> signer = Signer::make(key.private_pem(), alg);
  if (!signer) return false;
  const std::string signature = signer->sign(kInput);
  const auto set = keys::KeySet::make_from_jwks(signing::jwk_set(key.public_jwk({.kid = "k"})));
  EvpVerifier verifier;
  return verifier.verify((*set)->keys()[0], alg, verified_input,
                         {reinterpret_cast<const std::uint8_t*>(signature.data()), signature.size()});
}

TEST(Signer, SignsWithEveryAlgorithmAsJwsWantsIt) {
  const SigningKey p256 = SigningKey::generate_ec(Curve::kP256);
  const SigningKey p384 = SigningKey::generate_ec(Curve::kP384);
  const SigningKey p521 = SigningKey::generate_ec(Curve::kP521);
  const SigningKey ed25519 = SigningKey::generate_ed25519();
  const SigningKey& rsa = test::rsa_key();
  const std::pair<const SigningKey*, Alg> cases[] = {
      {&rsa, Alg::kRS256}, {&rsa, Alg::kRS384},  {&rsa, Alg::kRS512},  {&rsa, Alg::kPS256},  {&rsa, Alg::kPS384},
      {&rsa, Alg::kPS512}, {&p256, Alg::kES256}, {&p384, Alg::kES384}, {&p521, Alg::kES512}, {&ed25519, Alg::kEdDSA}};
  for (const auto& [key, alg] : cases) {
    EXPECT_TRUE(verifies(*key, alg, kInput)) << static_cast<int>(alg);
    EXPECT_FALSE(verifies(*key, alg, "something else")) << static_cast<int>(alg);
  }
}

// r and s of every length, their leading zeros included.
TEST(Signer, WritesEcdsaSignaturesOfFixedSize) {
  const SigningKey key = SigningKey::generate_ec(Curve::kP256);
  const std::optional<Signer> signer = Signer::make(key.private_pem(), Alg::kES256);
  ASSERT_TRUE(signer);
  for (int i = 0; i < 1000; ++i) ASSERT_EQ(signer->sign(std::to_string(i)).size(), 64U) << i;
}

TEST(Signer, TakesNoKeyThatTheAlgorithmDoesNot) {
  const std::string rsa = test::rsa_key().private_pem();
  const std::string p256 = SigningKey::generate_ec(Curve::kP256).private_pem();
  for (const Alg alg : {Alg::kES256, Alg::kEdDSA, Alg::kHS256}) EXPECT_FALSE(Signer::make(rsa, alg));
  for (const Alg alg : {Alg::kES384, Alg::kES512, Alg::kRS256, Alg::kEdDSA, Alg::kHS256}) {
    EXPECT_FALSE(Signer::make(p256, alg));
  }
  EXPECT_FALSE(Signer::make(SigningKey::generate_rsa(1024).private_pem(), Alg::kRS256));
}

TEST(Signer, TakesOnePrivateKeyInPemAndNothingElse) {
  const std::string pem = test::rsa_key().private_pem();
  EXPECT_TRUE(Signer::make(pem, Alg::kRS256));
  EXPECT_FALSE(Signer::make("", Alg::kRS256));
  EXPECT_FALSE(Signer::make("no key", Alg::kRS256));
  EXPECT_FALSE(Signer::make(test::rsa_key().public_pem(), Alg::kRS256));
  EXPECT_FALSE(Signer::make(std::string_view(pem).substr(0, pem.size() / 2), Alg::kRS256));
  EXPECT_FALSE(Signer::make(std::string(kPrivateKeyBytesMax, '\n') + pem, Alg::kRS256));
  constexpr std::string_view kEncrypted =
      "-----BEGIN ENCRYPTED PRIVATE KEY-----\nMIGjMF8GCSqGSIb3DQEFDTBSMDEGCSqGSIb3DQEFDDAkBBA=\n"
      "-----END ENCRYPTED PRIVATE KEY-----\n";
  EXPECT_FALSE(Signer::make(kEncrypted, Alg::kES256)) << "and does not ask the terminal";
}

}  // namespace
}  // namespace assay::verify

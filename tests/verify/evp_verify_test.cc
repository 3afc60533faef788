#include "verify/evp_verify.h"

#include <gtest/gtest.h>

#include "keys/key_set.h"
#include "tests/verify/test_issuer.h"

namespace assay::verify {
namespace {

constexpr std::string_view kInput = "header.payload";

std::unique_ptr<const keys::KeySet> key_set(const signing::SigningKey& key) {
  return keys::KeySet::make_from_jwks(signing::jwk_set(key.public_jwk({}))).value();
}

std::span<const std::uint8_t> bytes(const std::string& text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

TEST(EvpVerifier, ARefusalDoesNotSpoilTheNextSignature) {
  const auto keys = key_set(test::rsa_key());
  const keys::Key& key = keys->keys()[0];
  EvpVerifier verifier;
  const std::string good = test::rsa_key().sign(Alg::kRS256, kInput);
  std::string bad = good;
  bad[100] = static_cast<char>(bad[100] ^ 1);
  for (int i = 0; i < 3; ++i) {
    EXPECT_TRUE(verifier.verify(key, Alg::kRS256, kInput, bytes(good)));
    EXPECT_FALSE(verifier.verify(key, Alg::kRS256, kInput, bytes(bad)));
    EXPECT_FALSE(verifier.verify(key, Alg::kRS256, "other", bytes(good)));
  }
}

TEST(EvpVerifier, KeepsAlgorithmsOfOneKeyApart) {
  const auto keys = key_set(test::rsa_key());
  const keys::Key& key = keys->keys()[0];
  EvpVerifier verifier;
  constexpr std::array<Alg, 6> kAlgs = {Alg::kRS256, Alg::kRS384, Alg::kRS512, Alg::kPS256, Alg::kPS384, Alg::kPS512};
  for (const Alg made_by : kAlgs) {
    const std::string signature = test::rsa_key().sign(made_by, kInput);
    for (const Alg judged_by : kAlgs) {
      EXPECT_EQ(verifier.verify(key, judged_by, kInput, bytes(signature)), made_by == judged_by);
    }
  }
}

TEST(EvpVerifier, TakesTheHashOfWhatWasSigned) {
  struct Row {
    Alg alg;
    const signing::SigningKey& signer;
  };
  const signing::SigningKey ec = signing::SigningKey::generate_ec(signing::Curve::kP256);
  EvpVerifier verifier;
  Sha256 sha256;
  Sha256Hash hash;
  ASSERT_TRUE(sha256.hash(kInput, hash));
  for (const Row& row : {Row{Alg::kRS256, test::rsa_key()}, Row{Alg::kPS256, test::rsa_key()}, Row{Alg::kES256, ec}}) {
    const auto keys = key_set(row.signer);
    std::string signature = row.signer.sign(row.alg, kInput);
    EXPECT_TRUE(verifier.verify_sha256(keys->keys()[0], row.alg, hash, bytes(signature)));
    Sha256Hash other = hash;
    other[31] ^= 1;
    EXPECT_FALSE(verifier.verify_sha256(keys->keys()[0], row.alg, other, bytes(signature)));
    EXPECT_TRUE(verifier.verify_sha256(keys->keys()[0], row.alg, hash, bytes(signature)));
    signature.pop_back();
    EXPECT_FALSE(verifier.verify_sha256(keys->keys()[0], row.alg, hash, bytes(signature)));
    EXPECT_FALSE(verifier.verify_sha256(keys->keys()[0], row.alg, hash, {}));
  }
}

TEST(EvpVerifier, TakesNoSha256HashForAnotherAlgorithm) {
  const auto keys = key_set(test::rsa_key());
  EvpVerifier verifier;
  Sha256 sha256;
  Sha256Hash hash;
  ASSERT_TRUE(sha256.hash(kInput, hash));
  for (const Alg alg : {Alg::kRS384, Alg::kRS512, Alg::kPS384, Alg::kPS512}) {
    const std::string signature = test::rsa_key().sign(alg, kInput);
    EXPECT_TRUE(verifier.verify(keys->keys()[0], alg, kInput, bytes(signature)));
    EXPECT_FALSE(verifier.verify_sha256(keys->keys()[0], alg, hash, bytes(signature)));
  }
  const std::string mac(32, 'm');
  EXPECT_FALSE(verifier.verify_sha256(keys->keys()[0], Alg::kHS256, hash, bytes(mac)));
}

// More keys than prepared contexts: entries are replaced, and a replaced key verifies again.
TEST(EvpVerifier, ServesMoreKeysThanItKeepsPrepared) {
  std::vector<signing::SigningKey> signers;
  std::vector<std::unique_ptr<const keys::KeySet>> sets;
  for (int i = 0; i < 600; ++i) {
    signers.push_back(signing::SigningKey::generate_ed25519());
    sets.push_back(key_set(signers.back()));
  }
  EvpVerifier verifier;
  for (int round = 0; round < 2; ++round) {
    for (std::size_t i = 0; i < signers.size(); ++i) {
      const std::string signature = signers[i].sign(Alg::kEdDSA, kInput);
      EXPECT_TRUE(verifier.verify(sets[i]->keys()[0], Alg::kEdDSA, kInput, bytes(signature)));
      const std::size_t other = (i + 1) % sets.size();
      EXPECT_FALSE(verifier.verify(sets[other]->keys()[0], Alg::kEdDSA, kInput, bytes(signature)));
    }
  }
}

// A context outlives its key set here; a new key at the same address must not meet it.
TEST(EvpVerifier, NeverMeetsAContextOfAKeyThatIsGone) {
  EvpVerifier verifier;
  for (int i = 0; i < 200; ++i) {
    const signing::SigningKey signer = signing::SigningKey::generate_ed25519();
    const auto keys = key_set(signer);
    const std::string signature = signer.sign(Alg::kEdDSA, kInput);
    EXPECT_TRUE(verifier.verify(keys->keys()[0], Alg::kEdDSA, kInput, bytes(signature)));
  }
}

}  // namespace
}  // namespace assay::verify

#include "verify/rsa_single.h"

#include <memory>
#include <random>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <openssl/bn.h>

#include "base/free_with.h"
#include "keys/key_set.h"
#include "tests/verify/test_issuer.h"
#include "verify/evp_verify.h"

namespace assay::verify {
namespace {

constexpr std::string_view kInput = "header.payload";

using Octets = std::vector<std::uint8_t>;
using BigNumber = std::unique_ptr<BIGNUM, base::FreeWith<BN_free>>;

Sha256Hash hash_of(std::string_view message) {
  Sha256 sha256;
  Sha256Hash hash;
  EXPECT_TRUE(sha256.hash(message, hash));
  return hash;
}

// A key, and its signature over kInput.
struct Signed {
  explicit Signed(const signing::SigningKey& signer)
      : keys(keys::KeySet::make_from_jwks(signing::jwk_set(signer.public_jwk({}))).value()), key(keys->keys()[0]) {
    const std::string text = signer.sign(Alg::kRS256, kInput);
    signature.assign(text.begin(), text.end());
  }
  std::unique_ptr<const keys::KeySet> keys;
  const keys::Key& key;
  Octets signature;
};

BigNumber number_of(const Octets& octets) {
  return BigNumber(BN_bin2bn(octets.data(), static_cast<int>(octets.size()), nullptr));
}

Octets octets_of(const BIGNUM* number, std::size_t size) {
  Octets octets(size);
  EXPECT_EQ(BN_bn2binpad(number, octets.data(), static_cast<int>(size)), static_cast<int>(size));
  return octets;
}

// Of every size class of the kernel, one that no lane has room for, and one whose bits fill no whole byte.
class RsaSingleTest : public testing::TestWithParam<unsigned> {};

TEST_P(RsaSingleTest, SaysWhatEvpSays) {
  const Signed good(signing::SigningKey::generate_rsa(GetParam()));
  ASSERT_TRUE(RsaSingle::takes(good.key));
  const Sha256Hash hash = hash_of(kInput);
  RsaSingle single;
  EvpVerifier evp;
  const auto expect = [&](const Octets& signature, const Sha256Hash& of, bool valid) {
    EXPECT_EQ(single.verify(good.key, of, signature), valid);
    EXPECT_EQ(evp.verify_sha256(good.key, Alg::kRS256, of, signature), valid);
  };
  expect(good.signature, hash, true);
  std::mt19937 random(20'261'130);
  for (int i = 0; i < 40; ++i) {
    Octets changed = good.signature;
    changed[random() % changed.size()] ^= static_cast<std::uint8_t>(1u << random() % 8);
    expect(changed, hash, false);
    Sha256Hash other = hash;
    other[random() % other.size()] ^= static_cast<std::uint8_t>(1u << random() % 8);
    expect(good.signature, other, false);
    expect(good.signature, hash, true);
  }
}

TEST_P(RsaSingleTest, RefusesWhatIsNoSignatureOfTheKeysSize) {
  const Signed good(signing::SigningKey::generate_rsa(GetParam()));
  const Sha256Hash hash = hash_of(kInput);
  const std::size_t size = good.signature.size();
  const BIGNUM* const modulus = good.key.montgomery->modulus_n();
  RsaSingle single;
  Octets longer = good.signature;
  longer.insert(longer.begin(), 0);
  Octets shorter(good.signature.begin() + 1, good.signature.end());
  std::vector<Octets> bad = {{}, longer, shorter, Octets(size, 0), Octets(size, 0xff), octets_of(modulus, size)};
  // What opens to the right block, but is not below the modulus. It may be too long to be written.
  const BigNumber above = number_of(good.signature);
  ASSERT_EQ(BN_add(above.get(), above.get(), modulus), 1);
  if (static_cast<std::size_t>(BN_num_bytes(above.get())) <= size) bad.push_back(octets_of(above.get(), size));
  for (const Octets& signature : bad) {
    EXPECT_FALSE(single.verify(good.key, hash, signature));
    EXPECT_TRUE(single.verify(good.key, hash, good.signature));
  }
}

INSTANTIATE_TEST_SUITE_P(Bits, RsaSingleTest, testing::Values(2048u, 2051u, 3072u, 4096u, 4104u));

TEST(RsaSingle, KeepsKeysApart) {
  const Signed one(test::rsa_key());
  const Signed other(test::other_rsa_key());
  const Sha256Hash hash = hash_of(kInput);
  RsaSingle single;
  for (int i = 0; i < 3; ++i) {
    EXPECT_TRUE(single.verify(one.key, hash, one.signature));
    EXPECT_FALSE(single.verify(other.key, hash, one.signature));
    EXPECT_TRUE(single.verify(other.key, hash, other.signature));
    EXPECT_FALSE(single.verify(one.key, hash, other.signature));
  }
}

TEST(RsaSingle, LeavesOtherKeysAlone) {
  for (const signing::SigningKey& signer :
       {signing::SigningKey::generate_ed25519(), signing::SigningKey::generate_ec(signing::Curve::kP256)}) {
    const auto keys = keys::KeySet::make_from_jwks(signing::jwk_set(signer.public_jwk({}))).value();
    EXPECT_FALSE(RsaSingle::takes(keys->keys()[0]));
  }
}

}  // namespace
}  // namespace assay::verify

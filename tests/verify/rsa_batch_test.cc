#include "verify/rsa_batch.h"

#include <algorithm>
#include <cstring>
#include <numeric>
#include <random>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "kernel/base64url.h"
#include "keys/key_set.h"
#include "signing/base64url_writer.h"
#include "tests/verify/test_issuer.h"

namespace assay::verify {
namespace {

// One token's part in a batch: a key, a signature in an exact-size block of its own, a hash.
struct Signed {
  std::shared_ptr<const keys::KeySet> keys;
  std::vector<std::uint8_t> signature;
  Sha256Hash hash{};

  [[nodiscard]] RsaJob job() const {
    return {.key = &keys->keys()[0], .signature = signature, .hash = hash, .valid = true};
  }
};

std::shared_ptr<const keys::KeySet> key_set(const signing::SigningKey& key) {
  return keys::KeySet::make_from_jwks(signing::jwk_set(key.public_jwk({}))).value();
}

// Keys of all size classes, two of the first.
const std::vector<std::pair<signing::SigningKey, std::shared_ptr<const keys::KeySet>>>& signers() {
  static const auto kept = [] {
    std::vector<std::pair<signing::SigningKey, std::shared_ptr<const keys::KeySet>>> made;
    for (const unsigned bits : {2048u, 3072u, 2048u, 4096u, 2056u, 2080u}) {
      signing::SigningKey key = signing::SigningKey::generate_rsa(bits);
      auto set = key_set(key);
      made.emplace_back(std::move(key), std::move(set));
    }
    return made;
  }();
  return kept;
}

Signed sign(std::size_t signer, const std::string& message) {
  const auto& [key, set] = signers()[signer % signers().size()];
  const std::string signature = key.sign(Alg::kRS256, message);
  Signed made{.keys = set, .signature = {signature.begin(), signature.end()}, .hash = {}};
  Sha256 sha256;
  EXPECT_TRUE(sha256.hash(message, made.hash));
  return made;
}

std::vector<bool> verdicts(RsaBatch& batch, const std::vector<Signed>& batch_of) {
  std::vector<RsaJob> jobs;
  for (const Signed& one : batch_of) jobs.push_back(one.job());
  batch.verify(jobs);
  std::vector<bool> valid;
  for (const RsaJob& job : jobs) valid.push_back(job.valid);
  return valid;
}

class RsaBatchTest : public testing::TestWithParam<kernel::RsaVariant> {
 protected:
  void SetUp() override {
    if (!GetParam().supported(base::detect_cpu_features())) GTEST_SKIP() << "this processor cannot run it";
  }
};

TEST_P(RsaBatchTest, VerifiesPartlyFilledBatchesOfEverySize) {
  RsaBatch batch(GetParam());
  for (std::size_t count = 0; count <= 2 * kernel::kLanes; ++count) {
    std::vector<Signed> batch_of;
    for (std::size_t i = 0; i < count; ++i) batch_of.push_back(sign(0, std::to_string(i)));
    EXPECT_EQ(verdicts(batch, batch_of), std::vector<bool>(count, true)) << count;
    if (count == 0) continue;
    batch_of[count / 2].hash[0] ^= 1;
    std::vector<bool> expected(count, true);
    expected[count / 2] = false;
    EXPECT_EQ(verdicts(batch, batch_of), expected) << count;
  }
}

TEST_P(RsaBatchTest, RefusesOneBadSignatureInEachPosition) {
  RsaBatch batch(GetParam());
  std::vector<Signed> batch_of;
  for (std::size_t i = 0; i < kernel::kLanes; ++i) batch_of.push_back(sign(2 * i, std::to_string(i)));
  for (std::size_t bad = 0; bad < kernel::kLanes; ++bad) {
    batch_of[bad].signature[17 * bad + 3] ^= 0x10;
    std::vector<bool> expected(kernel::kLanes, true);
    expected[bad] = false;
    EXPECT_EQ(verdicts(batch, batch_of), expected);
    batch_of[bad].signature[17 * bad + 3] ^= 0x10;
  }
}

TEST_P(RsaBatchTest, VerdictsPermuteWithTheJobsOfAnySizesAndKeys) {
  RsaBatch batch(GetParam());
  std::mt19937 random(8);
  std::vector<Signed> batch_of;
  std::vector<bool> expected;
  for (std::size_t i = 0; i < 40; ++i) {
    batch_of.push_back(sign(i, std::to_string(i)));
    expected.push_back(i % 3 != 0);
    if (!expected.back()) batch_of.back().hash[i % kernel::kHashBytes] ^= 4;
  }
  std::vector<std::size_t> order(batch_of.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  for (int round = 0; round < 5; ++round) {
    std::shuffle(order.begin(), order.end(), random);
    std::vector<Signed> permuted;
    std::vector<bool> permuted_expected;
    for (const std::size_t i : order) {
      permuted.push_back(batch_of[i]);
      permuted_expected.push_back(expected[i]);
    }
    EXPECT_EQ(verdicts(batch, permuted), permuted_expected);
  }
}

// The first signer's key with one bit of its modulus changed: all of them but the lowest and the highest, without which
// it is no key.
const std::vector<std::shared_ptr<const keys::KeySet>>& keys_one_bit_away() {
  static const auto kept = [] {
    std::string jwk = signers()[0].first.public_jwk({});
    const std::size_t start = jwk.find(R"("n":")") + 5;
    const std::string text = jwk.substr(start, jwk.find('"', start) - start);
    std::string octets(kernel::base64url_decoded_bytes(text.size()), '\0');
    EXPECT_EQ(
        kernel::decode_base64url_portable(text.data(), text.size(), reinterpret_cast<std::uint8_t*>(octets.data())),
        kernel::kBase64urlAccepted);
    std::vector<std::shared_ptr<const keys::KeySet>> made;
    for (std::size_t bit = 1; bit < 8 * octets.size() - 1; ++bit) {
      char& octet = octets[octets.size() - 1 - bit / 8];
      octet = static_cast<char>(octet ^ (1 << bit % 8));
      jwk.replace(start, text.size(), signing::base64url_encode(octets));
      made.push_back(keys::KeySet::make_from_jwks(signing::jwk_set(jwk)).value());
      octet = static_cast<char>(octet ^ (1 << bit % 8));
    }
    return made;
  }();
  return kept;
}

TEST_P(RsaBatchTest, RefusesAnyFlippedBitOfSignatureHashAndModulus) {
  RsaBatch batch(GetParam());
  const Signed good = sign(0, "a");
  std::vector<Signed> bad;
  for (std::size_t bit = 0; bit < 8 * good.signature.size(); ++bit) {
    bad.push_back(good);
    bad.back().signature[bit / 8] ^= static_cast<std::uint8_t>(1 << bit % 8);
  }
  for (std::size_t bit = 0; bit < 8 * good.hash.size(); ++bit) {
    bad.push_back(good);
    bad.back().hash[bit / 8] ^= static_cast<std::uint8_t>(1 << bit % 8);
  }
  for (const std::shared_ptr<const keys::KeySet>& keys : keys_one_bit_away()) {
    if (!keys->keys()[0].usable()) continue;
    bad.push_back(good);
    bad.back().keys = keys;
  }
  ASSERT_GT(bad.size(), 2 * 2048U + 256 - 8);  // a modulus that happens to look weak is left out
  bad.push_back(good);
  std::vector<bool> expected(bad.size(), false);
  expected.back() = true;
  EXPECT_EQ(verdicts(batch, bad), expected);
}

TEST_P(RsaBatchTest, RefusesASignatureOfAnotherKey) {
  RsaBatch batch(GetParam());
  std::vector<Signed> batch_of{sign(0, "a"), sign(2, "a")};
  std::swap(batch_of[0].signature, batch_of[1].signature);
  EXPECT_EQ(verdicts(batch, batch_of), (std::vector<bool>{false, false}));
}

TEST_P(RsaBatchTest, RefusesSignaturesOfAnotherSizeThanTheModulus) {
  RsaBatch batch(GetParam());
  const Signed good = sign(0, "a");
  Signed shorter = good;
  shorter.signature.pop_back();
  Signed longer = good;
  longer.signature.insert(longer.signature.begin(), 0);
  Signed empty = good;
  empty.signature.clear();
  Signed huge = good;
  huge.signature.assign(kRsaModulusBitsMax / 8, 0xff);
  EXPECT_EQ(verdicts(batch, {shorter, good, longer, empty, huge, good}),
            (std::vector<bool>{false, true, false, false, false, true}));
}

std::string modulus_of(std::size_t signer) {
  const auto jwks = signing::jwk_set(signers()[signer % signers().size()].first.public_jwk({}));
  return jose::parse_jwk_set(jwks).value()[0].modulus_n;
}

// s + n is s modulo n: it verifies wherever nobody looks whether a signature is below the modulus. Of all signers,
// because beside a modulus near a power of two hardly any s + n has no byte more.
TEST_P(RsaBatchTest, RefusesASignatureThatIsNotBelowTheModulus) {
  RsaBatch batch(GetParam());
  int tried = 0;
  for (std::size_t i = 0; i < 50 * signers().size() && tried == 0; ++i) {
    const std::string modulus = modulus_of(i);
    Signed one = sign(i, std::to_string(i));
    const std::vector<Signed> good{one};
    unsigned carry = 0;
    for (std::size_t at = modulus.size(); at-- > 0;) {
      carry += one.signature[at] + static_cast<unsigned>(static_cast<unsigned char>(modulus[at]));
      one.signature[at] = static_cast<std::uint8_t>(carry);
      carry >>= 8;
    }
    if (carry != 0) continue;  // s + n has a byte more than n
    ++tried;
    EXPECT_EQ(verdicts(batch, {one}), std::vector<bool>{false});
    EXPECT_EQ(verdicts(batch, good), std::vector<bool>{true});
  }
  EXPECT_GT(tried, 0);
  const std::string modulus = modulus_of(0);
  Signed modulus_itself = sign(0, "a");
  modulus_itself.signature.assign(modulus.begin(), modulus.end());
  EXPECT_EQ(verdicts(batch, {modulus_itself}), std::vector<bool>{false});
}

TEST_P(RsaBatchTest, RefusesTrivialSignatures) {
  RsaBatch batch(GetParam());
  Signed zero = sign(0, "a");
  std::fill(zero.signature.begin(), zero.signature.end(), std::uint8_t{0});
  Signed one = zero;
  one.signature.back() = 1;
  Signed no_hash = zero;
  no_hash.hash.fill(0);
  EXPECT_EQ(verdicts(batch, {zero, one, no_hash}), (std::vector<bool>{false, false, false}));
}

TEST_P(RsaBatchTest, KeepsApartKeysThatFollowEachOtherInOneLane) {
  RsaBatch batch(GetParam());
  const Signed a = sign(0, "a");
  const Signed b = sign(2, "b");
  for (int round = 0; round < 3; ++round) {
    EXPECT_EQ(verdicts(batch, {a}), std::vector<bool>{true});
    EXPECT_EQ(verdicts(batch, {b}), std::vector<bool>{true});
    EXPECT_EQ(verdicts(batch, {b, a}), (std::vector<bool>{true, true}));
  }
}

TEST_P(RsaBatchTest, TakesRsaKeysAlone) {
  RsaBatch batch(GetParam());
  EXPECT_TRUE(batch.takes(signers()[0].second->keys()[0]));
  EXPECT_FALSE(batch.takes(key_set(signing::SigningKey::generate_ed25519())->keys()[0]));
}

std::vector<kernel::RsaVariant> variants_of_ours() {
  std::vector<kernel::RsaVariant> variants{{.name = "none", .run = nullptr, .needs = {}},
                                           {.name = "portable", .run = kernel::rsa_public_x8_portable, .needs = {}}};
  for (const kernel::RsaVariant& variant : kernel::rsa_variants()) {
    if (variant.run != nullptr) variants.push_back(variant);
  }
  return variants;
}

INSTANTIATE_TEST_SUITE_P(Variants, RsaBatchTest, testing::ValuesIn(variants_of_ours()),
                         [](const auto& variant) { return std::string(variant.param.name); });

}  // namespace
}  // namespace assay::verify

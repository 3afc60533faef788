#include "keys/key_set.h"

#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "assay/limits.h"
#include "signing/json_text.h"
#include "signing/signing_key.h"

namespace assay::keys {
namespace {

using jose::KeyDefect;
using signing::jwk_set;
using signing::SigningKey;

using KeySetPointer = std::unique_ptr<const KeySet>;

const SigningKey& rsa_key() {
  static const SigningKey key = SigningKey::generate_rsa(2048);
  return key;
}

const SigningKey& other_rsa_key() {
  static const SigningKey key = SigningKey::generate_rsa(2048);
  return key;
}

const SigningKey& ec_key() {
  static const SigningKey key = SigningKey::generate_ec(signing::Curve::kP256);
  return key;
}

KeySetPointer must_make(const KeySource& source) {
  Expected<KeySetPointer> keys = KeySet::make(source);
  EXPECT_TRUE(keys) << source.text;
  return std::move(*keys);
}

KeySetPointer must_make_jwks(const std::string& document) {
  return must_make({.kind = KeySource::Kind::kJwksText, .text = document});
}

bool makes(KeySource::Kind kind, const std::string& text) {
  const Expected<KeySetPointer> keys = KeySet::make({.kind = kind, .text = text});
  EXPECT_TRUE(keys || keys.error().code == ErrorCode::kBadKeySet);
  return keys.has_value();
}

// The kids of the candidates in order, "-" for a key without; or the code where there are none.
std::string shown(const KeySet::Candidates& found) {
  if (found.count == 0) return std::string(facts_of(found.code).name);
  EXPECT_EQ(found.code, ErrorCode::kNone);
  std::string kids;
  for (std::size_t i = 0; i < found.count; ++i) {
    kids += (kids.empty() ? "" : " ") + found.keys[i]->kid.value_or("-");
    EXPECT_TRUE(found.keys[i]->usable());
  }
  return kids;
}

TEST(KeySet, FindsAKeyByItsKid) {
  const auto keys = must_make_jwks(jwk_set(rsa_key().public_jwk({.kid = "a"}), other_rsa_key().public_jwk({.kid = "b"}),
                                           ec_key().public_jwk({.kid = "c"})));
  EXPECT_EQ(shown(keys->find_by_kid("a", Alg::kRS256)), "a");
  EXPECT_EQ(shown(keys->find_by_kid("b", Alg::kPS512)), "b");
  EXPECT_EQ(shown(keys->find_by_kid("c", Alg::kES256)), "c");
  EXPECT_EQ(keys->keys().size(), 3u);
}

// An absent kid answered with the last key of the set: CVE-2026-89313.
TEST(KeySet, PresentKidIsNeverAnsweredWithAnotherKey) {
  const auto keys = must_make_jwks(jwk_set(rsa_key().public_jwk({.kid = "a"}), other_rsa_key().public_jwk({})));
  for (const std::string& kid :
       {std::string("b"), std::string(), std::string("A"), std::string("a "), std::string("aa"), std::string("a\0", 2),
        std::string("../a"), std::string("/dev/null"), std::string("' OR 1=1 --"), std::string(5000, 'a')}) {
    EXPECT_EQ(shown(keys->find_by_kid(kid, Alg::kRS256)), "unknown_key") << kid;
  }
  const auto nameless = must_make_jwks(jwk_set(rsa_key().public_jwk({})));
  EXPECT_EQ(shown(nameless->find_by_kid("a", Alg::kRS256)), "unknown_key");
  EXPECT_EQ(shown(nameless->find_by_kid("", Alg::kRS256)), "unknown_key");
}

TEST(KeySet, EmptyKidIsAKidOfItsOwn) {
  const std::string key = rsa_key().public_jwk({});
  const auto keys = must_make_jwks(jwk_set(key.substr(0, key.size() - 1) + ",\"kid\":\"\"}"));
  EXPECT_EQ(shown(keys->find_by_kid("", Alg::kRS256)), "");
  EXPECT_EQ(shown(keys->find_by_kid("a", Alg::kRS256)), "unknown_key");
}

TEST(KeySet, KeyOfAnotherTypeOrAlgIsAMismatch) {
  const auto keys = must_make_jwks(jwk_set(rsa_key().public_jwk({.kid = "a"}), ec_key().public_jwk({.kid = "b"}),
                                           rsa_key().public_jwk({.kid = "c", .alg = "PS256"})));
  EXPECT_EQ(shown(keys->find_by_kid("a", Alg::kES256)), "alg_key_mismatch");
  EXPECT_EQ(shown(keys->find_by_kid("b", Alg::kRS256)), "alg_key_mismatch");
  EXPECT_EQ(shown(keys->find_by_kid("b", Alg::kES384)), "alg_key_mismatch");
  EXPECT_EQ(shown(keys->find_by_kid("c", Alg::kRS256)), "alg_key_mismatch");
  EXPECT_EQ(shown(keys->find_by_kid("c", Alg::kPS384)), "alg_key_mismatch");
  EXPECT_EQ(shown(keys->find_by_kid("c", Alg::kPS256)), "c");
}

// HS256 keyed with a public key: CVE-2016-10555 and its many successors.
TEST(KeySet, HmacFindsNoKeyInAKeySet) {
  const std::string oct = R"({"kty":"oct","kid":"s","alg":"HS256","k":"c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0"})";
  const auto keys = must_make_jwks(jwk_set(rsa_key().public_jwk({.kid = "a"}), oct));
  for (const Alg alg : {Alg::kHS256, Alg::kHS384, Alg::kHS512}) {
    EXPECT_EQ(shown(keys->find_by_kid("a", alg)), "alg_key_mismatch");
    EXPECT_EQ(keys->find_fitting(alg).count, 0u);
  }
  EXPECT_EQ(shown(keys->find_by_kid("s", Alg::kHS256)), "weak_key");
  EXPECT_EQ(keys->keys()[1].prepared.defect, KeyDefect::kPrivateKey);
  EXPECT_EQ(keys->keys()[1].secret_k, "");
}

TEST(KeySet, UnusableKeyOfTheKidIsWeak) {
  const auto keys = must_make_jwks(jwk_set(
      rsa_key().public_jwk({.kid = "good"}), other_rsa_key().public_jwk({.kid = "enc", .use = "enc"}),
      SigningKey::generate_rsa(1024).public_jwk({.kid = "small"}), R"({"kty":"RSA","kid":"broken","n":"!","e":"AQAB"})",
      R"({"kty":"AKP","kid":"pq","alg":"ML-DSA-65","pub":"AA"})"));
  EXPECT_EQ(shown(keys->find_by_kid("good", Alg::kRS256)), "good");
  EXPECT_EQ(shown(keys->find_by_kid("enc", Alg::kRS256)), "weak_key");
  EXPECT_EQ(shown(keys->find_by_kid("small", Alg::kRS256)), "weak_key");
  EXPECT_EQ(shown(keys->find_by_kid("broken", Alg::kRS256)), "weak_key");
  EXPECT_EQ(shown(keys->find_by_kid("pq", Alg::kRS256)), "alg_key_mismatch");
  EXPECT_EQ(shown(keys->find_fitting(Alg::kRS256)), "good");
}

TEST(KeySet, KidSharedByTypesIsChosenByAlg) {
  const auto keys = must_make_jwks(jwk_set(rsa_key().public_jwk({.kid = "k"}), ec_key().public_jwk({.kid = "k"}),
                                           SigningKey::generate_ed25519().public_jwk({.kid = "k"})));
  EXPECT_EQ(keys->find_by_kid("k", Alg::kRS256).keys[0], &keys->keys()[0]);
  EXPECT_EQ(keys->find_by_kid("k", Alg::kES256).keys[0], &keys->keys()[1]);
  EXPECT_EQ(keys->find_by_kid("k", Alg::kEdDSA).keys[0], &keys->keys()[2]);
  EXPECT_EQ(shown(keys->find_by_kid("k", Alg::kES512)), "alg_key_mismatch");
}

TEST(KeySet, DifferentKeysOfOneKidAreBothUnusable) {
  const auto keys = must_make_jwks(jwk_set(rsa_key().public_jwk({.kid = "k"}), other_rsa_key().public_jwk({.kid = "k"}),
                                           ec_key().public_jwk({.kid = "e"})));
  EXPECT_EQ(shown(keys->find_by_kid("k", Alg::kRS256)), "weak_key");
  EXPECT_EQ(shown(keys->find_fitting(Alg::kRS256)), "weak_key");
  EXPECT_EQ(shown(keys->find_by_kid("e", Alg::kES256)), "e");
}

TEST(KeySet, WithoutKidEveryFittingKeyIsACandidateUpToTheLimit) {
  std::vector<std::string> jwks = {ec_key().public_jwk({.kid = "ec"})};
  for (std::size_t i = 0; i < kKeysTriedMax + 3; ++i) jwks.push_back(rsa_key().public_jwk({.kid = std::to_string(i)}));
  std::string list;
  for (const std::string& jwk : jwks) list += (list.empty() ? "" : ",") + jwk;
  const auto keys = must_make_jwks("{\"keys\":[" + list + "]}");
  EXPECT_EQ(shown(keys->find_fitting(Alg::kRS256)), "0 1 2 3 4 5 6 7");
  EXPECT_EQ(shown(keys->find_fitting(Alg::kES256)), "ec");
  EXPECT_EQ(shown(keys->find_fitting(Alg::kEdDSA)), "alg_key_mismatch");
  EXPECT_EQ(shown(keys->find_by_kid("10", Alg::kRS256)), "10");
}

TEST(KeySet, NeedsOneUsableKey) {
  const std::string enc = rsa_key().public_jwk({.use = "enc"});
  EXPECT_FALSE(makes(KeySource::Kind::kJwksText, R"({"keys":[]})"));
  EXPECT_FALSE(makes(KeySource::Kind::kJwksText, jwk_set(enc)));
  EXPECT_FALSE(makes(KeySource::Kind::kJwksText, jwk_set(SigningKey::generate_rsa(1024).public_jwk({}))));
  EXPECT_TRUE(makes(KeySource::Kind::kJwksText, jwk_set(enc, ec_key().public_jwk({}))));
  EXPECT_FALSE(makes(KeySource::Kind::kJwksText, "<html>"));
  EXPECT_FALSE(KeySet::make_from_jwks(""));
}

TEST(KeySet, SourcesThatAreFetchedOrAbsentMakeNone) {
  const std::string document = jwk_set(rsa_key().public_jwk({}));
  EXPECT_FALSE(makes(KeySource::Kind::kNone, document));
  EXPECT_FALSE(makes(KeySource::Kind::kDiscovery, "https://issuer.example"));
  EXPECT_FALSE(makes(KeySource::Kind::kJwksUrl, "https://issuer.example/jwks"));
}

TEST(KeySet, FolderKeysAreChosenByTheNamesOfTheirFiles) {
  const std::string text = std::string(1, kPemRecordMark) + "a\n" + rsa_key().public_pem() + kPemRecordMark + "b\nodd";
  const auto keys = must_make({.kind = KeySource::Kind::kPemFolder, .text = text});
  EXPECT_EQ(keys->find_by_kid("a", Alg::kRS256).count, 1U);
  EXPECT_EQ(keys->find_by_kid("b", Alg::kRS256).count, 0U);
  EXPECT_EQ(keys->find_by_kid("c", Alg::kRS256).code, ErrorCode::kUnknownKey);
  EXPECT_EQ(keys->find_fitting(Alg::kRS256).count, 1U);
}

TEST(KeySet, PinnedPemKeyServesWhateverTheKid) {
  const auto keys = must_make({.kind = KeySource::Kind::kPem, .text = rsa_key().public_pem()});
  for (const char* kid : {"a", "", "b"}) {
    EXPECT_EQ(shown(keys->find_by_kid(kid, Alg::kRS256)), "-");
    EXPECT_EQ(shown(keys->find_by_kid(kid, Alg::kES256)), "alg_key_mismatch");
    EXPECT_EQ(shown(keys->find_by_kid(kid, Alg::kHS256)), "alg_key_mismatch");
  }
  EXPECT_EQ(shown(keys->find_fitting(Alg::kPS384)), "-");
}

TEST(KeySet, PinnedPemKeyMustBeSound) {
  EXPECT_FALSE(makes(KeySource::Kind::kPem, SigningKey::generate_rsa(1024).public_pem()));
  EXPECT_FALSE(makes(KeySource::Kind::kPem, rsa_key().private_pem()));
  EXPECT_FALSE(makes(KeySource::Kind::kPem, jwk_set(rsa_key().public_jwk({}))));
}

TEST(KeySet, SecretServesHmacAlone) {
  const auto keys = must_make({.kind = KeySource::Kind::kSecret, .text = std::string(48, 's')});
  ASSERT_EQ(keys->keys().size(), 1u);
  EXPECT_EQ(keys->keys()[0].secret_k, std::string(48, 's'));
  EXPECT_EQ(shown(keys->find_by_kid("any", Alg::kHS256)), "-");
  EXPECT_EQ(shown(keys->find_fitting(Alg::kHS384)), "-");
  EXPECT_EQ(shown(keys->find_fitting(Alg::kHS512)), "weak_key") << "the secret is shorter than the digest";
  for (const Alg alg : {Alg::kRS256, Alg::kPS256, Alg::kES256, Alg::kEdDSA}) {
    EXPECT_EQ(shown(keys->find_fitting(alg)), "alg_key_mismatch");
  }
}

// A secret that is empty or fails to load is no key: CVE-2026-44351, CVE-2026-102266.
TEST(KeySet, SecretsHaveABoundedSize) {
  EXPECT_FALSE(makes(KeySource::Kind::kSecret, ""));
  EXPECT_FALSE(makes(KeySource::Kind::kSecret, std::string(kHmacSecretBytesMin - 1, 's')));
  EXPECT_TRUE(makes(KeySource::Kind::kSecret, std::string(kHmacSecretBytesMin, 's')));
  EXPECT_TRUE(makes(KeySource::Kind::kSecret, std::string(kHmacSecretBytesMax, 's')));
  EXPECT_FALSE(makes(KeySource::Kind::kSecret, std::string(kHmacSecretBytesMax + 1, 's')));
}

TEST(KeySet, ThousandKeysAreEachFoundByTheirKid) {
  const std::string members = [] {
    const std::string jwk = ec_key().public_jwk({});
    return jwk.substr(0, jwk.size() - 1);
  }();
  std::string list;
  for (std::size_t i = 0; i < kKeysPerIssuerMax; ++i) {
    list += (i == 0 ? "" : ",") + members + ",\"kid\":" + signing::json_string("kid " + std::to_string(i)) + "}";
  }
  const auto keys = must_make_jwks("{\"keys\":[" + list + "]}");
  std::set<const Key*> seen;
  for (std::size_t i = 0; i < kKeysPerIssuerMax; ++i) {
    const KeySet::Candidates found = keys->find_by_kid("kid " + std::to_string(i), Alg::kES256);
    ASSERT_EQ(found.count, 1u);
    seen.insert(found.keys[0]);
  }
  EXPECT_EQ(seen.size(), kKeysPerIssuerMax);
  EXPECT_EQ(shown(keys->find_by_kid("kid 1000", Alg::kES256)), "unknown_key");
}

}  // namespace
}  // namespace assay::keys

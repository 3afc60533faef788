#include "keys/key_preparation.h"

#include <gtest/gtest.h>

#include "signing/jwt_writer.h"
#include "signing/signing_key.h"

namespace assay::keys {
namespace {

std::string three_keys() {
  const signing::SigningKey key = signing::SigningKey::generate_rsa(2048);
  std::string keys;
  for (const char* kid : {"a", "b", "c"}) {
    keys += (keys.empty() ? "" : ",") + key.public_jwk({.kid = kid, .alg = {}, .use = {}});
  }
  return "{\"keys\":[" + keys + "]}";
}

TEST(KeyPreparation, TakesAsManyStepsAsItIsGiven) {
  Expected<KeyPreparation> preparation = KeyPreparation::start(KeySource::Kind::kJwksUrl, three_keys());
  ASSERT_TRUE(preparation);
  EXPECT_FALSE(preparation->done());
  preparation->advance(2);
  EXPECT_FALSE(preparation->done());
  preparation->advance(2);
  ASSERT_TRUE(preparation->done());
  const Expected<std::unique_ptr<const KeySet>> set = preparation->finish();
  ASSERT_TRUE(set);
  EXPECT_EQ((*set)->keys().size(), 3U);
  EXPECT_TRUE((*set)->has_kid(base::keyed_hash("b")));
  EXPECT_FALSE((*set)->has_kid(base::keyed_hash("d")));
}

TEST(KeyPreparation, RefusesWhatIsNoKeySetOrHasNoUsableKey) {
  EXPECT_EQ(KeyPreparation::start(KeySource::Kind::kJwksUrl, "<html>").error().code, ErrorCode::kBadKeySet);
  Expected<KeyPreparation> unusable =
      KeyPreparation::start(KeySource::Kind::kJwksUrl, R"({"keys":[{"kty":"AKP","kid":"a"}]})");
  ASSERT_TRUE(unusable);
  unusable->advance(1);
  ASSERT_TRUE(unusable->done());
  EXPECT_EQ(unusable->finish().error().code, ErrorCode::kBadKeySet);
}

TEST(KeyPreparation, CountsTheReasonsWhyKeysAreNotUsable) {
  const std::string usable = three_keys();
  Expected<KeyPreparation> mixed = KeyPreparation::start(
      KeySource::Kind::kJwksUrl, usable.substr(0, usable.size() - 2) + R"(,{"kty":"AKP","kid":"d"},{"kty":"AKP"},)" +
                                     R"({"kty":"RSA","kid":"e","use":"enc","n":"AQ","e":"AQAB"}]})");
  ASSERT_TRUE(mixed);
  mixed->advance(3);
  EXPECT_EQ(mixed->describe_defects(), "");
  mixed->advance(3);
  EXPECT_EQ(mixed->describe_defects(),
            "2: its kty or crv is not one that is used for verification here; "
            "1: its use is not sig, or its key_ops have no verify");
}

}  // namespace
}  // namespace assay::keys

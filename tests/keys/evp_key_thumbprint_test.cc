#include "keys/evp_key_thumbprint.h"

#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "signing/signing_key.h"

namespace assay::keys {
namespace {

jose::Jwk parsed(const std::string& jwk_text) {
  Expected<std::vector<jose::Jwk>> keys = jose::parse_jwk_set(R"({"keys":[)" + jwk_text + "]}");
  EXPECT_TRUE(keys);
  return std::move(keys->front());
}

TEST(Thumbprint, OfTheRsaExample) {
  // RFC 7638 sec 3.1.
  const std::string jwk =
      R"({"kty":"RSA","n":"0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6)"
      R"(tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2Qvz)"
      R"(qY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2)"
      R"(NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw","e":"AQAB","alg":"RS256","kid":"2011-0)"
      R"(4-29"})";
  EXPECT_EQ(thumbprint_of(parsed(jwk)), "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs");
}

TEST(Thumbprint, OfTheEd25519Example) {
  // RFC 8037 sec A.3.
  EXPECT_EQ(thumbprint_of(parsed(R"({"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"})")),
            "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
}

TEST(Thumbprint, IsTheNumbersAloneAndDiffersByKey) {
  const auto key = signing::SigningKey::generate_ec(signing::Curve::kP256);
  const std::string thumbprint = thumbprint_of(parsed(key.public_jwk({})));
  EXPECT_EQ(thumbprint.size(), 43U);
  EXPECT_EQ(thumbprint_of(parsed(key.public_jwk({.kid = "k", .alg = "ES256", .use = "sig"}))), thumbprint);
  EXPECT_NE(thumbprint_of(parsed(signing::SigningKey::generate_ec(signing::Curve::kP256).public_jwk({}))), thumbprint);
}

TEST(Thumbprint, IsEmptyWhereTheKeyIsSecretOrUnread) {
  jose::Jwk secret;
  secret.type = jose::KeyType::kOct;
  secret.secret_k = std::string(32, 's');
  EXPECT_EQ(thumbprint_of(secret), "");
  EXPECT_EQ(thumbprint_of(parsed(R"({"kty":"AKP","alg":"ML-DSA-65","pub":"AA"})")), "");
  EXPECT_EQ(thumbprint_of(parsed(R"({"kty":"RSA","n":"AQ+","e":"AQAB"})")), "");
  EXPECT_EQ(thumbprint_of(parsed(R"({"kty":"EC","crv":"P-256","x":"AA","y":"AA"})")), "");
}

}  // namespace
}  // namespace assay::keys

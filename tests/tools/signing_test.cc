// Property: what SigningKey signs, OpenSSL verifies with the public key that SigningKey prints; and the texts that the
// writers make are exact.
#include <memory>
#include <string>

#include <gtest/gtest.h>
#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include "signing/base64url_writer.h"
#include "signing/json_text.h"
#include "signing/jwt_writer.h"
#include "signing/signing_key.h"

namespace assay::signing {
namespace {

const SigningKey& rsa_key() {
  static const SigningKey key = SigningKey::generate_rsa(2048);
  return key;
}

enum class Padding { kPkcs1, kPss };

// Verifies with a key read back from the printed PEM.
bool openssl_verifies(const SigningKey& key, const EVP_MD* hash, Padding padding, std::string_view input,
                      std::string_view signature) {
  const std::string pem = key.public_pem();
  const std::unique_ptr<BIO, decltype(&BIO_free_all)> bio(BIO_new_mem_buf(pem.data(), -1), BIO_free_all);
  const std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> pkey(
      PEM_read_bio_PUBKEY(bio.get(), nullptr, nullptr, nullptr), EVP_PKEY_free);
  const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(), EVP_MD_CTX_free);
  EVP_PKEY_CTX* options = nullptr;
  if (EVP_DigestVerifyInit(context.get(), &options, hash, nullptr, pkey.get()) != 1) return false;
  if (padding == Padding::kPss) {
    EVP_PKEY_CTX_set_rsa_padding(options, RSA_PKCS1_PSS_PADDING);
    EVP_PKEY_CTX_set_rsa_pss_saltlen(options, EVP_MD_get_size(hash));
  }
  return EVP_DigestVerify(context.get(), reinterpret_cast<const unsigned char*>(signature.data()), signature.size(),
                          reinterpret_cast<const unsigned char*>(input.data()), input.size()) == 1;
}

// DER of R || S, for OpenSSL.
std::string der_of(std::string_view raw) {
  const auto integer = [](std::string_view octets) {
    while (octets.size() > 1 && octets[0] == '\0') octets.remove_prefix(1);
    const bool sign_bit = static_cast<unsigned char>(octets[0]) >= 0x80;
    const std::string body = (sign_bit ? std::string(1, '\0') : "") + std::string(octets);
    return std::string("\x02") + static_cast<char>(body.size()) + body;
  };
  const std::string body = integer(raw.substr(0, raw.size() / 2)) + integer(raw.substr(raw.size() / 2));
  return std::string("\x30") + (body.size() >= 0x80 ? "\x81" : "") + static_cast<char>(body.size()) + body;
}

TEST(Base64urlWriter, WritesRfc4648VectorsWithoutPadding) {
  EXPECT_EQ(base64url_encode(""), "");
  EXPECT_EQ(base64url_encode("f"), "Zg");
  EXPECT_EQ(base64url_encode("fo"), "Zm8");
  EXPECT_EQ(base64url_encode("foo"), "Zm9v");
  EXPECT_EQ(base64url_encode("foob"), "Zm9vYg");
  EXPECT_EQ(base64url_encode("\xfb\xff\xfe"), "-__-");
}

TEST(JsonText, EscapesQuotesBackslashesAndControls) {
  EXPECT_EQ(json_string("a\"b\\c\n\x01\x7f"), "\"a\\\"b\\\\c\\u000a\\u0001\\u007f\"");
  EXPECT_EQ(json_string("D\xc3\xa9lices"), "\"D\xc3\xa9lices\"");
}

TEST(JsonText, KeepsMemberOrderAndKinds) {
  const std::string text =
      JsonObject().add("s", "x").add("n", 7).add("t", true).add_json("a", "[1,2]").add("s", "again").text();
  EXPECT_EQ(text, R"({"s":"x","n":7,"t":true,"a":[1,2],"s":"again"})");
  EXPECT_EQ(JsonObject().text(), "{}");
}

TEST(SigningKey, RsaPkcs1SignaturesVerifyInOpenssl) {
  EXPECT_TRUE(openssl_verifies(rsa_key(), EVP_sha256(), Padding::kPkcs1, "in", rsa_key().sign(Alg::kRS256, "in")));
  EXPECT_TRUE(openssl_verifies(rsa_key(), EVP_sha384(), Padding::kPkcs1, "in", rsa_key().sign(Alg::kRS384, "in")));
  EXPECT_TRUE(openssl_verifies(rsa_key(), EVP_sha512(), Padding::kPkcs1, "in", rsa_key().sign(Alg::kRS512, "in")));
  EXPECT_FALSE(openssl_verifies(rsa_key(), EVP_sha256(), Padding::kPkcs1, "on", rsa_key().sign(Alg::kRS256, "in")));
}

TEST(SigningKey, PssSaltIsAsLongAsTheHash) {
  EXPECT_TRUE(openssl_verifies(rsa_key(), EVP_sha256(), Padding::kPss, "in", rsa_key().sign(Alg::kPS256, "in")));
  EXPECT_TRUE(openssl_verifies(rsa_key(), EVP_sha384(), Padding::kPss, "in", rsa_key().sign(Alg::kPS384, "in")));
  EXPECT_TRUE(openssl_verifies(rsa_key(), EVP_sha512(), Padding::kPss, "in", rsa_key().sign(Alg::kPS512, "in")));
}

TEST(SigningKey, EcdsaSignaturesAreRawAndOfFixedSize) {
  const struct {
    Curve curve;
    Alg alg;
    const EVP_MD* hash;
    std::size_t bytes;
  } cases[] = {{Curve::kP256, Alg::kES256, EVP_sha256(), 64},
               {Curve::kP384, Alg::kES384, EVP_sha384(), 96},
               {Curve::kP521, Alg::kES512, EVP_sha512(), 132}};
  for (const auto& c : cases) {
    const SigningKey key = SigningKey::generate_ec(c.curve);
    for (int i = 0; i < 20; ++i) {
      const std::string raw = key.sign(c.alg, "in");
      ASSERT_EQ(raw.size(), c.bytes);
      EXPECT_TRUE(openssl_verifies(key, c.hash, Padding::kPkcs1, "in", der_of(raw)));
    }
  }
}

TEST(SigningKey, Ed25519SignaturesVerifyInOpenssl) {
  const SigningKey key = SigningKey::generate_ed25519();
  EXPECT_TRUE(openssl_verifies(key, nullptr, Padding::kPkcs1, "in", key.sign(Alg::kEdDSA, "in")));
}

TEST(SigningKey, HmacOfRfc7515AppendixA1) {
  // The key and token of RFC 7515 appendix A.1.
  const SigningKey key = SigningKey::from_secret(
      "\x03\x23\x35\x4b\x2b\x0f\xa5\xbc\x83\x7e\x06\x65\x77\x7b\xa6\x8f\x5a\xb3\x28\xe6\xf0\x54\xc9\x28\xa9\x0f\x84\xb2"
      "\xd2\x50\x2e\xbf\xd3\xfb\x5a\x92\xd2\x06\x47\xef\x96\x8a\xb4\xc3\x77\x62\x3d\x22\x3d\x2e\x21\x72\x05\x2e\x4f\x08"
      "\xc0\xcd\x9a\xf5\x67\xd0\x80\xa3");
  const JwtTexts texts{.header_json = "{\"typ\":\"JWT\",\r\n \"alg\":\"HS256\"}",
                       .payload_json =
                           "{\"iss\":\"joe\",\r\n \"exp\":1300819380,\r\n"
                           " \"http://example.com/is_root\":true}"};
  EXPECT_EQ(sign_jwt(texts, key, Alg::kHS256),
            "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFt"
            "cGxlLmNvbS9pc19yb290Ijp0cnVlfQ.dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk");
}

TEST(SigningKey, PrivatePemRoundTrips) {
  for (const SigningKey& key : {rsa_key(), SigningKey::generate_ec(Curve::kP384), SigningKey::generate_ed25519()}) {
    const auto read = SigningKey::from_private_pem(key.private_pem());
    ASSERT_TRUE(read.has_value()) << read.error();
    EXPECT_EQ(read->public_pem(), key.public_pem());
  }
}

TEST(SigningKey, RefusesPemThatIsNoPrivateKey) {
  EXPECT_FALSE(SigningKey::from_private_pem("").has_value());
  EXPECT_FALSE(SigningKey::from_private_pem("no key").has_value());
  EXPECT_FALSE(SigningKey::from_private_pem(rsa_key().public_pem()).has_value());
}

TEST(SigningKey, KnowsWhatItCanSign) {
  EXPECT_TRUE(rsa_key().can_sign(Alg::kPS512));
  EXPECT_FALSE(rsa_key().can_sign(Alg::kES256));
  EXPECT_FALSE(SigningKey::generate_ec(Curve::kP256).can_sign(Alg::kES384));
  EXPECT_FALSE(SigningKey::from_secret("s").can_sign(Alg::kRS256));
  EXPECT_TRUE(SigningKey::from_secret("s").can_sign(Alg::kHS512));
}

TEST(SigningKey, JwkHasTheMembersAskedForAndNoOthers) {
  const std::string jwk = SigningKey::generate_ec(Curve::kP521).public_jwk({.kid = "k1", .alg = "ES512", .use = "sig"});
  EXPECT_NE(jwk.find(R"("crv":"P-521","x":")"), std::string::npos);
  EXPECT_NE(jwk.find(R"(,"kid":"k1","alg":"ES512","use":"sig"})"), std::string::npos);
  const std::string bare = rsa_key().public_jwk({});
  EXPECT_EQ(bare.find("kid"), std::string::npos);
  EXPECT_EQ(bare.find("use"), std::string::npos);
  EXPECT_NE(bare.find(R"("e":"AQAB")"), std::string::npos);
  EXPECT_EQ(SigningKey::from_secret("foo").public_jwk({}), R"({"kty":"oct","k":"Zm9v"})");
}

TEST(SigningKey, JwkSetJoinsItsKeys) {
  EXPECT_EQ(jwk_set(), R"({"keys":[]})");
  EXPECT_EQ(jwk_set(std::string("{}"), std::string("{\"a\":1}")), R"({"keys":[{},{"a":1}]})");
}

}  // namespace
}  // namespace assay::signing

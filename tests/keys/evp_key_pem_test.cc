#include "keys/evp_key_pem.h"

#include <algorithm>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <gtest/gtest.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>

#include "assay/limits.h"
#include "keys/evp_key.h"
#include "signing/signing_key.h"

namespace assay::keys {
namespace {

using jose::Curve;
using jose::Jwk;
using jose::KeyDefect;
using jose::KeyType;
using signing::SigningKey;

// Parses an exact-size heap copy, so that a read of one byte too many is seen.
Expected<Jwk> parse_pem(std::string_view pem) {
  const auto copy = std::make_unique<char[]>(pem.size());
  std::copy(pem.begin(), pem.end(), copy.get());
  return parse_public_pem(std::string_view(copy.get(), pem.size()));
}

struct FreePkey {
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
};
using Pkey = std::unique_ptr<EVP_PKEY, FreePkey>;

// What `write` writes into a memory BIO.
template <typename Write>
std::string written_by(const Write& write) {
  BIO* const bio = BIO_new(BIO_s_mem());
  EXPECT_EQ(write(bio), 1);
  char* text = nullptr;
  const long bytes = BIO_get_mem_data(bio, &text);
  std::string written(text, static_cast<std::size_t>(bytes));
  BIO_free(bio);
  return written;
}

std::string public_pem_of(const EVP_PKEY* key) {
  return written_by([key](BIO* bio) { return PEM_write_bio_PUBKEY(bio, key); });
}

// The octets of the block in `pem` with `suffix` behind them, as a block of the same name.
std::string with_trailing_octets(const std::string& pem, const std::string& suffix) {
  BIO* const bio = BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size()));
  char* name = nullptr;
  char* header = nullptr;
  unsigned char* der = nullptr;
  long der_bytes = 0;
  EXPECT_EQ(PEM_read_bio(bio, &name, &header, &der, &der_bytes), 1);
  const std::string octets = std::string(reinterpret_cast<char*>(der), static_cast<std::size_t>(der_bytes)) + suffix;
  const auto* const bytes = reinterpret_cast<const unsigned char*>(octets.data());
  std::string longer = written_by(
      [&](BIO* out) { return PEM_write_bio(out, name, "", bytes, static_cast<long>(octets.size())) > 0 ? 1 : 0; });
  OPENSSL_free(name);
  OPENSSL_free(header);
  OPENSSL_free(der);
  BIO_free(bio);
  return longer;
}

const SigningKey& rsa_key() {
  static const SigningKey key = SigningKey::generate_rsa(2048);
  return key;
}

// `key` as a JWK Set would state it.
Jwk published(const SigningKey& key) {
  Expected<std::vector<Jwk>> keys = jose::parse_jwk_set(signing::jwk_set(key.public_jwk({})));
  EXPECT_TRUE(keys);
  return std::move(keys->front());
}

TEST(PublicPem, ReadsWhatTheKeysJwkStates) {
  const SigningKey keys[] = {rsa_key(), SigningKey::generate_ec(signing::Curve::kP256),
                             SigningKey::generate_ec(signing::Curve::kP384),
                             SigningKey::generate_ec(signing::Curve::kP521), SigningKey::generate_ed25519()};
  for (const SigningKey& key : keys) {
    const Jwk expected = published(key);
    const Expected<Jwk> jwk = parse_pem(key.public_pem());
    ASSERT_TRUE(jwk);
    EXPECT_EQ(jwk->defect, KeyDefect::kNone);
    EXPECT_EQ(jwk->type, expected.type);
    EXPECT_EQ(jwk->kty, expected.kty);
    EXPECT_EQ(jwk->curve, expected.curve);
    EXPECT_EQ(jwk->modulus_n, expected.modulus_n);
    EXPECT_EQ(jwk->exponent_e, expected.exponent_e);
    EXPECT_EQ(jwk->x, expected.x);
    EXPECT_EQ(jwk->y, expected.y);
    EXPECT_EQ(jwk->kid, std::nullopt);
    EXPECT_EQ(jwk->alg, std::nullopt);
    EXPECT_EQ(prepare_key(*jwk).defect, KeyDefect::kNone);
  }
}

TEST(PublicPem, ReadsCompressedPointsAsTheirCoordinates) {
  const SigningKey key = SigningKey::generate_ec(signing::Curve::kP256);
  const PreparedKey prepared = prepare_key(published(key));
  ASSERT_EQ(EVP_PKEY_set_utf8_string_param(prepared.key.handle(), OSSL_PKEY_PARAM_EC_POINT_CONVERSION_FORMAT,
                                           OSSL_PKEY_EC_POINT_CONVERSION_FORMAT_COMPRESSED),
            1);
  const std::string pem = public_pem_of(prepared.key.handle());
  ASSERT_LT(pem.size(), key.public_pem().size());
  const Expected<Jwk> jwk = parse_pem(pem);
  ASSERT_TRUE(jwk);
  EXPECT_EQ(jwk->x, published(key).x);
  EXPECT_EQ(jwk->y, published(key).y);
}

TEST(PublicPem, LetsTextStandAroundTheBlock) {
  EXPECT_TRUE(parse_pem("the issuer's key, fetched in June\n" + rsa_key().public_pem() + "\n\n"));
}

TEST(PublicPem, RefusesTextThatIsNoPem) {
  const std::string pem = rsa_key().public_pem();
  for (const std::string& text :
       {std::string(), std::string("\n"), std::string("ssh-rsa AAAA"), rsa_key().public_jwk({}),
        pem.substr(0, pem.size() / 2), pem.substr(1), pem.substr(pem.find('\n')), std::string("-----BEGIN "),
        std::string("-----BEGIN PUBLIC KEY-----\n-----END PUBLIC KEY-----\n"),
        std::string("-----BEGIN PUBLIC KEY-----\n!!!!\n-----END PUBLIC KEY-----\n"),
        std::string("-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n"),
        std::string(kJwksBytesMax, '\n') + pem}) {
    const Expected<Jwk> jwk = parse_pem(text);
    ASSERT_FALSE(jwk) << text.substr(0, 200);
    EXPECT_EQ(jwk.error().code, ErrorCode::kBadKeySet);
  }
}

TEST(PublicPem, RefusesMoreThanOneBlock) {
  const std::string pem = rsa_key().public_pem();
  EXPECT_FALSE(parse_pem(pem + pem));
  EXPECT_FALSE(parse_pem(pem + SigningKey::generate_ed25519().public_pem()));
  EXPECT_FALSE(parse_pem(pem + rsa_key().private_pem()));
}

TEST(PublicPem, RefusesPrivateKeys) {
  EXPECT_FALSE(parse_pem(rsa_key().private_pem()));
  EXPECT_FALSE(parse_pem(SigningKey::generate_ec(signing::Curve::kP256).private_pem()));
  EXPECT_FALSE(parse_pem(SigningKey::generate_ed25519().private_pem()));
}

// A certificate of `key` that was valid from `not_before_s` to `not_after_s` seconds from now, with a key usage
// ("digitalSignature") unless that is empty.
std::string certificate_of(EVP_PKEY* key, long not_before_s, long not_after_s, const char* usage) {
  X509* const certificate = X509_new();
  EXPECT_EQ(X509_set_version(certificate, X509_VERSION_3), 1);
  X509_set_pubkey(certificate, key);
  X509_gmtime_adj(X509_getm_notBefore(certificate), not_before_s);
  X509_gmtime_adj(X509_getm_notAfter(certificate), not_after_s);
  if (*usage != '\0') {
    X509_EXTENSION* const extension = X509V3_EXT_conf_nid(nullptr, nullptr, NID_key_usage, usage);
    EXPECT_EQ(X509_add_ext(certificate, extension, -1), 1);
    X509_EXTENSION_free(extension);
  }
  EXPECT_GT(X509_sign(certificate, key, EVP_sha256()), 0);
  std::string pem = written_by([&](BIO* bio) { return PEM_write_bio_X509(bio, certificate); });
  X509_free(certificate);
  return pem;
}

TEST(PublicPem, ReadsTheKeyOfACertificate) {
  const Pkey key(EVP_RSA_gen(2048));
  const Expected<Jwk> expected = parse_pem(public_pem_of(key.get()));
  ASSERT_TRUE(expected);
  const Expected<Jwk> jwk = parse_pem(certificate_of(key.get(), 0, 3600, ""));
  ASSERT_TRUE(jwk);
  EXPECT_EQ(jwk->defect, KeyDefect::kNone);
  EXPECT_EQ(jwk->modulus_n, expected->modulus_n);
  EXPECT_EQ(jwk->exponent_e, expected->exponent_e);
}

TEST(PublicPem, DoesNotJudgeTheDatesOfACertificate) {
  const Pkey key(EVP_RSA_gen(2048));
  for (const auto& [not_before_s, not_after_s] : {std::pair(-7200L, -3600L), std::pair(3600L, 7200L)}) {
    const Expected<Jwk> jwk = parse_pem(certificate_of(key.get(), not_before_s, not_after_s, ""));
    ASSERT_TRUE(jwk);
    EXPECT_EQ(jwk->defect, KeyDefect::kNone);
  }
}

TEST(PublicPem, CertificateMustBeForSignatures) {
  const Pkey key(EVP_RSA_gen(2048));
  const Expected<Jwk> signs = parse_pem(certificate_of(key.get(), 0, 3600, "digitalSignature,keyEncipherment"));
  const Expected<Jwk> encrypts = parse_pem(certificate_of(key.get(), 0, 3600, "keyEncipherment"));
  ASSERT_TRUE(signs && encrypts);
  EXPECT_EQ(signs->defect, KeyDefect::kNone);
  EXPECT_EQ(encrypts->defect, KeyDefect::kWrongUse);
}

TEST(PublicPem, RefusesBrokenCertificates) {
  const Pkey key(EVP_RSA_gen(2048));
  const std::string pem = certificate_of(key.get(), 0, 3600, "");
  EXPECT_FALSE(parse_pem(with_trailing_octets(pem, std::string(1, '\0'))));
  EXPECT_FALSE(parse_pem(pem + pem));
  EXPECT_FALSE(parse_pem(pem + public_pem_of(key.get())));
  EXPECT_FALSE(parse_pem("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"));
  // Octets under the label of the other form.
  std::string renamed = public_pem_of(key.get());
  for (std::size_t at = renamed.find("PUBLIC KEY"); at != std::string::npos; at = renamed.find("PUBLIC KEY", at)) {
    renamed.replace(at, 10, "CERTIFICATE");
  }
  EXPECT_FALSE(parse_pem(renamed));
}

TEST(PublicPem, RefusesPkcs1Keys) {
  const Pkey key(EVP_RSA_gen(2048));
  std::string renamed = public_pem_of(key.get());
  for (std::size_t at = renamed.find("PUBLIC"); at != std::string::npos; at = renamed.find("PUBLIC", at + 7)) {
    renamed.insert(at, "RSA ");
    at += 4;
  }
  EXPECT_FALSE(parse_pem(renamed));
}

TEST(PublicPem, RefusesOctetsBehindTheKey) {
  const std::string pem = rsa_key().public_pem();
  EXPECT_TRUE(parse_pem(with_trailing_octets(pem, "")));
  EXPECT_FALSE(parse_pem(with_trailing_octets(pem, std::string(1, '\0'))));
}

TEST(PublicPem, RefusesHeadersInsideTheBlock) {
  std::string pem = rsa_key().public_pem();
  pem.insert(pem.find('\n') + 1, "Proc-Type: 4,CLEAR\n\n");
  EXPECT_FALSE(parse_pem(pem));
}

// A key of the type id-RSASSA-PSS (RFC 4055), which is not the type of RSA keys.
Pkey generate_rsa_pss() {
  EVP_PKEY_CTX* const context = EVP_PKEY_CTX_new_from_name(nullptr, "RSA-PSS", nullptr);
  EVP_PKEY* key = nullptr;
  EXPECT_EQ(EVP_PKEY_keygen_init(context), 1);
  EXPECT_EQ(EVP_PKEY_keygen(context, &key), 1);
  EVP_PKEY_CTX_free(context);
  return Pkey(key);
}

TEST(PublicPem, RefusesTypesThatAreNotUsedHere) {
  const Pkey unused[] = {Pkey(EVP_PKEY_Q_keygen(nullptr, nullptr, "X25519")),
                         Pkey(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED448")), Pkey(EVP_EC_gen("secp256k1")),
                         Pkey(EVP_EC_gen("P-224")), generate_rsa_pss()};
  for (const Pkey& key : unused) {
    ASSERT_TRUE(key);
    EXPECT_FALSE(parse_pem(public_pem_of(key.get()))) << EVP_PKEY_get0_type_name(key.get());
  }
}

TEST(PublicPem, LeavesOpenSslsErrorQueueAsItWas) {
  ERR_clear_error();
  EXPECT_FALSE(parse_pem("-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n"));
  EXPECT_FALSE(parse_pem("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"));
  EXPECT_EQ(ERR_peek_error(), 0U);
}

TEST(PublicPem, WeakKeysAreReadAndFoundWhenPrepared) {
  const Expected<Jwk> jwk = parse_pem(SigningKey::generate_rsa(1024).public_pem());
  ASSERT_TRUE(jwk);
  EXPECT_EQ(prepare_key(*jwk).defect, KeyDefect::kModulusTooSmall);
}

}  // namespace
}  // namespace assay::keys

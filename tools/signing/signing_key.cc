#include "signing/signing_key.h"

#include <array>
#include <optional>
#include <utility>

#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include "base/check.h"
#include "signing/base64url_writer.h"
#include "signing/json_text.h"

namespace assay::signing {
namespace {

template <auto Free>
struct Freer {
  template <typename T>
  void operator()(T* object) const {
    Free(object);
  }
};
using BioPtr = std::unique_ptr<BIO, Freer<BIO_free_all>>;
using BignumPtr = std::unique_ptr<BIGNUM, Freer<BN_free>>;
using MdCtxPtr = std::unique_ptr<EVP_MD_CTX, Freer<EVP_MD_CTX_free>>;
using EcdsaSigPtr = std::unique_ptr<ECDSA_SIG, Freer<ECDSA_SIG_free>>;

unsigned char* octets_of(std::string& text) { return reinterpret_cast<unsigned char*>(text.data()); }
const unsigned char* octets_of(std::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); }

std::shared_ptr<EVP_PKEY> owned(EVP_PKEY* key) {
  ASSAY_CHECK(key != nullptr);
  return {key, EVP_PKEY_free};
}

// What an algorithm needs; the hash is null where the algorithm brings its own.
const EVP_MD* hash_of(Alg alg) {
  switch (alg) {
    case Alg::kRS256:
    case Alg::kPS256:
    case Alg::kES256:
    case Alg::kHS256: return EVP_sha256();
    case Alg::kRS384:
    case Alg::kPS384:
    case Alg::kES384:
    case Alg::kHS384: return EVP_sha384();
    case Alg::kRS512:
    case Alg::kPS512:
    case Alg::kES512:
    case Alg::kHS512: return EVP_sha512();
    case Alg::kEdDSA: return nullptr;
  }
  ASSAY_CHECK(false && "a valid Alg");
  return nullptr;
}

bool is_pss(Alg alg) { return alg == Alg::kPS256 || alg == Alg::kPS384 || alg == Alg::kPS512; }

// Octets of R, of S and of a coordinate; 0 where `alg` is not ECDSA.
int scalar_bytes(Alg alg) {
  if (alg == Alg::kES256) return 32;
  if (alg == Alg::kES384) return 48;
  return alg == Alg::kES512 ? 66 : 0;
}

std::string raw_ecdsa(std::string_view der, int bytes) {
  const unsigned char* position = octets_of(der);
  const EcdsaSigPtr signature(d2i_ECDSA_SIG(nullptr, &position, static_cast<long>(der.size())));
  ASSAY_CHECK(signature != nullptr);
  std::string raw(static_cast<std::size_t>(2 * bytes), '\0');
  ASSAY_CHECK(BN_bn2binpad(ECDSA_SIG_get0_r(signature.get()), octets_of(raw), bytes) == bytes);
  ASSAY_CHECK(BN_bn2binpad(ECDSA_SIG_get0_s(signature.get()), octets_of(raw) + bytes, bytes) == bytes);
  return raw;
}

// A big-endian unsigned parameter of the key; `bytes` 0 means as short as possible.
std::string number_of(const EVP_PKEY* key, const char* parameter, int bytes) {
  BIGNUM* number = nullptr;
  ASSAY_CHECK(EVP_PKEY_get_bn_param(key, parameter, &number) == 1);
  const BignumPtr owner(number);
  const int length = bytes == 0 ? BN_num_bytes(number) : bytes;
  std::string octets(static_cast<std::size_t>(length), '\0');
  ASSAY_CHECK(BN_bn2binpad(number, octets_of(octets), length) == length);
  return octets;
}

std::string text_of(BIO* bio) {
  char* start = nullptr;
  const long length = BIO_get_mem_data(bio, &start);
  return {start, static_cast<std::size_t>(length)};
}

JsonObject ec_jwk(const EVP_PKEY* key, const char* crv, int bytes) {
  return JsonObject()
      .add("kty", "EC")
      .add("crv", crv)
      .add("x", base64url_encode(number_of(key, OSSL_PKEY_PARAM_EC_PUB_X, bytes)))
      .add("y", base64url_encode(number_of(key, OSSL_PKEY_PARAM_EC_PUB_Y, bytes)));
}

}  // namespace

SigningKey SigningKey::generate_rsa(unsigned modulus_bits) { return {Kind::kRsa, owned(EVP_RSA_gen(modulus_bits))}; }

SigningKey SigningKey::generate_ec(Curve curve) {
  switch (curve) {
    case Curve::kP256: return {Kind::kP256, owned(EVP_EC_gen("P-256"))};
    case Curve::kP384: return {Kind::kP384, owned(EVP_EC_gen("P-384"))};
    case Curve::kP521: return {Kind::kP521, owned(EVP_EC_gen("P-521"))};
  }
  ASSAY_CHECK(false && "a valid Curve");
  return {Kind::kP256, nullptr};
}

SigningKey SigningKey::generate_ed25519() {
  return {Kind::kEd25519, owned(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"))};
}

SigningKey SigningKey::from_secret(std::string_view secret) {
  SigningKey key(Kind::kSecret, nullptr);
  key.secret_ = secret;
  return key;
}

tl::expected<SigningKey, std::string> SigningKey::from_private_pem(std::string_view pem) {
  const BioPtr bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  // An empty passphrase callback: an encrypted key is refused instead of asking the terminal.
  const auto no_passphrase = [](char*, int, int, void*) { return 0; };
  std::shared_ptr<EVP_PKEY> key(PEM_read_bio_PrivateKey(bio.get(), nullptr, no_passphrase, nullptr), EVP_PKEY_free);
  ERR_clear_error();
  if (key == nullptr) return tl::make_unexpected("the text is not an unencrypted private key in PEM");
  if (EVP_PKEY_is_a(key.get(), "RSA") == 1) return SigningKey(Kind::kRsa, std::move(key));
  if (EVP_PKEY_is_a(key.get(), "ED25519") == 1) return SigningKey(Kind::kEd25519, std::move(key));
  if (EVP_PKEY_is_a(key.get(), "EC") == 1) {
    const int bits = EVP_PKEY_get_bits(key.get());
    std::array<char, 32> group{};
    EVP_PKEY_get_group_name(key.get(), group.data(), group.size(), nullptr);
    const std::string_view name(group.data());
    if (bits == 256 && name == "prime256v1") return SigningKey(Kind::kP256, std::move(key));
    if (bits == 384 && name == "secp384r1") return SigningKey(Kind::kP384, std::move(key));
    if (bits == 521 && name == "secp521r1") return SigningKey(Kind::kP521, std::move(key));
  }
  return tl::make_unexpected("the private key is none of RSA, EC P-256, P-384, P-521 and Ed25519");
}

bool SigningKey::can_sign(Alg alg) const {
  switch (alg) {
    case Alg::kRS256:
    case Alg::kRS384:
    case Alg::kRS512:
    case Alg::kPS256:
    case Alg::kPS384:
    case Alg::kPS512: return kind_ == Kind::kRsa;
    case Alg::kES256: return kind_ == Kind::kP256;
    case Alg::kES384: return kind_ == Kind::kP384;
    case Alg::kES512: return kind_ == Kind::kP521;
    case Alg::kEdDSA: return kind_ == Kind::kEd25519;
    case Alg::kHS256:
    case Alg::kHS384:
    case Alg::kHS512: return kind_ == Kind::kSecret;
  }
  return false;
}

std::string SigningKey::sign(Alg alg, std::string_view signing_input) const {
  ASSAY_CHECK(can_sign(alg));
  const EVP_MD* hash = hash_of(alg);
  if (kind_ == Kind::kSecret) {
    std::string mac(static_cast<std::size_t>(EVP_MD_get_size(hash)), '\0');
    ASSAY_CHECK(HMAC(hash, secret_.data(), static_cast<int>(secret_.size()), octets_of(signing_input),
                     signing_input.size(), octets_of(mac), nullptr) != nullptr);
    return mac;
  }
  const MdCtxPtr context(EVP_MD_CTX_new());
  EVP_PKEY_CTX* options = nullptr;  // owned by `context`
  ASSAY_CHECK(EVP_DigestSignInit(context.get(), &options, hash, nullptr, key_.get()) == 1);
  if (is_pss(alg)) {
    ASSAY_CHECK(EVP_PKEY_CTX_set_rsa_padding(options, RSA_PKCS1_PSS_PADDING) == 1);
    ASSAY_CHECK(EVP_PKEY_CTX_set_rsa_pss_saltlen(options, RSA_PSS_SALTLEN_DIGEST) == 1);
  }
  std::size_t length = 0;
  ASSAY_CHECK(EVP_DigestSign(context.get(), nullptr, &length, octets_of(signing_input), signing_input.size()) == 1);
  std::string signature(length, '\0');
  ASSAY_CHECK(EVP_DigestSign(context.get(), octets_of(signature), &length, octets_of(signing_input),
                             signing_input.size()) == 1);
  signature.resize(length);
  return scalar_bytes(alg) == 0 ? signature : raw_ecdsa(signature, scalar_bytes(alg));
}

std::string SigningKey::public_jwk(const JwkMembers& members) const {
  JsonObject jwk;
  switch (kind_) {
    case Kind::kRsa:
      jwk.add("kty", "RSA")
          .add("n", base64url_encode(number_of(key_.get(), OSSL_PKEY_PARAM_RSA_N, 0)))
          .add("e", base64url_encode(number_of(key_.get(), OSSL_PKEY_PARAM_RSA_E, 0)));
      break;
    case Kind::kP256: jwk = ec_jwk(key_.get(), "P-256", scalar_bytes(Alg::kES256)); break;
    case Kind::kP384: jwk = ec_jwk(key_.get(), "P-384", scalar_bytes(Alg::kES384)); break;
    case Kind::kP521: jwk = ec_jwk(key_.get(), "P-521", scalar_bytes(Alg::kES512)); break;
    case Kind::kEd25519: {
      std::string x(32, '\0');
      std::size_t length = x.size();
      ASSAY_CHECK(EVP_PKEY_get_raw_public_key(key_.get(), octets_of(x), &length) == 1 && length == x.size());
      jwk.add("kty", "OKP").add("crv", "Ed25519").add("x", base64url_encode(x));
      break;
    }
    case Kind::kSecret: jwk.add("kty", "oct").add("k", base64url_encode(secret_)); break;
  }
  if (!members.kid.empty()) jwk.add("kid", members.kid);
  if (!members.alg.empty()) jwk.add("alg", members.alg);
  if (!members.use.empty()) jwk.add("use", members.use);
  return jwk.text();
}

std::string SigningKey::public_pem() const {
  ASSAY_CHECK(key_ != nullptr);
  const BioPtr bio(BIO_new(BIO_s_mem()));
  ASSAY_CHECK(PEM_write_bio_PUBKEY(bio.get(), key_.get()) == 1);
  return text_of(bio.get());
}

std::string SigningKey::private_pem() const {
  ASSAY_CHECK(key_ != nullptr);
  const BioPtr bio(BIO_new(BIO_s_mem()));
  ASSAY_CHECK(PEM_write_bio_PKCS8PrivateKey(bio.get(), key_.get(), nullptr, nullptr, 0, nullptr, nullptr) == 1);
  return text_of(bio.get());
}

}  // namespace assay::signing

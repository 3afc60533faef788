#include "keys/evp_key_pem.h"

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <utility>

#include <openssl/core_names.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "assay/limits.h"
#include "keys/evp_key_handles.h"

namespace assay::keys {

namespace {

using jose::Curve;
using jose::Jwk;
using jose::KeyDefect;
using jose::KeyType;

// The number in at least `bytes` bytes, big-endian.
std::string octets_of(const BIGNUM* number, std::size_t bytes) {
  std::string octets(bytes, '\0');
  const int written = BN_bn2binpad(number, reinterpret_cast<unsigned char*>(octets.data()), static_cast<int>(bytes));
  return written < 0 ? std::string() : octets;
}

// A PEM block: its label and its octets.
struct Block {
  std::string label;
  std::string der;
};

// The only block of `pem`; nothing if there is none, another one, or a header inside it.
std::optional<Block> read_only_block(std::string_view pem) {
  static constexpr std::string_view kBegin = "-----BEGIN ";
  const std::size_t first = pem.find(kBegin);
  if (first == std::string_view::npos || pem.find(kBegin, first + 1) != std::string_view::npos) return std::nullopt;
  const Bio bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  char* name = nullptr;
  char* header = nullptr;
  unsigned char* der = nullptr;
  long der_bytes = 0;
  if (!bio || PEM_read_bio(bio.get(), &name, &header, &der, &der_bytes) != 1) return std::nullopt;
  std::optional<Block> block;
  if (*header == '\0') {
    block = Block{.label = name,
                  .der = std::string(reinterpret_cast<const char*>(der), static_cast<std::size_t>(der_bytes))};
  }
  OPENSSL_free(name);
  OPENSSL_free(header);
  OPENSSL_free(der);
  return block;
}

// A number of `key` in at least `bytes` bytes (0: as few as it needs); empty if it has none of that name.
std::string find_key_number(const EVP_PKEY* key, const char* name, std::size_t bytes) {
  BIGNUM* found = nullptr;
  if (EVP_PKEY_get_bn_param(key, name, &found) != 1) return {};
  const BigNumber number(found);
  return octets_of(number.get(), bytes != 0 ? bytes : static_cast<std::size_t>(BN_num_bytes(number.get())));
}

std::optional<Jwk> read_rsa(const EVP_PKEY* key) {
  Jwk jwk;
  jwk.type = KeyType::kRsa;
  jwk.kty = "RSA";
  jwk.modulus_n = find_key_number(key, OSSL_PKEY_PARAM_RSA_N, 0);
  jwk.exponent_e = find_key_number(key, OSSL_PKEY_PARAM_RSA_E, 0);
  return jwk;
}

std::optional<Jwk> read_ec(const EVP_PKEY* key) {
  std::array<char, 64> name{};
  if (EVP_PKEY_get_group_name(key, name.data(), name.size(), nullptr) != 1) return std::nullopt;
  Jwk jwk;
  jwk.type = KeyType::kEc;
  jwk.kty = "EC";
  for (const Curve curve : {Curve::kP256, Curve::kP384, Curve::kP521}) {
    if (std::string_view(group_name(curve)) == name.data()) jwk.curve = curve;
  }
  if (jwk.curve == Curve::kNone) return std::nullopt;
  const std::size_t bytes = jose::coordinate_bytes(jwk.curve);
  jwk.x = find_key_number(key, OSSL_PKEY_PARAM_EC_PUB_X, bytes);
  jwk.y = find_key_number(key, OSSL_PKEY_PARAM_EC_PUB_Y, bytes);
  return jwk;
}

std::optional<Jwk> read_ed25519(const EVP_PKEY* key) {
  Jwk jwk;
  jwk.type = KeyType::kOkp;
  jwk.kty = "OKP";
  jwk.curve = Curve::kEd25519;
  jwk.x.resize(jose::coordinate_bytes(jwk.curve));
  std::size_t bytes = jwk.x.size();
  if (EVP_PKEY_get_raw_public_key(key, reinterpret_cast<unsigned char*>(jwk.x.data()), &bytes) != 1) {
    return std::nullopt;
  }
  return jwk;
}

std::optional<Jwk> read_key(const EVP_PKEY* key) {
  // RSASSA-PSS keys (RFC 4055) carry restrictions that a JWK cannot state: they are not EVP_PKEY_RSA, and refused.
  const int type = EVP_PKEY_get_base_id(key);
  if (type == EVP_PKEY_RSA) return read_rsa(key);
  if (type == EVP_PKEY_EC) return read_ec(key);
  if (type == EVP_PKEY_ED25519) return read_ed25519(key);
  return std::nullopt;
}

std::optional<Jwk> read_subject_public_key_info(const std::string& der) {
  const unsigned char* end = bytes_of(der);
  const Pkey key(d2i_PUBKEY(nullptr, &end, static_cast<long>(der.size())));
  if (!key || end != bytes_of(der) + der.size()) return std::nullopt;
  return read_key(key.get());
}

std::optional<Jwk> read_certificate(const std::string& der) {
  const unsigned char* end = bytes_of(der);
  const Certificate certificate(d2i_X509(nullptr, &end, static_cast<long>(der.size())));
  if (!certificate || end != bytes_of(der) + der.size()) return std::nullopt;
  if ((X509_get_extension_flags(certificate.get()) & EXFLAG_INVALID) != 0) return std::nullopt;
  const EVP_PKEY* const key = X509_get0_pubkey(certificate.get());
  std::optional<Jwk> jwk = key == nullptr ? std::nullopt : read_key(key);
  // All bits are set where there is no such extension.
  const bool may_sign = (X509_get_key_usage(certificate.get()) & KU_DIGITAL_SIGNATURE) != 0;
  if (jwk && !may_sign) jwk->defect = KeyDefect::kWrongUse;
  return jwk;
}

}  // namespace

Expected<Jwk> parse_public_pem(std::string_view pem) {
  const ErrorQueueGuard errors;
  if (pem.size() > kJwksBytesMax) return fail(ErrorCode::kBadKeySet);
  const std::optional<Block> block = read_only_block(pem);
  std::optional<Jwk> jwk;
  if (block && block->label == PEM_STRING_PUBLIC) jwk = read_subject_public_key_info(block->der);
  if (block && block->label == PEM_STRING_X509) jwk = read_certificate(block->der);
  if (!jwk) return fail(ErrorCode::kBadKeySet);
  return std::move(*jwk);
}

}  // namespace assay::keys

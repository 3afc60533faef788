#include "verify/evp_seal.h"

#include <algorithm>
#include <array>
#include <memory>

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/kdf.h>
#include <openssl/params.h>
#include <openssl/rand.h>

#include "assay/limits.h"
#include "base/check.h"
#include "base/free_with.h"
#include "keys/evp_key_handles.h"

namespace assay::verify {
namespace {

using CipherContext = std::unique_ptr<EVP_CIPHER_CTX, base::FreeWith<EVP_CIPHER_CTX_free>>;
using Derivation = std::unique_ptr<EVP_KDF, base::FreeWith<EVP_KDF_free>>;
using DerivationContext = std::unique_ptr<EVP_KDF_CTX, base::FreeWith<EVP_KDF_CTX_free>>;
using keys::bytes_of;

constexpr std::string_view kDigestPurpose = "assay shared answers 1 digest";
constexpr std::string_view kValuePurpose = "assay shared answers 1 value";

unsigned char* octets_of(std::string& text) noexcept { return reinterpret_cast<unsigned char*>(text.data()); }

// OpenSSL's parameters are not const, and are only read.
OSSL_PARAM octets_parameter(const char* name, std::string_view octets) {
  return OSSL_PARAM_construct_octet_string(name, const_cast<char*>(octets.data()), octets.size());
}

// HKDF with SHA-256 and no salt. RFC 5869.
bool derive(std::string_view root, std::string_view purpose, std::span<unsigned char> key) {
  const Derivation hkdf(EVP_KDF_fetch(nullptr, "HKDF", nullptr));
  const DerivationContext context(hkdf == nullptr ? nullptr : EVP_KDF_CTX_new(hkdf.get()));
  if (context == nullptr) return false;
  std::string digest = "SHA256";
  const std::array<OSSL_PARAM, 4> parameters{
      OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, digest.data(), digest.size()),
      octets_parameter(OSSL_KDF_PARAM_KEY, root), octets_parameter(OSSL_KDF_PARAM_INFO, purpose),
      OSSL_PARAM_construct_end()};
  return EVP_KDF_derive(context.get(), key.data(), key.size(), parameters.data()) == 1;
}

std::string_view text_of(std::span<const unsigned char> bytes) noexcept {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

// The key of one place, wiped at its end.
class PlaceKey {
 public:
  PlaceKey(std::span<const unsigned char> value_key, std::string_view place)
      : is_made_(derive(text_of(value_key), place, key_)) {}
  ~PlaceKey() { OPENSSL_cleanse(key_.data(), key_.size()); }
  PlaceKey(const PlaceKey&) = delete;
  PlaceKey& operator=(const PlaceKey&) = delete;

  [[nodiscard]] bool is_made() const noexcept { return is_made_; }
  [[nodiscard]] const unsigned char* bytes() const noexcept { return key_.data(); }

 private:
  std::array<unsigned char, 32> key_{};
  bool is_made_;
};

}  // namespace

FleetSeal::FleetSeal(std::string_view fleet_key) {
  ASSAY_CHECK(fleet_key.size() >= kHmacSecretBytesMin);
  const keys::ErrorQueueGuard guard;
  ASSAY_CHECK(derive(fleet_key, kDigestPurpose, digest_key_) && derive(fleet_key, kValuePurpose, value_key_));
}

FleetSeal::~FleetSeal() {
  OPENSSL_cleanse(digest_key_.data(), digest_key_.size());
  OPENSSL_cleanse(value_key_.data(), value_key_.size());
}

std::optional<SealDigest> FleetSeal::digest(std::span<const std::string_view> parts) const {
  std::string text;
  for (const std::string_view part : parts) {
    for (int shift = 56; shift >= 0; shift -= 8) text.push_back(static_cast<char>(part.size() >> shift & 0xff));
    text.append(part);
  }
  const keys::ErrorQueueGuard guard;
  SealDigest made;
  unsigned int bytes = 0;
  const unsigned char* const result = HMAC(EVP_sha256(), digest_key_.data(), static_cast<int>(digest_key_.size()),
                                           bytes_of(text), text.size(), made.data(), &bytes);
  if (result == nullptr || bytes != made.size()) return std::nullopt;
  return made;
}

std::string FleetSeal::seal(std::string_view place, std::string_view plain) const {
  const keys::ErrorQueueGuard guard;
  const PlaceKey key(value_key_, place);
  const CipherContext context(EVP_CIPHER_CTX_new());
  std::string sealed(plain.size() + kOverheadBytes, '\0');
  unsigned char* const nonce = octets_of(sealed);
  unsigned char* const ciphertext = nonce + kNonceBytes;
  unsigned char* const tag = ciphertext + plain.size();
  int bytes = 0;
  int last_bytes = 0;
  const bool is_sealed =
      key.is_made() && context != nullptr && RAND_bytes(nonce, static_cast<int>(kNonceBytes)) == 1 &&
      EVP_EncryptInit_ex2(context.get(), EVP_aes_256_gcm(), key.bytes(), nonce, nullptr) == 1 &&
      EVP_EncryptUpdate(context.get(), nullptr, &bytes, bytes_of(place), static_cast<int>(place.size())) == 1 &&
      EVP_EncryptUpdate(context.get(), ciphertext, &bytes, bytes_of(plain), static_cast<int>(plain.size())) == 1 &&
      EVP_EncryptFinal_ex(context.get(), ciphertext + bytes, &last_bytes) == 1 &&
      EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_GCM_GET_TAG, static_cast<int>(kTagBytes), tag) == 1;
  return is_sealed ? sealed : std::string();
}

std::optional<std::string> FleetSeal::open(std::string_view place, std::string_view sealed) const {
  if (sealed.size() < kOverheadBytes) return std::nullopt;
  const keys::ErrorQueueGuard guard;
  const PlaceKey key(value_key_, place);
  const CipherContext context(EVP_CIPHER_CTX_new());
  const std::string_view nonce = sealed.substr(0, kNonceBytes);
  const std::string_view ciphertext = sealed.substr(kNonceBytes, sealed.size() - kOverheadBytes);
  std::string tag(sealed.substr(sealed.size() - kTagBytes));
  std::string plain(ciphertext.size(), '\0');
  int bytes = 0;
  int last_bytes = 0;
  const bool is_opened =
      key.is_made() && context != nullptr &&
      EVP_DecryptInit_ex2(context.get(), EVP_aes_256_gcm(), key.bytes(), bytes_of(nonce), nullptr) == 1 &&
      EVP_DecryptUpdate(context.get(), nullptr, &bytes, bytes_of(place), static_cast<int>(place.size())) == 1 &&
      EVP_DecryptUpdate(context.get(), octets_of(plain), &bytes, bytes_of(ciphertext),
                        static_cast<int>(ciphertext.size())) == 1 &&
      EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_GCM_SET_TAG, static_cast<int>(kTagBytes), tag.data()) == 1 &&
      // The tag is compared here; nothing of `plain` is looked at before.
      EVP_DecryptFinal_ex(context.get(), octets_of(plain) + bytes, &last_bytes) == 1;
  if (!is_opened) return std::nullopt;
  return plain;
}

}  // namespace assay::verify

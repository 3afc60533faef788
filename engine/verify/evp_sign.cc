#include "verify/evp_sign.h"

#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include "assay/limits.h"
#include "base/free_with.h"
#include "jose/alg.h"
#include "keys/evp_key_handles.h"

namespace assay::verify {
namespace {

using DigestContext = std::unique_ptr<EVP_MD_CTX, base::FreeWith<EVP_MD_CTX_free>>;
using EcdsaSignature = std::unique_ptr<ECDSA_SIG, base::FreeWith<ECDSA_SIG_free>>;

unsigned char* octets_of(std::string& text) noexcept { return reinterpret_cast<unsigned char*>(text.data()); }

// An encrypted key is refused instead of asking the terminal.
int no_passphrase(char* /*buffer*/, int /*size*/, int /*rwflag*/, void* /*user*/) noexcept { return -1; }

const EVP_MD* digest_of(jose::Digest digest) noexcept {
  switch (digest) {
    case jose::Digest::kSha256: return EVP_sha256();
    case jose::Digest::kSha384: return EVP_sha384();
    case jose::Digest::kSha512: return EVP_sha512();
    case jose::Digest::kNone: return nullptr;
  }
  return nullptr;
}

bool is_on_curve(const EVP_PKEY* key, jose::Curve curve) noexcept {
  char group[32] = {};
  std::size_t length = 0;
  if (EVP_PKEY_is_a(key, "EC") != 1 || EVP_PKEY_get_group_name(key, group, sizeof group, &length) != 1) return false;
  const char* const name = keys::group_name(curve);
  return name != nullptr && std::string_view(group, length) == name;
}

bool takes(const EVP_PKEY* key, const jose::AlgFacts& facts) noexcept {
  switch (facts.family) {
    case jose::AlgFamily::kRsaPkcs1:
    case jose::AlgFamily::kRsaPss: {
      const auto bits = static_cast<std::size_t>(EVP_PKEY_get_bits(key));
      return EVP_PKEY_is_a(key, "RSA") == 1 && bits >= kRsaModulusBitsMin && bits <= kRsaModulusBitsMax;
    }
    case jose::AlgFamily::kEcdsa: return is_on_curve(key, facts.curve);
    case jose::AlgFamily::kEdDsa: return EVP_PKEY_is_a(key, "ED25519") == 1;
    case jose::AlgFamily::kHmac: return false;
  }
  return false;
}

// DER to r || s, each of half of `bytes`. RFC 7518 sec 3.4. Empty if it does not fit.
std::string raw_ecdsa(std::string_view der, std::size_t bytes) {
  const unsigned char* position = keys::bytes_of(der);
  const EcdsaSignature signature(d2i_ECDSA_SIG(nullptr, &position, static_cast<long>(der.size())));
  const int half = static_cast<int>(bytes / 2);
  std::string raw(bytes, '\0');
  const bool fits = signature != nullptr &&
                    BN_bn2binpad(ECDSA_SIG_get0_r(signature.get()), octets_of(raw), half) == half &&
                    BN_bn2binpad(ECDSA_SIG_get0_s(signature.get()), octets_of(raw) + half, half) == half;
  return fits ? raw : std::string();
}

}  // namespace

void Signer::Free::operator()(evp_pkey_st* key) const noexcept { EVP_PKEY_free(key); }

std::optional<Signer> Signer::make(std::string_view private_pem, Alg alg) {
  if (private_pem.size() > kPrivateKeyBytesMax) return std::nullopt;
  const keys::ErrorQueueGuard guard;
  const keys::Bio bio(BIO_new_mem_buf(private_pem.data(), static_cast<int>(private_pem.size())));
  if (bio == nullptr) return std::nullopt;
  Key key(PEM_read_bio_PrivateKey(bio.get(), nullptr, no_passphrase, nullptr));
  if (key == nullptr || !takes(key.get(), jose::facts_of(alg))) return std::nullopt;
  return Signer(std::move(key), alg);
}

std::string Signer::sign(std::string_view signing_input) const {
  const keys::ErrorQueueGuard guard;
  const jose::AlgFacts facts = jose::facts_of(alg_);
  const DigestContext context(EVP_MD_CTX_new());
  EVP_PKEY_CTX* options = nullptr;  // owned by `context`
  if (context == nullptr ||
      EVP_DigestSignInit(context.get(), &options, digest_of(facts.digest), nullptr, key_.get()) != 1) {
    return {};
  }
  if (facts.family == jose::AlgFamily::kRsaPss &&
      (EVP_PKEY_CTX_set_rsa_padding(options, RSA_PKCS1_PSS_PADDING) != 1 ||
       EVP_PKEY_CTX_set_rsa_pss_saltlen(options, RSA_PSS_SALTLEN_DIGEST) != 1)) {
    return {};
  }
  std::size_t bytes = 0;
  const unsigned char* const input = keys::bytes_of(signing_input);
  if (EVP_DigestSign(context.get(), nullptr, &bytes, input, signing_input.size()) != 1) return {};
  std::string signature(bytes, '\0');
  if (EVP_DigestSign(context.get(), octets_of(signature), &bytes, input, signing_input.size()) != 1) return {};
  signature.resize(bytes);
  return facts.family == jose::AlgFamily::kEcdsa ? raw_ecdsa(signature, facts.signature_bytes) : signature;
}

}  // namespace assay::verify

#include "verify/evp_verify.h"

#include <algorithm>
#include <array>
#include <cstring>

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <openssl/rsa.h>

#include "base/check.h"
#include "base/free_with.h"
#include "jose/alg.h"

namespace assay::verify {
namespace {

using DigestAlgorithm = std::unique_ptr<EVP_MD, base::FreeWith<EVP_MD_free>>;
using DigestContext = std::unique_ptr<EVP_MD_CTX, base::FreeWith<EVP_MD_CTX_free>>;
using KeyContext = std::unique_ptr<EVP_PKEY_CTX, base::FreeWith<EVP_PKEY_CTX_free>>;
using MacAlgorithm = std::unique_ptr<EVP_MAC, base::FreeWith<EVP_MAC_free>>;
using MacContext = std::unique_ptr<EVP_MAC_CTX, base::FreeWith<EVP_MAC_CTX_free>>;

constexpr std::size_t kDigestCount = 3;
constexpr std::array<const char*, kDigestCount> kDigestNames = {"SHA256", "SHA384", "SHA512"};

// Contexts are kept in sets, the most recently used first. A key belongs to one set, and the last of it falls out.
constexpr std::size_t kSetCount = 128;
constexpr std::size_t kEntriesPerSet = 4;
constexpr unsigned kSetBits = 7;
static_assert(kSetCount == std::size_t{1} << kSetBits);

// SEQUENCE, two INTEGERs of up to 66 bytes plus a sign byte each, and their heads.
constexpr std::size_t kDerSignatureBytesMax = 3 + 2 * (2 + 1 + 66);

const unsigned char* as_bytes(std::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); }

// Writes a DER INTEGER for an unsigned big-endian number; returns the end.
std::uint8_t* write_der_integer(std::span<const std::uint8_t> number, std::uint8_t* out) {
  while (number.size() > 1 && number.front() == 0) number = number.subspan(1);
  const bool needs_sign_byte = (number.front() & 0x80) != 0;
  *out++ = 0x02;
  *out++ = static_cast<std::uint8_t>(number.size() + (needs_sign_byte ? 1 : 0));
  if (needs_sign_byte) *out++ = 0;
  std::memcpy(out, number.data(), number.size());
  return out + number.size();
}

// OpenSSL wants ECDSA signatures as DER; JWS has r || s (RFC 7518 sec 3.4). Returns the size.
std::size_t write_der_signature(std::span<const std::uint8_t> raw,
                                std::array<std::uint8_t, kDerSignatureBytesMax>& der) {
  std::array<std::uint8_t, kDerSignatureBytesMax> body;
  const std::size_t half = raw.size() / 2;
  std::uint8_t* end = write_der_integer(raw.first(half), body.data());
  end = write_der_integer(raw.subspan(half), end);
  const auto body_bytes = static_cast<std::size_t>(end - body.data());
  std::size_t head = 0;
  der[head++] = 0x30;
  if (body_bytes >= 0x80) der[head++] = 0x81;
  der[head++] = static_cast<std::uint8_t>(body_bytes);
  std::memcpy(der.data() + head, body.data(), body_bytes);
  return head + body_bytes;
}

}  // namespace

class EvpVerifier::Impl {
 public:
  Impl() : digest_context_(EVP_MD_CTX_new()), mac_(EVP_MAC_fetch(nullptr, "HMAC", nullptr)) {
    for (std::size_t i = 0; i < kDigestCount; ++i) {
      digests_[i].reset(EVP_MD_fetch(nullptr, kDigestNames[i], nullptr));
      ASSAY_CHECK(digests_[i] != nullptr);
      mac_contexts_[i] = make_mac_context(kDigestNames[i]);
    }
    ASSAY_CHECK(digest_context_ != nullptr);
  }

  bool verify(const keys::Key& key, Alg alg, std::string_view signing_input, std::span<const std::uint8_t> signature) {
    const jose::AlgFacts alg_facts = jose::facts_of(alg);
    if (!has_right_size(key, alg_facts, signature)) return false;
    switch (alg_facts.family) {
      case jose::AlgFamily::kRsaPkcs1:
      case jose::AlgFamily::kRsaPss:
      case jose::AlgFamily::kEcdsa: {
        Hash buffer;
        const std::span<const std::uint8_t> hash = hash_input(alg_facts.digest, signing_input, buffer);
        return !hash.empty() && verify_hash(key, alg, hash, signature);
      }
      case jose::AlgFamily::kEdDsa: return verify_message(key, signing_input, signature);
      case jose::AlgFamily::kHmac: return verify_mac(key, alg_facts.digest, signing_input, signature);
    }
    return false;
  }

  bool verify_sha256(const keys::Key& key, Alg alg, const Sha256Hash& hash, std::span<const std::uint8_t> signature) {
    const jose::AlgFacts alg_facts = jose::facts_of(alg);
    return alg_facts.digest == jose::Digest::kSha256 && alg_facts.family != jose::AlgFamily::kHmac &&
           has_right_size(key, alg_facts, signature) && verify_hash(key, alg, hash, signature);
  }

 private:
  // What is prepared for one key and algorithm. The contexts hold a reference on the EVP_PKEY, so as long as an entry
  // stands, its address belongs to this key and cannot be another's.
  struct Entry {
    evp_pkey_st* key = nullptr;
    Alg alg = Alg::kRS256;
    KeyContext digest_verifier;      // signs over a digest: RSA, ECDSA
    DigestContext message_verifier;  // signs over the message: EdDSA
  };

  using Set = std::array<Entry, kEntriesPerSet>;
  using Hash = std::array<std::uint8_t, EVP_MAX_MD_SIZE>;

  static bool has_right_size(const keys::Key& key, const jose::AlgFacts& alg_facts,
                             std::span<const std::uint8_t> signature) {
    const std::size_t bytes = alg_facts.signature_bytes == 0 ? key.prepared.modulus_bytes : alg_facts.signature_bytes;
    return signature.size() == bytes && bytes != 0;
  }

  Entry& entry_of(const keys::Key& key, Alg alg) {
    evp_pkey_st* const handle = key.prepared.key.handle();
    // Addresses have regular distances: a multiplication spreads them (Knuth's multiplicative hashing).
    const std::uint64_t spread =
        (reinterpret_cast<std::uintptr_t>(handle) + static_cast<std::size_t>(alg)) * 0x9E37'79B9'7F4A'7C15;
    Set& set = sets_[spread >> (64 - kSetBits)];
    std::size_t found = 0;
    while (found + 1 < kEntriesPerSet && (set[found].key != handle || set[found].alg != alg)) ++found;
    if (found != 0) std::rotate(set.begin(), set.begin() + found, set.begin() + found + 1);
    Entry& entry = set.front();
    if (entry.key != handle || entry.alg != alg) {
      entry = Entry{.key = handle, .alg = alg, .digest_verifier = {}, .message_verifier = {}};
    }
    return entry;
  }

  const EVP_MD* digest(jose::Digest name) const { return digests_[static_cast<std::size_t>(name)].get(); }

  KeyContext make_digest_verifier(evp_pkey_st* key, const jose::AlgFacts& alg_facts) const {
    KeyContext context(EVP_PKEY_CTX_new_from_pkey(nullptr, key, nullptr));
    if (context == nullptr || EVP_PKEY_verify_init(context.get()) != 1) return nullptr;
    if (EVP_PKEY_CTX_set_signature_md(context.get(), digest(alg_facts.digest)) != 1) return nullptr;
    switch (alg_facts.family) {
      case jose::AlgFamily::kRsaPkcs1:
        if (EVP_PKEY_CTX_set_rsa_padding(context.get(), RSA_PKCS1_PADDING) != 1) return nullptr;
        break;
      case jose::AlgFamily::kRsaPss:
        // RFC 7518 sec 3.5: MGF1 with the same digest, a salt of the digest's size.
        if (EVP_PKEY_CTX_set_rsa_padding(context.get(), RSA_PKCS1_PSS_PADDING) != 1) return nullptr;
        if (EVP_PKEY_CTX_set_rsa_mgf1_md(context.get(), digest(alg_facts.digest)) != 1) return nullptr;
        if (EVP_PKEY_CTX_set_rsa_pss_saltlen(context.get(), RSA_PSS_SALTLEN_DIGEST) != 1) return nullptr;
        break;
      case jose::AlgFamily::kEcdsa: break;
      case jose::AlgFamily::kEdDsa:
      case jose::AlgFamily::kHmac: return nullptr;
    }
    return context;
  }

  // Empty if OpenSSL fails.
  std::span<const std::uint8_t> hash_input(jose::Digest name, std::string_view signing_input, Hash& hash) {
    unsigned int hash_bytes = 0;
    const bool hashed = EVP_DigestInit_ex2(digest_context_.get(), digest(name), nullptr) == 1 &&
                        EVP_DigestUpdate(digest_context_.get(), signing_input.data(), signing_input.size()) == 1 &&
                        EVP_DigestFinal_ex(digest_context_.get(), hash.data(), &hash_bytes) == 1;
    return std::span(hash).first(hashed ? hash_bytes : 0);
  }

  bool verify_hash(const keys::Key& key, Alg alg, std::span<const std::uint8_t> hash,
                   std::span<const std::uint8_t> signature) {
    const jose::AlgFacts alg_facts = jose::facts_of(alg);
    Entry& entry = entry_of(key, alg);
    if (entry.digest_verifier == nullptr) entry.digest_verifier = make_digest_verifier(entry.key, alg_facts);
    if (entry.digest_verifier == nullptr) return false;
    std::array<std::uint8_t, kDerSignatureBytesMax> der;
    if (alg_facts.family == jose::AlgFamily::kEcdsa) {
      signature = std::span(der).first(write_der_signature(signature, der));
    }
    return EVP_PKEY_verify(entry.digest_verifier.get(), signature.data(), signature.size(), hash.data(), hash.size()) ==
           1;
  }

  bool verify_message(const keys::Key& key, std::string_view signing_input, std::span<const std::uint8_t> signature) {
    Entry& entry = entry_of(key, Alg::kEdDSA);
    if (entry.message_verifier == nullptr) entry.message_verifier.reset(EVP_MD_CTX_new());
    if (entry.message_verifier == nullptr) return false;
    // For every message: newer versions of OpenSSL take a context for finished after its one-shot verification.
    const bool ready = EVP_DigestVerifyInit_ex(entry.message_verifier.get(), nullptr, nullptr, nullptr, nullptr,
                                               entry.key, nullptr) == 1;
    if (!ready) return false;
    return EVP_DigestVerify(entry.message_verifier.get(), signature.data(), signature.size(), as_bytes(signing_input),
                            signing_input.size()) == 1;
  }

  MacContext make_mac_context(std::string_view digest_name) const {
    ASSAY_CHECK(mac_ != nullptr);
    MacContext context(EVP_MAC_CTX_new(mac_.get()));
    // OSSL_PARAM wants a pointer to non-const and does not write through it here.
    const std::array<OSSL_PARAM, 2> parameters = {
        OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, const_cast<char*>(digest_name.data()),
                                         digest_name.size()),
        OSSL_PARAM_construct_end()};
    ASSAY_CHECK(context != nullptr && EVP_MAC_CTX_set_params(context.get(), parameters.data()) == 1);
    return context;
  }

  bool verify_mac(const keys::Key& key, jose::Digest digest_name, std::string_view signing_input,
                  std::span<const std::uint8_t> signature) {
    EVP_MAC_CTX* const context = mac_contexts_[static_cast<std::size_t>(digest_name)].get();
    std::array<std::uint8_t, EVP_MAX_MD_SIZE> mac;
    std::size_t mac_bytes = 0;
    const bool computed = EVP_MAC_init(context, as_bytes(key.secret_k), key.secret_k.size(), nullptr) == 1 &&
                          EVP_MAC_update(context, as_bytes(signing_input), signing_input.size()) == 1 &&
                          EVP_MAC_final(context, mac.data(), &mac_bytes, mac.size()) == 1;
    return computed && mac_bytes == signature.size() && CRYPTO_memcmp(mac.data(), signature.data(), mac_bytes) == 0;
  }

  std::array<DigestAlgorithm, kDigestCount> digests_;
  DigestContext digest_context_;
  MacAlgorithm mac_;
  std::array<MacContext, kDigestCount> mac_contexts_;  // each with its digest set
  std::array<Set, kSetCount> sets_;
};

EvpVerifier::EvpVerifier() : impl_(std::make_unique<Impl>()) {}
EvpVerifier::EvpVerifier(EvpVerifier&&) noexcept = default;
EvpVerifier& EvpVerifier::operator=(EvpVerifier&&) noexcept = default;
EvpVerifier::~EvpVerifier() = default;

#ifdef ASSAY_UNSAFE_SIGNATURES_FOR_FUZZING
#ifdef NDEBUG
#error "signatures must not be replaced in a release build"
#endif
// The fuzzer of what comes behind the signature cannot sign: for it, and in its own build of this file alone, a valid
// signature is a fixed byte.
bool EvpVerifier::verify(const keys::Key&, Alg, std::string_view, std::span<const std::uint8_t> signature) noexcept {
  return signature.size() == 1 && signature.front() == 0x5A;
}
bool EvpVerifier::verify_sha256(const keys::Key& key, Alg alg, const Sha256Hash&,
                                std::span<const std::uint8_t> signature) noexcept {
  return verify(key, alg, {}, signature);
}
#else
bool EvpVerifier::verify(const keys::Key& key, Alg alg, std::string_view signing_input,
                         std::span<const std::uint8_t> signature) noexcept {
  const bool valid = impl_->verify(key, alg, signing_input, signature);
  // A refused signature leaves an entry in OpenSSL's per-thread queue; it would grow with every hostile token.
  if (!valid) ERR_clear_error();
  return valid;
}

bool EvpVerifier::verify_sha256(const keys::Key& key, Alg alg, const Sha256Hash& hash,
                                std::span<const std::uint8_t> signature) noexcept {
  const bool valid = impl_->verify_sha256(key, alg, hash, signature);
  if (!valid) ERR_clear_error();
  return valid;
}
#endif

}  // namespace assay::verify

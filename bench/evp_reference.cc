#include "bench/evp_reference.h"

#include <cstdlib>

#include <openssl/rsa.h>

#include "bench/naive.h"
#include "jose/compact.h"

namespace assay::bench {
namespace {

const unsigned char* octets_of(std::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); }

void must(bool holds) {
  if (!holds) std::abort();
}

}  // namespace

std::vector<PreparedToken> prepare(const Corpus& corpus) {
  std::vector<PreparedToken> prepared;
  for (const CorpusToken& token : corpus.tokens) {
    const Expected<CompactJws> jws = jose::split_compact(token.compact);
    must(jws.has_value());
    PreparedToken& made = prepared.emplace_back();
    made.signing_input = jws->signing_input();
    must(decode_base64url_by_table(jws->signature_segment(), made.signature));
    made.key = token.key;
    made.well_signed = token.expected != ErrorCode::kBadSignature;
  }
  return prepared;
}

bool verify_one_shot(const keys::Key& key, const PreparedToken& token) {
  EVP_MD_CTX* context = EVP_MD_CTX_new();
  const bool valid = EVP_DigestVerifyInit(context, nullptr, EVP_sha256(), nullptr, key.prepared.key.handle()) == 1 &&
                     EVP_DigestVerify(context, octets_of(token.signature), token.signature.size(),
                                      octets_of(token.signing_input), token.signing_input.size()) == 1;
  EVP_MD_CTX_free(context);
  return valid;
}

EvpAtBest::EvpAtBest(std::span<const keys::Key> keys)
    : sha256_(EVP_MD_fetch(nullptr, "SHA256", nullptr)), hashing_(EVP_MD_CTX_new()) {
  must(sha256_ != nullptr && hashing_ != nullptr);
  for (const keys::Key& key : keys) {
    EVP_PKEY_CTX* context = EVP_PKEY_CTX_new_from_pkey(nullptr, key.prepared.key.handle(), nullptr);
    must(EVP_PKEY_verify_init(context) == 1);
    must(EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PADDING) == 1);
    must(EVP_PKEY_CTX_set_signature_md(context, sha256_.get()) == 1);
    by_key_.emplace_back(context);
  }
}

Sha256Bytes EvpAtBest::hash(std::string_view message) const {
  Sha256Bytes bytes;
  must(EVP_DigestInit_ex2(hashing_.get(), sha256_.get(), nullptr) == 1);
  must(EVP_DigestUpdate(hashing_.get(), message.data(), message.size()) == 1);
  must(EVP_DigestFinal_ex(hashing_.get(), bytes.data(), nullptr) == 1);
  return bytes;
}

bool EvpAtBest::verify_hash(const PreparedToken& token, const Sha256Bytes& hash) const {
  return EVP_PKEY_verify(by_key_[token.key].get(), octets_of(token.signature), token.signature.size(), hash.data(),
                         hash.size()) == 1;
}

bool EvpAtBest::verify(const PreparedToken& token) const { return verify_hash(token, hash(token.signing_input)); }

}  // namespace assay::bench

// RS256 verification by OpenSSL's EVP interface, in the two ways that benchmarks compare with.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <openssl/evp.h>

#include "base/free_with.h"
#include "bench/corpus.h"
#include "keys/key_set.h"

namespace assay::bench {

using Sha256Bytes = std::array<std::uint8_t, 32>;

// A corpus token cut and decoded beforehand, so that nothing but digest and signature is timed.
struct PreparedToken {
  std::string_view signing_input;  // of the corpus, which must outlive this
  std::string signature;
  std::size_t key = 0;
  bool well_signed = false;

  [[nodiscard]] std::span<const std::uint8_t> signature_bytes() const noexcept {
    return {reinterpret_cast<const std::uint8_t*>(signature.data()), signature.size()};
  }
};
[[nodiscard]] std::vector<PreparedToken> prepare(const Corpus& corpus);

// EVP_DigestVerify as most programs call it: a context made, set up and freed for every token.
[[nodiscard]] bool verify_one_shot(const keys::Key& key, const PreparedToken& token);

// EVP at its best: a fetched digest, a hashing context that is used again, and for every key an EVP_PKEY_CTX that stays
// set up.
class EvpAtBest {
 public:
  // `keys` must outlive this.
  explicit EvpAtBest(std::span<const keys::Key> keys);

  [[nodiscard]] Sha256Bytes hash(std::string_view message) const;

  // The signature alone, without hashing.
  [[nodiscard]] bool verify_hash(const PreparedToken& token, const Sha256Bytes& hash) const;

  // Hash and signature.
  [[nodiscard]] bool verify(const PreparedToken& token) const;

 private:
  std::unique_ptr<EVP_MD, base::FreeWith<EVP_MD_free>> sha256_;
  std::unique_ptr<EVP_MD_CTX, base::FreeWith<EVP_MD_CTX_free>> hashing_;
  std::vector<std::unique_ptr<EVP_PKEY_CTX, base::FreeWith<EVP_PKEY_CTX_free>>> by_key_;
};

}  // namespace assay::bench

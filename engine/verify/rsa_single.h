// RS256 signatures one at a time, where no kernel of ours runs.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "keys/key.h"
#include "verify/digest.h"

struct bignum_ctx;
struct bignum_st;

namespace assay::verify {

// One worker's numbers. By OpenSSL's Montgomery multiplication: what EVP_PKEY_verify computes, with one multiplication
// fewer and without what it allocates, decodes and looks up for every signature. Thread-confined; movable.
class RsaSingle {
 public:
  // Stops the program if there is no memory.
  RsaSingle();

  // Whether RS256 signatures of `key` can be checked here: a usable RSA key with e = 65537.
  [[nodiscard]] static bool takes(const keys::Key& key) noexcept { return key.montgomery != nullptr && key.usable(); }

  // Whether `signature` is `key`'s over `hash`. False for a signature of another size than the modulus, for one that is
  // not below it, and for whatever goes wrong.
  //
  //   key      takes(key); must outlive the call
  //   cost     18 multiplications modulo n where EVP_PKEY_verify has 19; no allocation after the first of a size
  //   timing   public data only
  //   spec     RFC 8017 sec 8.2.2
  [[nodiscard]] bool verify(const keys::Key& key, const Sha256Hash& hash,
                            std::span<const std::uint8_t> signature) noexcept;

 private:
  struct Free {
    void operator()(bignum_st* number) const noexcept;
    void operator()(bignum_ctx* scratch) const noexcept;
  };

  // Sets block_ to signature^65537 mod n; false if the signature is not below n.
  [[nodiscard]] bool open(const keys::RsaMontgomery& key, std::span<const std::uint8_t> signature) noexcept;

  std::unique_ptr<bignum_ctx, Free> scratch_;
  std::unique_ptr<bignum_st, Free> signature_;
  std::unique_ptr<bignum_st, Free> power_;
  std::vector<std::uint8_t> block_;  // room for the largest modulus
};

}  // namespace assay::verify

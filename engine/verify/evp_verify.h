// Signature verification by OpenSSL: every algorithm, one signature at a time.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include "assay/policy.h"
#include "keys/key.h"
#include "verify/digest.h"

namespace assay::verify {

// One worker's prepared OpenSSL state: fetched digests, and for recently used keys a context that is set up. The first
// use of a key sets one up; after that nothing is fetched or set up per token but EdDSA's, which OpenSSL wants set up
// for every message. Contexts of up to 512 keys; with more in use the rest are set up again and again, which is slower
// and never wrong. Thread-confined; movable.
class EvpVerifier {
 public:
  // Fetches algorithms from OpenSSL's default provider. Stops the program if OpenSSL lacks them.
  EvpVerifier();
  EvpVerifier(EvpVerifier&&) noexcept;
  EvpVerifier& operator=(EvpVerifier&&) noexcept;
  ~EvpVerifier();

  // Whether `signature` is `key`'s over `signing_input` by `alg`. False for whatever goes wrong.
  //
  //   key        usable and fits(alg); must outlive the call
  //   signature  the JWS signature's bytes. RSA: exactly the modulus' size; a value not below the modulus is false.
  //              ECDSA: r || s, exactly twice the field's size (RFC 7518 sec 3.4). EdDSA: 64 bytes, s below the order.
  //              HMAC: exactly the digest's size, compared in constant time.
  //   timing     public data only but for HMAC
  //   spec       RFC 7518 sec 3, RFC 8037 sec 3.1, RFC 8017 sec 8.2.2
  [[nodiscard]] bool verify(const keys::Key& key, Alg alg, std::string_view signing_input,
                            std::span<const std::uint8_t> signature) noexcept;

  // As verify, of a signing input that is hashed already; false for algorithms that do not sign a SHA-256 hash.
  [[nodiscard]] bool verify_sha256(const keys::Key& key, Alg alg, const Sha256Hash& hash,
                                   std::span<const std::uint8_t> signature) noexcept;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace assay::verify

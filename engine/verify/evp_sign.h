// Signing by OpenSSL: the proof of who Assay is at an authorization server. The only private keys of the engine.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "assay/policy.h"

struct evp_pkey_st;

namespace assay::verify {

// One private key with one algorithm. Immutable, so it may be shared; movable.
class Signer {
 public:
  // Nothing unless `private_pem` is one unencrypted private key of the type, curve and size that `alg` takes: RSA of
  // kRsaModulusBitsMin to kRsaModulusBitsMax, the curve of ES256, ES384 or ES512, Ed25519. HMAC has no such key.
  [[nodiscard]] static std::optional<Signer> make(std::string_view private_pem, Alg alg);

  // The signature's octets as JWS has them: ECDSA is r || s of fixed size, PS256 and its kin have a salt as long as
  // their hash. Empty if OpenSSL fails (memory); whoever gets that cannot be told from a stranger.
  //   cost   a private-key operation, with RSA many times that of ES256: for the control side alone
  //   spec   RFC 7518 sec 3, RFC 8037 sec 3.1
  [[nodiscard]] std::string sign(std::string_view signing_input) const;

 private:
  struct Free {
    void operator()(evp_pkey_st* key) const noexcept;
  };
  using Key = std::unique_ptr<evp_pkey_st, Free>;
  Signer(Key key, Alg alg) noexcept : key_(std::move(key)), alg_(alg) {}

  Key key_;
  Alg alg_;
};

}  // namespace assay::verify

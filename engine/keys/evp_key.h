// A public key prepared in OpenSSL: built and examined once when a key set is read, never on the deciding path.
#pragma once

#include <cstdint>
#include <memory>

#include "jose/jwk.h"

struct evp_pkey_st;

namespace assay::keys {

// Owns one EVP_PKEY; immutable after make. Movable.
class EvpKey {
 public:
  EvpKey() = default;  // no key

  [[nodiscard]] explicit operator bool() const noexcept { return key_ != nullptr; }
  // The OpenSSL handle, for verify/evp_verify alone. Lives as long as this object.
  [[nodiscard]] evp_pkey_st* handle() const noexcept { return key_.get(); }

 private:
  friend struct PreparedKey;
  friend class EvpKeyMaker;
  struct Free {
    void operator()(evp_pkey_st* key) const noexcept;
  };
  std::unique_ptr<evp_pkey_st, Free> key_;
};

// A key and what examining it found.
struct PreparedKey {
  EvpKey key;  // empty if defect is not kNone
  jose::KeyDefect defect = jose::KeyDefect::kNone;
  std::uint32_t bits = 0;           // modulus or field size, or secret size
  std::uint32_t modulus_bytes = 0;  // RSA: what a signature's size must equal
};

// Builds the key that `jwk` states; a defect the JWK already has is carried over. Checks on top: the point is on its
// curve, RSA modulus and exponent (limits.h, even, ROCA).
[[nodiscard]] PreparedKey prepare_key(const jose::Jwk& jwk);

}  // namespace assay::keys

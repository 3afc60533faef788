// One verification key of one issuer, ready to use or with the reason why not.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "jose/alg.h"
#include "jose/jwk.h"
#include "keys/evp_key.h"

namespace assay::keys {

// Immutable once its KeySet is made.
struct Key {
  jose::KeyType type = jose::KeyType::kOther;
  jose::Curve curve = jose::Curve::kNone;
  std::string type_text;            // "RSA", "EC P-256", "OKP Ed25519", "oct", or the JWK's own kty
  std::optional<std::string> kid;
  std::optional<Alg> alg;           // the JWK's own binding; nothing: every algorithm that fits the type
  std::string alg_text;
  std::string secret_k;             // oct alone
  PreparedKey prepared;

  [[nodiscard]] bool usable() const noexcept { return prepared.defect == jose::KeyDefect::kNone; }
  // Whether a signature of `alg` can be checked by this key: type, curve and the key's own alg. RFC 8725 sec 3.1.
  [[nodiscard]] bool fits(Alg token_alg) const noexcept;
};

[[nodiscard]] Key make_key(jose::Jwk jwk);

}  // namespace assay::keys

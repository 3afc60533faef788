// Private keys that sign JWS: for tests, assay mint and assay-issuer. The engine itself only verifies.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "assay/expected.h"
#include "assay/policy.h"

struct evp_pkey_st;

namespace assay::signing {

// RFC 7518 sec 6.2.1.1.
enum class Curve : std::uint8_t { kP256, kP384, kP521 };

// Members of a JWK that do not come from the key. An empty one is left out. RFC 7517 sec 4.
struct JwkMembers {
  std::string_view kid = {};
  std::string_view alg = {};
  std::string_view use = {};
};

// One private key or HMAC secret. Copies share the key, which never changes; signing is thread-safe.
class SigningKey {
 public:
  // `modulus_bits` 512 .. 16384: keys that are too weak to be accepted can be made for tests.
  // Cost: 2048 bits take about 0.1 s, 4096 bits about 1 s, both with a wide spread.
  [[nodiscard]] static SigningKey generate_rsa(unsigned modulus_bits);
  [[nodiscard]] static SigningKey generate_ec(Curve curve);
  [[nodiscard]] static SigningKey generate_ed25519();
  // Any bytes, for HS256/384/512.
  [[nodiscard]] static SigningKey from_secret(std::string_view secret);
  // One unencrypted PEM private key (RSA, EC P-256/384/521 or Ed25519); the error is a sentence for people.
  [[nodiscard]] static tl::expected<SigningKey, std::string> from_private_pem(std::string_view pem);

  // Whether the key's type (and curve) is the one that `alg` needs. RFC 7518 sec 3.1, RFC 8037 sec 3.1.
  [[nodiscard]] bool can_sign(Alg alg) const;

  // The signature's octets as JWS has them: ECDSA is R || S of fixed size (RFC 7518 sec 3.4), PS* has a salt as long as
  // its hash (RFC 7518 sec 3.5). Precondition: can_sign(alg).
  [[nodiscard]] std::string sign(Alg alg, std::string_view signing_input) const;

  // The public key as JWK text; of a secret the JWK *is* the secret (kty "oct"). RFC 7518 sec 6.
  [[nodiscard]] std::string public_jwk(const JwkMembers& members) const;
  // SubjectPublicKeyInfo, and PKCS #8, in PEM. Precondition: not a secret.
  [[nodiscard]] std::string public_pem() const;
  [[nodiscard]] std::string private_pem() const;

 private:
  enum class Kind : std::uint8_t { kRsa, kP256, kP384, kP521, kEd25519, kSecret };

  SigningKey(Kind kind, std::shared_ptr<evp_pkey_st> key) : kind_(kind), key_(std::move(key)) {}

  Kind kind_;
  std::shared_ptr<evp_pkey_st> key_;  // null for kSecret
  std::string secret_;                // kSecret
};

// A JWK Set with one key per element, each a JWK's text. RFC 7517 sec 5.
template <typename... Jwks>
[[nodiscard]] std::string jwk_set(const Jwks&... jwks) {
  std::string keys;
  ((keys += (keys.empty() ? "" : ","), keys += jwks), ...);
  return "{\"keys\":[" + keys + "]}";
}

}  // namespace assay::signing

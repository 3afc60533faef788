// The signing keys of one issuer: one that signs, and those that are still published after a rotation.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "signing/signing_key.h"

namespace assay::development {

// Whether a rotation goes on publishing the keys before it.
enum class OldKeys : std::uint8_t { kPublished, kWithdrawn };

// How a token is signed: properly, with a bit of the payload changed afterwards, or by a key that nobody published.
enum class SignatureKind : std::uint8_t { kGood, kTampered, kForeignKey };

class KeyRing {
 public:
  // Generates an RSA key of that many bits. An empty `kid`: headers and JWKs carry none.
  KeyRing(unsigned modulus_bits, std::string kid);

  // Generates keys for the next `count` rotations, which then take no time.
  void make_spares(std::size_t count);

  // Takes a spare key for the next signing key, or generates one of the same size where there is none. Its kid, where
  // there is one, is the first kid with a number.
  void rotate(OldKeys old_keys);

  // Signs as RS256. The header is {"typ":TYPE,"alg":"RS256"[,"kid":...]}.
  [[nodiscard]] std::string sign(std::string_view payload_json, SignatureKind kind,
                                 std::string_view type = "JWT") const;

  // The published keys. RFC 7517 sec 5.
  [[nodiscard]] std::string jwks() const;
  // The signing key's public half in PEM.
  [[nodiscard]] std::string public_pem() const { return keys_.back().key.public_pem(); }

 private:
  struct NamedKey {
    signing::SigningKey key;
    std::string kid;
  };

  unsigned modulus_bits_;
  std::string kid_;
  int rotation_count_ = 0;
  std::vector<NamedKey> keys_;               // the last one signs
  std::vector<signing::SigningKey> spares_;  // neither published nor used yet
};

}  // namespace assay::development

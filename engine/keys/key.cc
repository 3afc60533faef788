#include "keys/key.h"

#include <utility>

#include "keys/evp_key_thumbprint.h"

namespace assay::keys {

namespace {

std::size_t digest_bytes(jose::Digest digest) noexcept {
  switch (digest) {
    case jose::Digest::kSha256: return 32;
    case jose::Digest::kSha384: return 48;
    case jose::Digest::kSha512: return 64;
    case jose::Digest::kNone: return 0;
  }
  return 0;
}

std::string type_text_of(const jose::Jwk& jwk) {
  switch (jwk.curve) {
    case jose::Curve::kNone: return jwk.kty;
    case jose::Curve::kP256: return "EC P-256";
    case jose::Curve::kP384: return "EC P-384";
    case jose::Curve::kP521: return "EC P-521";
    case jose::Curve::kEd25519: return "OKP Ed25519";
  }
  return jwk.kty;
}

}  // namespace

bool Key::fits(Alg token_alg) const noexcept {
  // A key that names an algorithm which does not exist here is for that one alone.
  const bool is_bound = !alg_text.empty();
  return jose::alg_fits(token_alg, type, curve) && (!is_bound || alg == token_alg);
}

bool Key::strong_enough(Alg token_alg) const noexcept {
  return usable() && (type != jose::KeyType::kOct || secret_k.size() >= digest_bytes(jose::facts_of(token_alg).digest));
}

Key make_key(jose::Jwk jwk) {
  Key key;
  key.prepared = prepare_key(jwk);
  key.type = jwk.type;
  key.curve = jwk.curve;
  key.type_text = type_text_of(jwk);
  key.thumbprint = thumbprint_of(jwk);
  key.kid = std::move(jwk.kid);
  key.alg = jwk.alg;
  key.alg_text = std::move(jwk.alg_text);
  key.secret_k = std::move(jwk.secret_k);
  if (key.usable() && key.fits(Alg::kRS256)) {
    key.lanes = RsaLanes::make(jwk.modulus_n, jwk.exponent_e);
    key.montgomery = RsaMontgomery::make(jwk.modulus_n, jwk.exponent_e);
  }
  return key;
}

}  // namespace assay::keys

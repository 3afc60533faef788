#include "issuer/key_ring.h"

#include <utility>

#include "signing/base64url_writer.h"
#include "signing/json_text.h"
#include "signing/jwt_writer.h"

namespace assay::development {
namespace {

const signing::SigningKey& foreign_key() {
  static const signing::SigningKey key = signing::SigningKey::generate_rsa(2048);
  return key;
}

// Changes the last claim's text without signing again: the token stays well formed and its signature becomes wrong.
std::string with_changed_payload(std::string_view compact, std::string_view payload_json) {
  std::string changed(payload_json.substr(0, payload_json.size() - 1));
  changed += ",\"tampered\":true}";
  const std::size_t first_dot = compact.find('.');
  const std::size_t second_dot = compact.find('.', first_dot + 1);
  return std::string(compact.substr(0, first_dot + 1)) + signing::base64url_encode(changed) +
         std::string(compact.substr(second_dot));
}

}  // namespace

KeyRing::KeyRing(unsigned modulus_bits, std::string kid) : modulus_bits_(modulus_bits), kid_(std::move(kid)) {
  keys_.push_back({.key = signing::SigningKey::generate_rsa(modulus_bits_), .kid = kid_});
}

void KeyRing::make_spares(std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) spares_.push_back(signing::SigningKey::generate_rsa(modulus_bits_));
}

void KeyRing::rotate(OldKeys old_keys) {
  if (old_keys == OldKeys::kWithdrawn) keys_.clear();
  ++rotation_count_;
  if (spares_.empty()) make_spares(1);
  keys_.push_back(
      {.key = std::move(spares_.back()), .kid = kid_.empty() ? "" : kid_ + "-" + std::to_string(rotation_count_)});
  spares_.pop_back();
}

std::string KeyRing::sign(std::string_view payload_json, SignatureKind kind, std::string_view type) const {
  const NamedKey& named = keys_.back();
  signing::JsonObject header;
  header.add("typ", type).add("alg", "RS256");
  if (!named.kid.empty()) header.add("kid", named.kid);
  const std::string header_json = header.text();
  const signing::JwtTexts texts{.header_json = header_json, .payload_json = payload_json};
  switch (kind) {
    case SignatureKind::kGood: return signing::sign_jwt(texts, named.key, Alg::kRS256);
    case SignatureKind::kTampered:
      return with_changed_payload(signing::sign_jwt(texts, named.key, Alg::kRS256), payload_json);
    case SignatureKind::kForeignKey: return signing::sign_jwt(texts, foreign_key(), Alg::kRS256);
  }
  return {};
}

std::string KeyRing::jwks() const {
  std::string keys;
  for (const NamedKey& named : keys_) {
    if (!keys.empty()) keys += ',';
    keys += named.key.public_jwk({.kid = named.kid, .alg = "RS256", .use = "sig"});
  }
  return "{\"keys\":[" + keys + "]}";
}

}  // namespace assay::development

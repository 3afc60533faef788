#include "keys/evp_key_thumbprint.h"

#include <array>
#include <cstdint>
#include <string_view>

#include <openssl/evp.h>

#include "keys/evp_key_handles.h"

namespace assay::keys {

namespace {

constexpr std::size_t kSha256Bytes = 32;

// RFC 4648 sec 5, without padding.
std::string base64url_of(std::string_view octets) {
  static constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  std::string text;
  std::uint32_t bits = 0;
  unsigned bit_count = 0;
  for (const char octet : octets) {
    bits = (bits << 8 | static_cast<unsigned char>(octet)) & 0x3fff;
    for (bit_count += 8; bit_count >= 6; bit_count -= 6) text += kAlphabet[bits >> (bit_count - 6) & 63];
  }
  if (bit_count > 0) text += kAlphabet[bits << (6 - bit_count) & 63];
  return text;
}

std::string_view crv_of(jose::Curve curve) noexcept {
  switch (curve) {
    case jose::Curve::kNone: return "";
    case jose::Curve::kP256: return "P-256";
    case jose::Curve::kP384: return "P-384";
    case jose::Curve::kP521: return "P-521";
    case jose::Curve::kEd25519: return "Ed25519";
  }
  return "";
}

// The required members in the order of their names, without blanks; empty where one is missing. RFC 7638 sec 3.2,
// RFC 8037 sec 2.
std::string required_members(const jose::Jwk& jwk) {
  const std::string crv(crv_of(jwk.curve));
  switch (jwk.type) {
    case jose::KeyType::kRsa:
      if (jwk.modulus_n.empty() || jwk.exponent_e.empty()) return {};
      return R"({"e":")" + base64url_of(jwk.exponent_e) + R"(","kty":"RSA","n":")" + base64url_of(jwk.modulus_n) +
             R"("})";
    case jose::KeyType::kEc:
      if (crv.empty() || jwk.x.empty() || jwk.y.empty()) return {};
      return R"({"crv":")" + crv + R"(","kty":"EC","x":")" + base64url_of(jwk.x) + R"(","y":")" + base64url_of(jwk.y) +
             R"("})";
    case jose::KeyType::kOkp:
      if (crv.empty() || jwk.x.empty()) return {};
      return R"({"crv":")" + crv + R"(","kty":"OKP","x":")" + base64url_of(jwk.x) + R"("})";
    case jose::KeyType::kOct:
    case jose::KeyType::kOther: return {};
  }
  return {};
}

}  // namespace

std::string thumbprint_of(const jose::Jwk& jwk) {
  const ErrorQueueGuard errors;
  const std::string text = required_members(jwk);
  if (text.empty()) return {};
  std::array<char, kSha256Bytes> digest{};
  unsigned digest_bytes = 0;
  auto* const out = reinterpret_cast<unsigned char*>(digest.data());
  if (EVP_Digest(text.data(), text.size(), out, &digest_bytes, EVP_sha256(), nullptr) != 1) return {};
  return base64url_of(std::string_view(digest.data(), digest_bytes));
}

}  // namespace assay::keys

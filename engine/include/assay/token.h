// What a token is at each state of its verification. The state is the type: bytes are `compact`, split and decoded is
// ParsedToken, checked is VerifiedToken, which only the verifier can make.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace assay {

namespace verify {
class TokenMaker;
}

// A point in time as a token states it: microseconds since the epoch. RFC 7519 sec 2.
// Range [0, kNumericDateUsMax]; the maximum also stands for everything later.
struct NumericDate {
  std::int64_t us = 0;

  friend constexpr auto operator<=>(const NumericDate&, const NumericDate&) = default;  // NOLINT(modernize-use-nullptr)
};

// The JSON type of a value. RFC 8259 sec 3.
enum class JsonKind : std::uint8_t { kObject, kArray, kString, kNumber, kTrue, kFalse, kNull };

// One top-level member of a token's claims or of an introspection answer.
struct Claim {
  std::string_view name;  // unescaped
  std::string_view text;  // kString: unescaped; otherwise the JSON text of the value
  JsonKind kind = JsonKind::kNull;
};

// A compact JWS split into its segments. Offsets, not copies:
//
//      eyJhbGciOiJSUzI1NiJ9 . eyJpc3MiOiJqb2UifQ . c2lnbmF0dXJl
//     |                    |                    |             |
//     0               header_end           payload_end     compact.size()
//
// RFC 7515 sec 3.1. The views die with `compact`.
struct CompactJws {
  std::string_view compact;
  std::uint32_t header_end = 0;   // offset of the first dot
  std::uint32_t payload_end = 0;  // offset of the second dot

  [[nodiscard]] std::string_view header_segment() const noexcept { return compact.substr(0, header_end); }
  [[nodiscard]] std::string_view payload_segment() const noexcept {
    return compact.substr(header_end + 1, payload_end - header_end - 1);
  }
  [[nodiscard]] std::string_view signature_segment() const noexcept { return compact.substr(payload_end + 1); }
  // What is signed: both segments and the dot between them, as they arrived. RFC 7515 sec 5.1.
  [[nodiscard]] std::string_view signing_input() const noexcept { return compact.substr(0, payload_end); }
};

// An accepted token. Only the verifier makes one (see tests/compile_fail).
//
// Views live until the next `decide` of the worker that answered.
class VerifiedToken {
 public:
  // The `name` of the issuer in the policy.
  [[nodiscard]] std::string_view issuer_name() const noexcept { return issuer_name_; }
  // The token's `iss`; empty where the issuer's tokens carry none.
  [[nodiscard]] std::string_view issuer() const noexcept { return issuer_; }
  // `sub`; empty if absent. RFC 7519 sec 4.1.2.
  [[nodiscard]] std::string_view subject() const noexcept { return subject_; }
  // `client_id`, else `azp`; empty if both are absent. RFC 9068 sec 2.2.
  [[nodiscard]] std::string_view client() const noexcept { return client_; }
  // `jti`; empty if absent. RFC 7519 sec 4.1.7.
  [[nodiscard]] std::string_view jwt_id() const noexcept { return jwt_id_; }
  // `kid` of the key that verified the signature; empty where it has none and for opaque tokens.
  [[nodiscard]] std::string_view key_id() const noexcept { return key_id_; }
  // Granted scope, one entry per scope value in the issuer's grammar; empty if it did not fit the grammar.
  [[nodiscard]] std::span<const std::string_view> scope() const noexcept { return scope_; }
  // `exp`; nothing where the token never expires.
  [[nodiscard]] std::optional<NumericDate> expires_at() const noexcept { return expires_at_; }
  // All top-level claims in the order of the document.
  [[nodiscard]] std::span<const Claim> claims() const noexcept { return claims_; }
  // The whole claims object as JSON text.
  [[nodiscard]] std::string_view claims_json() const noexcept { return claims_json_; }
  // Finds a top-level claim by its exact name; null if absent. Cost: linear in the number of claims.
  [[nodiscard]] const Claim* find_claim(std::string_view name) const noexcept {
    for (const Claim& claim : claims_) {
      if (claim.name == name) return &claim;
    }
    return nullptr;
  }

 private:
  friend class verify::TokenMaker;
  friend class Verdict;
  VerifiedToken() = default;

  std::string_view issuer_name_, issuer_, subject_, client_, jwt_id_, key_id_, claims_json_;
  std::span<const std::string_view> scope_;
  std::span<const Claim> claims_;
  std::optional<NumericDate> expires_at_;
};

}  // namespace assay

#include "jose/jwk.h"

#include <algorithm>
#include <array>
#include <bit>
#include <iterator>
#include <span>
#include <utility>

#include "assay/limits.h"
#include "base/arena.h"
#include "kernel/base64url.h"

namespace assay::jose {

namespace {

constexpr KeyDefectFacts kKeyDefectFacts[] = {
    {"none", "the key is usable"},
    {"unsupported_type", "its kty or crv is not one that is used for verification here"},
    {"malformed", "a member is absent, of the wrong type, or not strict base64url"},
    {"wrong_use", "its use is not sig, or its key_ops have no verify"},
    {"unsupported_alg", "its alg is unknown or does not fit its type"},
    {"private_key", "private or symmetric material was published"},
    {"duplicate_kid", "another key of its type has the same kid"},
    {"modulus_too_small", "its modulus is under 2048 bits"},
    {"modulus_too_large", "its modulus is over 16384 bits"},
    {"modulus_even", "its modulus is even"},
    {"bad_exponent", "its exponent is 1, even, or over 33 bits"},
    {"roca", "its modulus has the fingerprint of CVE-2017-15361"},
    {"point_invalid", "its point is not on the curve, of small order, or of the wrong size"},
};
static_assert(std::size(kKeyDefectFacts) == static_cast<std::size_t>(KeyDefect::kPointInvalid) + 1);
static_assert(kRsaModulusBitsMin == 2048 && kRsaModulusBitsMax == 16384 && kRsaExponentBitsMax == 33,
              "the sentences above name these bounds");

// A string member's text; nothing if it is absent or no string.
std::optional<std::string_view> find_string(JsonValue object, std::string_view name) noexcept {
  const JsonValue::Found member = object.find(name);
  if (!member || member.value.kind() != JsonKind::kString) return std::nullopt;
  return member.value.text();
}

bool has_any_member(JsonValue object, std::span<const std::string_view> names) noexcept {
  return std::any_of(names.begin(), names.end(), [object](std::string_view name) { return bool{object.find(name)}; });
}

// A member's decoded bytes; nothing if it is absent, no string, empty, or not strict base64url. RFC 7515 sec 2.
std::optional<std::string> find_octets(JsonValue object, std::string_view name) {
  const std::optional<std::string_view> text = find_string(object, name);
  if (!text || text->empty()) return std::nullopt;
  std::string octets(kernel::base64url_decoded_bytes(text->size()), '\0');
  auto* const bytes = reinterpret_cast<std::uint8_t*>(octets.data());
  if (kernel::decode_base64url_portable(text->data(), text->size(), bytes) != kernel::kBase64urlAccepted)
    return std::nullopt;
  return octets;
}

// As find_octets, of a Base64urlUInt: leading zero bytes, which some publishers write, do not change the number.
// RFC 7518 sec 2, sec 6.3.1.1.
std::optional<std::string> find_number(JsonValue object, std::string_view name) {
  std::optional<std::string> number = find_octets(object, name);
  if (number) number->erase(0, number->find_first_not_of('\0'));
  return number;
}

KeyType find_key_type(std::string_view kty) noexcept {
  if (kty == "RSA") return KeyType::kRsa;
  if (kty == "EC") return KeyType::kEc;
  if (kty == "OKP") return KeyType::kOkp;
  if (kty == "oct") return KeyType::kOct;
  return KeyType::kOther;
}

Curve find_curve(KeyType type, std::string_view crv) noexcept {
  if (type == KeyType::kOkp) return crv == "Ed25519" ? Curve::kEd25519 : Curve::kNone;
  if (crv == "P-256") return Curve::kP256;
  if (crv == "P-384") return Curve::kP384;
  if (crv == "P-521") return Curve::kP521;
  return Curve::kNone;
}

// kty and kid: what the key is called, whatever else may be wrong with it.
KeyDefect read_identity(JsonValue key, Jwk& jwk) {
  const std::optional<std::string_view> kty = find_string(key, "kty");
  if (kty) {
    jwk.kty = *kty;
    jwk.type = find_key_type(*kty);
  }
  KeyDefect defect = kty ? KeyDefect::kNone : KeyDefect::kMalformed;
  if (key.find("kid")) {
    const std::optional<std::string_view> kid = find_string(key, "kid");
    if (kid && kid->size() <= kKidBytesMax) {
      jwk.kid = *kid;
    } else {
      defect = KeyDefect::kMalformed;
    }
  }
  if (defect != KeyDefect::kNone) return defect;
  return jwk.type == KeyType::kOther ? KeyDefect::kUnsupportedType : KeyDefect::kNone;
}

// RFC 7518 sec 6.2.2, 6.3.2, 6.4; RFC 8037 sec 2.
bool is_private(JsonValue key, KeyType type) noexcept {
  static constexpr std::string_view kRsaPrivate[] = {"d", "p", "q", "dp", "dq", "qi", "oth"};
  static constexpr std::string_view kPointPrivate[] = {"d"};
  switch (type) {
    case KeyType::kRsa: return has_any_member(key, kRsaPrivate);
    case KeyType::kEc:
    case KeyType::kOkp: return has_any_member(key, kPointPrivate);
    case KeyType::kOct: return true;
    case KeyType::kOther: return false;
  }
  return true;
}

// RFC 7518 sec 6.2.1.1, RFC 8037 sec 2.
KeyDefect read_curve(JsonValue key, Jwk& jwk) noexcept {
  if (jwk.type != KeyType::kEc && jwk.type != KeyType::kOkp) return KeyDefect::kNone;
  const std::optional<std::string_view> crv = find_string(key, "crv");
  if (!crv) return KeyDefect::kMalformed;
  jwk.curve = find_curve(jwk.type, *crv);
  return jwk.curve == Curve::kNone ? KeyDefect::kUnsupportedType : KeyDefect::kNone;
}

// RFC 7517 sec 4.2 and 4.3: where both members are present, both must allow verification.
KeyDefect check_use(JsonValue key) noexcept {
  if (key.find("use")) {
    const std::optional<std::string_view> use = find_string(key, "use");
    if (!use) return KeyDefect::kMalformed;
    if (*use != "sig") return KeyDefect::kWrongUse;
  }
  const JsonValue::Found key_ops = key.find("key_ops");
  if (!key_ops) return KeyDefect::kNone;
  if (key_ops.value.kind() != JsonKind::kArray) return KeyDefect::kMalformed;
  bool may_verify = false;
  for (const JsonValue operation : key_ops.value) {
    if (operation.kind() != JsonKind::kString) return KeyDefect::kMalformed;
    may_verify = may_verify || operation.text() == "verify";
  }
  return may_verify ? KeyDefect::kNone : KeyDefect::kWrongUse;
}

// RFC 7517 sec 4.4; RFC 8725 sec 3.1.
KeyDefect read_alg(JsonValue key, Jwk& jwk) {
  if (!key.find("alg")) return KeyDefect::kNone;
  const std::optional<std::string_view> name = find_string(key, "alg");
  if (!name) return KeyDefect::kMalformed;
  jwk.alg_text = *name;
  jwk.alg = find_alg(*name);
  if (jwk.alg && alg_fits(*jwk.alg, jwk.type, jwk.curve)) return KeyDefect::kNone;
  jwk.alg.reset();
  return KeyDefect::kUnsupportedAlg;
}

KeyDefect read_rsa_numbers(JsonValue key, Jwk& jwk) {
  std::optional<std::string> n = find_number(key, "n");
  std::optional<std::string> e = find_number(key, "e");
  if (!n || !e) return KeyDefect::kMalformed;
  jwk.modulus_n = std::move(*n);
  jwk.exponent_e = std::move(*e);
  return find_rsa_defect(jwk.modulus_n, jwk.exponent_e);
}

KeyDefect read_point(JsonValue key, Jwk& jwk) {
  const bool has_y = jwk.type == KeyType::kEc;
  std::optional<std::string> x = find_octets(key, "x");
  std::optional<std::string> y = has_y ? find_octets(key, "y") : std::string();
  if (!x || !y) return KeyDefect::kMalformed;
  const std::size_t bytes = coordinate_bytes(jwk.curve);
  if (x->size() != bytes || (has_y && y->size() != bytes)) return KeyDefect::kPointInvalid;
  jwk.x = std::move(*x);
  jwk.y = std::move(*y);
  return KeyDefect::kNone;
}

KeyDefect read_numbers(JsonValue key, Jwk& jwk) {
  switch (jwk.type) {
    case KeyType::kRsa: return read_rsa_numbers(key, jwk);
    case KeyType::kEc:
    case KeyType::kOkp: return read_point(key, jwk);
    case KeyType::kOct:
    case KeyType::kOther: return KeyDefect::kUnsupportedType;
  }
  return KeyDefect::kUnsupportedType;
}

bool same_numbers(const Jwk& a, const Jwk& b) noexcept {
  return a.curve == b.curve && a.modulus_n == b.modulus_n && a.exponent_e == b.exponent_e && a.x == b.x && a.y == b.y;
}

// Keys that are unusable for another reason are never tried, so they make no kid ambiguous.
void mark_duplicate_kids(std::span<Jwk> keys) noexcept {
  std::array<bool, kKeysPerIssuerMax> is_ambiguous{};
  for (std::size_t i = 0; i < keys.size(); ++i) {
    for (std::size_t j = 0; j < i; ++j) {
      const Jwk& a = keys[i];
      const Jwk& b = keys[j];
      if (a.defect != KeyDefect::kNone || b.defect != KeyDefect::kNone) continue;
      if (!a.kid || a.kid != b.kid || a.type != b.type || same_numbers(a, b)) continue;
      is_ambiguous[i] = is_ambiguous[j] = true;
    }
  }
  for (std::size_t i = 0; i < keys.size(); ++i) {
    if (is_ambiguous[i]) keys[i].defect = KeyDefect::kDuplicateKid;
  }
}

}  // namespace

KeyDefectFacts facts_of(KeyDefect defect) noexcept { return kKeyDefectFacts[static_cast<std::size_t>(defect)]; }

bool alg_fits(Alg alg, KeyType type, Curve curve) noexcept {
  const AlgFacts facts = facts_of(alg);
  switch (facts.family) {
    case AlgFamily::kRsaPkcs1:
    case AlgFamily::kRsaPss: return type == KeyType::kRsa;
    case AlgFamily::kEcdsa: return type == KeyType::kEc && curve == facts.curve;
    case AlgFamily::kEdDsa: return type == KeyType::kOkp && curve == facts.curve;
    case AlgFamily::kHmac: return type == KeyType::kOct;
  }
  return false;
}

std::size_t coordinate_bytes(Curve curve) noexcept {
  switch (curve) {
    case Curve::kNone: return 0;
    case Curve::kP256:
    case Curve::kEd25519: return 32;
    case Curve::kP384: return 48;
    case Curve::kP521: return 66;
  }
  return 0;
}

std::size_t bit_length(std::string_view number) noexcept {
  if (number.empty()) return 0;
  return (number.size() - 1) * 8 + static_cast<std::size_t>(std::bit_width(static_cast<unsigned char>(number.front())));
}

KeyDefect find_rsa_defect(std::string_view modulus_n, std::string_view exponent_e) noexcept {
  const auto is_odd = [](std::string_view number) { return !number.empty() && (number.back() & 1) != 0; };
  if (bit_length(modulus_n) < kRsaModulusBitsMin) return KeyDefect::kModulusTooSmall;
  if (bit_length(modulus_n) > kRsaModulusBitsMax) return KeyDefect::kModulusTooLarge;
  if (!is_odd(modulus_n)) return KeyDefect::kModulusEven;
  const std::size_t exponent_bits = bit_length(exponent_e);
  if (exponent_bits < 2 || exponent_bits > kRsaExponentBitsMax || !is_odd(exponent_e)) return KeyDefect::kBadExponent;
  return KeyDefect::kNone;
}

Jwk parse_jwk(JsonValue key) {
  Jwk jwk;
  jwk.defect = read_identity(key, jwk);
  if (jwk.defect == KeyDefect::kNone && is_private(key, jwk.type)) jwk.defect = KeyDefect::kPrivateKey;
  if (jwk.defect == KeyDefect::kNone) jwk.defect = read_curve(key, jwk);
  if (jwk.defect == KeyDefect::kNone) jwk.defect = check_use(key);
  if (jwk.defect == KeyDefect::kNone) jwk.defect = read_alg(key, jwk);
  if (jwk.defect == KeyDefect::kNone) jwk.defect = read_numbers(key, jwk);
  return jwk;
}

Expected<std::vector<Jwk>> parse_jwk_set(std::string_view document) {
  if (document.size() > kJwksBytesMax) return fail(ErrorCode::kBadKeySet, kJwksBytesMax);
  std::string text;
  text.reserve(document.size() + kJsonPaddingBytes);
  text.append(document).append(kJsonPaddingBytes, '\0');
  base::Arena arena(document.size());
  JsonReader reader(document.size());
  const Expected<JsonValue> root = reader.read(std::string_view{text}.substr(0, document.size()), arena);
  if (!root) return fail(ErrorCode::kBadKeySet, root.error().offset);
  const JsonValue::Found elements = root->find("keys");
  if (!elements || elements.value.kind() != JsonKind::kArray) return fail(ErrorCode::kBadKeySet);
  std::vector<Jwk> keys;
  for (const JsonValue element : elements.value) {
    if (keys.size() == kKeysPerIssuerMax) return fail(ErrorCode::kBadKeySet);
    keys.push_back(parse_jwk(element));
  }
  mark_duplicate_kids(keys);
  return keys;
}

}  // namespace assay::jose

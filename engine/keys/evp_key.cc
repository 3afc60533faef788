#include "keys/evp_key.h"

#include <cstddef>
#include <string>
#include <utility>

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>

#include "keys/evp_key_handles.h"

namespace assay::keys {

// The one place that fills an EvpKey.
class EvpKeyMaker {
 public:
  static EvpKey own(EVP_PKEY* key) noexcept {
    EvpKey made;
    made.key_.reset(key);
    return made;
  }
};

namespace {

using jose::Curve;
using jose::Jwk;
using jose::KeyDefect;
using jose::KeyType;

BigNumber number_of(std::string_view big_endian) noexcept {
  return BigNumber(BN_bin2bn(bytes_of(big_endian), static_cast<int>(big_endian.size()), nullptr));
}

// Whether the modulus has the structure that a broken prime generator left in its keys (CVE-2017-15361, "ROCA"): modulo
// each small prime it is a power of 65537. Of random moduli four in 10^9 pass this for all primes.
bool has_roca_fingerprint(std::string_view modulus_n) noexcept {
  // 2 is left out: every odd number is a power of 65537 modulo 2.
  static constexpr std::uint32_t kPrimes[] = {3,   5,   7,   11,  13,  17,  19,  23,  29,  31,  37,  41,  43,
                                              47,  53,  59,  61,  67,  71,  73,  79,  83,  89,  97,  101, 103,
                                              107, 109, 113, 127, 131, 137, 139, 149, 151, 157, 163, 167};
  for (const std::uint32_t prime : kPrimes) {
    std::uint32_t residue = 0;
    for (const char octet : modulus_n) residue = (residue * 256 + static_cast<unsigned char>(octet)) % prime;
    const std::uint32_t generator = 65537 % prime;
    std::uint32_t power = 1;
    do {
      power = power * generator % prime;
    } while (power != residue && power != 1);
    if (power != residue) return false;
  }
  return true;
}

// Arithmetic modulo the prime of Curve25519, 2^255 - 19. An operation that runs out of memory makes every later
// question answer "no".
class Field25519 {
 public:
  Field25519() : context_(BN_CTX_new()), prime_(BN_new()), scratch_(BN_new()) {
    ok_ = context_ && prime_ && scratch_ && BN_set_bit(prime_.get(), 255) == 1 && BN_sub_word(prime_.get(), 19) == 1;
  }

  [[nodiscard]] BigNumber make(BN_ULONG value) {
    BigNumber number(BN_new());
    ok_ = ok_ && number && BN_set_word(number.get(), value) == 1;
    return number;
  }
  [[nodiscard]] BigNumber multiply(const BigNumber& a, const BigNumber& b) {
    BigNumber product = make(0);
    ok_ = ok_ && BN_mod_mul(product.get(), a.get(), b.get(), prime_.get(), context_.get()) == 1;
    return product;
  }
  [[nodiscard]] BigNumber add(const BigNumber& a, const BigNumber& b) {
    BigNumber sum = make(0);
    ok_ = ok_ && BN_mod_add(sum.get(), a.get(), b.get(), prime_.get(), context_.get()) == 1;
    return sum;
  }
  [[nodiscard]] BigNumber subtract(const BigNumber& a, const BigNumber& b) {
    BigNumber difference = make(0);
    ok_ = ok_ && BN_mod_sub(difference.get(), a.get(), b.get(), prime_.get(), context_.get()) == 1;
    return difference;
  }
  // The constant d of the curve: -121665/121666. RFC 8032 sec 5.1.
  [[nodiscard]] BigNumber curve_d() {
    const BigNumber denominator = make(121666);
    BigNumber inverse = make(0);
    ok_ = ok_ && BN_mod_inverse(inverse.get(), denominator.get(), prime_.get(), context_.get()) != nullptr;
    return subtract(make(0), multiply(make(121665), inverse));
  }

  [[nodiscard]] bool is_canonical(const BigNumber& a) const { return ok_ && BN_cmp(a.get(), prime_.get()) < 0; }
  [[nodiscard]] bool is_nonzero(const BigNumber& a) const { return ok_ && BN_is_zero(a.get()) == 0; }
  // Euler's criterion; 0 counts as none.
  [[nodiscard]] bool is_nonzero_square(const BigNumber& a) {
    const BigNumber power = make(0);
    ok_ = ok_ && BN_rshift1(scratch_.get(), prime_.get()) == 1 &&
          BN_mod_exp(power.get(), a.get(), scratch_.get(), prime_.get(), context_.get()) == 1;
    return ok_ && BN_is_one(power.get()) == 1;
  }

 private:
  BigNumberContext context_;
  BigNumber prime_;
  BigNumber scratch_;
  bool ok_;
};

// Whether 32 bytes are the canonical encoding of a point of edwards25519 (RFC 8032 sec 5.1.3) whose order does
// not divide 8. For a point of small order anybody can make signatures that verify.
bool is_sound_ed25519_point(std::string_view x) {
  std::string big_endian(x.rbegin(), x.rend());
  big_endian.front() = static_cast<char>(big_endian.front() & 0x7f);  // the sign of the x coordinate
  Field25519 field;
  const BigNumber y = number_of(big_endian);
  if (!y || !field.is_canonical(y)) return false;
  // -x^2 + y^2 = 1 + d x^2 y^2, so x^2 = (y^2 - 1) / (d y^2 + 1), a square if numerator times denominator is one. The
  // numerator is 0 at the points of order 1 and 2.
  const BigNumber one = field.make(1);
  const BigNumber d = field.curve_d();
  const BigNumber y2 = field.multiply(y, y);
  const BigNumber d_y2 = field.multiply(d, y2);
  const BigNumber quotient = field.multiply(field.subtract(y2, one), field.add(d_y2, one));
  if (!field.is_nonzero_square(quotient)) return false;
  // y is 0 at the points of order 4; doubling a point of order 8 gives one of those: d y^4 + 2 y^2 - 1 = 0.
  const BigNumber order_8 = field.subtract(field.add(field.multiply(d_y2, y2), field.add(y2, y2)), one);
  return field.is_nonzero(y) && field.is_nonzero(order_8);
}

// Makes a public key of `type` ("RSA", "EC") from what the builder holds; null if OpenSSL finds it invalid.
Pkey make_public_key(const char* type, OSSL_PARAM_BLD* builder) {
  const Params params(OSSL_PARAM_BLD_to_param(builder));
  const KeyContext context(EVP_PKEY_CTX_new_from_name(nullptr, type, nullptr));
  EVP_PKEY* key = nullptr;
  if (!params || !context || EVP_PKEY_fromdata_init(context.get()) != 1) return nullptr;
  if (EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_PUBLIC_KEY, params.get()) != 1) return nullptr;
  return Pkey(key);
}

Pkey make_rsa(const Jwk& jwk) {
  const BigNumber n = number_of(jwk.modulus_n);
  const BigNumber e = number_of(jwk.exponent_e);
  const ParamBuilder builder(OSSL_PARAM_BLD_new());
  if (!n || !e || !builder) return nullptr;
  if (OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_N, n.get()) != 1) return nullptr;
  if (OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_E, e.get()) != 1) return nullptr;
  return make_public_key("RSA", builder.get());
}

// OpenSSL refuses coordinates that are not below the field's prime and points that are not on the curve. These curves
// have cofactor 1: no point has a small order.
Pkey make_ec(const Jwk& jwk) {
  const char* const group = group_name(jwk.curve);
  const std::string point = "\x04" + jwk.x + jwk.y;  // SEC 1 sec 2.3.3, uncompressed
  const ParamBuilder builder(OSSL_PARAM_BLD_new());
  if (group == nullptr || !builder) return nullptr;
  if (OSSL_PARAM_BLD_push_utf8_string(builder.get(), OSSL_PKEY_PARAM_GROUP_NAME, group, 0) != 1) return nullptr;
  if (OSSL_PARAM_BLD_push_octet_string(builder.get(), OSSL_PKEY_PARAM_PUB_KEY, point.data(), point.size()) != 1) {
    return nullptr;
  }
  return make_public_key("EC", builder.get());
}

Pkey make_ed25519(const Jwk& jwk) {
  if (!is_sound_ed25519_point(jwk.x)) return nullptr;
  return Pkey(EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, bytes_of(jwk.x), jwk.x.size()));
}

Pkey make_hmac(const Jwk& jwk) {
  return Pkey(EVP_PKEY_new_raw_private_key(EVP_PKEY_HMAC, nullptr, bytes_of(jwk.secret_k), jwk.secret_k.size()));
}

std::size_t field_bits(Curve curve) noexcept {
  switch (curve) {
    case Curve::kNone: return 0;
    case Curve::kP256: return 256;
    case Curve::kP384: return 384;
    case Curve::kP521: return 521;
    case Curve::kEd25519: return 255;
  }
  return 0;
}

std::size_t bits_of(const Jwk& jwk) noexcept {
  switch (jwk.type) {
    case KeyType::kRsa: return jose::bit_length(jwk.modulus_n);
    case KeyType::kEc:
    case KeyType::kOkp: return field_bits(jwk.curve);
    case KeyType::kOct: return jwk.secret_k.size() * 8;
    case KeyType::kOther: return 0;
  }
  return 0;
}

// What examining a key without a defect so far finds, and the key if that is nothing.
KeyDefect make_checked(const Jwk& jwk, Pkey& key) {
  switch (jwk.type) {
    case KeyType::kRsa: {
      const KeyDefect defect = jose::find_rsa_defect(jwk.modulus_n, jwk.exponent_e);
      if (defect != KeyDefect::kNone) return defect;
      if (has_roca_fingerprint(jwk.modulus_n)) return KeyDefect::kRoca;
      key = make_rsa(jwk);
      return key ? KeyDefect::kNone : KeyDefect::kMalformed;
    }
    case KeyType::kEc:
    case KeyType::kOkp: {
      const std::size_t bytes = jose::coordinate_bytes(jwk.curve);
      const bool has_size = jwk.x.size() == bytes && jwk.y.size() == (jwk.type == KeyType::kEc ? bytes : 0);
      if (has_size) key = jwk.curve == Curve::kEd25519 ? make_ed25519(jwk) : make_ec(jwk);
      return key ? KeyDefect::kNone : KeyDefect::kPointInvalid;
    }
    case KeyType::kOct: key = make_hmac(jwk); return key ? KeyDefect::kNone : KeyDefect::kMalformed;
    case KeyType::kOther: return KeyDefect::kUnsupportedType;
  }
  return KeyDefect::kUnsupportedType;
}

}  // namespace

void EvpKey::Free::operator()(evp_pkey_st* key) const noexcept { EVP_PKEY_free(key); }

PreparedKey prepare_key(const Jwk& jwk) {
  const ErrorQueueGuard errors;
  PreparedKey prepared;
  Pkey key;
  prepared.bits = static_cast<std::uint32_t>(bits_of(jwk));
  prepared.defect = jwk.defect == KeyDefect::kNone ? make_checked(jwk, key) : jwk.defect;
  if (prepared.defect != KeyDefect::kNone) return prepared;
  prepared.key = EvpKeyMaker::own(key.release());
  if (jwk.type == KeyType::kRsa) prepared.modulus_bytes = static_cast<std::uint32_t>(jwk.modulus_n.size());
  return prepared;
}

}  // namespace assay::keys

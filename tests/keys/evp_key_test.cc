#include "keys/evp_key.h"

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <gtest/gtest.h>
#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include "assay/limits.h"
#include "signing/signing_key.h"

namespace assay::keys {
namespace {

using jose::Curve;
using jose::Jwk;
using jose::KeyDefect;
using jose::KeyType;
using signing::SigningKey;

struct FreeBn {
  void operator()(BIGNUM* number) const { BN_free(number); }
};
using BigNumber = std::unique_ptr<BIGNUM, FreeBn>;

std::string octets_of(const BIGNUM* number) {
  std::string octets(static_cast<std::size_t>(BN_num_bytes(number)), '\0');
  BN_bn2bin(number, reinterpret_cast<unsigned char*>(octets.data()));
  return octets;
}

// The JWK of a generated key, as if it had been published.
Jwk published(const SigningKey& key) {
  Expected<std::vector<Jwk>> keys = jose::parse_jwk_set(signing::jwk_set(key.public_jwk({})));
  EXPECT_TRUE(keys);
  return std::move(keys->front());
}

const SigningKey& rsa_key() {
  static const SigningKey key = SigningKey::generate_rsa(2048);
  return key;
}

Jwk rsa_jwk() {
  static const Jwk jwk = published(rsa_key());
  return jwk;
}

Jwk ed25519_jwk(std::string x) {
  Jwk jwk;
  jwk.type = KeyType::kOkp;
  jwk.curve = Curve::kEd25519;
  jwk.x = std::move(x);
  return jwk;
}

// Little-endian octets of a small y coordinate.
std::string ed25519_y(int y) { return static_cast<char>(y) + std::string(31, '\0'); }

std::string public_pem_of(const EVP_PKEY* key) {
  BIO* bio = BIO_new(BIO_s_mem());
  PEM_write_bio_PUBKEY(bio, key);
  char* text = nullptr;
  const long bytes = BIO_get_mem_data(bio, &text);
  std::string pem(text, static_cast<std::size_t>(bytes));
  BIO_free(bio);
  return pem;
}

TEST(PrepareKey, MakesKeysOfEveryType) {
  const PreparedKey rsa = prepare_key(rsa_jwk());
  EXPECT_EQ(rsa.defect, KeyDefect::kNone);
  EXPECT_TRUE(rsa.key);
  EXPECT_EQ(rsa.bits, 2048u);
  EXPECT_EQ(rsa.modulus_bytes, 256u);
  EXPECT_EQ(EVP_PKEY_get_bits(rsa.key.handle()), 2048);

  const std::pair<signing::Curve, std::uint32_t> curves[] = {
      {signing::Curve::kP256, 256}, {signing::Curve::kP384, 384}, {signing::Curve::kP521, 521}};
  for (const auto& [curve, bits] : curves) {
    const PreparedKey ec = prepare_key(published(SigningKey::generate_ec(curve)));
    EXPECT_EQ(ec.defect, KeyDefect::kNone);
    EXPECT_EQ(ec.bits, bits);
    EXPECT_EQ(ec.modulus_bytes, 0u);
    EXPECT_EQ(EVP_PKEY_get_base_id(ec.key.handle()), EVP_PKEY_EC);
  }
  for (int i = 0; i < 20; ++i) {
    const PreparedKey ed25519 = prepare_key(published(SigningKey::generate_ed25519()));
    EXPECT_EQ(ed25519.defect, KeyDefect::kNone);
    EXPECT_EQ(ed25519.bits, 255u);
    EXPECT_EQ(EVP_PKEY_get_base_id(ed25519.key.handle()), EVP_PKEY_ED25519);
  }
}

TEST(PrepareKey, MadeKeysEqualTheOnesThatWerePublished) {
  const SigningKey keys[] = {rsa_key(), SigningKey::generate_ec(signing::Curve::kP256),
                             SigningKey::generate_ec(signing::Curve::kP521), SigningKey::generate_ed25519()};
  for (const SigningKey& key : keys) {
    const PreparedKey prepared = prepare_key(published(key));
    ASSERT_TRUE(prepared.key);
    EXPECT_EQ(public_pem_of(prepared.key.handle()), key.public_pem());
  }
}

TEST(PrepareKey, CarriesADefectOver) {
  Jwk jwk = rsa_jwk();
  jwk.defect = KeyDefect::kWrongUse;
  const PreparedKey prepared = prepare_key(jwk);
  EXPECT_EQ(prepared.defect, KeyDefect::kWrongUse);
  EXPECT_FALSE(prepared.key);
  EXPECT_EQ(prepared.key.handle(), nullptr);
  EXPECT_EQ(prepared.bits, 2048u) << "listings show the size of an unusable key";
}

TEST(PrepareKey, RefusesWeakRsaNumbersWhereverTheyComeFrom) {
  Jwk jwk = rsa_jwk();
  jwk.exponent_e = "\x01";
  EXPECT_EQ(prepare_key(jwk).defect, KeyDefect::kBadExponent);
  jwk = rsa_jwk();
  jwk.modulus_n.back() = static_cast<char>(jwk.modulus_n.back() - 1);
  EXPECT_EQ(prepare_key(jwk).defect, KeyDefect::kModulusEven);
  jwk = rsa_jwk();
  jwk.modulus_n.erase(0, 128);
  EXPECT_EQ(prepare_key(jwk).defect, KeyDefect::kModulusTooSmall);
  jwk.modulus_n.insert(0, kRsaModulusBitsMax / 8, '\x7f');
  EXPECT_EQ(prepare_key(jwk).defect, KeyDefect::kModulusTooLarge);
  EXPECT_EQ(prepare_key(published(SigningKey::generate_rsa(1024))).defect, KeyDefect::kModulusTooSmall);
}

TEST(PrepareKey, TakesTheLargestModulus) {
  Jwk jwk = rsa_jwk();
  jwk.modulus_n = '\x80' + std::string(kRsaModulusBitsMax / 8 - 1, '\x71');
  const PreparedKey prepared = prepare_key(jwk);
  EXPECT_EQ(prepared.defect, KeyDefect::kNone);
  EXPECT_EQ(prepared.bits, kRsaModulusBitsMax);
  EXPECT_EQ(prepared.modulus_bytes, kRsaModulusBitsMax / 8);
}

// A modulus with the structure of CVE-2017-15361: k * M + (65537^a mod M), M the product of the primes up to 167.
std::string roca_modulus(int a) {
  BN_CTX* const context = BN_CTX_new();
  const BigNumber product(BN_new()), power(BN_new()), exponent(BN_new()), base(BN_new()), n(BN_new());
  BN_one(product.get());
  for (unsigned candidate = 2; candidate <= 167; ++candidate) {
    bool is_prime = true;
    for (unsigned divisor = 2; divisor < candidate; ++divisor) is_prime = is_prime && candidate % divisor != 0;
    if (is_prime) BN_mul_word(product.get(), candidate);
  }
  BN_set_word(base.get(), 65537);
  BN_set_word(exponent.get(), static_cast<BN_ULONG>(a));
  BN_mod_exp(power.get(), base.get(), exponent.get(), product.get(), context);
  BN_one(n.get());
  BN_lshift(n.get(), n.get(), 1829 + a);
  BN_add_word(n.get(), 12345);
  BN_mul(n.get(), n.get(), product.get(), context);
  BN_add(n.get(), n.get(), power.get());
  BN_CTX_free(context);
  return octets_of(n.get());
}

TEST(PrepareKey, RefusesTheRocaFingerprint) {
  for (const int a : {0, 1, 77, 1000}) {
    Jwk jwk = rsa_jwk();
    jwk.modulus_n = roca_modulus(a);
    ASSERT_GE(jose::bit_length(jwk.modulus_n), kRsaModulusBitsMin);
    EXPECT_EQ(prepare_key(jwk).defect, KeyDefect::kRoca) << a;
    // Two more is not a power of 65537 modulo some small prime.
    jwk.modulus_n.back() = static_cast<char>(jwk.modulus_n.back() ^ 2);
    EXPECT_EQ(prepare_key(jwk).defect, KeyDefect::kNone) << a;
  }
}

TEST(PrepareKey, RefusesPointsThatAreNotOnTheCurve) {
  for (const auto curve : {signing::Curve::kP256, signing::Curve::kP384, signing::Curve::kP521}) {
    const Jwk good = published(SigningKey::generate_ec(curve));
    Jwk jwk = good;
    jwk.y.back() = static_cast<char>(jwk.y.back() ^ 1);
    EXPECT_EQ(prepare_key(jwk).defect, KeyDefect::kPointInvalid);
    jwk = good;
    std::swap(jwk.x, jwk.y);
    EXPECT_EQ(prepare_key(jwk).defect, KeyDefect::kPointInvalid);
    jwk.x.assign(good.x.size(), '\0');
    jwk.y.assign(good.y.size(), '\0');
    EXPECT_EQ(prepare_key(jwk).defect, KeyDefect::kPointInvalid);
    jwk.x.assign(good.x.size(), '\xff');
    EXPECT_EQ(prepare_key(jwk).defect, KeyDefect::kPointInvalid);
    jwk = good;
    jwk.y.pop_back();
    EXPECT_EQ(prepare_key(jwk).defect, KeyDefect::kPointInvalid);
    jwk = good;
    jwk.curve = Curve::kNone;
    EXPECT_EQ(prepare_key(jwk).defect, KeyDefect::kPointInvalid);
  }
}

// A coordinate and its value plus the field's prime name one point; only the smaller is an encoding of it.
TEST(PrepareKey, RefusesCoordinatesThatAreNotReduced) {
  // (5, y) is on P-256, and 5 + p has 256 bits as well.
  EC_GROUP* const group = EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1);
  EC_POINT* const point = EC_POINT_new(group);
  const BigNumber prime(BN_new()), x(BN_new()), y(BN_new());
  BN_set_word(x.get(), 5);
  ASSERT_EQ(EC_POINT_set_compressed_coordinates(group, point, x.get(), 0, nullptr), 1);
  ASSERT_EQ(EC_POINT_get_affine_coordinates(group, point, x.get(), y.get(), nullptr), 1);
  ASSERT_EQ(EC_GROUP_get_curve(group, prime.get(), nullptr, nullptr, nullptr), 1);
  Jwk jwk = published(SigningKey::generate_ec(signing::Curve::kP256));
  jwk.x = std::string(31, '\0') + '\x05';
  jwk.y = std::string(32, '\0');
  BN_bn2binpad(y.get(), reinterpret_cast<unsigned char*>(jwk.y.data()), 32);
  EXPECT_EQ(prepare_key(jwk).defect, KeyDefect::kNone);
  BN_add(x.get(), x.get(), prime.get());
  jwk.x = octets_of(x.get());
  ASSERT_EQ(jwk.x.size(), 32u);
  EXPECT_EQ(prepare_key(jwk).defect, KeyDefect::kPointInvalid);
  EC_POINT_free(point);
  EC_GROUP_free(group);
}

TEST(PrepareKey, RefusesEd25519PointsThatAreNotOnTheCurve) {
  for (const int y : {2, 7, 8}) EXPECT_EQ(prepare_key(ed25519_jwk(ed25519_y(y))).defect, KeyDefect::kPointInvalid) << y;
  for (const int y : {3, 4, 5, 6}) EXPECT_EQ(prepare_key(ed25519_jwk(ed25519_y(y))).defect, KeyDefect::kNone) << y;
  EXPECT_EQ(prepare_key(ed25519_jwk(std::string(31, '\1'))).defect, KeyDefect::kPointInvalid);
}

TEST(PrepareKey, RefusesEd25519PointsOfSmallOrder) {
  const std::string points[] = {ed25519_y(1),                               // order 1
                                '\xec' + std::string(30, '\xff') + '\x7f',  // order 2
                                ed25519_y(0),                               // order 4
                                std::string("\x26\xe8\x95\x8f\xc2\xb2\x27\xb0\x45\xc3\xf4\x89\xf2\xef\x98\xf0"
                                            "\xd5\xdf\xac\x05\xd3\xc6\x33\x39\xb1\x38\x02\x88\x6d\x53\xfc\x05",
                                            32),  // order 8
                                std::string("\xc7\x17\x6a\x70\x3d\x4d\xd8\x4f\xba\x3c\x0b\x76\x0d\x10\x67\x0f"
                                            "\x2a\x20\x53\xfa\x2c\x39\xcc\xc6\x4e\xc7\xfd\x77\x92\xac\x03\x7a",
                                            32)};  // order 8
  for (std::string point : points) {
    EXPECT_EQ(prepare_key(ed25519_jwk(point)).defect, KeyDefect::kPointInvalid);
    point.back() = static_cast<char>(point.back() | '\x80');
    EXPECT_EQ(prepare_key(ed25519_jwk(point)).defect, KeyDefect::kPointInvalid);
  }
}

TEST(PrepareKey, RefusesEd25519EncodingsThatAreNotReduced) {
  for (int above_prime = 0; above_prime < 19; ++above_prime) {
    const std::string x = static_cast<char>(0xed + above_prime) + std::string(30, '\xff') + '\x7f';
    EXPECT_EQ(prepare_key(ed25519_jwk(x)).defect, KeyDefect::kPointInvalid) << above_prime;
  }
}

TEST(PrepareKey, UnknownTypesAreNeverPrepared) { EXPECT_EQ(prepare_key(Jwk()).defect, KeyDefect::kUnsupportedType); }

TEST(PrepareKey, LeavesOpenSslsErrorQueueAsItWas) {
  ERR_clear_error();
  Jwk jwk = published(SigningKey::generate_ec(signing::Curve::kP256));
  jwk.y.back() = static_cast<char>(jwk.y.back() ^ 1);
  EXPECT_EQ(prepare_key(jwk).defect, KeyDefect::kPointInvalid);
  EXPECT_EQ(ERR_peek_error(), 0u);
  ERR_raise(ERR_LIB_USER, 42);
  EXPECT_EQ(prepare_key(jwk).defect, KeyDefect::kPointInvalid);
  EXPECT_EQ(ERR_GET_REASON(ERR_get_error()), 42) << "what the host left in the queue is the host's";
  EXPECT_EQ(ERR_peek_error(), 0u);
}

}  // namespace
}  // namespace assay::keys

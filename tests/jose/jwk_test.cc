#include "jose/jwk.h"

#include <algorithm>
#include <iterator>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include "assay/limits.h"
#include "signing/base64url_writer.h"
#include "signing/json_text.h"

namespace assay::jose {
namespace {

using signing::base64url_encode;
using signing::JsonObject;

constexpr Alg kAllAlgs[] = {Alg::kRS256, Alg::kRS384, Alg::kRS512, Alg::kPS256, Alg::kPS384, Alg::kPS512, Alg::kES256,
                            Alg::kES384, Alg::kES512, Alg::kEdDSA, Alg::kHS256, Alg::kHS384, Alg::kHS512};

// An odd number of exactly `bits` bits, in base64url. Not the modulus of a key anybody has.
std::string odd_number(std::size_t bits, char fill = '\x5a') {
  std::string number((bits + 7) / 8, fill);
  const std::size_t top_bits = (bits - 1) % 8 + 1;
  number.front() = static_cast<char>(1 << (top_bits - 1));
  number.back() = static_cast<char>(number.back() | 1);
  return base64url_encode(number);
}

std::string octets(std::size_t count, char fill = '\x17') { return base64url_encode(std::string(count, fill)); }

JsonObject rsa_jwk_of(const std::string& n, const std::string& e = "AQAB") {
  return JsonObject().add("kty", "RSA").add("n", n).add("e", e);
}
JsonObject rsa_jwk() { return rsa_jwk_of(odd_number(2048)); }

JsonObject ec_jwk_of(const std::string& crv, const std::string& x, const std::string& y) {
  return JsonObject().add("kty", "EC").add("crv", crv).add("x", x).add("y", y);
}
JsonObject p256_jwk() { return ec_jwk_of("P-256", octets(32), octets(32)); }

JsonObject okp_jwk_of(const std::string& crv, const std::string& x) {
  return JsonObject().add("kty", "OKP").add("crv", crv).add("x", x);
}
JsonObject ed25519_jwk() { return okp_jwk_of("Ed25519", octets(32)); }

std::string set_of(const std::vector<std::string>& keys) {
  std::string list;
  for (const std::string& key : keys) list += (list.empty() ? "" : ",") + key;
  return JsonObject().add_json("keys", "[" + list + "]").text();
}

// Parses an exact-size heap copy, so that a read of one byte too many is seen.
Expected<std::vector<Jwk>> parse_set(std::string_view document) {
  const auto copy = std::make_unique<char[]>(document.size());
  std::copy(document.begin(), document.end(), copy.get());
  return parse_jwk_set(std::string_view(copy.get(), document.size()));
}

Jwk parse_one(const std::string& key) {
  const Expected<std::vector<Jwk>> keys = parse_set(set_of({key}));
  EXPECT_TRUE(keys) << key;
  return keys ? keys->front() : Jwk();
}

Jwk parse_one(const JsonObject& key) { return parse_one(key.text()); }

KeyDefect defect_of(const JsonObject& key) { return parse_one(key).defect; }

std::vector<KeyDefect> defects_of(const std::vector<std::string>& keys) {
  std::vector<KeyDefect> defects;
  const Expected<std::vector<Jwk>> parsed = parse_set(set_of(keys));
  EXPECT_TRUE(parsed);
  if (!parsed) return {};
  for (const Jwk& key : *parsed) defects.push_back(key.defect);
  return defects;
}

TEST(Jwk, ReadsRsaKeys) {
  const Jwk key = parse_one(rsa_jwk().add("kid", "k1").add("alg", "RS256").add("use", "sig"));
  EXPECT_EQ(key.defect, KeyDefect::kNone);
  EXPECT_EQ(key.type, KeyType::kRsa);
  EXPECT_EQ(key.kty, "RSA");
  EXPECT_EQ(key.kid, "k1");
  EXPECT_EQ(key.alg, Alg::kRS256);
  EXPECT_EQ(key.alg_text, "RS256");
  EXPECT_EQ(key.modulus_n.size(), 256u);
  EXPECT_EQ(key.exponent_e, std::string("\x01\x00\x01", 3));
}

TEST(Jwk, ReadsPointsOfEveryCurve) {
  struct Case {
    const char* crv;
    std::size_t bytes;
    Curve curve;
  };
  for (const Case& c :
       {Case{"P-256", 32, Curve::kP256}, Case{"P-384", 48, Curve::kP384}, Case{"P-521", 66, Curve::kP521}}) {
    const Jwk key = parse_one(ec_jwk_of(c.crv, octets(c.bytes), octets(c.bytes, '\x18')));
    EXPECT_EQ(key.defect, KeyDefect::kNone) << c.crv;
    EXPECT_EQ(key.curve, c.curve);
    EXPECT_EQ(key.x, std::string(c.bytes, '\x17'));
    EXPECT_EQ(key.y, std::string(c.bytes, '\x18'));
  }
  const Jwk key = parse_one(ed25519_jwk());
  EXPECT_EQ(key.defect, KeyDefect::kNone);
  EXPECT_EQ(key.type, KeyType::kOkp);
  EXPECT_EQ(key.curve, Curve::kEd25519);
  EXPECT_EQ(key.x, std::string(32, '\x17'));
  EXPECT_EQ(key.y, "");
}

TEST(Jwk, IgnoresUnknownMembers) {
  EXPECT_EQ(
      defect_of(rsa_jwk().add("x5t", 7).add_json("x5c", "[null]").add("x5u", "http://evil.example/").add("D", "")),
      KeyDefect::kNone);
}

TEST(Jwk, UnsupportedTypesAreKeptWithTheirKty) {
  for (const char* kty : {"AKP", "rsa", "RSA ", "EC2", ""}) {
    const Jwk key = parse_one(JsonObject().add("kty", kty).add("kid", "k").add("alg", "ML-DSA-65").add("pub", "AA"));
    EXPECT_EQ(key.defect, KeyDefect::kUnsupportedType) << kty;
    EXPECT_EQ(key.type, KeyType::kOther);
    EXPECT_EQ(key.kty, kty);
    EXPECT_EQ(key.kid, "k");
  }
  for (const char* crv : {"secp256k1", "P-192", "p-256", "Ed25519", ""}) {
    EXPECT_EQ(defect_of(ec_jwk_of(crv, octets(32), octets(32))), KeyDefect::kUnsupportedType) << crv;
  }
  for (const char* crv : {"X25519", "Ed448", "P-256"}) {
    EXPECT_EQ(defect_of(okp_jwk_of(crv, octets(32))), KeyDefect::kUnsupportedType) << crv;
  }
}

TEST(Jwk, AbsentOrMistypedMembersAreMalformed) {
  const JsonObject keys[] = {
      JsonObject(),
      JsonObject().add("kty", 5),
      JsonObject().add_json("kty", "null"),
      JsonObject().add("kty", "RSA").add("e", "AQAB"),
      JsonObject().add("kty", "RSA").add("n", odd_number(2048)),
      rsa_jwk_of(odd_number(2048), ""),
      rsa_jwk_of(""),
      JsonObject().add("kty", "RSA").add("n", odd_number(2048)).add("e", 65537),
      JsonObject().add("kty", "RSA").add_json("n", "[]").add("e", "AQAB"),
      JsonObject().add("kty", "EC").add("x", octets(32)).add("y", octets(32)),
      JsonObject().add("kty", "EC").add("crv", 256).add("x", octets(32)).add("y", octets(32)),
      JsonObject().add("kty", "EC").add("crv", "P-256").add("x", octets(32)),
      JsonObject().add("kty", "OKP").add("crv", "Ed25519"),
      rsa_jwk().add("use", 1),
      rsa_jwk().add_json("use", "[\"sig\"]"),
      rsa_jwk().add("key_ops", "verify"),
      rsa_jwk().add_json("key_ops", "[\"verify\",1]"),
      rsa_jwk().add("alg", 256),
      rsa_jwk().add_json("alg", "null"),
      rsa_jwk().add("kid", 7),
      rsa_jwk().add_json("kid", "null"),
      rsa_jwk().add("kid", std::string(kKidBytesMax + 1, 'k')),
  };
  for (const JsonObject& key : keys) EXPECT_EQ(defect_of(key), KeyDefect::kMalformed) << key.text();
  EXPECT_EQ(defect_of(rsa_jwk().add("kid", std::string(kKidBytesMax, 'k'))), KeyDefect::kNone);
  EXPECT_EQ(defect_of(rsa_jwk().add("kid", "")), KeyDefect::kNone);
}

TEST(Jwk, RefusesBase64urlThatIsNotStrict) {
  const std::string n = odd_number(2048);
  // 256 bytes are 342 characters: the last one has four unused bits.
  const std::string tail_bits = n.substr(0, n.size() - 1) + static_cast<char>(n.back() + 1);
  for (const std::string& bad : {n + "==", n + " ", " " + n, n + "\n", n + "AAA", "+" + n.substr(1), "/" + n.substr(1),
                                 n.substr(0, 100) + "." + n.substr(101), tail_bits}) {
    EXPECT_EQ(defect_of(rsa_jwk_of(bad)), KeyDefect::kMalformed) << bad;
  }
  for (const char* bad : {"AQAB=", "AQA=", "AQB", "A", "AQ AB"}) {
    EXPECT_EQ(defect_of(rsa_jwk_of(n, bad)), KeyDefect::kMalformed) << bad;
  }
  EXPECT_EQ(defect_of(okp_jwk_of("Ed25519", octets(32) + "=")), KeyDefect::kMalformed);
}

TEST(Jwk, CoordinatesHaveTheCurvesSizeExactly) {
  for (const std::size_t bytes : {1u, 31u, 33u, 48u, 64u}) {
    EXPECT_EQ(defect_of(ec_jwk_of("P-256", octets(bytes), octets(32))), KeyDefect::kPointInvalid);
    EXPECT_EQ(defect_of(ec_jwk_of("P-256", octets(32), octets(bytes))), KeyDefect::kPointInvalid);
    EXPECT_EQ(defect_of(okp_jwk_of("Ed25519", octets(bytes))), KeyDefect::kPointInvalid);
  }
  EXPECT_EQ(defect_of(ec_jwk_of("P-521", octets(65), octets(66))), KeyDefect::kPointInvalid);
  EXPECT_EQ(defect_of(ec_jwk_of("P-384", octets(32), octets(32))), KeyDefect::kPointInvalid);
}

TEST(Jwk, LeadingZeroBytesOfRsaNumbersAreDropped) {
  std::string n(256, '\x5b');
  n.front() = '\x7f';
  const Jwk key = parse_one(rsa_jwk_of(base64url_encode(std::string(2, '\0') + '\xc1' + n.substr(1)),
                                       base64url_encode(std::string("\0\x01\x00\x01", 4))));
  EXPECT_EQ(key.defect, KeyDefect::kNone);
  EXPECT_EQ(key.modulus_n, '\xc1' + n.substr(1));
  EXPECT_EQ(key.exponent_e, std::string("\x01\x00\x01", 3));
  // 257 bytes that state 2047 bits are not 2048 bits.
  EXPECT_EQ(defect_of(rsa_jwk_of(base64url_encode('\0' + n))), KeyDefect::kModulusTooSmall);
  EXPECT_EQ(defect_of(rsa_jwk_of(octets(300, '\0'))), KeyDefect::kModulusTooSmall);
}

TEST(Jwk, ModulusSizesAreBounded) {
  const auto defect_at = [](std::size_t bits) { return defect_of(rsa_jwk_of(odd_number(bits))); };
  EXPECT_EQ(defect_at(1024), KeyDefect::kModulusTooSmall);
  EXPECT_EQ(defect_at(kRsaModulusBitsMin - 1), KeyDefect::kModulusTooSmall);
  EXPECT_EQ(defect_at(kRsaModulusBitsMin), KeyDefect::kNone);
  EXPECT_EQ(defect_at(2049), KeyDefect::kNone);
  EXPECT_EQ(defect_at(kRsaModulusBitsMax), KeyDefect::kNone);
  EXPECT_EQ(defect_at(kRsaModulusBitsMax + 1), KeyDefect::kModulusTooLarge);
  EXPECT_EQ(defect_at(1'000'000), KeyDefect::kModulusTooLarge);
}

TEST(Jwk, EvenModulusIsRefused) { EXPECT_EQ(defect_of(rsa_jwk_of(octets(256, '\x80'))), KeyDefect::kModulusEven); }

TEST(Jwk, ExponentIsOddAboveOneAndBounded) {
  const auto defect_at = [](const std::string& e) {
    return defect_of(rsa_jwk_of(odd_number(2048), base64url_encode(e)));
  };
  EXPECT_EQ(defect_at(std::string(1, '\0')), KeyDefect::kBadExponent);
  EXPECT_EQ(defect_at("\x01"), KeyDefect::kBadExponent);
  EXPECT_EQ(defect_at("\x02"), KeyDefect::kBadExponent);
  EXPECT_EQ(defect_at(std::string("\x01\x00\x00", 3)), KeyDefect::kBadExponent);
  EXPECT_EQ(defect_at("\x02\x01\x01\x01\x01"), KeyDefect::kBadExponent);
  EXPECT_EQ(defect_at(std::string(256, '\x03')), KeyDefect::kBadExponent);
  EXPECT_EQ(defect_at("\x03"), KeyDefect::kNone);
  EXPECT_EQ(defect_at("\x01\x01\x01\x01\x01"), KeyDefect::kNone);
}

TEST(Jwk, PublishedPrivateKeysAreUnusable) {
  for (const char* member : {"d", "p", "q", "dp", "dq", "qi", "oth"}) {
    EXPECT_EQ(defect_of(rsa_jwk().add(member, "AQAB")), KeyDefect::kPrivateKey) << member;
    EXPECT_EQ(defect_of(rsa_jwk().add_json(member, "null")), KeyDefect::kPrivateKey) << member;
  }
  EXPECT_EQ(defect_of(p256_jwk().add("d", octets(32))), KeyDefect::kPrivateKey);
  EXPECT_EQ(defect_of(ed25519_jwk().add("d", octets(32))), KeyDefect::kPrivateKey);
  EXPECT_EQ(parse_one(R"({"kty":"OKP","crv":"Ed25519","\u0064":""})").defect, KeyDefect::kPrivateKey);
}

TEST(Jwk, PublishedSymmetricKeysAreUnusableAndTheirBytesAreNotKept) {
  const Jwk key = parse_one(JsonObject().add("kty", "oct").add("k", octets(32)).add("alg", "HS256").add("kid", "s"));
  EXPECT_EQ(key.defect, KeyDefect::kPrivateKey);
  EXPECT_EQ(key.type, KeyType::kOct);
  EXPECT_EQ(key.kid, "s");
  EXPECT_EQ(key.secret_k, "");
}

TEST(Jwk, UseAndKeyOpsMustAllowVerification) {
  EXPECT_EQ(defect_of(rsa_jwk().add("use", "sig").add_json("key_ops", R"(["verify"])")), KeyDefect::kNone);
  EXPECT_EQ(defect_of(rsa_jwk().add_json("key_ops", R"(["sign","verify"])")), KeyDefect::kNone);
  for (const char* use : {"enc", "Sig", "sig ", ""}) {
    EXPECT_EQ(defect_of(rsa_jwk().add("use", use)), KeyDefect::kWrongUse) << use;
  }
  for (const char* key_ops : {R"(["encrypt"])", R"(["sign"])", "[]", R"(["sign, verify"])", R"(["Verify"])"}) {
    EXPECT_EQ(defect_of(rsa_jwk().add_json("key_ops", key_ops)), KeyDefect::kWrongUse) << key_ops;
    EXPECT_EQ(defect_of(rsa_jwk().add("use", "sig").add_json("key_ops", key_ops)), KeyDefect::kWrongUse) << key_ops;
  }
  EXPECT_EQ(defect_of(rsa_jwk().add("use", "enc").add_json("key_ops", R"(["verify"])")), KeyDefect::kWrongUse);
}

TEST(Jwk, ForbiddenKeysKeepTheNumbersThatListingsShow) {
  EXPECT_EQ(bit_length(parse_one(rsa_jwk().add("use", "enc").add("alg", "RSA-OAEP")).modulus_n), 2048U);
}

TEST(Jwk, AlgMustExistAndFitTheKey) {
  for (const char* alg : {"none", "RSA1_5", "RSA-OAEP", "rs256", "ES256", "EdDSA", "HS256", ""}) {
    const Jwk key = parse_one(rsa_jwk().add("alg", alg));
    EXPECT_EQ(key.defect, KeyDefect::kUnsupportedAlg) << alg;
    EXPECT_EQ(key.alg, std::nullopt) << alg;
    EXPECT_EQ(key.alg_text, alg);
  }
  for (const char* alg : {"ES384", "ES521", "ES224", "RS256", "HS256"}) {
    EXPECT_EQ(defect_of(p256_jwk().add("alg", alg)), KeyDefect::kUnsupportedAlg) << alg;
  }
  for (const char* alg : {"ES256", "Ed448"}) {
    EXPECT_EQ(defect_of(ed25519_jwk().add("alg", alg)), KeyDefect::kUnsupportedAlg) << alg;
  }
  EXPECT_EQ(defect_of(p256_jwk().add("alg", "ES256")), KeyDefect::kNone);
  EXPECT_EQ(defect_of(ed25519_jwk().add("alg", "EdDSA")), KeyDefect::kNone);
}

TEST(Jwk, EachAlgFitsOneTypeAndCurve) {
  constexpr Curve kCurves[] = {Curve::kNone, Curve::kP256, Curve::kP384, Curve::kP521, Curve::kEd25519};
  static_assert(std::size(kAllAlgs) == kAlgCount);
  const auto fitting = [&](KeyType type, Curve curve) {
    std::string names;
    for (const Alg alg : kAllAlgs) {
      if (alg_fits(alg, type, curve)) names += std::string(facts_of(alg).name) + ' ';
    }
    return names;
  };
  EXPECT_EQ(fitting(KeyType::kRsa, Curve::kNone), "RS256 RS384 RS512 PS256 PS384 PS512 ");
  EXPECT_EQ(fitting(KeyType::kEc, Curve::kP256), "ES256 ");
  EXPECT_EQ(fitting(KeyType::kEc, Curve::kP384), "ES384 ");
  EXPECT_EQ(fitting(KeyType::kEc, Curve::kP521), "ES512 ");
  EXPECT_EQ(fitting(KeyType::kOkp, Curve::kEd25519), "EdDSA ");
  EXPECT_EQ(fitting(KeyType::kOct, Curve::kNone), "HS256 HS384 HS512 ");
  EXPECT_EQ(fitting(KeyType::kEc, Curve::kEd25519), "");
  EXPECT_EQ(fitting(KeyType::kOkp, Curve::kP256), "");
  for (const Curve curve : kCurves) EXPECT_EQ(fitting(KeyType::kOther, curve), "");
}

TEST(JwkSet, BrokenKeysLeaveTheOthersUsable) {
  const std::vector<KeyDefect> defects = defects_of({
      "null",
      "5",
      "[]",
      "{}",
      rsa_jwk_of("!").text(),
      rsa_jwk().add("use", "enc").text(),
      rsa_jwk().add("kid", "good").text(),
      R"({"kty":"AKP"})",
      rsa_jwk_of(odd_number(1024)).text(),
      p256_jwk().text(),
  });
  EXPECT_EQ(defects, (std::vector<KeyDefect>{KeyDefect::kMalformed, KeyDefect::kMalformed, KeyDefect::kMalformed,
                                             KeyDefect::kMalformed, KeyDefect::kMalformed, KeyDefect::kWrongUse,
                                             KeyDefect::kNone, KeyDefect::kUnsupportedType, KeyDefect::kModulusTooSmall,
                                             KeyDefect::kNone}));
}

TEST(JwkSet, DifferentKeysOfOneKidAndTypeAreAllUnusable) {
  const std::string a = rsa_jwk().add("kid", "k").text();
  const std::string b = rsa_jwk_of(odd_number(2048, '\x33')).add("kid", "k").text();
  const std::string other_exponent = rsa_jwk_of(odd_number(2048), "Aw").add("kid", "k").text();
  constexpr auto kNone = KeyDefect::kNone;
  constexpr auto kDuplicate = KeyDefect::kDuplicateKid;
  EXPECT_EQ(defects_of({a, b}), (std::vector{kDuplicate, kDuplicate}));
  EXPECT_EQ(defects_of({a, other_exponent}), (std::vector{kDuplicate, kDuplicate}));
  EXPECT_EQ(defects_of({a, a, b}), (std::vector{kDuplicate, kDuplicate, kDuplicate}));
  EXPECT_EQ(defects_of({a, a}), (std::vector{kNone, kNone}));
  EXPECT_EQ(defects_of({a, p256_jwk().add("kid", "k").text()}), (std::vector{kNone, kNone}));
  EXPECT_EQ(defects_of({a, rsa_jwk().text()}), (std::vector{kNone, kNone}));
  EXPECT_EQ(defects_of({rsa_jwk().text(), rsa_jwk_of(odd_number(2050)).text()}), (std::vector{kNone, kNone}));
  const std::string p384 = ec_jwk_of("P-384", octets(48), octets(48)).add("kid", "k").text();
  EXPECT_EQ(defects_of({p256_jwk().add("kid", "k").text(), p384}), (std::vector{kDuplicate, kDuplicate}));
}

TEST(JwkSet, KeysThatAreUnusableAnywayMakeNoKidAmbiguous) {
  const std::string good = rsa_jwk().add("kid", "k").text();
  const std::string for_encryption = rsa_jwk_of(odd_number(2048, '\x33')).add("kid", "k").add("use", "enc").text();
  EXPECT_EQ(defects_of({good, for_encryption}), (std::vector{KeyDefect::kNone, KeyDefect::kWrongUse}));
}

TEST(JwkSet, RefusesDocumentsThatAreNoKeySet) {
  const std::string key = rsa_jwk().text();
  for (const std::string& document : {std::string(),
                                      std::string(" "),
                                      std::string("null"),
                                      std::string("[]"),
                                      std::string("{}"),
                                      key,
                                      std::string(R"({"keys":{}})"),
                                      std::string(R"({"keys":null})"),
                                      std::string(R"({"keys":"[]"})"),
                                      std::string(R"({"Keys":[]})"),
                                      "[" + key + "]",
                                      "{\"keys\":[" + key + "]",
                                      "{\"keys\":[" + key + ",]}",
                                      "\xef\xbb\xbf" + set_of({key}),
                                      set_of({key}) + "x",
                                      set_of({key}) + std::string(1, '\0'),
                                      std::string("<html>not found</html>"),
                                      std::string(R"({"keys":[],"keys":[]})"),
                                      std::string(R"({"keys":[],"\u006beys":[]})"),
                                      set_of({R"({"kty":"RSA","kty":"EC"})"}),
                                      set_of({"{\"kty\":\"\xff\"}"})}) {
    const Expected<std::vector<Jwk>> keys = parse_set(document);
    ASSERT_FALSE(keys) << document;
    EXPECT_EQ(keys.error().code, ErrorCode::kBadKeySet);
  }
  EXPECT_TRUE(parse_set(R"({"keys":[]})"));
}

TEST(JwkSet, BoundsItsSizeAndTheNumberOfKeys) {
  EXPECT_TRUE(parse_set(set_of(std::vector<std::string>(kKeysPerIssuerMax, "{}"))));
  EXPECT_FALSE(parse_set(set_of(std::vector<std::string>(kKeysPerIssuerMax + 1, "{}"))));
  const std::string empty_set = R"({"keys":[]})";
  EXPECT_TRUE(parse_set(empty_set + std::string(kJwksBytesMax - empty_set.size(), ' ')));
  EXPECT_FALSE(parse_set(empty_set + std::string(kJwksBytesMax - empty_set.size() + 1, ' ')));
}

TEST(KeyDefect, EveryOneHasItsOwnNameAndSentence) {
  std::set<std::string_view> names;
  for (int i = 0; i <= static_cast<int>(KeyDefect::kPointInvalid); ++i) {
    const KeyDefectFacts facts = facts_of(static_cast<KeyDefect>(i));
    EXPECT_TRUE(names.insert(facts.name).second) << facts.name;
    EXPECT_FALSE(facts.text.empty());
  }
  EXPECT_EQ(facts_of(KeyDefect::kModulusTooSmall).name, "modulus_too_small");
  EXPECT_EQ(facts_of(KeyDefect::kPointInvalid).name, "point_invalid");
}

}  // namespace
}  // namespace assay::jose

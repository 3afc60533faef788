// One test for each attack class of docs/security.md on algorithms, keys, text and claims, through the facade.
#include <gtest/gtest.h>

#include "assay/engine.h"
#include "signing/base64url_writer.h"
#include "tests/verify/test_issuer.h"

namespace assay::test {
namespace {

using signing::SigningKey;

// RFC 8725 sec 3.1: none, in any case, with and without a signature.
TEST(Attack, AlgNoneInAnyCase) {
  for (const char* alg : {"none", "None", "NONE", "nOnE", "", " RS256", "RS256 ", "rs256"}) {
    EXPECT_EQ(code_of(policy(), token(claims(), header(alg))), ErrorCode::kUnsupportedAlg) << alg;
  }
  const std::string unsigned_token = token(claims(), header("none"));
  const std::string empty_signature = unsigned_token.substr(0, unsigned_token.rfind('.') + 1);
  EXPECT_EQ(code_of(policy(), empty_signature), ErrorCode::kMalformedToken);
}

TEST(Attack, AlgMissingOrOfAnotherType) {
  for (const char* head : {R"({"kid":"k1"})", R"({"alg":null,"kid":"k1"})", R"({"alg":["RS256"],"kid":"k1"})"}) {
    EXPECT_EQ(code_of(policy(), token(claims(), head)), ErrorCode::kUnsupportedAlg) << head;
  }
}

// CVE-2016-10555: the public key's text as an HMAC secret.
TEST(Attack, HmacKeyedWithThePublicKey) {
  const std::string pem = rsa_key().public_pem();
  for (const std::string& secret : {pem, pem.substr(0, pem.size() - 1), " " + pem, std::string(), default_jwks()}) {
    const std::string forged = token(claims(), header("HS256"), SigningKey::from_secret(secret), Alg::kHS256);
    EXPECT_EQ(code_of(policy(), forged), ErrorCode::kAlgNotAllowed);
    IssuerPolicy pinned = issuer_policy();
    pinned.keys = {.kind = KeySource::Kind::kPem, .text = pem};
    EXPECT_EQ(code_of(policy({pinned}), forged), ErrorCode::kAlgNotAllowed);
  }
}

TEST(Attack, HmacForAnIssuerWithPublicKeysCannotBeConfigured) {
  IssuerPolicy issuer = issuer_policy();
  issuer.algorithms = {Alg::kRS256, Alg::kHS256};
  EXPECT_EQ(Engine::open({.policy = policy({issuer})}).error().code, ErrorCode::kBadPolicy);
}

TEST(Attack, EcdsaHeaderOnAnRsaKey) {
  const SigningKey key = SigningKey::generate_ec(signing::Curve::kP256);
  EXPECT_EQ(code_of(policy(), token(claims(), header("ES256"), key, Alg::kES256)), ErrorCode::kAlgKeyMismatch);
}

TEST(Attack, AKeyBoundToOneAlgIsNotUsedForAnother) {
  IssuerPolicy issuer = issuer_policy();
  issuer.keys = jwks_source(signing::jwk_set(rsa_key().public_jwk({.kid = "k1", .alg = "PS256", .use = {}})));
  EXPECT_EQ(code_of(policy({issuer}), token()), ErrorCode::kAlgKeyMismatch);
}

// CVE-2026-89313: a kid that the set lacks is never answered with another key, a kid without a key set either.
TEST(Attack, AnUnknownKidIsNotAnsweredWithAnotherKey) {
  for (const char* kid : {"k2", "K1", "k1 ", "../../dev/null", "' OR 1=1 --", "|id"}) {
    EXPECT_EQ(code_of(policy(), token(claims(), header("RS256", kid))), ErrorCode::kUnknownKey) << kid;
  }
  const std::string empty_kid = token(claims(), R"({"alg":"RS256","kid":""})");
  EXPECT_EQ(code_of(policy(), empty_kid), ErrorCode::kUnknownKey);
}

// CVE-2018-0114: a key that comes with the token is no key.
TEST(Attack, EmbeddedKeysAndKeyUrlsAreIgnored) {
  const std::string jwk = other_rsa_key().public_jwk({});
  for (const std::string& member :
       {"\"jwk\":" + jwk, std::string(R"("jku":"https://evil.example/jwks")"),
        std::string(R"("x5u":"https://evil.example/x")"), std::string(R"("x5c":["AAAA"])")}) {
    const std::string head = R"({"alg":"RS256","kid":"k1",)" + member + "}";
    EXPECT_EQ(code_of(policy(), token(claims(), head, other_rsa_key())), ErrorCode::kBadSignature) << member;
    EXPECT_EQ(code_of(policy(), token(claims(), head)), ErrorCode::kNone) << member;
  }
}

// CVE-2022-21449: r or s zero or not below the order; raw form of exact size.
TEST(Attack, PsychicSignatures) {
  const SigningKey key = SigningKey::generate_ec(signing::Curve::kP256);
  IssuerPolicy issuer = issuer_policy();
  issuer.keys = jwks_source(signing::jwk_set(key.public_jwk({.kid = "k1", .alg = {}, .use = {}})));
  const std::string input = signing::signing_input({.header_json = header("ES256"), .payload_json = claims()});
  const std::string zeros(64, '\0');
  const std::string ones(64, '\xFF');
  const std::string good = key.sign(Alg::kES256, input);
  ASSERT_EQ(good.size(), 64U);
  EXPECT_EQ(code_of(policy({issuer}), signing::compact_jws(input, good)), ErrorCode::kNone);
  for (const std::string& bad : {zeros, ones, zeros.substr(32) + good.substr(32), good.substr(0, 32) + zeros.substr(32),
                                 good + '\0', good.substr(0, 63), '\0' + good, zeros.substr(0, 2)}) {
    EXPECT_EQ(code_of(policy({issuer}), signing::compact_jws(input, bad)), ErrorCode::kBadSignature);
  }
}

TEST(Attack, Ed25519ScalarBeyondTheOrder) {
  const SigningKey key = SigningKey::generate_ed25519();
  IssuerPolicy issuer = issuer_policy();
  issuer.keys = jwks_source(signing::jwk_set(key.public_jwk({.kid = "k1", .alg = {}, .use = {}})));
  const std::string input = signing::signing_input({.header_json = header("EdDSA"), .payload_json = claims()});
  std::string signature = key.sign(Alg::kEdDSA, input);
  // s + L, L = 2^252 + 27742317777372353535851937790883648493, little-endian (RFC 8032 sec 5.1).
  constexpr std::array<unsigned, 32> kOrder = {0xED, 0xD3, 0xF5, 0x5C, 0x1A, 0x63, 0x12, 0x58, 0xD6, 0x9C, 0xF7,
                                               0xA2, 0xDE, 0xF9, 0xDE, 0x14, 0,    0,    0,    0,    0,    0,
                                               0,    0,    0,    0,    0,    0,    0,    0,    0,    0x10};
  unsigned carry = 0;
  for (std::size_t i = 0; i < kOrder.size(); ++i) {
    const unsigned sum = static_cast<unsigned char>(signature[32 + i]) + kOrder[i] + carry;
    signature[32 + i] = static_cast<char>(sum & 0xFF);
    carry = sum >> 8;
  }
  EXPECT_EQ(code_of(policy({issuer}), signing::compact_jws(input, signature)), ErrorCode::kBadSignature);
}

TEST(Attack, EncryptedNestedAndJsonSerializedTokens) {
  EXPECT_EQ(code_of(policy(), "a.b.c.d.e"), ErrorCode::kMalformedToken);
  const std::string compact = token();
  EXPECT_EQ(code_of(policy(), token(claims(), R"({"alg":"RS256","kid":"k1","cty":"JWT"})")), ErrorCode::kWrongType);
  EXPECT_EQ(code_of(policy(), token(claims(), R"({"alg":"RS256","kid":"k1","enc":"A128GCM"})")), ErrorCode::kWrongType);
  const std::string json = R"({"payload":"e30","signatures":[{"protected":"e30","signature":"AA"}]})";
  EXPECT_EQ(code_of(policy(), json), ErrorCode::kMalformedToken);
  EXPECT_EQ(code_of(policy(), "{\"a\":\"" + compact + "\"}"), ErrorCode::kBadBase64url);
}

TEST(Attack, RsaSignaturesOfTheWrongLength) {
  const std::string input = signing::signing_input({.header_json = header(), .payload_json = claims()});
  const std::string good = rsa_key().sign(Alg::kRS256, input);
  const std::string zero(1, '\0');
  for (const std::string& bad : {good.substr(1), good.substr(0, 255), zero + good, good + zero, std::string(1, '\1'),
                                 std::string(256, '\xFF'), std::string(256, '\0'), std::string(1, '\0')}) {
    EXPECT_EQ(code_of(policy(), signing::compact_jws(input, bad)), ErrorCode::kBadSignature) << bad.size();
  }
}

TEST(Attack, AnySingleFlippedBitOfTheSignature) {
  const std::string input = signing::signing_input({.header_json = header(), .payload_json = claims()});
  const std::string good = rsa_key().sign(Alg::kRS256, input);
  const auto engine = open_engine(policy());
  for (std::size_t bit = 0; bit < good.size() * 8; bit += 7) {
    std::string bad = good;
    bad[bit / 8] = static_cast<char>(bad[bit / 8] ^ (1 << (bit % 8)));
    EXPECT_EQ(decide(*engine, {.token = signing::compact_jws(input, bad)}).code, ErrorCode::kBadSignature) << bit;
  }
}

TEST(Attack, LooseBase64url) {
  const std::string compact = token();
  const std::size_t first_dot = compact.find('.');
  for (const std::string& bad :
       {compact + "=", compact + "==", compact + "!!!!", compact + "\n", " " + compact,
        compact.substr(0, first_dot) + "=" + compact.substr(first_dot), compact.substr(0, 5) + "\n" + compact.substr(5),
        compact.substr(0, 5) + "+" + compact.substr(6), compact.substr(0, 5) + "/" + compact.substr(6)}) {
    EXPECT_EQ(code_of(policy(), bad), ErrorCode::kBadBase64url);
  }
}

// A token's last character may have unused bits: another text of the same signature bytes is another token.
TEST(Attack, UnusedBitsOfTheLastCharacter) {
  const std::string compact = token();  // 256 bytes: 342 characters, four unused bits
  constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  const std::size_t value = kAlphabet.find(compact.back());
  ASSERT_EQ(value % 16, 0U);
  for (std::size_t i = 1; i < 16; ++i) {
    const std::string changed = compact.substr(0, compact.size() - 1) + kAlphabet[value + i];
    EXPECT_EQ(code_of(policy(), changed), ErrorCode::kBadBase64url) << i;
  }
}

TEST(Attack, DotsInOtherNumbers) {
  const std::string compact = token();
  for (const std::string& bad : {"." + compact, compact + ".", std::string("a.b"), std::string("..."),
                                 std::string(".."), std::string("a..b"), std::string(10'000, '.')}) {
    EXPECT_EQ(code_of(policy(), bad), ErrorCode::kMalformedToken) << bad.substr(0, 20);
  }
}

TEST(Attack, DuplicateMembersAlsoWhenEscaped) {
  for (const char* payload :
       {R"({"iss":"https://issuer.example","iss":"x"})", R"({"sub":"a","s\u0075b":"b"})", R"({"x":{"a":1,"a":2}})"}) {
    EXPECT_EQ(code_of(policy(), token(payload)), ErrorCode::kDuplicateMember) << payload;
  }
  EXPECT_EQ(code_of(policy(), token(claims(), R"({"alg":"RS256","kid":"k1","alg":"none"})")),
            ErrorCode::kDuplicateMember);
}

TEST(Attack, EscapedMemberNamesMeanTheSame) {
  const std::string head = R"({"\u0061lg":"RS256","kid":"k1"})";
  EXPECT_EQ(code_of(policy(), token(claims(), head)), ErrorCode::kNone);
  std::string payload = claims({{"exp", ""}});
  payload.insert(payload.size() - 1, R"(,"e\u0078p":1)");
  EXPECT_EQ(code_of(policy(), token(payload)), ErrorCode::kExpired);
}

TEST(Attack, CritAndB64) {
  for (const char* member : {R"("crit":[])", R"("crit":["b64"],"b64":false)", R"("crit":["exp"])", R"("crit":"exp")",
                             R"("crit":null)", R"("b64":false)", R"("b64":0)"}) {
    const std::string head = std::string(R"({"alg":"RS256","kid":"k1",)") + member + "}";
    EXPECT_EQ(code_of(policy(), token(claims(), head)), ErrorCode::kUnsupportedCrit) << member;
  }
  EXPECT_EQ(code_of(policy(), token(claims(), R"({"alg":"RS256","kid":"k1","b64":true})")), ErrorCode::kNone);
}

TEST(Attack, ClaimsOfTheWrongTypeAreNotAbsent) {
  for (const auto& [name, json] :
       std::initializer_list<std::pair<std::string, std::string>>{{"exp", "\"1\""},
                                                                  {"exp", "null"},
                                                                  {"exp", "[]"},
                                                                  {"exp", "true"},
                                                                  {"exp", "-1"},
                                                                  {"exp", "1e400"},
                                                                  {"exp", "9007199254740992"},
                                                                  {"nbf", "\"0\""},
                                                                  {"nbf", "null"},
                                                                  {"iat", "{}"},
                                                                  {"iat", "-5"},
                                                                  {"sub", "1"},
                                                                  {"jti", "[]"},
                                                                  {"iss", "[\"https://issuer.example\"]"},
                                                                  {"aud", "1"},
                                                                  {"aud", "{}"},
                                                                  {"aud", "[1,\"api\"]"},
                                                                  {"aud", "null"},
                                                                  {"scope", "1"},
                                                                  {"client_id", "{}"}}) {
    EXPECT_EQ(code_of(policy(), token(claims({{name, json}}))), ErrorCode::kBadClaim) << name << " " << json;
  }
}

TEST(Attack, PayloadsThatAreNoObject) {
  for (const char* payload : {"", "null", "[]", "\"a\"", "1", "{}{}", "{} x", "{\"a\":tru}", "{\"a\":01}", "{a:1}",
                              "{'a':1}", "{\"a\":1,}", "\xEF\xBB\xBF{}", "{\"a\":\"\xFF\"}", "{\"a\":\"\x01\"}",
                              "{\"a\":NaN}", "{\"a\":\"\\ud800\"}", "{\"a\":[1}}"}) {
    const std::string compact = token(payload);
    const ErrorCode expected = *payload == '\0' ? ErrorCode::kMalformedToken : ErrorCode::kBadJson;
    EXPECT_EQ(code_of(policy(), compact), expected) << payload;
  }
}

TEST(Attack, IssuerByPrefixCaseOrSlash) {
  for (const char* iss : {"\"https://issuer.example/\"", "\"https://issuer.exampl\"", "\"HTTPS://issuer.example\"",
                          "\"https://issuer.example.evil\"", "\"\""}) {
    EXPECT_EQ(code_of(policy(), token(claims({{"iss", iss}}))), ErrorCode::kUnknownIssuer) << iss;
  }
  EXPECT_EQ(code_of(policy(), token(claims({{"iss", ""}}))), ErrorCode::kUnknownIssuer);
}

TEST(Attack, ScopesBySubstringOrCase) {
  Policy chosen = policy();
  chosen.routes = {{.path = "/orders",
                    .methods = {},
                    .issuers = {},
                    .scopes = {"orders:read"},
                    .any_scopes = {},
                    .required_claims = {}}};
  for (const char* scope : {"\"orders:readx\"", "\"xorders:read\"", "\"Orders:read\"", "\"orders:*\"", "\"*\"",
                            "\"orders:read,orders:write\"", "\"orders:read  x\"", "\" orders:read\"", "\"\"", "[]"}) {
    const std::string compact = token(claims({{"scope", scope}}));
    EXPECT_EQ(decide(*open_engine(chosen), {.token = compact, .path = "/orders"}).code, ErrorCode::kInsufficientScope)
        << scope;
  }
}

TEST(Attack, DeepNestingAndHugeNumbers) {
  const std::string deep = std::string(5000, '[') + std::string(5000, ']');
  EXPECT_EQ(code_of(policy(), token(claims({{"x", deep}}))), ErrorCode::kBadJson);
  const std::string huge_exponent = "1e" + std::string(9000, '9');
  EXPECT_EQ(code_of(policy(), token(claims({{"x", huge_exponent}}))), ErrorCode::kNone);
  EXPECT_EQ(code_of(policy(), token(claims({{"exp", huge_exponent}}))), ErrorCode::kBadClaim);
}

TEST(Attack, TwoIssuersThatShareAKid) {
  IssuerPolicy first = issuer_policy("first");
  IssuerPolicy second = issuer_policy("second");
  second.issuer = "https://second.example";
  second.keys = jwks_source(signing::jwk_set(other_rsa_key().public_jwk({.kid = "k1", .alg = {}, .use = {}})));
  const Policy both = policy({first, second});
  const std::string second_claims = claims({{"iss", "\"https://second.example\""}});
  EXPECT_EQ(code_of(both, token()), ErrorCode::kNone);
  EXPECT_EQ(code_of(both, token(second_claims, header(), other_rsa_key())), ErrorCode::kNone);
  EXPECT_EQ(code_of(both, token(second_claims, header(), rsa_key())), ErrorCode::kBadSignature);
  EXPECT_EQ(code_of(both, token(claims(), header(), other_rsa_key())), ErrorCode::kBadSignature);
}

TEST(Attack, AlgorithmSwapsHaveDistinctCodes) {
  const SigningKey hmac = SigningKey::from_secret(rsa_key().public_pem());
  const SigningKey ec = SigningKey::generate_ec(signing::Curve::kP256);
  EXPECT_EQ(code_of(policy(), token(claims(), header("HS256"), hmac, Alg::kHS256)), ErrorCode::kAlgNotAllowed);
  EXPECT_EQ(code_of(policy(), token(claims(), header("ES256"), ec, Alg::kES256)), ErrorCode::kAlgKeyMismatch);
  EXPECT_EQ(code_of(policy(), token(claims(), header("none"))), ErrorCode::kUnsupportedAlg);
}

TEST(Attack, EntrancesKeepIssuersApart) {
  IssuerPolicy first = issuer_policy("first");
  IssuerPolicy second = issuer_policy("second");
  second.issuer = "https://second.example";
  Policy chosen = policy({first, second});
  chosen.entrances = {{.issuers = {"second"}}, {.issuers = {"first"}}};
  const auto engine = open_engine(chosen);
  EXPECT_EQ(decide(*engine, {.token = token(), .entrance = 0}).code, ErrorCode::kUnknownIssuer);
  EXPECT_EQ(decide(*engine, {.token = token(), .entrance = 1}).code, ErrorCode::kNone);
  EXPECT_EQ(decide(*engine, {.token = token(), .entrance = 2}).code, ErrorCode::kMalformedToken);
}

TEST(Attack, PathsThatReadInTwoWays) {
  Policy chosen = policy();
  chosen.routes = {
      {.path = "/public/*", .methods = {}, .issuers = {}, .scopes = {}, .any_scopes = {}, .required_claims = {}}};
  for (const char* path :
       {"/public/../admin", "/public/./x", "//public/x", "/public//x", "/public/%2e%2e/admin", "/public/%2fadmin",
        "/public/..%5cadmin", "/public/\\admin", "/public/;x=1", "/public/%61", "/public/%zz", "/public/%00",
        "/public/a b", "public/x", "", "/public/#x", "/public/\xC3\xA9", "/public/%252e"}) {
    const ErrorCode code = decide(*open_engine(chosen), {.token = token(), .path = path}).code;
    EXPECT_EQ(code, ErrorCode::kAmbiguousPath) << path;
  }
  EXPECT_EQ(decide(*open_engine(chosen), {.token = token(), .path = "/public/x?a=/../b"}).code, ErrorCode::kNone);
}

}  // namespace
}  // namespace assay::test

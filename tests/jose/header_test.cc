#include "jose/header.h"

#include <string>
#include <string_view>

#include <gtest/gtest.h>

#include "assay/limits.h"
#include "tests/jose/bookings_token.h"
#include "tests/jose/padded_text.h"

namespace assay::jose {
namespace {

class Header : public testing::Test {
 protected:
  // Views of the result live until the next call.
  Expected<JoseHeader> parse(std::string_view json) {
    arena_.reset();
    text_ = PaddedText(json);
    const Expected<JsonValue> root = reader_.read(text_.view(), arena_);
    if (!root) {
      ADD_FAILURE() << "not JSON: " << json;
      return fail(ErrorCode::kBadJson);
    }
    return parse_header(*root);
  }
  ErrorCode code_of(std::string_view json) {
    const Expected<JoseHeader> header = parse(json);
    return header ? ErrorCode::kNone : header.error().code;
  }
  // The code of a good header with further members.
  ErrorCode code_with(std::string_view members) { return code_of(R"({"alg":"RS256",)" + std::string(members) + "}"); }
  std::string typ_of(std::string_view typ) {
    const Expected<JoseHeader> header = parse(R"({"alg":"RS256","typ":")" + std::string(typ) + "\"}");
    return header ? std::string(header->typ) : "refused";
  }

  JsonReader reader_{kHeaderBytesMax};
  base::Arena arena_{kHeaderBytesMax};
  PaddedText text_{""};
};

TEST_F(Header, ReadsAlgKidAndTyp) {
  const Expected<JoseHeader> header = parse(R"({"alg":"ES384","kid":"key-1","typ":"at+jwt"})");
  ASSERT_TRUE(header);
  EXPECT_EQ(header->unverified_alg, Alg::kES384);
  EXPECT_TRUE(header->has_kid);
  EXPECT_EQ(header->unverified_kid, "key-1");
  EXPECT_EQ(header->typ, "at+jwt");
}

TEST_F(Header, ReadsTheBookingsToken) {
  const Expected<JoseHeader> header = parse(decode_segment(kBookingsHeaderSegment));
  ASSERT_TRUE(header);
  EXPECT_EQ(header->unverified_alg, Alg::kRS256);
  EXPECT_FALSE(header->has_kid);
  EXPECT_EQ(header->typ, "JWT");
}

TEST_F(Header, TellsAnEmptyKidFromNone) {
  EXPECT_FALSE(parse(R"({"alg":"RS256"})")->has_kid);
  EXPECT_TRUE(parse(R"({"alg":"RS256","kid":""})")->has_kid);
}

TEST_F(Header, ReadsEscapedMemberNames) {
  EXPECT_EQ(code_of(R"({"\u0061lg":"RS256"})"), ErrorCode::kNone);
  EXPECT_EQ(code_with(R"("\u0063rit":["exp"])"), ErrorCode::kUnsupportedCrit);
}

// RFC 7515 sec 4.1.1.
TEST_F(Header, RefusesAnAbsentOrUnknownAlg) {
  for (const char* json :
       {"{}", R"({"typ":"JWT"})", R"({"alg":""})", R"({"alg":null})", R"({"alg":["RS256"]})", R"({"alg":256})",
        R"({"alg":{"name":"RS256"}})", R"({"alg":"RS257"})", R"({"alg":"rs256"})", R"({"alg":" RS256"})",
        R"({"alg":"RS256\u0000"})", R"({"Alg":"RS256"})", R"({"alg":"ES256K"})", R"({"alg":"RSA-OAEP"})"}) {
    EXPECT_EQ(code_of(json), ErrorCode::kUnsupportedAlg) << json;
  }
}

// CVE-2015-2951 and its kin.
TEST_F(Header, RefusesNoneInAnyCase) {
  for (const char* none : {"none", "None", "NONE", "nOnE", "none ", "non\\u0065"}) {
    EXPECT_EQ(code_of(R"({"alg":")" + std::string(none) + "\"}"), ErrorCode::kUnsupportedAlg) << none;
  }
}

// RFC 7515 sec 4.1.11: no extension exists, so that any crit names one that is not understood.
TEST_F(Header, RefusesCritInAnyForm) {
  for (const char* crit : {R"("crit":["exp"])", R"("crit":[])", R"("crit":null)", R"("crit":"b64")", R"("crit":false)",
                           R"("crit":["b64"],"b64":true)", R"("crit":["alg"])", R"("crit":{})"}) {
    EXPECT_EQ(code_with(crit), ErrorCode::kUnsupportedCrit) << crit;
  }
}

// RFC 7797 sec 3.
TEST_F(Header, RefusesAnUnencodedPayload) {
  for (const char* b64 : {R"("b64":false)", R"("b64":"true")", R"("b64":null)", R"("b64":1)", R"("b64":[true])"}) {
    EXPECT_EQ(code_with(b64), ErrorCode::kUnsupportedCrit) << b64;
  }
  EXPECT_EQ(code_with(R"("b64":true)"), ErrorCode::kNone);
}

// RFC 7519 sec 5.2, RFC 7516 sec 4.1.2: a nested or encrypted token in place of a signed one.
TEST_F(Header, RefusesNestedAndEncryptedTokens) {
  for (const char* member :
       {R"("cty":"JWT")", R"("cty":"jwt")", R"("cty":"Jwt")", R"("cty":"application/jwt")",
        R"("cty":"APPLICATION/JWT")", R"("enc":"A256GCM")", R"("enc":null)", R"("cty":"\u004aWT")"}) {
    EXPECT_EQ(code_with(member), ErrorCode::kWrongType) << member;
  }
}

TEST_F(Header, AcceptsOtherContentTypes) {
  for (const char* cty : {"json", "application/json", "", "x/jwt", "jwtx", "application/x/jwt"}) {
    EXPECT_EQ(code_with(R"("cty":")" + std::string(cty) + "\""), ErrorCode::kNone) << cty;
  }
}

TEST_F(Header, RefusesMembersOfTheWrongType) {
  for (const char* member : {R"("kid":1)", R"("kid":null)", R"("kid":["a"])", R"("kid":{})", R"("kid":true)",
                             R"("typ":1)", R"("typ":null)", R"("typ":["JWT"])", R"("cty":["JWT"])", R"("cty":1)"}) {
    EXPECT_EQ(code_with(member), ErrorCode::kBadJson) << member;
  }
}

TEST_F(Header, BoundsTheKid) {
  EXPECT_EQ(code_with(R"("kid":")" + std::string(kKidBytesMax, 'k') + "\""), ErrorCode::kNone);
  EXPECT_EQ(code_with(R"("kid":")" + std::string(kKidBytesMax + 1, 'k') + "\""), ErrorCode::kBadJson);
}

TEST_F(Header, KeepsAKidThatLooksLikeAPathOrAQuery) {
  const Expected<JoseHeader> header = parse(R"({"alg":"HS256","kid":"../../dev/null' OR 1=1\u0000"})");
  ASSERT_TRUE(header);
  EXPECT_EQ(header->unverified_kid, std::string_view("../../dev/null' OR 1=1\0", 23));
}

// CVE-2018-0114: keys and places of keys that the token names are not looked at.
TEST_F(Header, IgnoresKeysUrlsAndUnknownMembers) {
  EXPECT_EQ(code_with(R"("jwk":{"kty":"RSA"},"jku":"https://e.invalid","x5u":5,"x5c":[],"x5t":"","new":{"a":[1]})"),
            ErrorCode::kNone);
}

// RFC 7515 sec 4.1.9.
TEST_F(Header, ShortensTypOnlyWhereNoOtherSlashFollows) {
  EXPECT_EQ(typ_of("JWT"), "JWT");
  EXPECT_EQ(typ_of("application/at+jwt"), "at+jwt");
  EXPECT_EQ(typ_of("Application/AT+JWT"), "AT+JWT");
  EXPECT_EQ(typ_of("application/"), "");
  EXPECT_EQ(typ_of("application"), "application");
  EXPECT_EQ(typ_of("text/at+jwt"), "text/at+jwt");
  EXPECT_EQ(typ_of("application/x/at+jwt"), "application/x/at+jwt");
  EXPECT_EQ(typ_of("xapplication/at+jwt"), "xapplication/at+jwt");
}

}  // namespace
}  // namespace assay::jose

#include "jose/claims.h"

#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include "assay/limits.h"
#include "tests/jose/bookings_token.h"
#include "tests/jose/padded_text.h"

namespace assay::jose {
namespace {

class ClaimsTest : public testing::Test {
 protected:
  // Views of the result live until the next call.
  Expected<Claims> parse(std::string_view json) {
    arena_.reset();
    text_ = PaddedText(json);
    const Expected<JsonDocument> payload = read_payload(reader_, text_.view(), arena_);
    if (!payload) {
      ADD_FAILURE() << "not JSON: " << json;
      return fail(ErrorCode::kBadJson);
    }
    bad_claim_ = find_bad_claim(*payload);
    return parse_claims(*payload, arena_);
  }
  void expect_accepted(std::string_view json) {
    EXPECT_TRUE(parse(json)) << json;
    EXPECT_EQ(bad_claim_, "") << json;
  }
  // The payload has one claim of the wrong type: `name`.
  void expect_bad(std::string_view name, std::string_view value) {
    const std::string json = "{\"" + std::string(name) + "\":" + std::string(value) + "}";
    const Expected<Claims> claims = parse(json);
    ASSERT_FALSE(claims) << json;
    EXPECT_EQ(claims.error().code, ErrorCode::kBadClaim) << json;
    EXPECT_EQ(bad_claim_, name) << json;
  }

  static std::vector<std::string_view> listed(std::span<const std::string_view> texts) {
    return {texts.begin(), texts.end()};
  }

  JsonReader reader_{kTokenBytesMax};
  base::Arena arena_{4 * kTokenBytesMax};
  PaddedText text_{""};
  std::string_view bad_claim_;
};

using Texts = std::vector<std::string_view>;

std::string list_of(std::size_t count) {
  std::string json = "[";
  for (std::size_t i = 0; i < count; ++i) json += (i == 0 ? "\"a\"" : ",\"a\"");
  return json + "]";
}

TEST_F(ClaimsTest, ReadsTheBookingsToken) {
  const Expected<Claims> claims = parse(decode_segment(kBookingsPayloadSegment));
  ASSERT_TRUE(claims);
  EXPECT_FALSE(claims->has_iss);
  EXPECT_EQ(listed(claims->audiences), Texts{"9b1e82a7-0a59-4e7e-add5-b9ffa37aade1"});
  EXPECT_EQ(claims->jti, "81755a6a7daf0382f0f2723a2cc951f830f533afb46b75d9b9a4cea7d215ee9926a93259567cbf78");
  EXPECT_EQ(claims->iat, NumericDate{1'710'220'031'583'112});
  EXPECT_EQ(claims->nbf, NumericDate{1'710'220'031'583'114});
  EXPECT_EQ(claims->exp, NumericDate{1'710'223'631'577'478});
  EXPECT_EQ(claims->sub, "");
  EXPECT_TRUE(claims->scope_is_list);
  EXPECT_EQ(listed(claims->scope_texts), (Texts{"bookings:create", "bookings:delete"}));
  ASSERT_EQ(claims->members.size(), 10u);
  EXPECT_EQ(claims->members[9].name, "is_test");
  EXPECT_EQ(claims->members[9].kind, JsonKind::kFalse);
  EXPECT_EQ(claims->members[9].text, "false");
}

TEST_F(ClaimsTest, ReadsEveryRegisteredClaim) {
  const Expected<Claims> claims =
      parse(R"({"iss":"i","sub":"s","jti":"j","client_id":"c","azp":"z","aud":["a","b"],"exp":3,"nbf":1,"iat":2,)"
            R"("scope":"x y"})");
  ASSERT_TRUE(claims);
  EXPECT_TRUE(claims->has_iss);
  EXPECT_EQ(claims->iss, "i");
  EXPECT_EQ(claims->sub, "s");
  EXPECT_EQ(claims->jti, "j");
  EXPECT_EQ(claims->client, "c");
  EXPECT_TRUE(claims->has_aud);
  EXPECT_EQ(listed(claims->audiences), (Texts{"a", "b"}));
  EXPECT_EQ(claims->exp, NumericDate{3'000'000});
  EXPECT_EQ(claims->nbf, NumericDate{1'000'000});
  EXPECT_EQ(claims->iat, NumericDate{2'000'000});
  EXPECT_FALSE(claims->scope_is_list);
  EXPECT_EQ(listed(claims->scope_texts), Texts{"x y"});
}

TEST_F(ClaimsTest, LeavesAbsentClaimsEmpty) {
  const Expected<Claims> claims = parse("{}");
  ASSERT_TRUE(claims);
  EXPECT_FALSE(claims->has_iss);
  EXPECT_FALSE(claims->has_aud);
  EXPECT_FALSE(claims->exp || claims->nbf || claims->iat);
  EXPECT_TRUE(claims->client.empty() && claims->scope_texts.empty() && claims->members.empty());
}

TEST_F(ClaimsTest, TellsAnEmptyIssuerFromNone) { EXPECT_TRUE(parse(R"({"iss":""})")->has_iss); }

// RFC 9068 sec 2.2.
TEST_F(ClaimsTest, TakesAzpOnlyWithoutClientId) {
  EXPECT_EQ(parse(R"({"azp":"z"})")->client, "z");
  EXPECT_EQ(parse(R"({"azp":"z","client_id":"c"})")->client, "c");
  EXPECT_EQ(parse(R"({"azp":"z","client_id":""})")->client, "");
}

// Strict on each side: a token ends no later and begins no earlier than it says.
TEST_F(ClaimsTest, RoundsExpDownAndNbfAndIatUp) {
  const Expected<Claims> claims = parse(R"({"exp":1.0000009,"nbf":1.0000001,"iat":1.0000001})");
  ASSERT_TRUE(claims);
  EXPECT_EQ(claims->exp, NumericDate{1'000'000});
  EXPECT_EQ(claims->nbf, NumericDate{1'000'001});
  EXPECT_EQ(claims->iat, NumericDate{1'000'001});
}

TEST_F(ClaimsTest, ReadsEscapedClaimNames) {
  EXPECT_EQ(parse(R"({"\u0065xp":5})")->exp, NumericDate{5'000'000});
  expect_bad("exp", R"("5")");
}

// RFC 7519 sec 4.1.1, 4.1.2, 4.1.7; CVE-2025-30144: a list of issuers.
TEST_F(ClaimsTest, RefusesIdentifiersThatAreNoStrings) {
  for (const char* name : {"iss", "sub", "jti", "client_id", "azp"}) {
    for (const char* value : {"1", "null", "true", "false", "{}", "[]", R"(["a"])"}) expect_bad(name, value);
  }
}

// RFC 7519 sec 4.1.3; CVE-2020-26160: an aud of the wrong type read as empty.
TEST_F(ClaimsTest, RefusesBadAudiences) {
  for (const char* value :
       {"1", "null", "true", "{}", "[]", "[1]", R"(["a",null])", R"(["a",["b"]])", R"([["a"]])", R"({"a":"b"})"}) {
    expect_bad("aud", value);
  }
}

TEST_F(ClaimsTest, BoundsTheAudienceList) {
  expect_accepted("{\"aud\":" + list_of(kAudiencesMax) + "}");
  expect_bad("aud", list_of(kAudiencesMax + 1));
}

// CVE-2026-25537: a time of the wrong type is not an absent one.
TEST_F(ClaimsTest, RefusesBadTimes) {
  for (const char* name : {"exp", "nbf", "iat"}) {
    for (const char* value : {R"("1710223631")", "null", "true", "[]", "[1]", "{}", R"("")", "-1", "-0.5", "1e16",
                              "9007199254740992", "1e400", R"("NaN")"}) {
      expect_bad(name, value);
    }
  }
}

TEST_F(ClaimsTest, ReadsScopesInAllThreeNamesAndBothShapes) {
  for (const std::string name : {"scope", "scp", "scopes"}) {
    const Expected<Claims> text = parse("{\"" + name + "\":\"a b\"}");
    ASSERT_TRUE(text);
    EXPECT_FALSE(text->scope_is_list);
    EXPECT_EQ(listed(text->scope_texts), Texts{"a b"});
    const Expected<Claims> list = parse("{\"" + name + "\":[\"a b\",\"c\"]}");
    ASSERT_TRUE(list);
    EXPECT_TRUE(list->scope_is_list);
    EXPECT_EQ(listed(list->scope_texts), (Texts{"a b", "c"}));
  }
  const Expected<Claims> empty = parse(R"({"scope":[]})");
  ASSERT_TRUE(empty);
  EXPECT_TRUE(empty->scope_is_list && empty->scope_texts.empty());
}

TEST_F(ClaimsTest, RefusesBadScopes) {
  for (const char* name : {"scope", "scp", "scopes"}) {
    for (const char* value : {"1", "null", "true", "{}", "[1]", R"(["a",null])", R"([["a"]])"}) expect_bad(name, value);
  }
}

TEST_F(ClaimsTest, BoundsTheScopeList) {
  expect_accepted("{\"scope\":" + list_of(kGrantedScopesMax) + "}");
  expect_bad("scope", list_of(kGrantedScopesMax + 1));
}

TEST_F(ClaimsTest, AcceptsSeveralScopeClaimsOnlyWithOneValue) {
  expect_accepted(R"({"scope":"a b","scp":"a b"})");
  expect_accepted(R"({"scope":"a b","scopes":"\u0061 b"})");
  expect_accepted(R"({"scp":["a","b"],"scopes":["a","b"]})");
  for (const char* json :
       {R"({"scope":"a","scp":"b"})", R"({"scope":"a b","scp":["a","b"]})", R"({"scope":"a","scp":["a"]})",
        R"({"scp":["a"],"scopes":["a","b"]})", R"({"scp":["a","b"],"scopes":["a"]})",
        R"({"scp":["a","b"],"scopes":["b","a"]})", R"({"scp":[],"scopes":["a"]})",
        R"({"scope":"a","scp":"a","scopes":"b"})", R"({"scope":"a","scp":null})"}) {
    const Expected<Claims> claims = parse(json);
    ASSERT_FALSE(claims) << json;
    EXPECT_EQ(claims.error().code, ErrorCode::kBadClaim);
    EXPECT_TRUE(bad_claim_ == "scp" || bad_claim_ == "scopes") << json;
  }
}

TEST_F(ClaimsTest, ListsMembersOfEveryKindInOrder) {
  const Expected<Claims> claims = parse(R"({"a":"\u0041","b":1.50,"c":{"d":[1, 2]},"e":[ ],"f":null,"g":true})");
  ASSERT_TRUE(claims);
  ASSERT_EQ(claims->members.size(), 6u);
  EXPECT_EQ(claims->members[0].text, "A");
  EXPECT_EQ(claims->members[0].kind, JsonKind::kString);
  EXPECT_EQ(claims->members[1].text, "1.50");
  EXPECT_EQ(claims->members[2].text, R"({"d":[1, 2]})");
  EXPECT_EQ(claims->members[2].kind, JsonKind::kObject);
  EXPECT_EQ(claims->members[3].text, "[ ]");
  EXPECT_EQ(claims->members[4].kind, JsonKind::kNull);
  EXPECT_EQ(claims->members[5].kind, JsonKind::kTrue);
}

TEST_F(ClaimsTest, LooksAtTopLevelMembersOnly) {
  const Expected<Claims> claims = parse(R"({"x":{"iss":1,"exp":"never"},"y":[{"aud":null}]})");
  ASSERT_TRUE(claims);
  EXPECT_FALSE(claims->has_iss || claims->exp || claims->has_aud);
}

TEST_F(ClaimsTest, SayWhenTheArenaIsFull) {
  text_ = PaddedText(R"({"aud":["a","b","c"],"scope":["a","b","c"],"x":1})");
  const Expected<JsonDocument> payload = read_payload(reader_, text_.view(), arena_);
  ASSERT_TRUE(payload);
  const std::size_t needed = 6 * sizeof(std::string_view);
  for (std::size_t bytes = 0; bytes < needed; bytes += 8) {
    base::Arena small(bytes);
    const Expected<Claims> claims = parse_claims(*payload, small);
    ASSERT_FALSE(claims) << bytes;
    EXPECT_EQ(claims.error().code, ErrorCode::kOverloaded);
  }
  base::Arena enough(needed);
  EXPECT_TRUE(parse_claims(*payload, enough));
}

std::string status_of(std::string_view status) { return R"({"iss":"a","status":)" + std::string(status) + "}"; }

TEST_F(ClaimsTest, ReadsWhereTheStatusIsKept) {
  const Expected<Claims> claims =
      parse(status_of(R"({"other":[{"uri":"x"}],"status_list":{"ttl":1,"idx":412,"uri":"https:\/\/a.example/1"}})"));
  ASSERT_TRUE(claims);
  EXPECT_EQ(claims->status.kind, StatusReference::Kind::kList);
  EXPECT_EQ(claims->status.index, 412u);
  EXPECT_EQ(claims->status.uri, "https://a.example/1");
  EXPECT_EQ(parse(R"({"scopes":"a","status":{"status_list":{"idx":0,"uri":""}}})")->status.kind,
            StatusReference::Kind::kList)
      << "two names of one length with the same first and last letter";
}

TEST_F(ClaimsTest, TakesGreatIndexesForOneThatNoListHas) {
  const auto index_of = [this](const std::string& number) {
    const Expected<Claims> claims = parse(status_of(R"({"status_list":{"uri":"u","idx":)" + number + "}}"));
    return claims->status.kind == StatusReference::Kind::kList ? claims->status.index : 0;
  };
  EXPECT_EQ(index_of("4294967294"), 4294967294u);
  EXPECT_EQ(index_of("4294967295"), kStatusIndexMax);
  EXPECT_EQ(index_of("4294967296"), kStatusIndexMax);
  EXPECT_EQ(index_of("18446744073709551616"), kStatusIndexMax) << "2^64";
  EXPECT_EQ(index_of(std::string(400, '9')), kStatusIndexMax);
}

TEST_F(ClaimsTest, SeesNoStatusWhereThereIsNone) {
  for (const char* json :
       {R"({"iss":"a"})", R"({"status":{}})", R"({"status":{"other":{"idx":1}}})",
        R"({"nested":{"status":{"status_list":{"idx":1,"uri":"u"}}}})", R"({"status_list":{"idx":1,"uri":"u"}})"}) {
    EXPECT_EQ(parse(json)->status.kind, StatusReference::Kind::kNone) << json;
  }
}

// Many issuers have a claim of that name for themselves: it is told, and refuses nothing here.
TEST_F(ClaimsTest, TellsAStatusOfTheWrongShape) {
  for (const char* status : {"\"active\"",
                             "1",
                             "null",
                             "true",
                             "[]",
                             R"([{"status_list":{}}])",
                             R"({"status_list":null})",
                             R"({"status_list":"u"})",
                             R"({"status_list":["u",1]})",
                             R"({"status_list":{}})",
                             R"({"status_list":{"idx":1}})",
                             R"({"status_list":{"uri":"u"}})",
                             R"({"status_list":{"idx":"1","uri":"u"}})",
                             R"({"status_list":{"idx":-1,"uri":"u"}})",
                             R"({"status_list":{"idx":-0,"uri":"u"}})",
                             R"({"status_list":{"idx":1.0,"uri":"u"}})",
                             R"({"status_list":{"idx":1e0,"uri":"u"}})",
                             R"({"status_list":{"idx":null,"uri":"u"}})",
                             R"({"status_list":{"idx":[1],"uri":"u"}})",
                             R"({"status_list":{"idx":1,"uri":1}})",
                             R"({"status_list":{"idx":1,"uri":null}})",
                             R"({"status_list":{"idx":1,"uri":["u"]}})"}) {
    const std::string json = status_of(status);
    expect_accepted(json);
    const Expected<Claims> claims = parse(json);
    EXPECT_EQ(claims->status.kind, StatusReference::Kind::kMalformed) << status;
    EXPECT_EQ(claims->iss, "a") << status;
  }
}

}  // namespace
}  // namespace assay::jose

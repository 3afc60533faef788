#include "server/token_location.h"

#include <string>

#include <gtest/gtest.h>

#include "assay/limits.h"
#include "tests/server/request_copy.h"

namespace assay::server {
namespace {

using Places = std::vector<TokenPlace>;

const TokenPlace kBearerPlace{.kind = TokenPlace::Kind::kBearer, .name = {}};
const TokenPlace kAccessTokenHeader{.kind = TokenPlace::Kind::kHeader, .name = "x-access-token"};
const TokenPlace kSessionCookie{.kind = TokenPlace::Kind::kCookie, .name = "session"};
const TokenPlace kAccessTokenQuery{.kind = TokenPlace::Kind::kQuery, .name = "access_token"};

class TokenLocation : public testing::Test {
 protected:
  // The token as text, or the name of the refusing code in angle brackets.
  std::string find(const Places& places, const RequestCopy& request) {
    scratch_.reset();
    const TokenSource source{.fields = request.get().fields, .target = request.get().target};
    const Expected<std::string_view> found = find_token(source, places, scratch_);
    if (found) return std::string(*found);
    return "<" + std::string(facts_of(found.error().code).name) + ">";
  }
  std::string find_authorization(std::string_view value) {
    return find({kBearerPlace}, RequestCopy("/", {{"Authorization", value}}));
  }
  std::string find_cookie(std::string_view value) {
    return find({kSessionCookie}, RequestCopy("/", {{"Cookie", value}}));
  }
  std::string find_query(std::string_view target) { return find({kAccessTokenQuery}, RequestCopy(target)); }

  base::Arena scratch_{4 * kTokenBytesMax};
};

TEST_F(TokenLocation, FindsBearerCredentials) {
  EXPECT_EQ(find_authorization("Bearer a.b.c"), "a.b.c");
  EXPECT_EQ(find_authorization("bearer a.b.c"), "a.b.c");
  EXPECT_EQ(find_authorization("BEARER a.b.c"), "a.b.c");
  EXPECT_EQ(find({kBearerPlace}, RequestCopy("/", {{"aUTHORIZATION", "Bearer x"}})), "x");
}

TEST_F(TokenLocation, OneOrMoreBlanksFollowTheScheme) {
  EXPECT_EQ(find_authorization("Bearer   a"), "a");
  EXPECT_EQ(find_authorization("Bearer\ta"), "<malformed_token>");
  EXPECT_EQ(find_authorization("Bearer:a"), "<malformed_token>");
  EXPECT_EQ(find_authorization("Bearer=a"), "<malformed_token>");
}

TEST_F(TokenLocation, NoFieldIsAMissingToken) {
  EXPECT_EQ(find({kBearerPlace}, RequestCopy()), "<missing_token>");
  EXPECT_EQ(find({kBearerPlace, kAccessTokenHeader, kSessionCookie, kAccessTokenQuery}, RequestCopy()),
            "<missing_token>");
}

TEST_F(TokenLocation, EmptyCredentialsAreAMissingToken) {
  EXPECT_EQ(find_authorization(""), "<missing_token>");
  EXPECT_EQ(find_authorization("Bearer"), "<missing_token>");
  EXPECT_EQ(find_authorization("Bearer "), "<missing_token>");
  EXPECT_EQ(find_authorization("Bea"), "<missing_token>");
}

TEST_F(TokenLocation, AnotherSchemeIsAMissingToken) {
  EXPECT_EQ(find_authorization("Basic dXNlcjpwYXNz"), "<missing_token>");
  EXPECT_EQ(find_authorization("BearerX a"), "<missing_token>");
  EXPECT_EQ(find_authorization("Bearer-a b"), "<missing_token>");
  EXPECT_EQ(find_authorization("Digest username=\"x\", realm=\"y\""), "<missing_token>");
}

TEST_F(TokenLocation, AnotherSchemeLeavesTheOtherPlaces) {
  const RequestCopy request("/", {{"Authorization", "Basic dXNlcg=="}, {"X-Access-Token", "abc"}});
  EXPECT_EQ(find({kBearerPlace, kAccessTokenHeader}, request), "abc");
}

TEST_F(TokenLocation, TwoAuthorizationFieldsAreRefused) {
  EXPECT_EQ(find({kBearerPlace}, RequestCopy("/", {{"Authorization", "Bearer a"}, {"Authorization", "Bearer b"}})),
            "<multiple_tokens>");
  EXPECT_EQ(find({kBearerPlace}, RequestCopy("/", {{"Authorization", "Bearer a"}, {"authorization", "Basic b"}})),
            "<multiple_tokens>");
  EXPECT_EQ(find({kBearerPlace}, RequestCopy("/", {{"Authorization", ""}, {"Authorization", "Bearer b"}})),
            "<multiple_tokens>");
}

TEST_F(TokenLocation, CommaListsInAuthorizationAreRefused) {
  EXPECT_EQ(find_authorization("Bearer a, Bearer b"), "<multiple_tokens>");
  EXPECT_EQ(find_authorization("Bearer a,b"), "<multiple_tokens>");
  EXPECT_EQ(find_authorization("Basic a, Bearer b"), "<multiple_tokens>");
  EXPECT_EQ(find_authorization("Basic a,\t bearer b"), "<multiple_tokens>");
  EXPECT_EQ(find_authorization("Basic a,"), "<missing_token>");
}

TEST_F(TokenLocation, CommaListsInANamedHeaderAreRefused) {
  EXPECT_EQ(find({kAccessTokenHeader}, RequestCopy("/", {{"X-Access-Token", "a,b"}})), "<multiple_tokens>");
}

TEST_F(TokenLocation, ARepeatedNamedHeaderIsRefused) {
  EXPECT_EQ(find({kAccessTokenHeader}, RequestCopy("/", {{"X-Access-Token", "a"}, {"x-access-token", "a"}})),
            "<multiple_tokens>");
}

TEST_F(TokenLocation, ANamedHeaderIsTakenWhole) {
  EXPECT_EQ(find({kAccessTokenHeader}, RequestCopy("/", {{"X-ACCESS-TOKEN", "abc"}})), "abc");
  // No scheme is stripped: the blank makes it no token.
  EXPECT_EQ(find({kAccessTokenHeader}, RequestCopy("/", {{"X-Access-Token", "Bearer abc"}})), "Bearer abc");
}

TEST_F(TokenLocation, AliasSpellingsOfANamedHeaderAreOtherFields) {
  EXPECT_EQ(find({kAccessTokenHeader}, RequestCopy("/", {{"X_Access_Token", "a"}, {"X.Access.Token", "b"}})),
            "<missing_token>");
}

TEST_F(TokenLocation, TokensInTwoPlacesAreRefused) {
  const Places all{kBearerPlace, kAccessTokenHeader, kSessionCookie, kAccessTokenQuery};
  EXPECT_EQ(find(all, RequestCopy("/", {{"Authorization", "Bearer a"}, {"X-Access-Token", "a"}})), "<multiple_tokens>");
  EXPECT_EQ(find(all, RequestCopy("/", {{"Authorization", "Bearer a"}, {"Cookie", "session=a"}})), "<multiple_tokens>");
  EXPECT_EQ(find(all, RequestCopy("/?access_token=a", {{"Cookie", "session=a"}})), "<multiple_tokens>");
  EXPECT_EQ(find(all, RequestCopy("/?access_token=a", {{"X-Access-Token", "a"}})), "<multiple_tokens>");
}

TEST_F(TokenLocation, PlacesThatAreNotConfiguredAreNotLookedAt) {
  const RequestCopy request("/?access_token=q", {{"Authorization", "Bearer a"}, {"Cookie", "session=c"}});
  EXPECT_EQ(find({kBearerPlace}, request), "a");
  EXPECT_EQ(find({kSessionCookie}, request), "c");
  EXPECT_EQ(find({kAccessTokenQuery}, request), "q");
  EXPECT_EQ(find({kAccessTokenHeader}, request), "<missing_token>");
}

TEST_F(TokenLocation, FindsTheCookieAmongOthers) {
  EXPECT_EQ(find_cookie("session=abc"), "abc");
  EXPECT_EQ(find_cookie("a=1; session=abc"), "abc");
  EXPECT_EQ(find_cookie("session=abc; b=2"), "abc");
  EXPECT_EQ(find_cookie("a=x=y; session=abc=="), "abc==");
  EXPECT_EQ(find_cookie("a=\"quoted\"; session=abc"), "abc");
}

TEST_F(TokenLocation, CookieNamesAreWholeAndCaseSensitive) {
  EXPECT_EQ(find_cookie("Session=abc"), "<missing_token>");
  EXPECT_EQ(find_cookie("xsession=abc; session2=abc"), "<missing_token>");
  EXPECT_EQ(find_cookie("a=session; b=1"), "<missing_token>");
}

TEST_F(TokenLocation, TwoCookiesOfTheNameAreRefused) {
  EXPECT_EQ(find_cookie("session=a; session=b"), "<multiple_tokens>");
  EXPECT_EQ(find_cookie("session=a; x=1; session=a"), "<multiple_tokens>");
  EXPECT_EQ(find_cookie("session=; session=b"), "<multiple_tokens>");
}

TEST_F(TokenLocation, TwoCookieFieldsAreRefused) {
  EXPECT_EQ(find({kSessionCookie}, RequestCopy("/", {{"Cookie", "session=a"}, {"Cookie", "x=1"}})),
            "<multiple_tokens>");
}

TEST_F(TokenLocation, CookieFieldsThatAreNoPairsAreRefused) {
  for (const char* field : {"session=a;b=1", "session=a; ", "session=a;", "session=a;  b=1", "session", "session=a; b",
                            "=v; session=a", "session =a", " session=a", "a b=1; session=a", ";"}) {
    EXPECT_EQ(find_cookie(field), "<malformed_token>") << field;
  }
}

TEST_F(TokenLocation, BlanksStayInACookieValue) { EXPECT_EQ(find_cookie("session=a ; b=1"), "a "); }

TEST_F(TokenLocation, AQuoteThatSpansCookiesIsRefused) {
  EXPECT_EQ(find_cookie("$Version=1; a=\"x; session=evil; b=y\""), "<malformed_token>");
  EXPECT_EQ(find_cookie("session=good; a=\"; b=\""), "<malformed_token>");
  EXPECT_EQ(find_cookie("a=\"x\"y; session=good"), "<malformed_token>");
}

TEST_F(TokenLocation, QuotesAreNotStrippedFromACookie) { EXPECT_EQ(find_cookie("session=\"abc\""), "\"abc\""); }

TEST_F(TokenLocation, FindsTheQueryParameter) {
  EXPECT_EQ(find_query("/a?access_token=abc"), "abc");
  EXPECT_EQ(find_query("/a?x=1&access_token=abc&y=2"), "abc");
  EXPECT_EQ(find_query("/a?&&access_token=abc="), "abc=");
  EXPECT_EQ(find_query("/access_token=abc"), "<missing_token>");
  EXPECT_EQ(find_query("/?"), "<missing_token>");
  EXPECT_EQ(find_query("/?access_token"), "<missing_token>");
  EXPECT_EQ(find_query("/?access_token="), "<missing_token>");
  EXPECT_EQ(find_query("/?Access_Token=abc"), "<missing_token>");
  EXPECT_EQ(find_query("/?xaccess_token=abc&access_tokens=a&x=access_token"), "<missing_token>");
}

TEST_F(TokenLocation, TwoQueryParametersAreRefused) {
  EXPECT_EQ(find_query("/?access_token=a&access_token=b"), "<multiple_tokens>");
  EXPECT_EQ(find_query("/?access_token=a&x=1&access_token"), "<multiple_tokens>");
  EXPECT_EQ(find_query("/?access_token=a;access_token=b"), "<multiple_tokens>");
}

TEST_F(TokenLocation, AnEncodedParameterNameDoesNotHideASecondToken) {
  EXPECT_EQ(find_query("/?access_token=a&access%5Ftoken=b"), "<multiple_tokens>");
  EXPECT_EQ(find_query("/?%61ccess_token=b"), "b");
  EXPECT_EQ(find_query("/?access%5ftoke=b"), "<missing_token>");
}

TEST_F(TokenLocation, PercentEncodedQueryTokensAreDecoded) {
  EXPECT_EQ(find_query("/?access_token=a%2Bb%2fc%3D%3d"), "a+b/c==");
  EXPECT_EQ(find_query("/?access_token=%61"), "a");
}

TEST_F(TokenLocation, APlusInAQueryTokenIsNoBlank) { EXPECT_EQ(find_query("/?access_token=a+b"), "a+b"); }

TEST_F(TokenLocation, DecodingHappensOnce) { EXPECT_EQ(find_query("/?access_token=%2541"), "%41"); }

TEST_F(TokenLocation, BrokenPercentEncodingIsRefused) {
  for (const char* target : {"/?access_token=%", "/?access_token=a%4", "/?access_token=%4g", "/?access_token=%g4&x=1",
                             "/?access_token=%%41"}) {
    EXPECT_EQ(find_query(target), "<malformed_token>") << target;
  }
}

TEST_F(TokenLocation, ADecodedQueryTokenIsBounded) {
  const std::string longest = std::string(kTokenBytesMax - 1, 'a');
  EXPECT_EQ(find_query("/?access_token=" + longest + "%41"), longest + "A");
  EXPECT_EQ(find_query("/?access_token=" + longest + "%41a"), "<token_too_long>");
}

TEST_F(TokenLocation, ScratchThatIsUsedUpRefuses) {
  base::Arena none(1);
  const RequestCopy request("/?access_token=%41%41");
  const TokenSource source{.fields = request.get().fields, .target = request.get().target};
  const Expected<std::string_view> found = find_token(source, Places{kAccessTokenQuery}, none);
  ASSERT_FALSE(found.has_value());
  EXPECT_EQ(found.error().code, ErrorCode::kOverloaded);
}

}  // namespace
}  // namespace assay::server

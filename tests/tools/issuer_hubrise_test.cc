// HubRise as the development issuer serves it: codes, tokens that stay the same, rights that change.
#include <gtest/gtest.h>

#include "issuer_fixture.h"

namespace assay::development {
namespace {

constexpr std::string_view kScope = "location[orders.write,customer_list.write,]";

struct Authorization {
  std::string scope = std::string(kScope);
  std::string redirect_uri = "https://app.example/oauth_callback";
  std::string more = {};  // further parameters, starting with '&'
  std::int64_t later_s = 0;
};

Answer authorize(const Authorization& a) {
  const std::string query = "client_id=hubrise-client&redirect_uri=" + a.redirect_uri + "&scope=" + a.scope + a.more;
  return call({.method = "GET", .path = "/oauth2/v1/authorize", .query = query, .later_s = a.later_s});
}

std::string code_of(const Answer& answer) {
  const std::string location = field_of(answer, "Location");
  return location.substr(location.find("code=") + 5);
}

Answer exchange(std::string_view code, std::int64_t later_s = 0) {
  const std::string body = "code=" + std::string(code) + "&client_id=hubrise-client&client_secret=hubrise-secret";
  return call({.path = "/oauth2/v1/token", .body = body, .later_s = later_s});
}

std::string token_for(const Authorization& a) {
  return member_of(exchange(code_of(authorize(a))).body, "access_token");
}

std::string introspect(std::string_view access_token) {
  const std::string body = "client_id=assay&client_secret=introspection-secret&token=" + std::string(access_token);
  return call({.path = "/oauth2/v1/introspect", .body = body}).body;
}

TEST(HubriseToken, AnswersAsPrinted) {
  const Answer redirect = authorize({});
  EXPECT_EQ(redirect.status, 302);
  EXPECT_EQ(code_of(redirect).size(), 26U);
  const std::string body = exchange(code_of(redirect)).body;
  const std::string access_token = member_of(body, "access_token");
  EXPECT_EQ(access_token.size(), 26U);
  EXPECT_EQ(body, R"({"access_token":")" + access_token +
                      R"(","account_id":"3r4s3","location_id":"3r4s3-1","catalog_id":"psmlf",)"
                      R"("customer_list_id":"xab66","account_name":"Bella Pizza","location_name":"Paris",)"
                      R"("catalog_name":"Bella Pizza","customer_list_name":"Bella Pizza"})");
}

TEST(HubriseToken, ACodeWorksOnce) {
  const std::string code = code_of(authorize({}));
  EXPECT_EQ(exchange(code).status, 200);
  const Answer again = exchange(code);
  EXPECT_EQ(again.status, 400);
  EXPECT_EQ(member_of(again.body, "error"), "invalid_grant");
}

TEST(HubriseToken, ACodeWorksForTenMinutes) {
  EXPECT_EQ(exchange(code_of(authorize({})), 599).status, 200);
  EXPECT_EQ(exchange(code_of(authorize({})), 600).status, 400);
}

TEST(HubriseToken, WantsTheClientsSecret) {
  const std::string body = "code=" + code_of(authorize({})) + "&client_id=hubrise-client&client_secret=x";
  EXPECT_EQ(call({.path = "/oauth2/v1/token", .body = body}).status, 401);
}

TEST(HubriseToken, IsTheSameAfterReauthorisation) {
  const std::string first = token_for({.more = "&location_name=Same"});
  EXPECT_EQ(token_for({.more = "&location_name=Same"}), first);
  EXPECT_NE(token_for({.more = "&location_name=Other"}), first);
}

TEST(HubriseToken, DiffersByDevice) {
  const std::string first = token_for({.more = "&location_name=Devices"});
  const std::string phone = token_for({.more = "&location_name=Devices&device_id=phone"});
  EXPECT_NE(phone, first);
  EXPECT_EQ(token_for({.more = "&location_name=Devices&device_id=phone"}), phone);
}

TEST(HubriseToken, TakesTheRightsOfTheLatestAuthorisation) {
  const std::string first = token_for({.scope = "location[orders.write]", .more = "&location_name=Rights"});
  EXPECT_EQ(member_of(introspect(first), "scope"), "location[orders.write]");
  EXPECT_EQ(token_for({.scope = "location[orders.read],profile", .more = "&location_name=Rights"}), first);
  EXPECT_EQ(member_of(introspect(first), "scope"), "location[orders.read],profile");
}

TEST(HubriseToken, OfAnAccountNamesNoLocation) {
  const std::string body = exchange(code_of(authorize({.scope = "account[],profile"}))).body;
  EXPECT_EQ(member_of(body, "account_id"), "3r4s3");
  EXPECT_EQ(member_of(body, "location_id"), "");
}

TEST(HubriseUser, RevokesAndGrantsAgain) {
  const std::string access_token = token_for({.more = "&location_name=Revoked"});
  EXPECT_EQ(member_of(introspect(access_token), "active"), "true");
  EXPECT_EQ(call({.path = "/dev/revoke", .query = "token=" + access_token}).status, 200);
  EXPECT_EQ(introspect(access_token), R"({"active":false})");
  EXPECT_EQ(token_for({.more = "&location_name=Revoked"}), access_token);
  EXPECT_EQ(member_of(introspect(access_token), "active"), "true");
}

TEST(HubriseUser, MayRefuse) {
  EXPECT_EQ(call({.path = "/dev/user", .body = "approval=denied"}).status, 200);
  EXPECT_EQ(field_of(authorize({}), "Location"), "https://app.example/oauth_callback?error=access_denied");
  EXPECT_EQ(call({.path = "/dev/user", .body = "approval=granted"}).status, 200);
}

TEST(HubriseAuthorize, ShowsTheCodeToInstalledApps) {
  const Answer shown = authorize({.redirect_uri = "urn:ietf:wg:oauth:2.0:oob"});
  EXPECT_EQ(shown.status, 200);
  const std::size_t start = shown.body.find("<code>") + 6;
  EXPECT_EQ(exchange(shown.body.substr(start, shown.body.find("</code>") - start)).status, 200);
}

TEST(HubriseAuthorize, KeepsTheClientsQueryAndState) {
  const std::string location =
      field_of(authorize({.redirect_uri = "https://app.example/cb%3Fa=1", .more = "&state=x%20y"}), "Location");
  EXPECT_TRUE(location.starts_with("https://app.example/cb?a=1&code=")) << location;
  EXPECT_TRUE(location.ends_with("&state=x%20y")) << location;
}

TEST(HubriseAuthorize, NeverRedirectsToStrangers) {
  for (const char* uri : {"", "http://app.example/", "javascript:x", "https://a.example/%0d%0aX:y", "https://a/%23f"}) {
    EXPECT_EQ(authorize({.redirect_uri = uri}).status, 400) << uri;
  }
  EXPECT_EQ(call({.method = "GET",
                  .path = "/oauth2/v1/authorize",
                  .query = "client_id=x&redirect_uri=https://app.example/&scope=profile"})
                .status,
            400);
}

TEST(HubriseAuthorize, RefusesScopesThatAreNotDocumented) {
  for (const char* scope : {"", "location[orders.write", "location[orders.delete]", "location[order.write]", "admin",
                            "location[],account[]", "shop[orders.read]"}) {
    EXPECT_EQ(field_of(authorize({.scope = scope}), "Location"),
              "https://app.example/oauth_callback?error=invalid_scope")
        << scope;
  }
  for (const char* scope : {"profile_with_email", "location[orders.write,customer_list.write]", "account[],profile"}) {
    EXPECT_TRUE(is_hubrise_scope(scope)) << scope;
  }
}

TEST(HubriseIntrospection, WantsAnAuthenticatedCaller) {
  EXPECT_EQ(call({.path = "/oauth2/v1/introspect", .body = "token=x"}).status, 401);
  EXPECT_EQ(introspect("b9922a78d3ffab6b95e9d72e88"), R"({"active":false})");
}

}  // namespace
}  // namespace assay::development

#include "verify/routes.h"

#include <gtest/gtest.h>

#include "tests/verify/test_issuer.h"

namespace assay::verify {
namespace {

RoutePolicy route(std::string path, std::vector<std::string> methods = {}) {
  return {.path = std::move(path),
          .methods = std::move(methods),
          .issuers = {},
          .scopes = {},
          .any_scopes = {},
          .required_claims = {}};
}

RouteTable table(std::vector<RoutePolicy> routes, bool unmatched_authenticated = false) {
  Policy policy = test::policy();
  policy.routes = std::move(routes);
  policy.unmatched_authenticated = unmatched_authenticated;
  return RouteTable(policy);
}

std::string matched(const RouteTable& routes, std::string_view method, std::string_view path) {
  const Expected<RouteMatch> match = routes.match(method, path);
  if (!match) return std::string(facts_of(match.error().code).name);
  switch (match->kind) {
    case RouteMatch::Kind::kUnmatchedAuthenticated: return "authenticated";
    case RouteMatch::Kind::kNoRoute: return "no_route";
    case RouteMatch::Kind::kRoute: return match->route->path;
  }
  return {};
}

TEST(Routes, AnExactPathMatchesItselfAlone) {
  const RouteTable routes = table({route("/orders")});
  EXPECT_EQ(matched(routes, "GET", "/orders"), "/orders");
  EXPECT_EQ(matched(routes, "GET", "/orders?x=1"), "/orders");
  for (const char* path : {"/orders/", "/order", "/ordersx", "/Orders", "/orders/1"}) {
    EXPECT_EQ(matched(routes, "GET", path), "no_route") << path;
  }
}

TEST(Routes, APrefixMatchesWhatIsBelowItAndTheLongestWins) {
  const RouteTable routes = table({route("/*"), route("/a/*"), route("/a/b/*"), route("/a/b/c")});
  EXPECT_EQ(matched(routes, "GET", "/a/b/c"), "/a/b/c");
  EXPECT_EQ(matched(routes, "GET", "/a/b/d"), "/a/b/");
  EXPECT_EQ(matched(routes, "GET", "/a/b/c/d/e/f/g/h"), "/a/b/");
  EXPECT_EQ(matched(routes, "GET", "/a/b"), "/a/");
  EXPECT_EQ(matched(routes, "GET", "/a"), "/");
  EXPECT_EQ(matched(routes, "GET", "/"), "/");
  EXPECT_EQ(matched(routes, "GET", "/ab/c"), "/");
}

TEST(Routes, AMethodThatNoRouteOfThePathTakesIsRefusedWhateverUnmatchedSays) {
  const RouteTable routes = table({route("/a", {"GET", "HEAD"}), route("/a", {"POST"}), route("/*", {"GET"})}, true);
  EXPECT_EQ(matched(routes, "POST", "/a"), "/a");
  EXPECT_EQ(matched(routes, "DELETE", "/a"), "no_route");
  EXPECT_EQ(matched(routes, "get", "/a"), "no_route");
  EXPECT_EQ(matched(routes, "POST", "/b"), "no_route");
  EXPECT_EQ(matched(routes, "", "/a"), "no_route");
}

TEST(Routes, ARouteThatNamesTheMethodComesBeforeOneForAny) {
  Policy policy = test::policy();
  policy.routes = {route("/a"), route("/a", {"POST"})};
  policy.routes[1].scopes = {"write"};
  const RouteTable routes(policy);
  EXPECT_EQ(routes.match("POST", "/a")->route->scope_text, "write");
  EXPECT_EQ(routes.match("GET", "/a")->route->scope_text, "");
}

TEST(Routes, UnmatchedPathsFollowTheSetting) {
  EXPECT_EQ(matched(table({route("/a")}, true), "GET", "/b"), "authenticated");
  EXPECT_EQ(matched(table({route("/a")}, false), "GET", "/b"), "no_route");
  EXPECT_EQ(matched(RouteTable(), "GET", "not even a path"), "authenticated");
}

TEST(Routes, ALongHostilePathCostsNoMoreThanTheLongestRoute) {
  const RouteTable routes = table({route("/a/*")});
  std::string path;
  for (int i = 0; i < 4000; ++i) path += "/x";
  EXPECT_EQ(matched(routes, "GET", path), "no_route");
  EXPECT_EQ(matched(routes, "GET", "/a" + path), "/a/");
}

TEST(Paths, OrdinaryOnesHaveOneReading) {
  for (const char* path :
       {"/", "/a", "/a/", "/a.b/c-d_e~f", "/a/..b/c..", "/...", "/a%20b", "/%C3%A9", "/a:b@c!$&'()*+,="}) {
    EXPECT_TRUE(check_path(path)) << path;
  }
}

TEST(Paths, OthersAreRefusedWhereTheyBecomeAmbiguous) {
  EXPECT_EQ(check_path("/a/../b").error().offset, 3U);
  EXPECT_EQ(check_path("/a//b").error().offset, 3U);
  EXPECT_EQ(check_path("/ab%2Fc").error().offset, 3U);
  for (const char* path :
       {"",     "a",    "/..",  "/.",      "/a/.",    "/%",         "/%4",           "/%4g", "/%41",    "/%7e",
        "/%7F", "/%0a", "/a;b", "/%C0%AF", "/%c1%81", "/%E0%80%AE", "/%F0%80%80%AE", "/%E0", "/%F8%88", "/%FF"}) {
    EXPECT_FALSE(check_path(path)) << path;
  }
}

}  // namespace
}  // namespace assay::verify

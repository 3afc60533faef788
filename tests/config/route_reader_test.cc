#include "config/route_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/config/config_fixture.h"

namespace assay::config {
namespace {

using test::accepted;
using test::expect_fault;
using testing::ElementsAre;
using testing::HasSubstr;

const std::string kOne(test::kIssuer);
const std::string kTwo(test::kOpaqueIssuer);

TEST(RouteReader, ReadsRoutes) {
  const Configuration configuration =
      accepted(kOne + kTwo +
               "[[route]]\npath = \"/a/*\"\nmethods = [\"GET\", \"POST\"]\n"
               "issuers = [\"one\", \"two\"]\nscopes = [\"a\"]\nany_scopes = [\"b\", \"c\"]\n"
               "require_claims = [\"sub\"]\n[routes]\nunmatched = \"refuse\"\n");
  ASSERT_EQ(configuration.policy.routes.size(), 1U);
  const RoutePolicy& route = configuration.policy.routes[0];
  EXPECT_EQ(route.path, "/a/*");
  EXPECT_THAT(route.methods, ElementsAre("GET", "POST"));
  EXPECT_THAT(route.issuers, ElementsAre("one", "two"));
  EXPECT_THAT(route.scopes, ElementsAre("a"));
  EXPECT_THAT(route.any_scopes, ElementsAre("b", "c"));
  EXPECT_THAT(route.required_claims, ElementsAre("sub"));
  EXPECT_FALSE(configuration.policy.unmatched_authenticated);
}

TEST(RouteReader, PlacesComplaintsAboutRoutes) {
  const std::string end = "[routes]\nunmatched = \"refuse\"\n";
  expect_fault("@[[route]]\nmethods = [\"GET\"]\n" + kOne + end, "route.path", "is required", "\"/exact/path\"");
  expect_fault(kOne + "[[route]]\npath = @\"a\"\n" + end, "route.path", "\"a\"", "\"/prefix/*\"");
  expect_fault(kOne + "[[route]]\npath = \"/\"\nmethods = [\"GET\", @\"post\"]\n" + end, "route.methods", "\"post\"",
               "upper-case");
  expect_fault(kOne + "[[route]]\npath = \"/\"\nmethods = @[]\n" + end, "route.methods", "is empty",
               "leave the key out");
  expect_fault(kOne + "[[route]]\npath = \"/\"\nissuers = [@\"eno\"]\n" + end, "route.issuers", "no issuer \"eno\"",
               "names of [[issuer]]");
  expect_fault(kOne + "[[route]]\npath = \"/\"\nscopes = @\"a b\"\n" + end, "route.scopes", "is a string", "an array");
  expect_fault(kOne + "[[route]]\npath = \"/\"\nscopes = [\"a\", @\"a\"]\n" + end, "route.scopes", "twice", "once");
  expect_fault(kOne + "[[route]]\npath = \"/\"\nscopes = [\"a\", @\"\"]\n" + end, "route.scopes", "empty", "strings");
  expect_fault(kOne + kTwo + "@[[route]]\npath = \"/\"\n" + end, "route.issuers", "is required",
               "names of the issuers");
}

TEST(RouteReader, WantsToKnowWhatHappensToUnmatchedPaths) {
  const auto silent = test::read(kOne + "[[route]]\npath = \"/\"\n");
  ASSERT_FALSE(silent.has_value());
  EXPECT_THAT(silent.error()[0].message, HasSubstr("routes: is required; accepted: [routes] with unmatched"));
  expect_fault(kOne + "[[route]]\npath = \"/\"\n@[routes]\n", "routes.unmatched", "is required", "\"refuse\"");
  expect_fault(kOne + "[[route]]\npath = \"/\"\n[routes]\nunmatched = @\"allow\"\n", "routes.unmatched", "\"allow\"",
               "\"authenticated\", \"refuse\"");
  expect_fault(kOne + "[routes]\n@unmatched = \"refuse\"\n", "routes.unmatched", "no [[route]]", "\"authenticated\"");
  EXPECT_TRUE(accepted(kOne + "[routes]\nunmatched = \"authenticated\"\n").policy.unmatched_authenticated);
}

}  // namespace
}  // namespace assay::config

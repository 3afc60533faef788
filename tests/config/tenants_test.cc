#include "config/tenants.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/config/config_fixture.h"

namespace assay::config {
namespace {

using test::accepted;
using test::expect_fault;
using testing::ElementsAre;

// An issuer with the rest of its keys, and with `issuer` in front of them.
std::string template_with(const std::string& rest) {
  return "[[issuer]]\nname = \"hub\"\naudiences = [\"api\"]\n" + rest;
}

const std::string kTwoTenants = template_with(
    "issuer = \"https://hub.example/{tenant}/v2.0\"\ntenants = [\"one\", \"two-2\"]\n"
    "discovery = true\nleeway = \"7s\"\n");

TEST(Tenants, AreIssuersOfTheirOwnWithTheSameRules) {
  const Policy policy = accepted(kTwoTenants).policy;
  ASSERT_EQ(policy.issuers.size(), 2U);
  EXPECT_EQ(policy.issuers[0].name, "hub.one");
  EXPECT_EQ(policy.issuers[0].issuer, "https://hub.example/one/v2.0");
  EXPECT_EQ(policy.issuers[1].name, "hub.two-2");
  EXPECT_EQ(policy.issuers[1].issuer, "https://hub.example/two-2/v2.0");
  for (const IssuerPolicy& issuer : policy.issuers) {
    EXPECT_EQ(issuer.keys.kind, KeySource::Kind::kDiscovery);
    EXPECT_EQ(issuer.leeway, std::chrono::seconds(7));
  }
}

TEST(Tenants, HaveKeyUrlsOfTheirOwnOrOneForAll) {
  const std::string head = "issuer = \"https://{tenant}.example\"\ntenants = [\"a\", \"b\"]\n";
  const Policy own = accepted(template_with(head + "jwks = \"https://x.example/{tenant}/{tenant}.json\"\n")).policy;
  EXPECT_EQ(own.issuers.at(1).keys.text, "https://x.example/b/b.json");
  const Policy shared = accepted(template_with(head + "jwks = \"https://x.example/keys\"\n")).policy;
  EXPECT_EQ(shared.issuers.at(0).keys.text, shared.issuers.at(1).keys.text);
}

TEST(Tenants, AreAllMeantByTheNameOfTheirIssuer) {
  const Configuration configuration =
      accepted(kTwoTenants +
               "[[listener]]\naddress = \"tcp://127.0.0.1:0\"\nissuers = [\"hub\"]\n"
               "[[route]]\npath = \"/a\"\nissuers = [\"hub.one\", \"hub\"]\n"
               "[[route]]\npath = \"/b\"\nissuers = [\"hub.two-2\"]\n[routes]\nunmatched = \"refuse\"\n");
  EXPECT_THAT(configuration.policy.entrances.at(0).issuers, ElementsAre("hub.one", "hub.two-2"));
  EXPECT_THAT(configuration.policy.routes.at(0).issuers, ElementsAre("hub.one", "hub.two-2"));
  EXPECT_THAT(configuration.policy.routes.at(1).issuers, ElementsAre("hub.two-2"));
}

TEST(Tenants, AreWrittenOutInTheDescription) {
  const Configuration configuration = accepted(kTwoTenants);
  const Configuration again = accepted(describe(configuration));
  EXPECT_EQ(again.policy.issuers.size(), 2U);
  EXPECT_EQ(describe(again), describe(configuration));
}

TEST(Tenants, NeedAListAndAPlace) {
  expect_fault("@" + template_with("issuer = \"https://{tenant}.example\"\njwks = \"https://a/\"\n"), "issuer.tenants",
               "is required", "the list of tenants");
  expect_fault(template_with("issuer = \"https://a.example\"\njwks = \"https://a/\"\n@tenants = [\"a\"]\n"),
               "issuer.tenants", "the same issuer", "{tenant} in issuer.issuer");
}

TEST(Tenants, HaveNamesThatStayOneStepOfAPath) {
  for (const char* tenant : {"..", ".", "a/b", "a b", "{tenant}", "a?b", "a%2fb"}) {
    expect_fault(template_with("issuer = \"https://a/{tenant}\"\njwks = \"https://a/\"\ntenants = [@\"" +
                               std::string(tenant) + "\"]\n"),
                 "issuer.tenants", "is no tenant's name", "letters, digits");
  }
  expect_fault(template_with("issuer = \"https://a/{tenant}\"\njwks = \"https://a/\"\ntenants = [@\"" +
                             std::string(61, 'a') + "\"]\n"),
               "issuer.tenants", "is no tenant's name", "at most 64");
}

TEST(Tenants, ComplainOnceAboutWhatTheyShare) {
  expect_fault(template_with("issuer = \"https://a/{tenant}\"\ntenants = [\"a\", \"b\"]\ndiscovery = true\n"
                             "leeway = @\"soon\"\n"),
               "issuer.leeway", "soon", "a string like");
}

TEST(Tenants, AreNotForOpaqueTokens) {
  expect_fault(template_with("issuer = \"https://a/{tenant}\"\n@tenants = [\"a\"]\n"
                             "opaque = { introspect = \"https://two.example/i\" }\n"),
               "issuer.tenants", "do not name their tenant", "signed tokens alone");
}

TEST(Tenants, ShareNoNameWithAnIssuer) {
  const auto after = test::read(kTwoTenants +
                                "[[issuer]]\nname = \"hub\"\nissuer = \"x\"\njwks = \"https://a/\"\n"
                                "audiences = [\"a\"]\n");
  ASSERT_FALSE(after.has_value());
  EXPECT_THAT(after.error()[0].message, testing::HasSubstr("is there twice"));
  const auto before = test::read(
      "[[issuer]]\nname = \"hub\"\nissuer = \"x\"\njwks = \"https://a/\"\n"
      "audiences = [\"a\"]\n" +
      kTwoTenants);
  ASSERT_FALSE(before.has_value());
  EXPECT_THAT(before.error()[0].message, testing::HasSubstr("is there twice"));
}

}  // namespace
}  // namespace assay::config

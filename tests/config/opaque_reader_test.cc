#include "config/opaque_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/config/config_fixture.h"

namespace assay::config {
namespace {

using test::accepted;
using test::expect_fault;
using ::testing::HasSubstr;

IssuerPolicy first_issuer(const std::string& text) {
  const Configuration configuration = accepted(text);
  return configuration.policy.issuers.empty() ? IssuerPolicy{} : configuration.policy.issuers[0];
}

// An issuer with [issuer.opaque] and these lines after the URL and the client.
std::string opaque_with(const std::string& lines) {
  return "[[issuer]]\nname = \"h\"\n[issuer.opaque]\nintrospect = \"https://h/i\"\nclient_id = \"me\"\n" + lines;
}

const std::string kSecret = "client_secret_env = \"SECRET\"\n";

TEST(OpaqueReader, ReadsOpaqueTokens) {
  const IssuerPolicy issuer = first_issuer(
      "[[issuer]]\nname = \"h\"\n[issuer.opaque]\nintrospect = \"https://h/i\"\nclient_id = \"me\"\n"
      "client_secret_file = \"client.secret\"\nttl = \"30s\"\ninactive_ttl = \"2s\"\ntimeout = \"750ms\"\n");
  ASSERT_TRUE(issuer.opaque.has_value());
  EXPECT_EQ(issuer.keys.kind, KeySource::Kind::kNone);
  EXPECT_TRUE(issuer.audience_unchecked);
  EXPECT_EQ(issuer.opaque->introspection_url, "https://h/i");
  EXPECT_EQ(issuer.opaque->client_id, "me");
  EXPECT_EQ(issuer.opaque->client_secret, "client-pass");
  EXPECT_EQ(issuer.opaque->ttl.count(), 30'000'000);
  EXPECT_EQ(issuer.opaque->inactive_ttl.count(), 2'000'000);
  EXPECT_EQ(issuer.opaque->timeout.count(), 750);
  EXPECT_EQ(first_issuer(std::string(test::kOpaqueIssuer)).opaque->client_secret, "variable-pass");
}

TEST(OpaqueReader, PlacesComplaints) {
  const std::string start = "[[issuer]]\nname = \"h\"\n";
  const std::string url = "introspect = \"https://h/i\", ";
  const std::string secret = ", client_secret_env = \"SECRET\"";
  expect_fault(start + "opaque = @{ client_id = \"c\"" + secret + " }\n", "issuer.opaque.introspect", "is required",
               "URL");
  expect_fault(start + "opaque = { introspect = @\"http://h\", client_id = \"c\"" + secret + " }\n",
               "issuer.opaque.introspect", "allow_plain_http", "https://");
  expect_fault(start + "opaque = @{ introspect = \"https://h/i\"" + secret + " }\n", "issuer.opaque.client_id",
               "is required", "client");
  expect_fault(start + "opaque = @{ " + url + "client_id = \"c\" }\n", "issuer.opaque.client_secret_file",
               "one is needed", "client_secret_file or client_secret_env");
  expect_fault(
      start + "opaque = { " + url + "client_id = \"c\", @client_secret_file = \"client.secret\"" + secret + " }\n",
      "issuer.opaque.client_secret_file", "one is needed", "or client_secret_env");
  expect_fault(start + "opaque = { " + url + "client_id = \"c\", client_secret_env = @\"ABSENT\" }\n",
               "issuer.opaque.client_secret_env", "ABSENT is not set", "environment");
  expect_fault(start + "opaque = { " + url + "client_id = \"c\", client_secret_file = @\"absent\" }\n",
               "issuer.opaque.client_secret_file", "cannot read absent", "readable");
  expect_fault(start + "opaque = { " + url + "client_id = \"c\", ttl = @\"25h\"" + secret + " }\n", "issuer.opaque.ttl",
               "out of bounds", "1s to 24h");
  expect_fault(start + "opaque = @true\n", "issuer.opaque", "is a boolean", "a table");
}

TEST(OpaqueReader, ReadsHowTheClientAuthenticates) {
  EXPECT_EQ(first_issuer(opaque_with(kSecret)).opaque->authentication, ClientAuthentication::kBasic);
  EXPECT_EQ(first_issuer(opaque_with(kSecret + "auth = \"post\"\n")).opaque->authentication,
            ClientAuthentication::kPost);
  const OpaquePolicy signing =
      *first_issuer(opaque_with("auth = \"private_key_jwt\"\nprivate_key_file = \"good.pem\"\nprivate_key_alg = "
                                "\"ES256\"\nprivate_key_id = \"k1\"\nassertion_audience = \"https://h\"\n"))
           .opaque;
  EXPECT_EQ(signing.authentication, ClientAuthentication::kPrivateKeyJwt);
  EXPECT_EQ(signing.private_key_pem, test::MemoryFiles().files.at("good.pem"));
  EXPECT_EQ(signing.private_key_alg, Alg::kES256);
  EXPECT_EQ(signing.private_key_id, "k1");
  EXPECT_EQ(signing.assertion_audience, "https://h");
  EXPECT_EQ(signing.client_secret, "");
}

TEST(OpaqueReader, RefusesHalfAnAuthentication) {
  expect_fault(opaque_with(kSecret + "auth = @\"digest\"\n"), "issuer.opaque.auth", "not accepted", "private_key_jwt");
  const std::string jwt = "auth = \"private_key_jwt\"\n";
  const std::string key = "private_key_file = \"good.pem\"\n";
  expect_fault(opaque_with(jwt + key + "@" + kSecret), "issuer.opaque.client_secret_env", "has no effect", "remove");
  expect_fault(opaque_with(jwt + "private_key_file = @\"absent\"\n"), "issuer.opaque.private_key_file", "cannot read",
               "readable");
  expect_fault(opaque_with(jwt + key + "private_key_alg = @\"HS256\"\n"), "issuer.opaque.private_key_alg",
               "not accepted", "ES256");
  expect_fault(opaque_with(kSecret + "@" + key), "issuer.opaque.private_key_file", "has no effect", "remove");
  expect_fault(opaque_with(kSecret + "@private_key_id = \"k\"\n"), "issuer.opaque.private_key_id", "has no effect",
               "remove");
}

TEST(OpaqueReader, ReadsWhereAnOwnTokenComesFrom) {
  const OpaquePolicy opaque =
      *first_issuer(opaque_with(kSecret + "token_endpoint = \"https://h/token\"\ntoken_scope = \"introspect\"\n"))
           .opaque;
  EXPECT_EQ(opaque.token_url, "https://h/token");
  EXPECT_EQ(opaque.token_scope, "introspect");
  expect_fault(opaque_with(kSecret + "token_endpoint = @\"http://h/token\"\n"), "issuer.opaque.token_endpoint",
               "allow_plain_http", "https://");
  expect_fault(opaque_with(kSecret + "@token_scope = \"a\"\n"), "issuer.opaque.token_scope", "has no effect", "remove");
}

TEST(OpaqueReader, ReadsBounds) {
  const OpaquePolicy opaque = *first_issuer(opaque_with(kSecret + "ttl_min = \"0s\"\nstale = \"5m\"\n"
                                                                  "calls_per_second = 50\npending_max = 7\n"))
                                   .opaque;
  EXPECT_EQ(opaque.ttl_min.count(), 0);
  EXPECT_EQ(opaque.stale, std::chrono::minutes(5));
  EXPECT_EQ(opaque.calls_per_second, 50U);
  EXPECT_EQ(opaque.pending_max, 7U);
  expect_fault(opaque_with(kSecret + "@ttl_min = \"2m\"\n"), "issuer.opaque.ttl_min", "longer than ttl (1m)",
               "at most ttl");
  expect_fault(opaque_with(kSecret + "calls_per_second = @0\n"), "issuer.opaque.calls_per_second", "out of bounds",
               "1 to 1000000");
  expect_fault(opaque_with(kSecret + "pending_max = @1025\n"), "issuer.opaque.pending_max", "out of bounds",
               "1 to 1024");
  expect_fault(opaque_with(kSecret + "stale = @\"25h\"\n"), "issuer.opaque.stale", "out of bounds", "24h");
}

TEST(OpaqueReader, IsDescribedWithoutSecrets) {
  const std::string text = opaque_with(
      "auth = \"private_key_jwt\"\nprivate_key_file = \"good.pem\"\nprivate_key_alg = \"ES256\"\n"
      "private_key_id = \"k1\"\nassertion_audience = \"https://h\"\ntoken_endpoint = \"https://h/token\"\n"
      "token_scope = \"a\"\nstale = \"5m\"\ncalls_per_second = 50\npending_max = 7\n");
  const Configuration configuration = accepted(text);
  const std::string description = describe(configuration);
  EXPECT_THAT(description, HasSubstr("private_key_file = \"good.pem\""));
  EXPECT_EQ(description.find("BEGIN"), std::string::npos);
  EXPECT_EQ(accepted(description).policy.issuers[0].opaque, configuration.policy.issuers[0].opaque);
}

}  // namespace
}  // namespace assay::config

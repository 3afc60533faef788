#include "verify/introspection_endpoint.h"

#include <set>

#include <gtest/gtest.h>

#include "tests/verify/test_issuer.h"
#include "verify/evp_verify.h"

namespace assay::verify {
namespace {

IssuerPolicy issuer_of(OpaquePolicy opaque) {
  IssuerPolicy issuer;
  issuer.name = "asked";
  issuer.opaque = std::move(opaque);
  return issuer;
}

OpaquePolicy opaque_policy() {
  OpaquePolicy policy;
  policy.introspection_url = "https://as.example/introspect";
  policy.client_id = "c";
  policy.client_secret = "s";
  return policy;
}

FetchResult answered(std::string body, int status = 200) {
  return {
      .outcome = FetchOutcome::kAnswered, .status = status, .headers = {}, .body = std::move(body), .complaint = {}};
}

std::string header_of(const FetchRequest& request, std::string_view name) {
  for (const HttpHeader& header : request.headers) {
    if (header.name == name) return header.value;
  }
  return {};
}

std::string assertion_in(const FetchRequest& request) {
  constexpr std::string_view kName = "&client_assertion=";
  const std::size_t at = request.body.find(kName);
  return at == std::string::npos ? std::string() : request.body.substr(at + kName.size());
}

TEST(IntrospectionEndpoint, AuthenticatesByItsSecretAtOnce) {
  IssuerPolicy issuer = issuer_of(opaque_policy());
  issuer.allow_plain_http = true;
  IntrospectionEndpoint endpoint(issuer);
  EXPECT_TRUE(endpoint.has_credentials(0));
  const FetchRequest request = endpoint.make_call("t", test::kNow);
  EXPECT_EQ(header_of(request, "Authorization"), "Basic Yzpz");
  EXPECT_TRUE(request.allow_plain_http);
}

TEST(IntrospectionEndpoint, SignsAnAssertionOfItsOwnForEachCall) {
  OpaquePolicy policy = opaque_policy();
  policy.client_secret.clear();
  policy.authentication = ClientAuthentication::kPrivateKeyJwt;
  policy.private_key_pem = test::rsa_key().private_pem();
  policy.private_key_id = "k1";
  IntrospectionEndpoint endpoint(issuer_of(policy));
  IntrospectionEndpoint after_reload(issuer_of(policy));
  std::set<std::string> assertions;
  for (int i = 0; i < 4; ++i) {
    assertions.insert(assertion_in(endpoint.make_call("t", test::kNow)));
    assertions.insert(assertion_in(after_reload.make_call("t", test::later(test::kNow, 1))));
  }
  EXPECT_EQ(assertions.size(), 8U) << "a jti is never used twice";

  // The engine's own verification takes it, as an authorization server's would.
  IssuerPolicy server = test::issuer_policy();
  server.issuer = "c";
  server.audiences = {policy.introspection_url};
  for (const std::string& assertion : assertions) {
    EXPECT_EQ(test::code_of(test::policy({server}), assertion), ErrorCode::kNone);
  }
  EXPECT_EQ(test::code_of(test::policy({server}), *assertions.begin(), test::later(test::kNow, 60'000'001)),
            ErrorCode::kExpired);
}

TEST(IntrospectionEndpoint, CarriesATokenOfItsOwnAndAuthenticatesAtTheTokenEndpoint) {
  OpaquePolicy policy = opaque_policy();
  policy.token_url = "https://as.example/token";
  IntrospectionEndpoint endpoint(issuer_of(policy));
  EXPECT_FALSE(endpoint.has_credentials(0));
  const FetchRequest token_call = endpoint.make_token_call(test::kNow);
  EXPECT_EQ(token_call.url, policy.token_url);
  EXPECT_EQ(header_of(token_call, "Authorization"), "Basic Yzpz");
  EXPECT_TRUE(endpoint.take_token(answered(R"({"access_token":"own","token_type":"Bearer","expires_in":60})"), 0));
  EXPECT_TRUE(endpoint.has_credentials(44'999'999'999));
  EXPECT_FALSE(endpoint.has_credentials(45'000'000'000));
  EXPECT_EQ(header_of(endpoint.make_call("t", test::kNow), "Authorization"), "Bearer own");
}

TEST(IntrospectionEndpoint, ForgetsItsTokenWhenThatVeryOneIsRejected) {
  OpaquePolicy policy = opaque_policy();
  policy.token_url = "https://as.example/token";
  IntrospectionEndpoint endpoint(issuer_of(policy));
  const FetchResult token = answered(R"({"access_token":"own","token_type":"Bearer"})");
  ASSERT_TRUE(endpoint.take_token(token, 0));
  const std::uint64_t first = endpoint.token_number();
  endpoint.reject_token(first);
  EXPECT_FALSE(endpoint.has_credentials(0));
  ASSERT_TRUE(endpoint.take_token(token, 0));
  endpoint.reject_token(first);
  EXPECT_TRUE(endpoint.has_credentials(0)) << "a newer one has come meanwhile";
  EXPECT_FALSE(endpoint.take_token(answered("{}"), 0));
  EXPECT_FALSE(endpoint.has_credentials(0));
  EXPECT_FALSE(endpoint.take_token(answered(token.body, 201), 0));
}

TEST(IntrospectionEndpoint, ServesWhatHasTheSameNameAndSettings) {
  const IssuerPolicy issuer = issuer_of(opaque_policy());
  const IntrospectionEndpoint endpoint(issuer);
  EXPECT_TRUE(endpoint.serves(issuer));
  IssuerPolicy other = issuer;
  other.name = "other";
  EXPECT_FALSE(endpoint.serves(other));
  other = issuer;
  other.allow_plain_http = true;
  EXPECT_FALSE(endpoint.serves(other));
  other = issuer;
  other.opaque->client_secret = "new";
  EXPECT_FALSE(endpoint.serves(other));
  other.opaque.reset();
  EXPECT_FALSE(endpoint.serves(other));
}

}  // namespace
}  // namespace assay::verify

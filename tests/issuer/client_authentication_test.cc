#include "issuer/client_authentication.h"

#include <gtest/gtest.h>

#include "issuer/form_text.h"

namespace assay::issuer {
namespace {

OpaquePolicy policy(ClientAuthentication authentication) {
  OpaquePolicy policy;
  policy.client_id = "gate way";
  policy.client_secret = "s&cret";
  policy.authentication = authentication;
  return policy;
}

FetchRequest authenticated(const OpaquePolicy& policy, std::string_view assertion = {}) {
  FetchRequest request;
  request.body = "token=t";
  authenticate_client(policy, assertion, request);
  return request;
}

// "gate+way:s%26cret"
TEST(ClientAuthentication, BasicFormEncodesBeforeBase64) {
  const FetchRequest request = authenticated(policy(ClientAuthentication::kBasic));
  EXPECT_EQ(request.body, "token=t");
  ASSERT_EQ(request.headers.size(), 1U);
  EXPECT_EQ(request.headers[0].name, "Authorization");
  EXPECT_EQ(request.headers[0].value, "Basic " + base64_encode("gate+way:s%26cret"));
}

TEST(ClientAuthentication, PostPutsIdAndSecretIntoTheBody) {
  const FetchRequest request = authenticated(policy(ClientAuthentication::kPost));
  EXPECT_EQ(request.body, "token=t&client_id=gate+way&client_secret=s%26cret");
  EXPECT_TRUE(request.headers.empty());
}

TEST(ClientAuthentication, PrivateKeyJwtPutsTheAssertionIntoTheBodyAndNoSecret) {
  const FetchRequest request = authenticated(policy(ClientAuthentication::kPrivateKeyJwt), "h.c.s");
  EXPECT_EQ(request.body,
            "token=t&client_id=gate+way"
            "&client_assertion_type=urn%3Aietf%3Aparams%3Aoauth%3Aclient-assertion-type%3Ajwt-bearer"
            "&client_assertion=h.c.s");
  EXPECT_TRUE(request.headers.empty());
}

TEST(ClientAuthentication, AnAssertionIsAboutTheClientForTheUrlAndForAMinute) {
  OpaquePolicy chosen = policy(ClientAuthentication::kPrivateKeyJwt);
  chosen.private_key_alg = Alg::kES256;
  const AssertionFacts facts{.url = "https://as.example/introspect", .wall_s = 1000, .jwt_id = "7"};
  const std::string claims =
      R"({"iss":"gate way","sub":"gate way","aud":"https://as.example/introspect","jti":"7","iat":1000,"exp":1060})";
  EXPECT_EQ(make_assertion_input(chosen, facts),
            base64url_encode(R"({"alg":"ES256","typ":"JWT"})") + "." + base64url_encode(claims));
}

TEST(ClientAuthentication, AnAssertionNamesItsKeyAndTheAudienceThatThePolicyNames) {
  OpaquePolicy chosen = policy(ClientAuthentication::kPrivateKeyJwt);
  chosen.private_key_id = "k\"1";
  chosen.assertion_audience = "https://as.example";
  const std::string input = make_assertion_input(chosen, {.url = "https://other", .wall_s = 0, .jwt_id = "7"});
  EXPECT_EQ(input.substr(0, input.find('.')), base64url_encode(R"({"alg":"RS256","typ":"JWT","kid":"k\"1"})"));
  const std::string claims =
      R"({"iss":"gate way","sub":"gate way","aud":"https://as.example","jti":"7","iat":0,"exp":60})";
  EXPECT_EQ(input.substr(input.find('.') + 1), base64url_encode(claims));
}

TEST(ClientAuthentication, AnOwnTokenIsABearerToken) {
  FetchRequest request;
  carry_own_token("own", request);
  ASSERT_EQ(request.headers.size(), 1U);
  EXPECT_EQ(request.headers[0].value, "Bearer own");
}

}  // namespace
}  // namespace assay::issuer

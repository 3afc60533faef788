#include "issuer/client_credentials.h"

#include <algorithm>
#include <memory>

#include <gtest/gtest.h>

#include "assay/limits.h"

namespace assay::issuer {
namespace {

constexpr std::int64_t kUsPerS = 1'000'000;
constexpr std::int64_t kNsPerS = 1'000'000'000;

// Parses an exact-size heap copy.
std::optional<OwnToken> parse(std::string_view body) {
  const auto copy = std::make_unique<char[]>(body.size());
  std::copy(body.begin(), body.end(), copy.get());
  return parse_token_answer(std::string_view(copy.get(), body.size()));
}

TEST(ClientCredentials, RequestIsAFormPostToTheTokenEndpoint) {
  OpaquePolicy policy;
  policy.token_url = "https://as.example/token";
  policy.timeout = std::chrono::milliseconds(321);
  EXPECT_EQ(make_token_request(policy).body, "grant_type=client_credentials");
  policy.token_scope = "a b";
  const FetchRequest request = make_token_request(policy);
  EXPECT_EQ(request.method, FetchRequest::Method::kPost);
  EXPECT_EQ(request.url, policy.token_url);
  EXPECT_EQ(request.body, "grant_type=client_credentials&scope=a+b");
  EXPECT_EQ(request.timeout, policy.timeout);
  EXPECT_FALSE(request.allow_plain_http);
}

TEST(ClientCredentials, ReadsTokenAndLife) {
  const auto token = parse(R"({"access_token":"a.b-c","token_type":"bEARER","expires_in":60.5,"scope":"x"})");
  ASSERT_TRUE(token);
  EXPECT_EQ(token->text, "a.b-c");
  EXPECT_EQ(token->life_us, 60'500'000);
  const auto endless = parse(R"({"access_token":"a","token_type":"Bearer"})");
  ASSERT_TRUE(endless);
  EXPECT_FALSE(endless->life_us);
}

TEST(ClientCredentials, RefusesWhatCannotBeSentAsABearerToken) {
  for (const char* body :
       {"", "[]", "{}", R"({"access_token":"a"})", R"({"token_type":"Bearer"})",
        R"({"access_token":"","token_type":"Bearer"})", R"({"access_token":"a b","token_type":"Bearer"})",
        R"({"access_token":"a\r\nX: y","token_type":"Bearer"})", R"({"access_token":1,"token_type":"Bearer"})",
        R"({"access_token":"a","token_type":"DPoP"})", R"({"access_token":"a","token_type":"mac"})",
        R"({"access_token":"a","token_type":["Bearer"]})",
        R"({"access_token":"a","token_type":"Bearer","expires_in":"60"})",
        R"({"access_token":"a","token_type":"Bearer","expires_in":-1})",
        R"({"access_token":"a","access_token":"b","token_type":"Bearer"})"}) {
    EXPECT_FALSE(parse(body)) << body;
  }
  EXPECT_FALSE(parse(R"({"token_type":"Bearer","access_token":")" + std::string(kOwnTokenBytesMax + 1, 'a') + "\"}"));
  EXPECT_TRUE(parse(R"({"token_type":"Bearer","access_token":")" + std::string(kOwnTokenBytesMax, 'a') + "\"}"));
}

TEST(ClientCredentials, AreUsedUntilShortlyBeforeTheyExpire) {
  const auto use_s = [](std::optional<std::int64_t> life_us) {
    return use_of_own_token_ns({.text = "a", .life_us = life_us}) / kNsPerS;
  };
  EXPECT_EQ(use_s(0), 0);
  EXPECT_EQ(use_s(20 * kUsPerS), 15);
  EXPECT_EQ(use_s(120 * kUsPerS), 90);
  EXPECT_EQ(use_s(3600 * kUsPerS), 3570);
  EXPECT_EQ(use_s(std::nullopt), 270);
  EXPECT_EQ(use_s(std::int64_t{1} << 62), 86'370);
}

}  // namespace
}  // namespace assay::issuer

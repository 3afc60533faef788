// Forms, JSON bodies, client authentication and the rate limit of the development issuer.
#include <gtest/gtest.h>

#include "issuer/clients.h"
#include "issuer/parameters.h"
#include "issuer/rate_limiter.h"

namespace assay::development {
namespace {

constexpr std::int64_t kSecondNs = 1'000'000'000;

TEST(Parameters, ReadsFormText) {
  const auto form = Parameters::parse_form("scope=identity%3Aread+partners:*&empty=&bare&x=a=b");
  ASSERT_TRUE(form.has_value());
  EXPECT_EQ(form->get("scope"), "identity:read partners:*");
  EXPECT_FALSE(form->has("empty"));
  EXPECT_FALSE(form->has("bare"));
  EXPECT_EQ(form->get("x"), "a=b");
  EXPECT_EQ(form->get("absent"), "");
}

TEST(Parameters, RefusesRepeatedNames) {
  EXPECT_FALSE(Parameters::parse_form("scope=a&scope=b").has_value());
  EXPECT_FALSE(Parameters::parse_form("scope=a&sc%6fpe=b").has_value());
  EXPECT_FALSE(Parameters::parse_json(R"({"scope":"a","scope":"b"})").has_value());
}

TEST(Parameters, RefusesBrokenEscapes) {
  for (const char* text : {"a=%", "a=%4", "a=%zz", "%x=1"})
    EXPECT_FALSE(Parameters::parse_form(text).has_value()) << text;
}

TEST(Parameters, ReadsFlatJsonOfStringsOnly) {
  const auto json = Parameters::parse_json(R"({"grant_type":"client_credentials","client_id":"a\u0062"})");
  ASSERT_TRUE(json.has_value());
  EXPECT_EQ(json->get("client_id"), "ab");
  for (const char* text : {"", "[]", "{", R"({"a":1})", R"({"a":{}})", "{} x"}) {
    EXPECT_FALSE(Parameters::parse_json(text).has_value()) << text;
  }
  EXPECT_FALSE(Parameters::parse_json(std::string(70'000, ' ')).has_value());
}

TEST(Parameters, EncodesForAQuery) { EXPECT_EQ(encode_query_text("a b&\xc3\xa9~"), "a%20b%26%C3%A9~"); }

class ClientAuthentication : public testing::Test {
 protected:
  ClientAuthentication() { registry_.add({.id = "id", .secret = "s:cret", .scopes = {"a", "b"}}); }

  // The client's id, or the error's status and code.
  std::string outcome(std::string_view authorization, std::string_view form) {
    Request request;
    if (!authorization.empty()) request.fields.push_back({.name = "authorization", .value = authorization});
    const auto client = registry_.authenticate(request, Parameters::parse_form(form).value());
    if (client) return (*client)->id;
    return std::to_string(client.error().status) + " " + client.error().body.substr(0, client.error().body.find(','));
  }

  ClientRegistry registry_;
};

TEST_F(ClientAuthentication, AcceptsBasicOrBody) {
  EXPECT_EQ(outcome("", "client_id=id&client_secret=s%3Acret"), "id");
  EXPECT_EQ(outcome("Basic aWQ6cyUzQWNyZXQ=", ""), "id");
}

TEST_F(ClientAuthentication, RefusesWrongOrMissingSecrets) {
  constexpr std::string_view kRefused = R"(401 {"error":"invalid_client")";
  EXPECT_EQ(outcome("", "client_id=id&client_secret=secret"), kRefused);
  EXPECT_EQ(outcome("", "client_id=id"), kRefused);
  EXPECT_EQ(outcome("", "client_id=other&client_secret=s%3Acret"), kRefused);
  EXPECT_EQ(outcome("", ""), kRefused);
  EXPECT_EQ(outcome("Basic aWQ6eA==", ""), kRefused);
  EXPECT_EQ(outcome("Basic !", ""), kRefused);
  EXPECT_EQ(outcome("Bearer x", "client_id=id"), kRefused);
}

TEST_F(ClientAuthentication, RefusesTwoWaysAtOnce) {
  EXPECT_EQ(outcome("Basic aWQ6cyUzQWNyZXQ=", "client_id=id&client_secret=s%3Acret"),
            R"(400 {"error":"invalid_request")");
}

TEST(GrantScope, GrantsWhatIsAskedOrEverything) {
  const Client client{.id = "id", .secret = "s", .scopes = {"identity:read", "partners:*"}};
  EXPECT_EQ(grant_scope(client, "partners:*").value(), "partners:*");
  EXPECT_EQ(grant_scope(client, "").value(), "identity:read partners:*");
  EXPECT_FALSE(grant_scope(client, "partners:read").has_value());
  EXPECT_FALSE(grant_scope(client, "identity:read  partners:*").has_value());
}

TEST(RateLimiter, TellsHowLongToWait) {
  RateLimiter limiter(2);
  EXPECT_EQ(limiter.take("a", 0), 0);
  EXPECT_EQ(limiter.take("a", 0), 0);
  EXPECT_EQ(limiter.take("a", 0), 30);
  EXPECT_EQ(limiter.take("a", 29 * kSecondNs), 1);
  EXPECT_EQ(limiter.take("a", 30 * kSecondNs), 0);
  EXPECT_EQ(limiter.take("a", 30 * kSecondNs), 30);
}

TEST(RateLimiter, CountsEachClientAlone) {
  RateLimiter limiter(1);
  EXPECT_EQ(limiter.take("a", 0), 0);
  EXPECT_EQ(limiter.take("b", 0), 0);
  EXPECT_EQ(limiter.take("a", 0), 60);
}

TEST(RateLimiter, ForgetsWhenTheRateChanges) {
  RateLimiter limiter(1);
  EXPECT_EQ(limiter.take("a", 0), 0);
  limiter.set_per_minute(1);
  EXPECT_EQ(limiter.take("a", 0), 0);
}

}  // namespace
}  // namespace assay::development

#include "issuer/introspection.h"

#include <algorithm>
#include <chrono>
#include <memory>
#include <string>
#include <string_view>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "assay/limits.h"

namespace assay::issuer {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

using Answer = std::shared_ptr<const IntrospectionAnswer>;

// The value of the only header of that name.
std::string header_of(const FetchRequest& request, std::string_view name) {
  std::string value;
  int count = 0;
  for (const HttpHeader& header : request.headers) {
    if (header.name != name) continue;
    value = header.value;
    ++count;
  }
  EXPECT_EQ(count, 1) << name;
  return value;
}

FetchRequest request_for(std::string_view token) {
  return make_introspection_request({.introspection_url = "https://as.example/introspect",
                                     .client_id = "gateway",
                                     .client_secret = "s3cret",
                                     .timeout = std::chrono::milliseconds(1234)},
                                    token);
}

// Parses an exact-size heap copy that is gone before the answer is looked at.
Expected<Answer> parse(std::string_view body) {
  const auto copy = std::make_unique<char[]>(body.size());
  std::copy(body.begin(), body.end(), copy.get());
  return IntrospectionAnswer::parse(std::string_view(copy.get(), body.size()));
}

Answer must_parse(std::string_view body) { return parse(body).value(); }

void expect_refused(const std::string& body) {
  const Expected<Answer> answer = parse(body);
  ASSERT_FALSE(answer) << body;
  EXPECT_EQ(answer.error().code, ErrorCode::kBadAnswer) << body;
}

TEST(IntrospectionRequest, IsAFormPostThatDoesNotSayYetWhoAsks) {
  const FetchRequest request = request_for("2YotnFZFEjr1zCsicMWpAA");
  EXPECT_EQ(request.method, FetchRequest::Method::kPost);
  EXPECT_EQ(request.url, "https://as.example/introspect");
  EXPECT_EQ(request.body, "token=2YotnFZFEjr1zCsicMWpAA&token_type_hint=access_token");
  EXPECT_EQ(header_of(request, "Accept"), "application/json");
  EXPECT_EQ(header_of(request, "Content-Type"), "application/x-www-form-urlencoded");
  EXPECT_EQ(request.headers.size(), 2U);
  EXPECT_EQ(request.response_bytes_max, kIntrospectionBytesMax);
  EXPECT_EQ(request.timeout, std::chrono::milliseconds(1234));
  EXPECT_FALSE(request.allow_plain_http);
}

TEST(IntrospectionRequest, TokenCannotAddFormMembers) {
  EXPECT_EQ(request_for("a&token=b=c+d/e~f%").body,
            "token=a%26token%3Db%3Dc%2Bd%2Fe%7Ef%25&token_type_hint=access_token");
  EXPECT_EQ(request_for(std::string("\r\n\0 \xff", 5)).body, "token=%0D%0A%00+%FF&token_type_hint=access_token");
}

TEST(IntrospectionAnswer, OwnsItsTextAndClaims) {
  const std::string body = R"( {"active":true,"scope":"location[orders.write],profile","client_id":"l238j323ds-23ij4",
      "sub":"Z5O3upPC88QrAjx00dis","aud":"https://protected.example.net","iss":"https://as.example/","jti":"7",
      "exp":1419356238,"iat":1419350238,"username":"jdoe","extension_field":{"a":[1,2]}} )";
  const Answer answer = must_parse(body);
  EXPECT_TRUE(answer->active());
  const jose::Claims& claims = answer->claims();
  EXPECT_EQ(claims.client, "l238j323ds-23ij4");
  EXPECT_EQ(claims.sub, "Z5O3upPC88QrAjx00dis");
  EXPECT_EQ(claims.iss, "https://as.example/");
  EXPECT_EQ(claims.jti, "7");
  EXPECT_THAT(claims.audiences, ElementsAre("https://protected.example.net"));
  EXPECT_THAT(claims.scope_texts, ElementsAre("location[orders.write],profile"));
  ASSERT_TRUE(claims.exp);
  EXPECT_EQ(claims.exp->us, 1419356238'000000);
  EXPECT_EQ(claims.members.size(), 11u);
  EXPECT_EQ(answer->json(), body.substr(1, body.size() - 2));
}

TEST(IntrospectionAnswer, InactiveHasNoClaims) {
  const Answer answer = must_parse(R"({"active":false,"sub":"x","exp":"soon"})");
  EXPECT_FALSE(answer->active());
  EXPECT_EQ(answer->claims().sub, "");
  EXPECT_THAT(answer->claims().members, IsEmpty());
}

TEST(IntrospectionAnswer, ActiveMustBeABoolean) {
  for (const char* active : {R"("true")", R"("false")", "1", "0", "null", "[]", "{}", R"("")", "[true]"}) {
    expect_refused(R"({"sub":"x","active":)" + std::string(active) + "}");
  }
  expect_refused("{}");
  expect_refused(R"({"sub":"x","exp":1})");
  expect_refused(R"({"Active":true})");
  expect_refused(R"({"active":false,"active":true})");
  expect_refused(R"({"active":false,"\u0061ctive":true})");
}

TEST(IntrospectionAnswer, RefusesMembersOfTheWrongType) {
  for (const char* member : {R"("exp":"1419356238")", R"("exp":-1)", R"("exp":null)", R"("iat":true)", R"("nbf":[])",
                             R"("sub":1)", R"("iss":{})", R"("jti":7)", R"("aud":1)", R"("aud":[1])", R"("aud":[])",
                             R"("client_id":1)", R"("scope":1)", R"("scope":[1])"}) {
    expect_refused(R"({"active":true,)" + std::string(member) + "}");
  }
}

TEST(IntrospectionAnswer, RefusesBodiesThatAreNoJsonObject) {
  for (const char* body : {"", " ", "true", "[]", "null", "active=true", "<html>", R"({"active":true)",
                           R"({"active":true}x)", R"([{"active":true}])", "{\"active\":true,\"sub\":\"\xff\"}"}) {
    expect_refused(body);
  }
}

TEST(IntrospectionAnswer, BoundsItsSize) {
  const std::string good = R"({"active":true})";
  EXPECT_TRUE(parse(good + std::string(kIntrospectionBytesMax - good.size(), ' ')));
  expect_refused(good + std::string(kIntrospectionBytesMax - good.size() + 1, ' '));
}

TEST(IntrospectionAnswer, HoldsLittleMoreThanItsText) {
  const Answer small = must_parse(R"({"active":true,"sub":"x"})");
  EXPECT_GE(small->bytes(), small->json().size());
  EXPECT_LT(small->bytes(), 1024u);
  std::string body = R"({"active":true,"note":")";
  body.append(10'000, 'n').append("\"}");
  EXPECT_GT(must_parse(body)->bytes(), 10'000u);
  EXPECT_LT(must_parse(body)->bytes(), 11'500u);
}

TEST(IntrospectionAnswer, EscapedStringsFindRoomWhereverTheyStand) {
  std::string escaped;
  std::string plain;
  for (int i = 0; i < 2000; ++i) {
    escaped += "\\u0061";
    plain += 'a';
  }
  const Answer last = must_parse(R"({"active":true,"sub":")" + escaped + "\"}");
  EXPECT_EQ(last->claims().sub, plain);
  const Answer inactive = must_parse(R"({"active":false,"sub":")" + escaped + "\"}");
  EXPECT_FALSE(inactive->active());
}

TEST(IntrospectionAnswer, DensestBodiesAreRead) {
  std::string body = "{\"active\":true,\"scope\":[\"\"";
  for (std::size_t i = 1; i < kGrantedScopesMax; ++i) body += ",\"\"";
  body += ']';
  for (int c = 'a'; c <= 'z'; ++c) body += std::string(",\"") + static_cast<char>(c) + "\":1";
  for (int i = 1000; body.size() + 16 < kIntrospectionBytesMax; ++i) body += ",\"" + std::to_string(i) + "\":1";
  const Answer answer = must_parse(body + "}");
  EXPECT_EQ(answer->claims().scope_texts.size(), kGrantedScopesMax);
  EXPECT_GT(answer->claims().members.size(), 6000u);
}

}  // namespace
}  // namespace assay::issuer

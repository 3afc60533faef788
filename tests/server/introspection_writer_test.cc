#include "server/introspection_writer.h"

#include <array>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "verify/maker.h"

namespace assay::server {
namespace {

using verify::VerdictMaker;

Claim number(std::string_view name, std::string_view text) {
  return {.name = name, .text = text, .kind = JsonKind::kNumber};
}

// The body for an accepted token.
std::string body_of(const verify::VerifiedFacts& facts) {
  IntrospectionWriter writer;
  const HttpResponse response = writer.write(VerdictMaker::accept(facts));
  EXPECT_EQ(response.status, 200);
  return std::string(response.body);
}

std::string field_of(const HttpResponse& response, std::string_view name) {
  for (const HttpField& field : response.fields) {
    if (field.name == name) return std::string(field.value);
  }
  return "<none>";
}

// RFC 7662 sec 2.2.
TEST(IntrospectionWriter, AnActiveTokenShowsWhatItHas) {
  const std::vector<std::string_view> scope = {"orders:read", "profile"};
  const std::vector<Claim> claims = {
      {.name = "username", .text = "al", .kind = JsonKind::kString},
      {.name = "aud", .text = R"(["api","b"])", .kind = JsonKind::kArray},
      {.name = "role", .text = "admin", .kind = JsonKind::kString},
      number("exp", "1710223631"),
      number("iat", "1710220031"),
      number("nbf", "1710220032"),
  };
  EXPECT_EQ(body_of({.issuer_name = "main",
                     .issuer = "https://issuer.example",
                     .subject = "alice",
                     .client = "app",
                     .jwt_id = "j1",
                     .key_id = "k1",
                     .claims_json = {},
                     .scope = scope,
                     .claims = claims,
                     .expires_at = {}}),
            R"({"active":true,"scope":"orders:read profile","client_id":"app","username":"al","token_type":"Bearer",)"
            R"("exp":1710223631,"iat":1710220031,"nbf":1710220032,"sub":"alice","aud":["api","b"],)"
            R"("iss":"https://issuer.example","jti":"j1"})");
}

TEST(IntrospectionWriter, WhatATokenLacksIsLeftOut) {
  EXPECT_EQ(body_of({}), R"({"active":true,"token_type":"Bearer"})");
}

TEST(IntrospectionWriter, TimesAreWholeSeconds) {
  const struct {
    std::string_view claim;
    std::string_view shown;
  } cases[] = {{"1710223631.577478", "1710223631"},
               {"1.71e9", "1710000000"},
               {"0", "0"},
               {"0.99", "0"},
               {"9007199254740991", "9007199254740991"}};
  for (const auto& c : cases) {
    const std::array<Claim, 1> claims{number("iat", c.claim)};
    verify::VerifiedFacts facts{};
    facts.claims = claims;
    EXPECT_EQ(body_of(facts), R"({"active":true,"token_type":"Bearer","iat":)" + std::string(c.shown) + "}");
  }
}

TEST(IntrospectionWriter, TextsCannotAddMembers) {
  const std::array<std::string_view, 1> scope{R"(a","admin":"yes)"};
  const std::array<Claim, 2> claims{
      Claim{.name = "aud", .text = "a\"\n", .kind = JsonKind::kString},
      // Claims of another type than the RFC's are left out.
      Claim{.name = "username", .text = R"({"a":1})", .kind = JsonKind::kObject},
  };
  verify::VerifiedFacts facts{};
  facts.subject = R"(x\)";
  facts.scope = scope;
  facts.claims = claims;
  EXPECT_EQ(body_of(facts),
            R"({"active":true,"scope":"a\",\"admin\":\"yes","token_type":"Bearer","sub":"x\\","aud":"a\"\u000a"})");
}

TEST(IntrospectionWriter, EveryRefusalIsTheSameAnswer) {
  IntrospectionWriter writer;
  for (std::size_t i = 0; i < kErrorCodeCount; ++i) {
    const ErrorCode code = static_cast<ErrorCode>(i);
    const VerdictClass verdict_class = facts_of(code).verdict_class;
    const bool is_refusal = code != ErrorCode::kNone && verdict_class != VerdictClass::kPending &&
                            verdict_class != VerdictClass::kCannotDecide && verdict_class != VerdictClass::kSetup;
    if (!is_refusal) continue;
    const HttpResponse response = writer.write(VerdictMaker::refuse({.code = code}, "scope"));
    EXPECT_EQ(response.status, 200) << facts_of(code).name;
    EXPECT_EQ(response.body, R"({"active":false})") << facts_of(code).name;
    ASSERT_EQ(response.fields.size(), 2U) << facts_of(code).name;
    EXPECT_EQ(field_of(response, "Content-Type"), "application/json");
    EXPECT_EQ(field_of(response, "Cache-Control"), "no-store");
  }
}

TEST(IntrospectionWriter, WhatCannotBeDecidedIsNotInactive) {
  IntrospectionWriter writer;
  for (const ErrorCode code : {ErrorCode::kKeysUnavailable, ErrorCode::kIntrospectionUnavailable,
                               ErrorCode::kOverloaded, ErrorCode::kKernelFault}) {
    const HttpResponse response = writer.write(VerdictMaker::refuse({.code = code}, {}));
    EXPECT_EQ(response.status, 503) << facts_of(code).name;
    EXPECT_EQ(response.body.find("active"), std::string_view::npos) << facts_of(code).name;
    EXPECT_EQ(field_of(response, "Retry-After"), "5");
    EXPECT_EQ(field_of(response, "Cache-Control"), "no-store");
  }
}

}  // namespace
}  // namespace assay::server

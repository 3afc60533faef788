#include "server/admin_targets.h"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace assay::server {
namespace {

using testing::HasSubstr;

tl::expected<AdminTargets, std::string> read(std::string_view body) {
  JsonObjectReader reader(kAdminObjectBytesMax);
  return read_target(body, reader);
}

tl::expected<AdminTargets, std::string> read_lines(std::string_view body) {
  JsonObjectReader reader(kAdminObjectBytesMax);
  return read_target_lines(body, reader);
}

std::string fault_of(std::string_view body) {
  const auto targets = read(body);
  return targets ? "<none>" : targets.error();
}

TEST(AdminTargets, ReadsEveryKindThatTakesAValue) {
  for (const std::string_view kind : {"token", "jti", "subject", "client", "session", "signing_key"}) {
    const auto targets = read("{\"kind\":\"" + std::string(kind) + R"(","issuer":"main","value":"v\u0041"})");
    ASSERT_TRUE(targets.has_value()) << targets.error();
    ASSERT_EQ(targets->targets().size(), 1U);
    const RevocationTarget& target = targets->targets().front();
    EXPECT_EQ(name_of(target.kind), kind);
    EXPECT_EQ(target.issuer_name, "main");
    EXPECT_EQ(target.value, "vA");
    EXPECT_EQ(target.issued_before_us, 0);
  }
}

TEST(AdminTargets, ReadsTimesToTheMicrosecond) {
  const auto subject = read(R"({"kind":"subject_issued_before","value":"alice","issued_before":1710223631.577478})");
  ASSERT_TRUE(subject.has_value());
  EXPECT_EQ(subject->targets().front().issued_before_us, 1710223631577478);
  const auto issuer = read(R"({"kind":"issuer_issued_before","issuer":"main","issued_before":1})");
  ASSERT_TRUE(issuer.has_value());
  EXPECT_EQ(issuer->targets().front().kind, RevocationKind::kIssuerIssuedBefore);
  EXPECT_EQ(issuer->targets().front().issued_before_us, 1'000'000);
  EXPECT_EQ(issuer->targets().front().value, "");
}

TEST(AdminTargets, RefusesWhatDoesNotBelongTogether) {
  EXPECT_THAT(fault_of(R"({"value":"x"})"), HasSubstr("kind is missing"));
  EXPECT_THAT(fault_of(R"({"kind":"user","value":"x"})"), HasSubstr("kind is none of token, jti"));
  EXPECT_THAT(fault_of(R"({"kind":"subject"})"), HasSubstr("subject needs a value"));
  EXPECT_THAT(fault_of(R"({"kind":"subject","value":"x","issued_before":1})"), HasSubstr("takes no issued_before"));
  EXPECT_THAT(fault_of(R"({"kind":"subject_issued_before","value":"x"})"), HasSubstr("needs issued_before"));
  EXPECT_THAT(fault_of(R"({"kind":"subject_issued_before","issued_before":1})"), HasSubstr("needs a value"));
  EXPECT_THAT(fault_of(R"({"kind":"issuer_issued_before","value":"x","issued_before":1})"),
              HasSubstr("takes no value"));
}

TEST(AdminTargets, RefusesMembersItDoesNotKnowAndOtherTypes) {
  EXPECT_THAT(fault_of(R"({"kind":"subject","value":"x","jti":"y"})"), HasSubstr("none of kind, issuer"));
  EXPECT_THAT(fault_of(R"({"kind":"subject","value":5})"), HasSubstr("value is no string"));
  EXPECT_THAT(fault_of(R"({"kind":null,"value":"x"})"), HasSubstr("kind is no string"));
  EXPECT_THAT(fault_of(R"({"kind":"subject_issued_before","value":"x","issued_before":"1"})"),
              HasSubstr("issued_before is no number"));
  EXPECT_THAT(fault_of(R"({"kind":"subject_issued_before","value":"x","issued_before":-1})"), HasSubstr("no time"));
  EXPECT_THAT(fault_of(R"({"kind":"subject","issuer":"","value":"x"})"), HasSubstr("issuer is empty"));
}

TEST(AdminTargets, RefusesWhatIsNotStrictJson) {
  EXPECT_THAT(fault_of(""), HasSubstr("not one JSON object"));
  EXPECT_THAT(fault_of("[]"), HasSubstr("not one JSON object"));
  EXPECT_THAT(fault_of(R"({"kind":"jti","kind":"jti","value":"x"})"), HasSubstr("a member occurs twice"));
  EXPECT_THAT(fault_of(R"({"kind":"jti","value":")" + std::string(kAdminObjectBytesMax, 'x') + "\"}"),
              HasSubstr("longer than 65536 bytes"));
}

TEST(AdminTargets, NamesTheByteWhereItIsKnown) {
  EXPECT_EQ(fault_of(R"({"kind":"jti" "value":"x"})"), "not one JSON object, at byte 14 of it");
  EXPECT_EQ(fault_of(R"({"kind":"jti","value":"x")"), "not one JSON object, at byte 25 of it");
  EXPECT_EQ(fault_of(R"({"kind":"jti","kind":"jti","value":"x"})"), "a member occurs twice, at byte 14 of it");
  for (const std::string_view body :
       {"", "[]", "{\"kind\":\"jti\",\"value\":\"x}", "{\"kind\":\"j\xffti\"}", "{\"kind\":\"j\nti\"}"}) {
    EXPECT_EQ(fault_of(body), "not one JSON object") << body;
  }
  EXPECT_EQ(read_lines("{\"kind\":\"jti\",\"value\":\"1\"}\n{\"kind\":}\n\"x\n").error(),
            "line 2: not one JSON object, at byte 8 of it; line 3: not one JSON object");
}

TEST(AdminTargets, LinesComeInTheirOrder) {
  const auto targets = read_lines("{\"kind\":\"jti\",\"value\":\"1\"}\r\n {\"kind\":\"subject\",\"value\":\"2\"}\n");
  ASSERT_TRUE(targets.has_value()) << targets.error();
  ASSERT_EQ(targets->targets().size(), 2U);
  EXPECT_EQ(targets->targets()[0].value, "1");
  EXPECT_EQ(targets->targets()[1].kind, RevocationKind::kSubject);
}

TEST(AdminTargets, FaultsNameTheirLines) {
  EXPECT_EQ(read_lines("").error(), "the body has no line");
  EXPECT_THAT(read_lines("\n").error(), HasSubstr("line 1: not one JSON object"));
  EXPECT_THAT(read_lines("{\"kind\":\"jti\",\"value\":\"1\"}\n\n").error(), HasSubstr("line 2: not one JSON object"));
  std::string body;
  for (std::size_t i = 0; i < kNamedFaultsMax + 3; ++i) body += "{}\n";
  const std::string fault = read_lines(body).error();
  EXPECT_THAT(fault, HasSubstr("line 1: kind is missing; line 2: kind is missing"));
  EXPECT_THAT(fault, HasSubstr("line 16:"));
  EXPECT_THAT(fault, testing::Not(HasSubstr("line 17:")));
  EXPECT_THAT(fault, HasSubstr("; and 3 more lines"));
}

TEST(AdminTargets, FaultsHoldNoValue) {
  EXPECT_THAT(fault_of(R"({"kind":"sesame","value":"sesame"})"), testing::Not(HasSubstr("sesame")));
  EXPECT_THAT(fault_of(R"({"sesame":"x"})"), testing::Not(HasSubstr("sesame")));
}

}  // namespace
}  // namespace assay::server

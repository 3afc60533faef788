#include "verify/status_list_token.h"

#include <limits>

#include <gtest/gtest.h>

#include "signing/base64url_writer.h"
#include "tests/verify/status_fixture.h"

namespace assay::verify {
namespace {

using test::kListUrl;
using test::kNowS;
using test::list_claims;
using test::list_header;
using test::list_token;
using Fault = StatusListFault;

constexpr std::int64_t kLongAgo = std::numeric_limits<std::int64_t>::min();
constexpr std::int64_t kSecondUs = 1'000'000;

struct Asked {
  IssuerPolicy issuer = test::status_issuer();
  std::string url = std::string(kListUrl);
  std::int64_t not_before_us = kLongAgo;
  std::int64_t wall_us = test::kNow.wall_us;
};

JudgedStatusList judge(const std::string& compact, const Asked& asked = {}) {
  const auto keys = keys::KeySet::make(asked.issuer.keys).value();
  return judge_status_list(compact, asked.issuer, asked.url, *keys, asked.not_before_us, asked.wall_us);
}
Fault fault_of(const std::string& compact, const Asked& asked = {}) { return judge(compact, asked).fault; }
Fault fault_of_claims(const std::vector<std::pair<std::string, std::string>>& changes, const Asked& asked = {}) {
  return fault_of(list_token(test::kSomeBad, changes), asked);
}

TEST(StatusListToken, IsReadWhereAllIsWell) {
  JudgedStatusList judged = judge(list_token(test::kSomeBad, {{"exp", std::to_string(kNowS + 60)}, {"ttl", "30.5"}}));
  ASSERT_EQ(judged.fault, Fault::kNone);
  EXPECT_EQ(judged.bits, 2U);
  EXPECT_EQ(judged.issued_us, (kNowS - 10) * kSecondUs);
  EXPECT_EQ(judged.expires_us, (kNowS + 60) * kSecondUs);
  EXPECT_EQ(judged.ttl_us, 30'500'000);
  EXPECT_FALSE(judged.wanted_key);
  judged.list->advance(100);
  EXPECT_EQ((*std::move(judged.list)).finish().value(), (std::vector<std::uint8_t>{0xE4, 0x00}));
  const JudgedStatusList plain = judge(list_token());
  EXPECT_EQ(plain.fault, Fault::kNone);
  EXPECT_EQ(plain.expires_us, std::numeric_limits<std::int64_t>::max());
  EXPECT_FALSE(plain.ttl_us);
}

TEST(StatusListToken, IsSignedByAKeyAndAlgorithmOfTheIssuer) {
  EXPECT_EQ(fault_of(test::token(list_claims(), list_header(), test::other_rsa_key())), Fault::kBadSignature);
  EXPECT_EQ(fault_of(test::token(list_claims(), R"({"alg":"RS384","typ":"statuslist+jwt","kid":"k1"})", test::rsa_key(),
                                 Alg::kRS384)),
            Fault::kAlgNotAllowed);
  const std::string good = list_token();
  EXPECT_EQ(fault_of(good.substr(0, good.rfind('.') + 1)), Fault::kUnsigned);
  EXPECT_EQ(fault_of(signing::base64url_encode(R"({"alg":"none","typ":"statuslist+jwt"})") + "." +
                     signing::base64url_encode(list_claims()) + "."),
            Fault::kUnsigned);
  EXPECT_EQ(fault_of(test::token(list_claims(), R"({"alg":"none","typ":"statuslist+jwt","kid":"k1"})")),
            Fault::kAlgNotAllowed);
}

TEST(StatusListToken, AsksForKeysThatMayHaveBeenRotated) {
  const JudgedStatusList unknown = judge(test::token(list_claims(), list_header("statuslist+jwt", "k2")));
  EXPECT_EQ(unknown.fault, Fault::kUnknownKey);
  ASSERT_TRUE(unknown.wanted_key);
  EXPECT_EQ(unknown.wanted_key->kid, base::keyed_hash("k2"));
  const JudgedStatusList nameless =
      judge(test::token(list_claims(), list_header("statuslist+jwt", ""), test::other_rsa_key()));
  EXPECT_EQ(nameless.fault, Fault::kBadSignature);
  ASSERT_TRUE(nameless.wanted_key);
  EXPECT_FALSE(nameless.wanted_key->kid);
  const JudgedStatusList named = judge(test::token(list_claims(), list_header(), test::other_rsa_key()));
  EXPECT_FALSE(named.wanted_key) << "a kid that is known names its key for good";
}

TEST(StatusListToken, HasATypeOfItsOwn) {
  EXPECT_EQ(fault_of(test::token(list_claims(), list_header("application/statuslist+jwt"))), Fault::kNone)
      << "RFC 7515 sec 4.1.9";
  for (const char* typ : {"", "JWT", "at+jwt", "secevent+jwt", "statuslist", "statuslist+cwt", "statuslist+jwt "}) {
    EXPECT_EQ(fault_of(test::token(list_claims(), list_header(typ))), Fault::kWrongType) << typ;
  }
  EXPECT_EQ(fault_of(test::token()), Fault::kWrongType) << "an access token is no list";
}

TEST(StatusListToken, IsTheListOfThisIssuerThatWasAskedFor) {
  EXPECT_EQ(fault_of_claims({{"iss", "\"https://issuer.example\""}}), Fault::kNone);
  EXPECT_EQ(fault_of_claims({{"iss", "\"https://other.example\""}}), Fault::kWrongIssuer);
  EXPECT_EQ(fault_of_claims({{"iss", "\"\""}}), Fault::kWrongIssuer);
  EXPECT_EQ(fault_of_claims({{"sub", "\"https://issuer.example/statuslists/2\""}}), Fault::kWrongSubject);
  EXPECT_EQ(fault_of_claims({{"sub", "\"https://issuer.example/statuslists/1/\""}}), Fault::kWrongSubject);
  EXPECT_EQ(fault_of_claims({{"sub", ""}}), Fault::kBadClaims);
  EXPECT_EQ(fault_of_claims({{"aud", "[\"x\",\"api\"]"}}), Fault::kNone);
  EXPECT_EQ(fault_of_claims({{"aud", "\"x\""}}), Fault::kWrongAudience);
  Asked anyone;
  anyone.issuer.audiences.clear();
  anyone.issuer.audience_unchecked = true;
  EXPECT_EQ(fault_of_claims({{"aud", "\"x\""}}, anyone), Fault::kNone);
  Asked nameless;
  nameless.issuer.issuer.clear();
  EXPECT_EQ(fault_of_claims({{"iss", "\"https://issuer.example\""}}, nameless), Fault::kWrongIssuer);
  EXPECT_EQ(fault_of_claims({}, nameless), Fault::kNone);
}

TEST(StatusListToken, IsOfItsTime) {
  EXPECT_EQ(fault_of_claims({{"exp", std::to_string(kNowS + 1)}}), Fault::kNone);
  EXPECT_EQ(fault_of_claims({{"exp", std::to_string(kNowS)}}), Fault::kExpired);
  EXPECT_EQ(fault_of_claims({{"iat", std::to_string(kNowS)}}), Fault::kNone);
  EXPECT_EQ(fault_of_claims({{"iat", std::to_string(kNowS + 1)}}), Fault::kFromFuture);
  EXPECT_EQ(fault_of_claims({{"iat", ""}}), Fault::kBadClaims);
  EXPECT_EQ(fault_of_claims({{"nbf", std::to_string(kNowS + 1)}}), Fault::kFromFuture);
  Asked lenient;
  lenient.issuer.leeway = std::chrono::seconds(2);
  EXPECT_EQ(fault_of_claims({{"exp", std::to_string(kNowS - 1)}}, lenient), Fault::kNone);
  EXPECT_EQ(fault_of_claims({{"exp", std::to_string(kNowS - 2)}}, lenient), Fault::kExpired);
  EXPECT_EQ(fault_of_claims({{"iat", std::to_string(kNowS + 2)}}, lenient), Fault::kNone);
  Asked newer;
  newer.not_before_us = (kNowS - 10) * kSecondUs;
  EXPECT_EQ(fault_of_claims({}, newer), Fault::kNone) << "the same again";
  EXPECT_EQ(fault_of_claims({{"iat", std::to_string(kNowS - 11)}}, newer), Fault::kOlder);
}

TEST(StatusListToken, SaysHowLongItIsFreshInSeconds) {
  for (const char* ttl : {"0", "-1", "\"60\"", "null", "[60]", "1e99"}) {
    const JudgedStatusList judged = judge(list_token(test::kSomeBad, {{"ttl", ttl}}));
    EXPECT_EQ(judged.fault, Fault::kBadClaims) << ttl;
    EXPECT_EQ(judged.detail, "ttl") << ttl;
  }
  EXPECT_EQ(judge(list_token(test::kSomeBad, {{"ttl", "43200"}})).ttl_us, 43'200 * kSecondUs);
}

TEST(StatusListToken, HoldsAList) {
  EXPECT_EQ(fault_of_claims({{"status_list", ""}}), Fault::kBadClaims);
  EXPECT_EQ(fault_of_claims({{"status_list", "[]"}}), Fault::kBadList);
  EXPECT_EQ(fault_of(list_token(R"({"bits":3,"lst":"eNpjYAAAAAIAAQ"})")), Fault::kBadList);
  EXPECT_EQ(fault_of(list_token(R"({"bits":1,"lst":"eNpjYAAAAAIAAQ=="})")), Fault::kBadList);
}

TEST(StatusListToken, IsACompactJws) {
  for (const std::string& text : {std::string(), std::string("<html>"), std::string("a.b"), list_token() + ".x",
                                  list_token() + "\n", "e30." + list_token().substr(4)}) {
    const Fault fault = fault_of(text);
    EXPECT_TRUE(fault == Fault::kMalformed || fault == Fault::kAlgNotAllowed) << text.substr(0, 20);
  }
  EXPECT_EQ(fault_of(test::token("[1]", list_header())), Fault::kMalformed);
  EXPECT_EQ(fault_of(test::token(R"({"sub":"a","sub":"b"})", list_header())), Fault::kMalformed);
  EXPECT_EQ(fault_of_claims({{"sub", "1"}}), Fault::kBadClaims);
}

TEST(StatusListToken, MayBeLargerThanAnyAccessToken) {
  const std::string padding(4 * kTokenBytesMax, 'x');
  EXPECT_EQ(fault_of_claims({{"note", "\"" + padding + "\""}}), Fault::kNone);
  // Unescaped, it is read twice: as claims and as a tree.
  EXPECT_EQ(fault_of_claims({{"note", "\"\\u0065" + padding + padding.substr(kTokenBytesMax) + "\""}}), Fault::kNone);
}

TEST(StatusListToken, NamesEveryFault) {
  for (std::size_t i = 0; i < kStatusListFaultCount; ++i) {
    for (std::size_t j = 0; j < i; ++j) EXPECT_NE(name_of(static_cast<Fault>(i)), name_of(static_cast<Fault>(j)));
  }
  EXPECT_EQ(name_of(Fault::kBadList), facts_of(ErrorCode::kBadStatusList).name);
}

}  // namespace
}  // namespace assay::verify

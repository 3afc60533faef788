#include "verify/revocation_records.h"

#include <array>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/verify/revocation_fixture.h"

namespace assay::test {
namespace {

using RevocationRecordsTest = Revocation;

TEST_F(RevocationRecordsTest, AnOpaqueTokenIsRevokedWithEveryIssuerThatItMayBeOf) {
  Policy chosen = policy({opaque_issuer("one"), opaque_issuer("two")});
  chosen.issuers[1].issuer = "https://two.example";
  chosen.entrances = {{.issuers = {"one"}}, {.issuers = {"two"}}};
  open(chosen);
  EXPECT_EQ(revoke({.value = "opaque-1"}), RevocationOutcome::kDone);
  EXPECT_EQ(log_.kept.size(), 2U);
  EXPECT_EQ(revoke({.issuer_name = "two", .value = "opaque-2"}), RevocationOutcome::kDone);
  EXPECT_EQ(log_.kept.size(), 3U);
}

// RFC 7009 sec 2.2.
TEST_F(RevocationRecordsTest, AJwtThatDoesNotVerifyIsNotRecorded) {
  open(policy());
  const std::string compact = token();
  for (const std::string& other : {token(claims(), header(), other_rsa_key()), compact + "A", std::string("a.b.c"),
                                   std::string("opaque"), token(claims({{"iss", "\"https://elsewhere.example\""}})),
                                   token(claims({{"exp", std::to_string(kNowS - 1)}}))}) {
    EXPECT_EQ(revoke({.value = other}), RevocationOutcome::kNothing) << other;
  }
  EXPECT_EQ(log_.appends, 0U);
  EXPECT_EQ(code_at(compact), ErrorCode::kNone);
}

TEST_F(RevocationRecordsTest, ATokenIsRecordedWhateverItMayDo) {
  Policy chosen = policy();
  chosen.unmatched_authenticated = false;
  chosen.routes.push_back({.path = "/orders",
                           .methods = {"POST"},
                           .issuers = {},
                           .scopes = {"orders"},
                           .any_scopes = {},
                           .required_claims = {}});
  open(chosen);
  EXPECT_EQ(revoke({.value = token()}), RevocationOutcome::kDone);
}

TEST_F(RevocationRecordsTest, AJwtWhoseKeysAreNotThereCannotBeRecordedNow) {
  IssuerPolicy issuer = issuer_policy();
  issuer.keys = {.kind = KeySource::Kind::kJwksUrl, .text = "https://issuer.example/jwks"};
  open(policy({issuer}));
  EXPECT_EQ(revoke({.value = token()}), RevocationOutcome::kUnverified);
  EXPECT_EQ(log_.appends, 0U);
}

// RFC 7009 sec 2.1.
TEST_F(RevocationRecordsTest, ATokenMayBeAskedToBeOfAClient) {
  open(policy({issuer_policy(), opaque_issuer()}));
  const std::string of_app = token(claims({{"client_id", "\"app\""}}));
  EXPECT_EQ(revoke({.value = of_app, .issued_to = "other"}), RevocationOutcome::kOtherClient);
  EXPECT_EQ(revoke({.value = token(claims({{"azp", "\"app\""}})), .issued_to = "ap"}), RevocationOutcome::kOtherClient);
  EXPECT_EQ(revoke({.value = "opaque", .issued_to = "app"}), RevocationOutcome::kUnverified)
      << "nothing is known of it";
  EXPECT_EQ(ask("opaque"), ErrorCode::kNone);
  EXPECT_EQ(revoke({.value = "opaque", .issued_to = "other"}), RevocationOutcome::kOtherClient);
  EXPECT_EQ(ask("dead", R"({"active":false})"), ErrorCode::kInactive);
  EXPECT_EQ(revoke({.value = "dead", .issued_to = "app"}), RevocationOutcome::kNothing);
  EXPECT_EQ(revoke({.kind = RevocationKind::kSubject, .issuer_name = "main", .value = "alice", .issued_to = "app"}),
            RevocationOutcome::kBadTarget);
  EXPECT_EQ(log_.appends, 0U);
  EXPECT_EQ(revoke({.value = of_app, .issued_to = "app"}), RevocationOutcome::kDone);
  EXPECT_EQ(revoke({.value = "opaque", .issued_to = "app"}), RevocationOutcome::kDone);
}

TEST_F(RevocationRecordsTest, RefusesUnsoundTargetsWhole) {
  open(policy());
  const std::string long_value(kTokenBytesMax + 1, 'x');
  const RevocationTarget targets[] = {
      {.value = ""},
      {.kind = RevocationKind::kSubject, .value = ""},
      {.kind = RevocationKind::kSubject, .value = long_value},
      {.kind = RevocationKind::kSubject, .value = "alice", .issued_before_us = 1},
      {.kind = RevocationKind::kIssuerIssuedBefore, .value = "alice", .issued_before_us = 1},
      {.kind = RevocationKind::kIssuerIssuedBefore, .value = "", .issued_before_us = -1}};
  for (const RevocationTarget& bad : targets) {
    const std::array<RevocationTarget, 2> both{RevocationTarget{.kind = RevocationKind::kSubject, .value = "alice"},
                                               bad};
    RevocationResult seen;
    engine_->control().revoke(both, kNow, [&](const RevocationResult& result) { seen = result; });
    EXPECT_EQ(seen.outcome, RevocationOutcome::kBadTarget);
    EXPECT_THAT(seen.complaint, ::testing::StartsWith("target 2: "));
  }
  EXPECT_EQ(log_.appends, 0U);
  EXPECT_EQ(code_at(token()), ErrorCode::kNone);
}

TEST_F(RevocationRecordsTest, EachFaultOfATargetHasItsOwnSentence) {
  IssuerPolicy second = issuer_policy();
  second.name = "second";
  second.issuer = "https://second.example";
  open(policy({issuer_policy(), second}));
  const std::string long_value(kTokenBytesMax + 1, 'x');
  const struct {
    RevocationTarget target;
    const char* said;
  } cases[] = {
      {{.kind = RevocationKind::kSubject, .value = "alice"}, "the issuer is missing, and there are several"},
      {{.kind = RevocationKind::kSubject, .issuer_name = "third", .value = "alice"}, "there is no such issuer"},
      {{.issuer_name = "third", .value = "a.b.c"}, "there is no such issuer"},
      {{.kind = RevocationKind::kSubject, .issuer_name = "main", .value = ""}, "the value is empty"},
      {{.kind = RevocationKind::kSubject, .issuer_name = "main", .value = long_value}, "the value is longer"},
      {{.kind = RevocationKind::kIssuerIssuedBefore, .issuer_name = "main", .value = "x"}, "a value, where"},
      {{.kind = RevocationKind::kJti, .issuer_name = "main", .value = "x", .issued_before_us = 1}, "a time, where"},
      {{.kind = RevocationKind::kIssuerIssuedBefore, .issuer_name = "main", .issued_before_us = -1},
       "the time is before 1970"},
      {{.kind = RevocationKind::kJti, .issuer_name = "main", .value = "x", .issued_to = "app"}, "only a token"},
  };
  for (const auto& c : cases) {
    RevocationResult seen;
    engine_->control().revoke({&c.target, 1}, kNow, [&](const RevocationResult& result) { seen = result; });
    EXPECT_EQ(seen.outcome, RevocationOutcome::kBadTarget) << c.said;
    EXPECT_THAT(seen.complaint, ::testing::StartsWith(std::string("target 1: ") + c.said));
  }
  EXPECT_EQ(log_.appends, 0U);
}

TEST_F(RevocationRecordsTest, ManyFaultsAreNamedUpToABoundAndCounted) {
  open(policy());
  std::vector<RevocationTarget> targets(100, {.kind = RevocationKind::kSubject, .value = "alice"});
  const auto revoke_all = [&] {
    RevocationResult seen;
    engine_->control().revoke(targets, kNow, [&](const RevocationResult& result) { seen = result; });
    return seen.complaint;
  };
  targets[2].issuer_name = "nobody";
  targets[50].value = "";
  EXPECT_EQ(revoke_all(),
            "target 3: there is no such issuer: it is named as in the configuration; target 51: the value is empty");
  for (RevocationTarget& target : targets) target.value = "";
  const std::string all = revoke_all();
  EXPECT_THAT(all, ::testing::HasSubstr("; target 16: the value is empty; and 84 more targets"));
  EXPECT_THAT(all, ::testing::Not(::testing::HasSubstr("target 17")));
  EXPECT_EQ(log_.appends, 0U);
}

// Whoever gets 503 sends it again, and a wrong target would be wrong again.
TEST_F(RevocationRecordsTest, AWrongTargetOutweighsOneThatCannotBeVerifiedNow) {
  IssuerPolicy issuer = issuer_policy();
  issuer.keys = {.kind = KeySource::Kind::kJwksUrl, .text = "https://issuer.example/jwks"};
  open(policy({issuer}));
  const std::string compact = token();
  const std::array<RevocationTarget, 3> targets{
      {{.value = compact}, {.kind = RevocationKind::kSubject, .value = ""}, {.value = compact}}};
  RevocationResult seen;
  engine_->control().revoke(targets, kNow, [&](const RevocationResult& result) { seen = result; });
  EXPECT_EQ(seen.outcome, RevocationOutcome::kBadTarget);
  EXPECT_THAT(seen.complaint, ::testing::HasSubstr("target 3: keys or an answer"));
}

TEST_F(RevocationRecordsTest, RecordsSayWhenTheyMayBeForgotten) {
  IssuerPolicy issuer = issuer_policy();
  issuer.leeway = std::chrono::seconds(30);
  open(policy({issuer}));
  EXPECT_EQ(revoke({.value = token()}), RevocationOutcome::kDone);
  EXPECT_EQ(log_.kept.back().forget_at_us, (kNowS + 3600 + 30) * 1'000'000);
  EXPECT_EQ(revoke({.kind = RevocationKind::kJti, .value = "x"}), RevocationOutcome::kDone);
  EXPECT_EQ(log_.kept.back().forget_at_us, kNeverForgotten);
  issuer.max_token_life = std::chrono::seconds(600);
  open(policy({issuer}));
  EXPECT_EQ(revoke({.value = token()}), RevocationOutcome::kDone);
  EXPECT_EQ(log_.kept.back().forget_at_us, (kNowS - 60 + 600 + 30) * 1'000'000);
  EXPECT_EQ(revoke({.kind = RevocationKind::kJti, .value = "x"}), RevocationOutcome::kDone);
  EXPECT_EQ(log_.kept.back().forget_at_us, (kNowS + 600 + 30) * 1'000'000);
  EXPECT_EQ(revoke({.kind = RevocationKind::kIssuerIssuedBefore, .issued_before_us = 5'000'000}),
            RevocationOutcome::kDone);
  EXPECT_EQ(log_.kept.back().forget_at_us, (5 + 600 + 30) * 1'000'000);
  EXPECT_EQ(revoke({.kind = RevocationKind::kSubject, .value = "x"}), RevocationOutcome::kDone);
  EXPECT_EQ(log_.kept.back().forget_at_us, kNeverForgotten) << "it forbids what is issued later, too";
}

}  // namespace
}  // namespace assay::test

#include "verify/security_event.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/verify/event_fixture.h"

namespace assay::verify {
namespace {

using test::event_of;
using test::kCredentialChange;
using test::kNowS;
using test::kSessionRevoked;

constexpr std::int64_t kSecondUs = 1'000'000;
constexpr std::int64_t kIatUs = (kNowS - 10) * kSecondUs;
const std::string kRisc = "https://schemas.openid.net/secevent/risc/event-type/";

// What is asked for, in words: "session:s1", "alice before 1710220991".
struct Asked {
  EventOutcome outcome = EventOutcome::kIgnored;
  std::string detail;
  std::vector<std::string> targets;
};

std::string text_of(const RevocationTarget& target) {
  EXPECT_EQ(target.issuer_name, "main");
  if (target.kind == RevocationKind::kSession) return "session:" + std::string(target.value);
  EXPECT_EQ(target.kind, RevocationKind::kSubjectIssuedBefore);
  return std::string(target.value) + " before " + std::to_string(target.issued_before_us);
}

Asked read(const std::vector<std::pair<std::string, std::string>>& changes) {
  std::string text = test::event_claims(changes);
  const std::size_t bytes = text.size();
  text.append(jose::kJsonPaddingBytes, '\0');
  base::Arena arena(kScratchBytesPerCheck);
  jose::JsonReader json(kTokenBytesMax);
  const std::string_view payload = std::string_view{text}.substr(0, bytes);
  const jose::Claims claims = jose::parse_claims(jose::read_payload(json, payload, arena).value(), arena).value();
  const jose::JsonValue root = json.read(payload, arena).value();
  const auto issuer = test::event_issuer();  // the targets name it
  const EventTargets read = read_event_targets(root, claims, issuer, kNowS * kSecondUs);
  Asked asked{.outcome = read.outcome, .detail = std::string(read.detail), .targets = {}};
  for (const RevocationTarget& target : read.targets) asked.targets.push_back(text_of(target));
  return asked;
}

void expect_target(const std::vector<std::pair<std::string, std::string>>& changes, const std::string& target) {
  const Asked asked = read(changes);
  EXPECT_EQ(asked.outcome, EventOutcome::kRevoked) << asked.detail;
  EXPECT_THAT(asked.targets, testing::ElementsAre(target));
}

void expect_refused(const std::vector<std::pair<std::string, std::string>>& changes, EventOutcome outcome,
                    std::string_view detail) {
  const Asked asked = read(changes);
  EXPECT_EQ(facts_of(asked.outcome).name, facts_of(outcome).name);
  EXPECT_EQ(asked.detail, detail);
  EXPECT_TRUE(asked.targets.empty());
}

std::string alice_before(std::int64_t us) { return "alice before " + std::to_string(us); }

// The lone opaque id of a session is the example of CAEP 1.0, and so is the complex one.
TEST(SecurityEvent, ASessionIsRevokedByItsId) {
  expect_target({{"sub_id", R"({"format":"opaque","id":"s1"})"}}, "session:s1");
  expect_target({{"sub_id", R"({"format":"complex","session":{"format":"opaque","id":"s1"},)"
                            R"("user":{"format":"iss_sub","iss":"https://issuer.example","sub":"alice"},)"
                            R"("tenant":{"format":"opaque","id":"t"}})"}},
                "session:s1");
}

TEST(SecurityEvent, AUserIsCutOffFromWhatWasIssuedBefore) {
  const std::string before_iat = alice_before(kIatUs + kSecondUs);
  expect_target({}, before_iat);
  expect_target({{"sub_id", ""}, {"sub", "\"alice\""}}, before_iat);
  expect_target({{"sub_id", R"({"format":"complex","user":{"format":"opaque","id":"alice"}})"}}, before_iat);
  // No token tells its device: the user's go on all of them.
  expect_target({{"sub_id", R"({"format":"complex","user":{"format":"opaque","id":"alice"},)"
                            R"("device":{"format":"opaque","id":"d"}})"}},
                before_iat);
  for (const char* type : {"sessions-revoked", "account-disabled", "account-purged"}) {
    expect_target({{"events", event_of(kRisc + type)}}, before_iat);
    expect_target({{"events", event_of(kRisc + type)}, {"sub_id", R"({"format":"opaque","id":"alice"})"}}, before_iat);
  }
}

TEST(SecurityEvent, TheEventsOwnSubjectAndTimeComeFirst) {
  const std::string subject = R"("subject":{"format":"opaque","id":"s2"})";
  expect_target({{"events", event_of(kSessionRevoked, "{" + subject + "}")}}, "session:s2");
  expect_target({{"toe", "1710220000"}}, alice_before(1'710'220'001 * kSecondUs));
  expect_target({{"toe", "1710220000"}, {"events", event_of(kSessionRevoked, R"({"event_timestamp":1710220500.25})")}},
                alice_before(1'710'220'500'250'000));
  // In milliseconds, as in the drafts.
  expect_target({{"events", event_of(kSessionRevoked, R"({"event_timestamp":1710220500250})")}},
                alice_before(1'710'220'500'250'000));
}

TEST(SecurityEvent, ACredentialThatChangesEndsWhatItWasGoodFor) {
  for (const char* change : {"update", "revoke", "delete"}) {
    const std::string body = R"({"credential_type":"password","change_type":")" + std::string(change) + "\"}";
    expect_target({{"events", event_of(kCredentialChange, body)}}, alice_before(kIatUs + kSecondUs));
  }
  EXPECT_EQ(read({{"events", event_of(kCredentialChange, R"({"change_type":"create"})")}}).outcome,
            EventOutcome::kIgnored);
  expect_refused({{"events", event_of(kCredentialChange)}}, EventOutcome::kBadClaims, "change_type");
  expect_refused({{"events", event_of(kCredentialChange, R"({"change_type":"swap"})")}}, EventOutcome::kBadClaims,
                 "change_type");
}

TEST(SecurityEvent, WhatIsNotKnownIsIgnored) {
  const std::string verification = "https://schemas.openid.net/secevent/ssf/event-type/verification";
  EXPECT_EQ(read({{"events", event_of(verification)}, {"sub_id", R"({"format":"email","email":"a@b"})"}}).outcome,
            EventOutcome::kIgnored);
  const std::string both = signing::JsonObject().add_json(verification, "{}").add_json(kSessionRevoked, "{}").text();
  EXPECT_THAT(read({{"events", both}}).targets, testing::SizeIs(1));
}

TEST(SecurityEvent, NeedsEventsOfItsForm) {
  expect_refused({{"events", ""}}, EventOutcome::kBadClaims, "events");
  expect_refused({{"events", "{}"}}, EventOutcome::kBadClaims, "events");
  expect_refused({{"events", "[]"}}, EventOutcome::kBadClaims, "events");
  expect_refused({{"events", event_of(kSessionRevoked, "1")}}, EventOutcome::kBadClaims, kSessionRevoked);
}

TEST(SecurityEvent, NeedsASubjectThatTokensName) {
  expect_refused({{"sub_id", ""}}, EventOutcome::kBadClaims, "sub_id");
  expect_refused({{"sub_id", "\"alice\""}}, EventOutcome::kBadClaims, "sub_id");
  expect_refused({{"sub_id", R"({"id":"alice"})"}}, EventOutcome::kBadClaims, "format");
  expect_refused({{"sub_id", R"({"format":"opaque"})"}}, EventOutcome::kBadClaims, "id");
  expect_refused({{"sub_id", R"({"format":"opaque","id":""})"}}, EventOutcome::kBadClaims, "id");
  expect_refused({{"sub_id", R"({"format":"opaque","id":7})"}}, EventOutcome::kBadClaims, "id");
  expect_refused({{"sub_id", R"({"format":"iss_sub","sub":"alice"})"}}, EventOutcome::kBadClaims, "iss");
  expect_refused({{"sub_id", R"({"format":"email","email":"a@b"})"}}, EventOutcome::kUnsupportedSubject, "email");
  expect_refused({{"sub_id", R"({"format":"complex","tenant":{"format":"opaque","id":"t"}})"}},
                 EventOutcome::kUnsupportedSubject, "user");
  expect_refused({{"sub_id", R"({"format":"complex","session":"s1"})"}}, EventOutcome::kBadClaims, "session");
  expect_refused(
      {{"sub_id", R"({"format":"complex","session":{"format":"iss_sub","iss":"https://issuer.example","sub":"s"}})"}},
      EventOutcome::kUnsupportedSubject, "iss_sub");
  expect_refused({{"events", event_of(kRisc + "account-disabled")},
                  {"sub_id", R"({"format":"complex","session":{"format":"opaque","id":"s1"}})"}},
                 EventOutcome::kUnsupportedSubject, "user");
}

TEST(SecurityEvent, AnIssuerSpeaksOfItsOwnUsersAlone) {
  expect_refused({{"sub_id", R"({"format":"iss_sub","iss":"https://elsewhere.example","sub":"alice"})"}},
                 EventOutcome::kForeignSubject, "iss");
}

TEST(SecurityEvent, NothingThatIsToComeIsTaken) {
  const auto at = [](std::int64_t s) {
    return event_of(kSessionRevoked, "{\"event_timestamp\":" + std::to_string(s) + "}");
  };
  expect_target({{"events", at(kNowS)}}, alice_before((kNowS + 1) * kSecondUs));
  expect_refused({{"events", at(kNowS + 1)}}, EventOutcome::kFromFuture, "event_timestamp");
  expect_refused({{"toe", std::to_string(kNowS + 1)}}, EventOutcome::kFromFuture, "toe");
  expect_refused({{"toe", "\"soon\""}}, EventOutcome::kBadClaims, "toe");
  expect_refused({{"toe", "-1"}}, EventOutcome::kBadClaims, "toe");
}

}  // namespace
}  // namespace assay::verify

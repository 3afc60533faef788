// Security event tokens through a whole engine: what is taken, and what then becomes of access tokens. RFC 8417.
#include "verify/event_receiver.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/verify/event_fixture.h"

namespace assay::test {
namespace {

constexpr std::int64_t kSecondUs = 1'000'000;

using EventReceiver = Events;

TEST_F(EventReceiver, AUserThatIsLoggedOutIsRefusedOnTheNextCheck) {
  open(policy({event_issuer()}));
  const std::string compact = full_token();
  // Often enough to be remembered by the worker.
  for (int i = 0; i < 4; ++i) ASSERT_EQ(code_at(compact), ErrorCode::kNone);
  EXPECT_EQ(outcome_of(event_token()), EventOutcome::kRevoked);
  EXPECT_EQ(code_at(compact), ErrorCode::kRevoked);
  EXPECT_EQ(code_at(token(claims({{"sub", "\"bob\""}}))), ErrorCode::kNone);
  // A log-in after the event.
  EXPECT_EQ(code_at(token(claims({{"iat", std::to_string(kNowS - 9)}}))), ErrorCode::kNone);
  EXPECT_EQ(code_at(token(claims({{"iat", std::to_string(kNowS - 10)}}))), ErrorCode::kRevoked);
  EXPECT_EQ(count_of(EventOutcome::kRevoked), 1);
}

TEST_F(EventReceiver, ASessionIsEndedAloneAndForGood) {
  open(policy({event_issuer()}));
  ASSERT_EQ(code_at(full_token()), ErrorCode::kNone);
  EXPECT_EQ(outcome_of(event_token({{"sub_id", R"({"format":"opaque","id":"session-1"})"}})), EventOutcome::kRevoked);
  EXPECT_EQ(code_at(full_token()), ErrorCode::kRevoked);
  EXPECT_EQ(code_at(full_token({{"iat", std::to_string(kNowS)}})), ErrorCode::kRevoked);
  EXPECT_EQ(code_at(full_token({{"sid", "\"session-2\""}})), ErrorCode::kNone);
}

// RFC 8417 sec 4.2, RFC 8725 sec 3.12.
TEST_F(EventReceiver, NeitherKindOfTokenIsTakenForTheOther) {
  IssuerPolicy issuer = event_issuer();
  issuer.audiences.push_back(std::string(kEventAudience));
  issuer.token_types = {"at+jwt", "secevent+jwt"};
  open(policy({issuer}));
  const std::string fits_both = event_claims({{"exp", std::to_string(kNowS + 60)}});
  for (const char* typ : {"secevent+jwt", "application/secevent+jwt", "SecEvent+JWT"}) {
    EXPECT_EQ(code_at(token(fits_both, event_header("RS256", "k1", typ))), ErrorCode::kWrongType) << typ;
  }
  EXPECT_EQ(code_at(token(fits_both, event_header("RS256", "k1", "at+jwt"))), ErrorCode::kNone);
  for (const char* typ : {"at+jwt", "JWT", ""}) {
    EXPECT_EQ(outcome_of(token(fits_both, event_header("RS256", "k1", typ))), EventOutcome::kWrongType) << typ;
  }
  EXPECT_EQ(log_.appends, 0U);
  EXPECT_EQ(outcome_of(token(fits_both, event_header("RS256", "k1", "application/secevent+jwt"))),
            EventOutcome::kRevoked);
}

TEST_F(EventReceiver, RefusesWhatItsIssuerDidNotSign) {
  open(policy({event_issuer()}));
  const std::string sound = event_token();
  const std::string unsigned_head = token("{}", event_header("none"));
  const std::string unsigned_token = unsigned_head.substr(0, unsigned_head.find('.')) +
                                     sound.substr(sound.find('.'), sound.rfind('.') - sound.find('.') + 1);
  EXPECT_EQ(outcome_of(unsigned_token), EventOutcome::kUnsigned);
  EXPECT_EQ(outcome_of(sound.substr(0, sound.rfind('.') + 1)), EventOutcome::kUnsigned);
  EXPECT_EQ(outcome_of(token(event_claims(), event_header("none"))), EventOutcome::kAlgNotAllowed);
  EXPECT_EQ(outcome_of(token(event_claims(), event_header(), other_rsa_key())), EventOutcome::kBadSignature);
  EXPECT_EQ(outcome_of(token(event_claims(), event_header("RS256", "k2"))), EventOutcome::kUnknownKey);
  EXPECT_EQ(outcome_of(token(event_claims(), event_header("RS512"), rsa_key(), Alg::kRS512)),
            EventOutcome::kAlgNotAllowed);
  EXPECT_EQ(log_.appends, 0U);
  EXPECT_EQ(count_of(EventOutcome::kUnsigned), 2);
  EXPECT_EQ(count_of(EventOutcome::kBadSignature), 1);
}

TEST_F(EventReceiver, RefusesWhatIsNoToken) {
  open(policy({event_issuer()}));
  EXPECT_EQ(outcome_of(""), EventOutcome::kMalformed);
  EXPECT_EQ(outcome_of("a.b"), EventOutcome::kMalformed);
  EXPECT_EQ(outcome_of("a.b.c.d.e"), EventOutcome::kMalformed);
  EXPECT_EQ(outcome_of(event_token() + "="), EventOutcome::kMalformed);
  EXPECT_EQ(outcome_of(token("no JSON", event_header())), EventOutcome::kMalformed);
  EXPECT_EQ(outcome_of(token("[]", event_header())), EventOutcome::kMalformed);
  EXPECT_EQ(outcome_of(event_token({{"padding", "\"" + std::string(kTokenBytesMax, 'x') + "\""}})),
            EventOutcome::kMalformed);
}

TEST_F(EventReceiver, NeedsTheClaimsOfASecurityEventToken) {  // RFC 8417 sec 2.2
  open(policy({event_issuer()}));
  for (const char* claim : {"iss", "aud", "iat", "jti", "events"}) {
    const EventResult result = push(event_token({{claim, ""}}));
    EXPECT_EQ(result.outcome, EventOutcome::kBadClaims) << claim;
    EXPECT_EQ(result.detail, claim);
  }
  EXPECT_EQ(push(event_token({{"iat", "\"now\""}})).detail, "iat");
  EXPECT_EQ(outcome_of(event_token({{"jti", "\"\""}})), EventOutcome::kBadClaims);
  EXPECT_EQ(log_.appends, 0U);
}

TEST_F(EventReceiver, TakesEventsOfIssuersThatMaySendThem) {
  IssuerPolicy other = second_issuer();
  Policy chosen = policy({event_issuer(), other});
  chosen.entrances = {{.issuers = {"main", "second"}}, {.issuers = {"second"}}};
  open(chosen);
  EXPECT_EQ(outcome_of(event_token({{"iss", "\"https://second.example\""}})), EventOutcome::kUnknownIssuer);
  EXPECT_EQ(outcome_of(event_token({{"iss", "\"https://third.example\""}})), EventOutcome::kUnknownIssuer);
  EXPECT_EQ(push(event_token(), kNow, 1).outcome, EventOutcome::kUnknownIssuer);
  EXPECT_EQ(push(event_token(), kNow, 2).outcome, EventOutcome::kUnknownIssuer);
  EXPECT_EQ(push(event_token(), kNow, 0).outcome, EventOutcome::kRevoked);
}

TEST_F(EventReceiver, TakesItsOwnAudienceAlone) {
  open(policy({event_issuer()}));
  EXPECT_EQ(outcome_of(event_token({{"aud", "\"api\""}})), EventOutcome::kBadAudience);
  EXPECT_EQ(count_of(EventOutcome::kBadAudience), 1);
  EXPECT_EQ(outcome_of(event_token({{"aud", "[\"x\",\"" + std::string(kEventAudience) + "\"]"}})),
            EventOutcome::kRevoked);
}

TEST_F(EventReceiver, TakesNoOldAndNoFutureToken) {
  IssuerPolicy issuer = event_issuer();
  issuer.events->max_age = std::chrono::hours(1);
  issuer.leeway = std::chrono::seconds(5);
  open(policy({issuer}));
  const auto issued = [](std::int64_t s) { return event_token({{"iat", std::to_string(s)}}); };
  EXPECT_EQ(outcome_of(issued(kNowS - 3605)), EventOutcome::kTooOld);
  EXPECT_EQ(outcome_of(issued(kNowS + 6)), EventOutcome::kFromFuture);
  EXPECT_EQ(outcome_of(event_token({{"exp", std::to_string(kNowS - 5)}})), EventOutcome::kTooOld);
  EXPECT_EQ(outcome_of(event_token({{"nbf", std::to_string(kNowS + 6)}})), EventOutcome::kFromFuture);
  EXPECT_EQ(log_.appends, 0U);
  EXPECT_EQ(outcome_of(issued(kNowS - 3604)), EventOutcome::kRevoked);
}

// RFC 8935 sec 2: a repeated token is answered as the first, and does nothing.
TEST_F(EventReceiver, ATokenActsOnce) {
  open(policy({event_issuer()}));
  EXPECT_EQ(outcome_of(event_token()), EventOutcome::kRevoked);
  const RevocationTarget lifted{.kind = RevocationKind::kSubjectIssuedBefore, .value = "alice"};
  ASSERT_EQ(lift(lifted), RevocationOutcome::kDone);
  const std::size_t appends = log_.appends;
  EXPECT_EQ(outcome_of(event_token()), EventOutcome::kReplayed);
  // The jti names it, whatever else it says.
  EXPECT_EQ(outcome_of(event_token({{"extra", "1"}})), EventOutcome::kReplayed);
  EXPECT_EQ(log_.appends, appends);
  EXPECT_EQ(code_at(full_token()), ErrorCode::kNone);
  EXPECT_EQ(count_of(EventOutcome::kReplayed), 2);
  EXPECT_TRUE(is_acknowledged(EventOutcome::kReplayed));
  EXPECT_EQ(outcome_of(event_token({{"jti", "\"event-2\""}})), EventOutcome::kRevoked);
  // Until it is too old to act anyway.
  EXPECT_EQ(outcome_of(event_token(), later(kNow, 24 * 3600 * kSecondUs - 11 * kSecondUs)), EventOutcome::kReplayed);
  EXPECT_EQ(outcome_of(event_token(), later(kNow, 24 * 3600 * kSecondUs - 10 * kSecondUs)), EventOutcome::kTooOld);
}

TEST_F(EventReceiver, WhatTheLogDoesNotKeepMayComeAgain) {
  open(policy({event_issuer()}));
  log_.outcome = AppendOutcome::kNoSpace;
  EXPECT_EQ(outcome_of(event_token()), EventOutcome::kNotKept);
  EXPECT_FALSE(is_acknowledged(EventOutcome::kNotKept));
  EXPECT_TRUE(facts_of(EventOutcome::kNotKept).error.empty());
  log_.outcome = AppendOutcome::kDurableHere;
  EXPECT_EQ(outcome_of(event_token()), EventOutcome::kRevoked);
  EXPECT_EQ(outcome_of(event_token()), EventOutcome::kReplayed);
}

TEST_F(EventReceiver, IsAcknowledgedOnceItIsRecorded) {
  open(policy({event_issuer()}));
  log_.holds = true;
  std::vector<EventOutcome> seen;
  engine_->control().receive_event(0, event_token(), kNow,
                                   [&](const EventResult& result) { seen.push_back(result.outcome); });
  EXPECT_TRUE(seen.empty());
  EXPECT_EQ(code_at(full_token()), ErrorCode::kRevoked);  // enforced at once
  log_.settle(AppendOutcome::kDurable);
  EXPECT_THAT(seen, testing::ElementsAre(EventOutcome::kRevoked));
}

TEST_F(EventReceiver, WhatRevokesNothingIsAcknowledgedAndCounted) {
  open(policy({event_issuer()}));
  EXPECT_EQ(outcome_of(event_token({{"events", event_of("https://example.com/event")}})), EventOutcome::kIgnored);
  EXPECT_EQ(count_of(EventOutcome::kIgnored), 1);
  EXPECT_EQ(log_.appends, 0U);
}

// A rotation of the issuer's keys costs a transmitter one more call, and no revocation.
TEST_F(EventReceiver, AKeyThatIsNotHereYetIsFetched) {
  IssuerPolicy issuer = event_issuer();
  issuer.keys = {.kind = KeySource::Kind::kJwksUrl, .text = "https://issuer.example/jwks"};
  open(policy({issuer}));
  engine_->control().step(kNow);
  EXPECT_EQ(outcome_of(event_token()), EventOutcome::kKeysUnavailable);
  fetcher_.answer(signing::jwk_set(other_rsa_key().public_jwk({.kid = "k0", .alg = {}, .use = {}})));
  engine_->control().step(kNow);
  engine_->control().step(kNow);
  const Now after = later(kNow, 120 * kSecondUs);
  EXPECT_EQ(outcome_of(event_token(), after), EventOutcome::kKeysUnavailable);
  engine_->control().step(after);
  fetcher_.answer(default_jwks());
  engine_->control().step(after);
  engine_->control().step(after);
  EXPECT_EQ(outcome_of(event_token(), after), EventOutcome::kRevoked);
  // What a fresh set does not have is unknown for good.
  EXPECT_EQ(outcome_of(token(event_claims(), event_header("RS256", "k9")), after), EventOutcome::kKeysUnavailable);
  engine_->control().step(after);
  fetcher_.answer(default_jwks());
  engine_->control().step(after);
  engine_->control().step(after);
  EXPECT_EQ(outcome_of(token(event_claims(), event_header("RS256", "k9")), after), EventOutcome::kUnknownKey);
}

TEST_F(EventReceiver, PolicyFaultsNameWhatEventsNeed) {
  IssuerPolicy issuer = event_issuer();
  issuer.events->audience.clear();
  issuer.events->max_age = {};
  issuer.issuer.clear();
  EXPECT_THAT(policy_faults(policy({issuer})), testing::SizeIs(3));
  issuer = opaque_issuer();
  issuer.audience_unchecked = true;
  issuer.issuer = "https://issuer.example";
  issuer.events = EventsPolicy{.audience = "a"};
  EXPECT_THAT(policy_faults(policy({issuer})), testing::ElementsAre(testing::HasSubstr("they need keys")));
}

}  // namespace
}  // namespace assay::test

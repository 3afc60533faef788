// Security event tokens through the sockets of a sidecar over a real engine and a log in memory. RFC 8935.
#include "server/event_handler.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/server/sidecar_fixture.h"
#include "tests/verify/fake_revocation_log.h"

namespace assay::server {
namespace {

using testing::HasSubstr;

constexpr std::string_view kMediaType = "application/secevent+jwt";

std::string post(std::string_view path, std::string_view type, std::string_view body) {
  return "POST " + std::string(path) + " HTTP/1.1\r\nHost: h\r\nContent-Type: " + std::string(type) +
         "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + std::string(body);
}

class EventHandlerTest : public SidecarTest {
 protected:
  void start_with_events() {
    log_ = &memory_;
    Policy policy = sidecar_policy();
    policy.issuers[0].events = EventsPolicy{.audience = "https://rs.example"};
    policy.entrances = {EntrancePolicy{}, EntrancePolicy{.issuers = {"main"}}};
    Settings settings;
    settings.listeners.resize(2);
    settings.listeners[0].mode = ListenerMode::kEvents;
    settings.listeners[0].entrance = 1;
    start(std::move(settings), std::move(policy));
  }
  ClientResponse push(std::string_view token) const { return send(post("/events", kMediaType, token)); }
  ClientResponse send(std::string_view bytes) const { return exchange_once(listener(0), bytes); }
  int status_of(std::string_view token) const { return exchange_once(listener(1), get("/me", bearer(token))).status; }
  double count_of(const std::string& outcome) const {
    return metric("assay_security_events_total{outcome=\"" + outcome + "\"}");
  }

  test::FakeRevocationLog memory_;
};

TEST_F(EventHandlerTest, AUserThatIsLoggedOutIsRefusedOnTheNextRequest) {
  start_with_events();
  const std::string alice = live_token({{"iat", "1700000000"}});
  for (int i = 0; i < 4; ++i) ASSERT_EQ(status_of(alice), 200);  // remembered by now
  const ClientResponse response = push(live_event());
  EXPECT_EQ(response.status, 202);
  EXPECT_EQ(response.body, "");
  EXPECT_EQ(status_of(alice), 401);
  EXPECT_EQ(status_of(live_token({{"sub", "\"bob\""}, {"iat", "1700000000"}})), 200);
  EXPECT_EQ(count_of("revoked"), 1);
}

TEST_F(EventHandlerTest, ARepeatedEventIsAcknowledgedAndCounted) {
  start_with_events();
  const std::string event = live_event();
  EXPECT_EQ(push(event).status, 202);
  EXPECT_EQ(push(event).status, 202);
  EXPECT_EQ(memory_.appends, 1U);
  EXPECT_EQ(count_of("revoked"), 1);
  EXPECT_EQ(count_of("replayed"), 1);
}

TEST_F(EventHandlerTest, RefusalsSayWhy) {  // RFC 8935 sec 2.3
  start_with_events();
  const std::string sound = live_event();
  const struct {
    std::string token;
    std::string error;
    std::string outcome;
  } cases[] = {{sound.substr(0, sound.rfind('.') + 1), "authentication_failed", "unsigned"},
               {sound.substr(0, sound.size() - 8) + "AAAAAAAA", "authentication_failed", "bad_signature"},
               {live_event({{"aud", "\"https://other.example\""}}), "invalid_audience", "bad_audience"},
               {live_event({{"iss", "\"https://asked.example\""}}), "invalid_issuer", "unknown_issuer"},
               {live_event({{"iat", "1700000000"}}), "invalid_request", "too_old"},
               {live_token(), "invalid_request", "wrong_type"},
               {live_event({{"sub", ""}}), "invalid_request", "bad_claims"},
               {"nothing", "invalid_request", "malformed"}};
  for (const auto& [token, error, outcome] : cases) {
    const ClientResponse response = push(token);
    EXPECT_EQ(response.status, 400) << outcome;
    EXPECT_EQ(response.value("content-type"), "application/json");
    EXPECT_EQ(response.value("content-language"), "en");
    EXPECT_THAT(response.body, HasSubstr("{\"err\":\"" + error + "\",\"description\":\"")) << outcome;
    EXPECT_EQ(count_of(outcome), 1) << outcome;
  }
  EXPECT_THAT(push(live_event({{"sub", ""}})).body, HasSubstr("sub_id"));
  EXPECT_EQ(memory_.appends, 0U);
}

TEST_F(EventHandlerTest, WhatCannotBeKeptIsToBeSentAgain) {
  start_with_events();
  memory_.outcome = AppendOutcome::kNoSpace;
  const std::string event = live_event();
  const ClientResponse response = push(event);
  EXPECT_EQ(response.status, 503);
  EXPECT_EQ(response.value("retry-after"), "5");
  EXPECT_THAT(response.body, HasSubstr("{\"description\":"));
  memory_.outcome = AppendOutcome::kDurable;
  EXPECT_EQ(push(event).status, 202);
  EXPECT_EQ(count_of("not_kept"), 1);
  EXPECT_EQ(count_of("revoked"), 1);
}

TEST_F(EventHandlerTest, TakesEventsInOnePlaceAndFormAlone) {
  start_with_events();
  EXPECT_EQ(send(post("/", kMediaType, "x")).status, 404);
  EXPECT_EQ(send(post("/events/", kMediaType, "x")).status, 404);
  const ClientResponse got = send(get("/events"));
  EXPECT_EQ(got.status, 405);
  EXPECT_EQ(got.value("allow"), "POST");
  for (const std::string_view type : {"application/jwt", "application/json", "text/plain"}) {
    const ClientResponse response = send(post("/events", type, live_event()));
    EXPECT_EQ(response.status, 400);
    EXPECT_THAT(response.body, HasSubstr("Content-Type must be application/secevent+jwt"));
  }
  EXPECT_EQ(send(post("/events", "Application/SecEvent+JWT; charset=utf-8", live_event())).status, 202);
  // No check comes in there: the token would be taken for a path that nobody judges.
  EXPECT_EQ(send(get("/me", bearer(live_token()))).status, 404);
}

TEST_F(EventHandlerTest, AnEventIsNoAccessToken) {
  start_with_events();
  EXPECT_EQ(status_of(live_event({{"aud", "\"api\""}})), 401);
}

}  // namespace
}  // namespace assay::server

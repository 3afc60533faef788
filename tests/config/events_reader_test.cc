#include "config/events_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/config/config_fixture.h"

namespace assay::config {
namespace {

using test::accepted;
using test::expect_fault;
using test::kIssuer;
using ::testing::HasSubstr;

const std::string kOne(kIssuer);
const std::string kEvents = "events = { audience = \"https://rs.example\" }\n";
const std::string kChecks = "[[listener]]\naddress = \"tcp://127.0.0.1:1\"\n";
const std::string kState = "[state]\nrevocations = \"sqlite:/var/lib/assay/r.db\"\n";
const std::string kPushes = "[[listener]]\naddress = \"tcp://127.0.0.1:2\"\nmode = \"events\"\n";

TEST(EventsReader, ReadsAudienceAndAge) {
  const Configuration plain = accepted(kOne + kEvents);
  ASSERT_TRUE(plain.policy.issuers.at(0).events.has_value());
  EXPECT_EQ(plain.policy.issuers[0].events->audience, "https://rs.example");
  EXPECT_EQ(plain.policy.issuers[0].events->max_age, std::chrono::hours(24));
  const Configuration aged = accepted(kOne + "events = { audience = \"a\", max_age = \"10m\" }\n");
  EXPECT_EQ(aged.policy.issuers.at(0).events->max_age, std::chrono::minutes(10));
  EXPECT_FALSE(accepted(kOne).policy.issuers.at(0).events.has_value());
  EXPECT_THAT(describe(aged), HasSubstr("events = { audience = \"a\", max_age = \"10m\" }"));
}

TEST(EventsReader, PlacesComplaints) {
  expect_fault(kOne + "events = @{ max_age = \"1h\" }\n", "issuer.events.audience", "is required", "`aud`");
  expect_fault(kOne + "events = { audience = @\"\" }\n", "issuer.events.audience", "is empty", "");
  expect_fault(kOne + "events = { audience = \"a\", max_age = @\"1s\" }\n", "issuer.events.max_age", "1s", "1m");
  expect_fault(kOne + "events = { audience = \"a\", max_age = @\"745h\" }\n", "issuer.events.max_age", "745h", "744h");
  expect_fault(kOne + "events = { audience = \"a\", @secret = \"b\" }\n", "issuer.events.secret", "is not a known key",
               "audience");
  expect_fault(std::string(test::kOpaqueIssuer) + "@" + kEvents, "issuer.events", "has no effect", "keys");
  expect_fault("[[issuer]]\nname = \"a\"\nissuer = \"\"\njwks = \"https://a/\"\naudiences = [\"x\"]\n@" + kEvents,
               "issuer.events", "name their issuer", "not \"\"");
  expect_fault(kOne + "types = [\"at+jwt\", @\"secevent+jwt\"]\n", "issuer.types", "type of events", "access tokens");
}

TEST(EventsReader, TakesEventsOnListenersOfTheirOwn) {
  const Configuration configuration = accepted(kState + kChecks + kPushes + kOne + kEvents);
  ASSERT_EQ(configuration.settings.listeners.size(), 2U);
  EXPECT_EQ(configuration.settings.listeners[1].mode, ListenerMode::kEvents);
  EXPECT_EQ(configuration.settings.listeners[1].entrance, 1U);
  EXPECT_THAT(describe(configuration), HasSubstr("address = \"tcp://127.0.0.1:2\"\nmode = \"events\"\n\n"));
  for (const std::string key : {"token = [\"bearer\"]", "trusted_peers = [\"unix\"]", "client_detail = true",
                                "realm = \"r\"", "claim_headers = { a = \"X-A\" }"}) {
    expect_fault(kState + kChecks + kPushes + "@" + key + "\n" + kOne + kEvents,
                 "listener." + key.substr(0, key.find(' ')), "has no effect", "no checks");
  }
}

TEST(EventsReader, WantsAListenerAnIssuerAndALogForEvents) {
  const std::string first = "[[@listener]]\naddress = \"tcp://127.0.0.1:1\"\n";
  expect_fault(kState + kChecks + "[[listener]]\naddress = \"tcp://127.0.0.1:2\"\n@mode = \"events\"\n" + kOne,
               "listener.mode", "no issuer of this listener has events", "an events table");
  expect_fault(first + kOne + kEvents, "listener", "one has events, and no listener takes them", "\"events\"");
  const std::string other = "[[issuer]]\nname = \"b\"\nissuer = \"b\"\njwks = \"https://b/\"\naudiences = [\"x\"]\n";
  expect_fault(kState + first + kPushes + "issuers = [\"b\"]\n" + kOne + kEvents + other + kEvents, "listener",
               "one has events", "mode");
  expect_fault("@" + kChecks + kPushes + kOne + kEvents, "state", "a listener takes events", "revocations");
}

}  // namespace
}  // namespace assay::config

#include "config/listener_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/config/config_fixture.h"

namespace assay::config {
namespace {

using test::accepted;
using test::expect_fault;
using testing::ElementsAre;
using testing::IsEmpty;

const std::string kOne(test::kIssuer);
const std::string kTwo(test::kOpaqueIssuer);

std::string listener_with(const std::string& rest) { return "[[listener]]\naddress = \"tcp://[::1]:1\"\n" + rest; }

TEST(ListenerReader, ReadsEveryKey) {
  const Configuration configuration = accepted(
      listener_with("mode = \"auth_request\"\ntoken = [\"bearer\", \"header:X-Access-Token\", \"query:t\"]\n"
                    "issuers = [\"two\"]\ntrusted_peers = [\"127.0.0.1\", \"::1\", \"unix\"]\n"
                    "claim_headers = { email = \"X-Email\" }\nclient_detail = true\nrealm = \"api\"\n") +
      "[[listener]]\naddress = \"unix:/run/x.sock\"\n[admin]\naddress = \"tcp://127.0.0.1:0\"\n" + kOne + kTwo);
  ASSERT_EQ(configuration.settings.listeners.size(), 2U);
  const ListenerSettings& first = configuration.settings.listeners[0];
  EXPECT_EQ(first.address.host, "::1");
  EXPECT_EQ(first.mode, ListenerMode::kAuthRequest);
  ASSERT_EQ(first.token_places.size(), 3U);
  EXPECT_EQ(first.token_places[1].name, "x-access-token");
  EXPECT_THAT(first.trusted_peers, ElementsAre("127.0.0.1", "::1", "unix"));
  ASSERT_EQ(first.claim_headers.size(), 1U);
  EXPECT_EQ(first.claim_headers[0].claim, "email");
  EXPECT_EQ(first.claim_headers[0].header, "X-Email");
  EXPECT_TRUE(first.client_detail);
  EXPECT_EQ(first.realm, "api");
  const ListenerSettings& second = configuration.settings.listeners[1];
  EXPECT_EQ(second.entrance, 1U);
  EXPECT_EQ(second.address.path, "/run/x.sock");
  ASSERT_EQ(second.token_places.size(), 1U);
  EXPECT_EQ(second.token_places[0].kind, TokenPlace::Kind::kBearer);
  ASSERT_EQ(configuration.policy.entrances.size(), 2U);
  EXPECT_THAT(configuration.policy.entrances[0].issuers, ElementsAre("two"));
  EXPECT_THAT(configuration.policy.entrances[1].issuers, IsEmpty());
  ASSERT_TRUE(configuration.settings.admin.has_value());
}

TEST(ListenerReader, WantsAnAddressOfItsOwn) {
  expect_fault("@[[listener]]\nmode = \"ext_authz\"\n" + kOne, "listener.address", "is required",
               "tcp://127.0.0.1:8181");
  expect_fault("[[listener]]\naddress = @\"localhost:80\"\n" + kOne, "listener.address", "\"localhost:80\"",
               "numeric hosts");
  expect_fault("[[listener]]\naddress = @8181\n" + kOne, "listener.address", "is an integer", "a string");
  expect_fault(listener_with("") + "[[listener]]\naddress = @\"tcp://[::1]:1\"\n" + kOne, "listener.address",
               "a listener's already", "of its own");
  expect_fault(listener_with("") + "[admin]\naddress = @\"tcp://[::1]:1\"\n" + kOne, "admin.address",
               "a listener's already", "of its own");
  expect_fault("@[admin]\n" + kOne, "admin.address", "is required", "tcp://127.0.0.1:8181");
  accepted("[[listener]]\naddress = \"tcp://[::1]:0\"\n[[listener]]\naddress = \"tcp://[::1]:0\"\n" + kOne);
  expect_fault("@[listener]\naddress = \"tcp://[::1]:1\"\n" + kOne, "listener", "no list of tables", "[[listener]]");
}

TEST(ListenerReader, NamesWhatItWouldAccept) {
  expect_fault(listener_with("mode = @\"envoy\"\n") + kOne, "listener.mode", "\"envoy\"",
               "\"ext_authz\", \"auth_request\", \"forward_auth\", \"introspection\"");
  expect_fault(listener_with("token = [\"bearer\", @\"header:\"]\n") + kOne, "listener.token", "\"header:\"",
               "\"cookie:NAME\"");
  expect_fault(listener_with("token = [@\"header:Authorization\"]\n") + kOne, "listener.token", "no token place",
               "(but Authorization)");
  expect_fault(listener_with("token = [\"bearer\", @\"bearer\"]\n") + kOne, "listener.token", "twice", "once");
  expect_fault(listener_with("token = @[]\n") + kOne, "listener.token", "is empty", "leave the key out");
  expect_fault(listener_with("token = @\"bearer\"\n") + kOne, "listener.token", "is a string", "an array");
  expect_fault(listener_with("issuers = [@\"eno\"]\n") + kOne, "listener.issuers", "no issuer \"eno\"", "[[issuer]]");
  expect_fault(listener_with("client_detail = @1\n") + kOne, "listener.client_detail", "is an integer", "a boolean");
  expect_fault(listener_with("realm = @\"a\\\"b\"\n") + kOne, "listener.realm", "is not accepted", "without quotes");
}

const std::string kClient("[[client]]\nid = \"shop\"\nsecret_env = \"SECRET\"\n");

TEST(ListenerReader, ReadsWhoMayAskAboutTokens) {
  const std::string text = listener_with("mode = \"introspection\"\nissuers = [\"two\"]\nclients = [\"shop\"]\n");
  const Configuration configuration = accepted(text + kClient + kOne + kTwo);
  const ListenerSettings& listener = configuration.settings.listeners.at(0);
  EXPECT_EQ(listener.mode, ListenerMode::kIntrospection);
  ASSERT_EQ(listener.clients.size(), 1U);
  EXPECT_EQ(listener.clients[0].id, "shop");
  EXPECT_EQ(listener.clients[0].secret, "variable-pass");
  EXPECT_FALSE(configuration.policy.entrances.at(0).uses_routes);
  EXPECT_THAT(configuration.policy.entrances[0].issuers, ElementsAre("two"));
  const std::string description = describe(configuration);
  EXPECT_THAT(description, testing::HasSubstr("mode = \"introspection\"\nissuers = [\"two\"]\nclients = [\"shop\"]\n"));
  EXPECT_EQ(describe(accepted(description)), description);
}

TEST(ListenerReader, KeepsKeysOfProxiesAndOfClientsApart) {
  const std::string asks = "mode = \"introspection\"\n";
  expect_fault("@" + listener_with(asks) + kOne, "listener.clients", "is required", "who may ask");
  expect_fault(listener_with(asks + "clients = [@\"shed\"]\n") + kOne, "listener.clients", "no client \"shed\"",
               "ids of [[client]]");
  for (const std::string& key : {std::string("token = [\"bearer\"]"), std::string("trusted_peers = [\"unix\"]"),
                                 std::string("claim_headers = { email = \"X-Email\" }"),
                                 std::string("client_detail = true"), std::string("realm = \"api\"")}) {
    expect_fault(listener_with(asks + "clients = [\"shop\"]\n@" + key + "\n") + kClient + kOne,
                 "listener." + key.substr(0, key.find(' ')), "has no effect", "remove the key");
  }
  expect_fault(listener_with("@clients = [\"shop\"]\n") + kOne, "listener.clients", "do not authenticate",
               "remove the key");
}

TEST(ListenerReader, BelievesForwardedHeadersOfNamedPeersOnly) {
  for (const char* mode : {"auth_request", "forward_auth"}) {
    const std::string line = "mode = \"" + std::string(mode) + "\"\n";
    expect_fault("@" + listener_with(line) + kOne, "listener.trusted_peers", "believes only these peers", "\"unix\"");
    expect_fault(listener_with(std::string(line).append("@trusted_peers = []\n")) + kOne, "listener.trusted_peers",
                 "believes only", "unix");
  }
  accepted(listener_with("trusted_peers = []\n") + kOne);
  for (const char* peer : {"localhost", "10.0.0.0/8", "*", "127.1", "[::1]", "Unix"}) {
    expect_fault(listener_with("trusted_peers = [@\"" + std::string(peer) + "\"]\n") + kOne, "listener.trusted_peers",
                 "no numeric address", "\"127.0.0.1\"");
  }
}

TEST(ListenerReader, PutsEachClaimIntoAHeaderOfItsOwn) {
  expect_fault(listener_with("claim_headers = { a = \"X-A\", b = @\"x-a\" }\n") + kOne, "listener.claim_headers",
               "is taken", "each header once");
  expect_fault(listener_with("claim_headers = { a = @\"X-Assay-Subject\" }\n") + kOne, "listener.claim_headers",
               "is taken", "none of X-Assay-");
  expect_fault(listener_with("claim_headers = { a = @\"X A\" }\n") + kOne, "listener.claim_headers", "does not map",
               "email");
  expect_fault(listener_with("claim_headers = { a = @1 }\n") + kOne, "listener.claim_headers", "does not map", "email");
}

TEST(ListenerReader, SendsATokenToOneIssuerOnly) {
  const std::string other_opaque =
      "[[issuer]]\nname = \"three\"\n"
      "opaque = { introspect = \"https://three/i\", client_id = \"a\", client_secret_env = \"SECRET\" }\n";
  const std::string no_iss_a = "[[issuer]]\nname = \"a\"\nissuer = \"\"\njwks = \"https://a/\"\naudiences = [\"x\"]\n";
  const std::string no_iss_b = "[[issuer]]\nname = \"b\"\nissuer = \"\"\njwks = \"https://b/\"\naudiences = [\"x\"]\n";
  const std::string same_iss =
      "[[issuer]]\nname = \"c\"\nissuer = \"https://one.example\"\njwks = \"https://c/\"\naudiences = [\"x\"]\n";

  expect_fault("@" + listener_with("") + kTwo + other_opaque, "listener.issuers",
               "two and three both take opaque tokens", "at most one");
  expect_fault("@" + listener_with("") + no_iss_a + no_iss_b, "listener.issuers",
               "a and b both take tokens with issuer = \"\"", "at most one");
  expect_fault("@" + listener_with("") + kOne + same_iss, "listener.issuers", "one and c both take", "at most one");
  expect_fault(listener_with("@issuers = [\"a\", \"b\"]\n") + no_iss_a + no_iss_b, "listener.issuers",
               "both take tokens", "at most one");
  accepted(listener_with("issuers = [\"a\"]\n") + "[[listener]]\naddress = \"tcp://[::1]:2\"\nissuers = [\"b\"]\n" +
           no_iss_a + no_iss_b);
  accepted(listener_with("") + kOne + kTwo + no_iss_a);
  // Without listeners all issuers share one entrance.
  expect_fault("@" + no_iss_a + no_iss_b, "listener.issuers", "both take tokens", "at most one");
}

}  // namespace
}  // namespace assay::config

#include "server/settings_faults.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace assay::server {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

std::vector<std::string> faults_of(ListenerSettings listener) {
  listener.address = {.host = "127.0.0.1", .port = 8181};
  Settings settings;
  settings.listeners.push_back(std::move(listener));
  return settings_faults(settings);
}

ListenerSettings with_places(std::vector<TokenPlace> places) {
  ListenerSettings listener;
  listener.token_places = std::move(places);
  return listener;
}

ListenerSettings with_claim_headers(std::vector<ClaimHeader> headers) {
  ListenerSettings listener;
  listener.claim_headers = std::move(headers);
  return listener;
}

ListenerSettings with_trust(ListenerMode mode, std::vector<std::string> peers) {
  ListenerSettings listener;
  listener.mode = mode;
  listener.trusted_peers = std::move(peers);
  return listener;
}

TEST(SettingsFaults, DefaultsHaveNone) { EXPECT_THAT(faults_of({}), IsEmpty()); }

TEST(SettingsFaults, AListenerForChecksIsNeeded) {
  EXPECT_THAT(faults_of(with_trust(ListenerMode::kEvents, {})), ElementsAre("no listener takes checks"));
}

TEST(SettingsFaults, NoListenerIsAFault) { EXPECT_THAT(settings_faults({}), ElementsAre("no listener is given")); }

TEST(SettingsFaults, EveryFaultNamesItsListener) {
  EXPECT_THAT(faults_of(with_places({})), ElementsAre("listener tcp://127.0.0.1:8181: no token place is given"));
}

TEST(SettingsFaults, APlaceGivenTwiceIsAFault) {
  using Kind = TokenPlace::Kind;
  EXPECT_THAT(faults_of(with_places({{Kind::kBearer, ""}, {Kind::kBearer, ""}})), ElementsAre(HasSubstr("twice")));
  EXPECT_THAT(faults_of(with_places({{Kind::kHeader, "x-a"}, {Kind::kHeader, "X-A"}})),
              ElementsAre(HasSubstr("twice")));
  EXPECT_THAT(faults_of(with_places({{Kind::kCookie, "a"}, {Kind::kCookie, "A"}, {Kind::kQuery, "a"}})), IsEmpty());
}

TEST(SettingsFaults, APlaceNeedsASoundName) {
  using Kind = TokenPlace::Kind;
  for (const TokenPlace& place :
       {TokenPlace{Kind::kHeader, ""}, {Kind::kHeader, "a b"}, {Kind::kCookie, "a="}, {Kind::kQuery, ""}}) {
    EXPECT_THAT(faults_of(with_places({place})), ElementsAre(HasSubstr("no name"))) << place.name;
  }
}

TEST(SettingsFaults, ForwardingModesNeedTrustedPeers) {
  EXPECT_THAT(faults_of(with_trust(ListenerMode::kAuthRequest, {})), ElementsAre(HasSubstr("trusted_peers")));
  EXPECT_THAT(faults_of(with_trust(ListenerMode::kForwardAuth, {})), ElementsAre(HasSubstr("trusted_peers")));
  EXPECT_THAT(faults_of(with_trust(ListenerMode::kForwardAuth, {"unix"})), IsEmpty());
}

TEST(SettingsFaults, IntrospectionNeedsClientsAndNothingElseTakesThem) {
  ListenerSettings listener;
  listener.mode = ListenerMode::kIntrospection;
  EXPECT_THAT(faults_of(listener), ElementsAre(HasSubstr("answers clients alone")));
  listener.clients = {{.id = "gate", .secret = "secret"}};
  EXPECT_THAT(faults_of(listener), IsEmpty());
  listener.clients.push_back({.id = "open", .secret = ""});
  EXPECT_THAT(faults_of(listener), ElementsAre(HasSubstr("no secret")));
  listener.clients = {{.id = "gate", .secret = "secret"}};
  listener.mode = ListenerMode::kExtAuthz;
  EXPECT_THAT(faults_of(listener), ElementsAre(HasSubstr("no use for clients")));
}

TEST(SettingsFaults, ATrustedPeerIsAnAddress) {
  EXPECT_THAT(faults_of(with_trust(ListenerMode::kExtAuthz, {"localhost"})), ElementsAre(HasSubstr("localhost")));
}

TEST(SettingsFaults, AClaimHeaderCannotReplaceAnotherHeader) {
  for (const char* header : {"X-Assay-Subject", "x_assay_scope", "X.Assay.Expires", "X-Assay-Code", "Content-Length",
                             "Transfer_Encoding", "Connection"}) {
    EXPECT_THAT(faults_of(with_claim_headers({{.claim = "c", .header = header}})), ElementsAre(HasSubstr(header)));
  }
  EXPECT_THAT(faults_of(with_claim_headers({{.claim = "a", .header = "X-T"}, {.claim = "b", .header = "x_t"}})),
              ElementsAre(HasSubstr("x_t")));
  EXPECT_THAT(faults_of(with_claim_headers({{.claim = "a", .header = "X-T"}, {.claim = "b", .header = "X-U"}})),
              IsEmpty());
}

TEST(SettingsFaults, AClaimHeaderIsAFieldNameWithAClaim) {
  EXPECT_THAT(faults_of(with_claim_headers({{.claim = "a", .header = "X: T"}})), ElementsAre(HasSubstr("field name")));
  EXPECT_THAT(faults_of(with_claim_headers({{.claim = "", .header = "X-T"}})), ElementsAre(HasSubstr("no claim")));
}

std::vector<std::string> faults_of_admin(AdminSettings admin, std::uint32_t workers = 1) {
  Settings settings;
  settings.workers = workers;
  settings.listeners.push_back({.address = {.host = "127.0.0.1", .port = 8181}});
  settings.admin = std::move(admin);
  return settings_faults(settings);
}

TEST(SettingsFaults, TheAdminSecretMustBeSendable) {
  EXPECT_THAT(faults_of_admin({.address = {}}), IsEmpty());
  EXPECT_THAT(faults_of_admin({.address = {}, .secret = "aZ09-._~+/=!#"}), IsEmpty());
  for (const char* secret : {"two words", "a,b", "line\n", "\xc3\xa9"}) {
    EXPECT_THAT(faults_of_admin({.address = {}, .secret = secret}), ElementsAre(HasSubstr("the secret"))) << secret;
  }
}

TEST(SettingsFaults, TheAdminThreadNeedsRoomForAWorker) {
  EXPECT_THAT(faults_of_admin({.address = {}, .entrance = 1}, kWorkersMax - 1), IsEmpty());
  EXPECT_THAT(faults_of_admin({.address = {}, .entrance = 1}, kWorkersMax), ElementsAre(HasSubstr("workers")));
  EXPECT_THAT(faults_of_admin({.address = {}, .clients = {{.id = "a", .secret = "b"}}}, kWorkersMax),
              ElementsAre(HasSubstr("workers")));
  EXPECT_THAT(faults_of_admin({.address = {}}, kWorkersMax), IsEmpty());
}

}  // namespace
}  // namespace assay::server

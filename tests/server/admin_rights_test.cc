#include "server/admin_rights.h"

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/server/sidecar_fixture.h"

namespace assay::server {
namespace {

using testing::HasSubstr;

constexpr std::string_view kSecret = "0123456789abcdef0123456789abcdef";

// A second entrance, for tokens of every issuer with the scope "assay:admin" and whatever their path.
Policy policy_with_admin_entrance() {
  Policy policy = sidecar_policy();
  policy.entrances.push_back({.issuers = {}, .uses_routes = false, .scopes = {"assay:admin"}});
  return policy;
}

class AdminRightsTest : public SidecarTest {
 protected:
  void start_admin(std::string_view secret, std::optional<std::uint32_t> entrance) {
    Settings settings;
    settings.listeners.emplace_back();
    settings.admin = AdminSettings{.address = {}, .secret = std::string(secret), .entrance = entrance};
    start(std::move(settings), policy_with_admin_entrance());
  }
  // /revocations needs rights and changes nothing.
  [[nodiscard]] ClientResponse see(std::string_view fields) const {
    return exchange_once(*sidecar_->admin_address(), get("/revocations", fields));
  }
  [[nodiscard]] static std::string admin_token(std::string_view scope) {
    return live_token({{"scope", "\"" + std::string(scope) + "\""}});
  }
};

TEST_F(AdminRightsTest, TheSecretIsComparedWhole) {
  start_admin(kSecret, std::nullopt);
  EXPECT_EQ(see(bearer(kSecret)).status, 200);
  EXPECT_EQ(see("Authorization: bearer " + std::string(kSecret) + "\r\n").status, 200);
  for (const std::string& wrong : {std::string(kSecret.substr(1)), std::string(kSecret) + "0", std::string("x"),
                                   "X" + std::string(kSecret.substr(1))}) {
    EXPECT_EQ(see(bearer(wrong)).status, 401) << wrong;
  }
}

TEST_F(AdminRightsTest, RefusalsChallengeAndSayWhy) {
  start_admin(kSecret, std::nullopt);
  const ClientResponse none = see("");
  EXPECT_EQ(none.status, 401);
  EXPECT_EQ(none.value("www-authenticate"), "Bearer realm=\"assay admin\"");
  const ClientResponse wrong = see(bearer("sesame"));
  EXPECT_EQ(wrong.status, 401);
  EXPECT_THAT(wrong.value("www-authenticate"), HasSubstr("error=\"invalid_token\""));
  EXPECT_THAT(wrong.body, HasSubstr("it is not the admin secret"));
  EXPECT_THAT(wrong.body, testing::Not(HasSubstr("sesame")));
  EXPECT_EQ(see("Authorization: Basic YTpi\r\n").status, 401);
  EXPECT_EQ(see("Authorization: Bearer\r\n").status, 401);
}

TEST_F(AdminRightsTest, AMistypedSecretWhereTokensMaySteerToo) {
  start_admin(kSecret, 1);
  std::vector<std::string> bodies;
  for (const std::string& wrong : {"X" + std::string(kSecret.substr(1)), std::string("sesame")}) {
    SidecarClient client(*sidecar_->admin_address());
    client.send(get("/revocations", bearer(wrong)));
    fetcher_.answer(R"({"active":false})");
    const ClientResponse response = client.receive();
    EXPECT_EQ(response.status, 401);
    EXPECT_THAT(response.body, HasSubstr("neither the admin secret nor a token that is accepted here"));
    bodies.push_back(response.body);
  }
  // How near a guess came does not show.
  EXPECT_EQ(bodies.front(), bodies.back());
  const ClientResponse malformed = see(bearer("not.a.token"));
  EXPECT_EQ(malformed.status, 401);
  EXPECT_THAT(malformed.body, HasSubstr("neither the admin secret nor a token that is accepted here"));
}

TEST_F(AdminRightsTest, ATokenThatLacksTheScopeIsToldSo) {
  start_admin(kSecret, 1);
  const ClientResponse response = see(bearer(admin_token("profile")));
  EXPECT_EQ(response.status, 403);
  EXPECT_THAT(response.body, testing::Not(HasSubstr("neither")));
}

TEST_F(AdminRightsTest, AnEmptySecretIsNone) {
  start_admin("", 1);
  EXPECT_EQ(see("Authorization: Bearer \r\n").status, 401);
  EXPECT_EQ(see("").status, 401);
}

TEST_F(AdminRightsTest, ATokenOfTheAdminEntranceHasRights) {
  start_admin("", 1);
  EXPECT_EQ(see(bearer(admin_token("profile assay:admin"))).status, 200);
  const ClientResponse other = see(bearer(admin_token("profile")));
  EXPECT_EQ(other.status, 403);
  EXPECT_THAT(other.value("www-authenticate"), HasSubstr("error=\"insufficient_scope\""));
  EXPECT_THAT(other.value("www-authenticate"), HasSubstr("scope=\"assay:admin\""));
  EXPECT_EQ(see(bearer(admin_token("assay:admin") + "A")).status, 401);
  EXPECT_EQ(see(bearer(live_token({{"scope", "\"assay:admin\""}, {"exp", "1"}}))).status, 401);
}

TEST_F(AdminRightsTest, SecretAndTokenMayBothBeThere) {
  start_admin(kSecret, 1);
  EXPECT_EQ(see(bearer(kSecret)).status, 200);
  EXPECT_EQ(see(bearer(admin_token("assay:admin"))).status, 200);
}

TEST_F(AdminRightsTest, AnOpaqueTokenIsAskedAboutWhileOthersAreServed) {
  start_admin(kSecret, 1);
  SidecarClient waiting(*sidecar_->admin_address());
  waiting.send(get("/revocations", bearer("opaque-admin")));
  fetcher_.wait_for(1);
  EXPECT_EQ(see(bearer(kSecret)).status, 200);
  fetcher_.answer(R"({"active":true,"sub":"root","scope":"assay:admin"})");
  EXPECT_EQ(waiting.receive().status, 200);
  waiting.send(get("/revocations", bearer("opaque-other")));
  fetcher_.answer(R"({"active":true,"sub":"bob","scope":"profile"})");
  EXPECT_EQ(waiting.receive().status, 403);
  waiting.send(get("/revocations", bearer("opaque-dead")));
  fetcher_.answer(R"({"active":false})");
  EXPECT_EQ(waiting.receive().status, 401);
}

TEST_F(AdminRightsTest, AnOutageIsNoRefusalOfTheToken) {
  start_admin("", 1);
  SidecarClient waiting(*sidecar_->admin_address());
  waiting.send(get("/revocations", bearer("opaque-admin")));
  fetcher_.answer(FetchResult{});
  const ClientResponse response = waiting.receive();
  EXPECT_EQ(response.status, 503);
  EXPECT_NE(response.value("retry-after"), "<none>");
}

TEST_F(AdminRightsTest, AClientMayLeaveWhileItsTokenIsAskedAbout) {
  start_admin("", 1);
  {
    SidecarClient leaving(*sidecar_->admin_address());
    leaving.send(get("/revocations", bearer("opaque-admin")));
    fetcher_.wait_for(1);
  }
  fetcher_.answer(R"({"active":true,"sub":"root","scope":"assay:admin"})");
  EXPECT_EQ(ask_admin("/healthz").status, 200);
  EXPECT_EQ(see(bearer("opaque-admin")).status, 200);
}

}  // namespace
}  // namespace assay::server

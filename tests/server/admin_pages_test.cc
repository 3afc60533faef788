#include "server/admin_pages.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/server/sidecar_fixture.h"
#include "tests/verify/fake_revocation_log.h"

namespace assay::server {
namespace {

using testing::HasSubstr;
using testing::Not;

class AdminPagesTest : public SidecarTest {};

Policy policy_without_keys() {
  Policy policy = sidecar_policy();
  policy.issuers[0].keys = {.kind = KeySource::Kind::kJwksUrl, .text = "https://issuer.example/jwks"};
  return policy;
}

TEST_F(AdminPagesTest, HealthIsAlwaysGood) {
  start(ListenerSettings{}, policy_without_keys());
  EXPECT_EQ(ask_admin("/healthz").status, 200);
  EXPECT_EQ(ask_admin("/healthz?probe=1").status, 200);
}

TEST_F(AdminPagesTest, ReadinessNamesThePoller) {
  Settings settings;
  settings.poller = PollerChoice::kEpoll;
  settings.listeners.emplace_back();
  start(settings);
  const ClientResponse response = ask_admin("/readyz");
  EXPECT_EQ(response.status, 200);
  EXPECT_THAT(response.body,
              HasSubstr("{\"ready\":true,\"missing\":[],\"degraded\":[],\"poller\":\"epoll\",\"reason\":\""));
  EXPECT_EQ(response.value("cache-control"), "no-store");
}

TEST_F(AdminPagesTest, ReadinessNamesTheIssuerWithoutKeys) {
  start(ListenerSettings{}, policy_without_keys());
  const ClientResponse response = ask_admin("/readyz");
  EXPECT_EQ(response.status, 503);
  EXPECT_THAT(response.body, HasSubstr("{\"ready\":false,\"missing\":[\""));
  EXPECT_THAT(response.body, HasSubstr("main"));
}

TEST_F(AdminPagesTest, ReadinessSaysThatRevocationsAreNotAcceptedWhileChecksGoOn) {
  test::FakeRevocationLog log;
  log.health_now.accepts_appends = false;
  log.health_now.complaint = "the disk is full";
  log_ = &log;
  start(ListenerSettings{});
  const ClientResponse response = ask_admin("/readyz");
  EXPECT_EQ(response.status, 200);
  EXPECT_THAT(response.body, HasSubstr("\"degraded\":[\"revocations: none are accepted: the disk is full\"]"));
  EXPECT_EQ(ask("/me", bearer(live_token())).status, 200);
  EXPECT_EQ(metric("assay_revocation_log_accepts"), 0);
  EXPECT_EQ(metric("assay_revocations{kind=\"token\"}"), 0);
  sidecar_.reset();
  engine_.reset();  // before the log
}

TEST_F(AdminPagesTest, ReadinessIsFalseWhileChecksStillFinish) {
  start(ListenerSettings{});
  SidecarClient waiting(listener());
  waiting.send(get("/me", bearer("opaque-1")));
  fetcher_.wait_for(1);
  sidecar_->drain();
  const ClientResponse response = ask_admin("/readyz");
  EXPECT_EQ(response.status, 503);
  EXPECT_THAT(response.body, HasSubstr("draining"));
  EXPECT_EQ(metric("assay_server_draining"), 1);
  fetcher_.answer(active_answer("bob"));
  EXPECT_EQ(waiting.receive().value("x-assay-subject"), "bob");
  sidecar_->join();
}

TEST_F(AdminPagesTest, KeysAreListedWithoutSecrets) {
  Policy policy = sidecar_policy();
  const std::string secret = "a shared secret that is long enough for HS256";
  IssuerPolicy hmac;
  hmac.name = "hmac \"quoted\"";
  hmac.issuer = "https://hmac.example";
  hmac.keys = {.kind = KeySource::Kind::kSecret, .text = secret};
  hmac.algorithms = {Alg::kHS256};
  hmac.audience_unchecked = true;
  policy.issuers.push_back(hmac);
  start(ListenerSettings{}, policy);
  const ClientResponse response = ask_admin("/keys");
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.value("content-type"), "application/json");
  EXPECT_THAT(response.body,
              HasSubstr("{\"issuer\":\"main\",\"kid\":\"k1\",\"type\":\"OKP Ed25519\",\"alg\":\"EdDSA\""));
  EXPECT_THAT(response.body, HasSubstr("\"usable\":true"));
  EXPECT_THAT(response.body, testing::ContainsRegex("\"thumbprint\":\"[A-Za-z0-9_-]+\",\"first_seen\":null,"));
  EXPECT_THAT(response.body, HasSubstr("\"thumbprint\":\"\"")) << "a secret has none to show";
  EXPECT_THAT(response.body, HasSubstr("hmac \\\"quoted\\\""));
  EXPECT_THAT(response.body, Not(HasSubstr(secret)));
  EXPECT_THAT(response.body, Not(HasSubstr("nobody may see")));
  EXPECT_THAT(ask_admin("/metrics").body, Not(HasSubstr(secret)));
}

}  // namespace
}  // namespace assay::server

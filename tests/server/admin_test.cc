#include "server/admin.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/server/sidecar_fixture.h"
#include "tests/verify/fake_revocation_log.h"

namespace assay::server {
namespace {

using testing::HasSubstr;
using testing::Not;

class AdminTest : public SidecarTest {};

Policy policy_without_keys() {
  Policy policy = sidecar_policy();
  policy.issuers[0].keys = {.kind = KeySource::Kind::kJwksUrl, .text = "https://issuer.example/jwks"};
  return policy;
}

TEST_F(AdminTest, HealthIsAlwaysGood) {
  start(ListenerSettings{}, policy_without_keys());
  EXPECT_EQ(ask_admin("/healthz").status, 200);
  EXPECT_EQ(ask_admin("/healthz?probe=1").status, 200);
}

TEST_F(AdminTest, ReadinessNamesThePoller) {
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

TEST_F(AdminTest, ReadinessNamesTheIssuerWithoutKeys) {
  start(ListenerSettings{}, policy_without_keys());
  const ClientResponse response = ask_admin("/readyz");
  EXPECT_EQ(response.status, 503);
  EXPECT_THAT(response.body, HasSubstr("{\"ready\":false,\"missing\":[\""));
  EXPECT_THAT(response.body, HasSubstr("main"));
}

TEST_F(AdminTest, ReadinessSaysThatRevocationsAreNotAcceptedWhileChecksGoOn) {
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

TEST_F(AdminTest, ReadinessIsFalseWhileChecksStillFinish) {
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

TEST_F(AdminTest, MetricsCountAnswersByCode) {
  start(ListenerSettings{});
  EXPECT_EQ(metric("assay_server_answers_total{code=\"accepted\",class=\"accepted\"}"), 0);
  EXPECT_EQ(ask("/me", bearer(live_token())).status, 200);
  EXPECT_EQ(ask("/me", bearer(live_token())).status, 200);
  EXPECT_EQ(ask("/me").status, 401);
  EXPECT_EQ(ask("/me?x", bearer("a,b")).status, 400);
  const std::string too_long(kIdentityHeaderBytesMax + 1, 'a');
  EXPECT_EQ(ask("/me", bearer(live_token({{"sub", "\"" + too_long + "\""}}))).status, 401);
  EXPECT_EQ(metric("assay_server_answers_total{code=\"accepted\",class=\"accepted\"}"), 2);
  EXPECT_EQ(metric("assay_server_answers_total{code=\"missing_token\",class=\"no_credentials\"}"), 1);
  EXPECT_EQ(metric("assay_server_answers_total{code=\"multiple_tokens\",class=\"bad_request\"}"), 1);
  EXPECT_EQ(metric("assay_server_answers_total{code=\"bad_claim\",class=\"invalid_token\"}"), 1);
  EXPECT_EQ(metric("assay_server_requests_total"), 5);
}

TEST_F(AdminTest, MetricsShowServerAndEngine) {
  Settings settings;
  settings.poller = PollerChoice::kEpoll;
  settings.listeners.emplace_back();
  start(settings);
  EXPECT_EQ(exchange_once(listener(), "GARBAGE\r\n\r\n").status, 400);
  const ClientResponse response = ask_admin("/metrics");
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.value("content-type"), "text/plain; version=0.0.4; charset=utf-8");
  EXPECT_EQ(metric("assay_server_workers{poller=\"epoll\"}"), 1);
  EXPECT_EQ(metric("assay_server_requests_refused_total{reason=\"syntax\"}"), 1);
  EXPECT_THAT(response.body, HasSubstr("# TYPE assay_server_answers_total counter"));
  EXPECT_THAT(response.body, HasSubstr("main"));
}

TEST_F(AdminTest, AFamilyIsDeclaredOnce) {
  start(ListenerSettings{});
  const std::string page = ask_admin("/metrics").body;
  const std::string declaration = "# TYPE assay_server_timeouts_total counter";
  const std::size_t first = page.find(declaration);
  ASSERT_NE(first, std::string::npos);
  EXPECT_EQ(page.find(declaration, first + 1), std::string::npos);
}

TEST_F(AdminTest, KeysAreListedWithoutSecrets) {
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

TEST_F(AdminTest, OtherPathsAndMethodsAreRefused) {
  start(ListenerSettings{});
  EXPECT_EQ(ask_admin("/").status, 404);
  EXPECT_EQ(ask_admin("/healthz/").status, 404);
  EXPECT_EQ(ask_admin("/revoke").status, 404);
  const ClientResponse response =
      exchange_once(*sidecar_->admin_address(), "POST /metrics HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n");
  EXPECT_EQ(response.status, 405);
  EXPECT_EQ(response.value("allow"), "GET, HEAD");
}

TEST_F(AdminTest, TheDecisionListenerHasNoAdminEndpoints) {
  start(ListenerSettings{});
  EXPECT_EQ(ask("/metrics").status, 401);
  EXPECT_EQ(ask("/healthz").status, 401);
}

TEST_F(AdminTest, HeadIsAnsweredAsGet) {
  start(ListenerSettings{});
  SidecarClient client(*sidecar_->admin_address());
  client.send("HEAD /readyz HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_EQ(client.receive_head().status, 200);
}

}  // namespace
}  // namespace assay::server

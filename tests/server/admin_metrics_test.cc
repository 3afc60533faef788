#include "server/admin_metrics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/server/sidecar_fixture.h"

namespace assay::server {
namespace {

using testing::HasSubstr;

class AdminMetricsTest : public SidecarTest {};

TEST_F(AdminMetricsTest, MetricsCountAnswersByCode) {
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

TEST_F(AdminMetricsTest, MetricsShowServerAndEngine) {
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

TEST_F(AdminMetricsTest, AFamilyIsDeclaredOnce) {
  start(ListenerSettings{});
  const std::string page = ask_admin("/metrics").body;
  const std::string declaration = "# TYPE assay_server_timeouts_total counter";
  const std::size_t first = page.find(declaration);
  ASSERT_NE(first, std::string::npos);
  EXPECT_EQ(page.find(declaration, first + 1), std::string::npos);
}

}  // namespace
}  // namespace assay::server

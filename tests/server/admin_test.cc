#include "server/admin.h"

#include <atomic>
#include <deque>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/server/sidecar_fixture.h"
#include "tests/verify/fake_revocation_log.h"

namespace assay::server {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr std::string_view kSecret = "0123456789abcdef0123456789abcdef";
constexpr std::string_view kJsonType = "Content-Type: application/json\r\n";
constexpr std::string_view kLinesType = "Content-Type: application/x-ndjson\r\n";

// A sidecar with an admin secret over a log in memory.
class AdminTest : public SidecarTest {
 protected:
  ~AdminTest() override {
    sidecar_.reset();
    engine_.reset();  // before the log
  }
  void start_with_secret(Policy policy = sidecar_policy()) {
    log_ = &revocations_;
    Settings settings;
    settings.listeners.emplace_back();
    settings.admin = AdminSettings{.address = {}, .secret = std::string(kSecret)};
    start(std::move(settings), std::move(policy));
  }
  [[nodiscard]] ClientResponse call(std::string_view path, std::string_view body,
                                    std::string_view type = kJsonType) const {
    return post_admin(path, body, bearer(kSecret) + std::string(type));
  }
  [[nodiscard]] ClientResponse see(std::string_view path) const {
    return exchange_once(*sidecar_->admin_address(), get(path, bearer(kSecret)));
  }

  test::FakeRevocationLog revocations_;
};

TEST_F(AdminTest, OtherPathsAndMethodsAreRefused) {
  start(ListenerSettings{});
  EXPECT_EQ(ask_admin("/").status, 404);
  EXPECT_EQ(ask_admin("/healthz/").status, 404);
  EXPECT_EQ(ask_admin("/revocations/").status, 404);
  EXPECT_EQ(ask_admin("/revoke").status, 405);
  const ClientResponse response =
      exchange_once(*sidecar_->admin_address(), "POST /metrics HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n");
  EXPECT_EQ(response.status, 405);
  EXPECT_EQ(response.value("allow"), "GET, HEAD");
}

TEST_F(AdminTest, SilentConnectionsKeepNobodyOut) {
  start(ListenerSettings{});
  std::deque<SidecarClient> silent;
  for (std::size_t i = 0; i < kAdminConnectionsMax; ++i) silent.emplace_back(*sidecar_->admin_address());
  EXPECT_EQ(ask_admin("/healthz").status, 200);
  EXPECT_EQ(ask_admin("/readyz").status, 200);
}

TEST_F(AdminTest, AFloodOfOpenRequestsKeepsNoOperatorOut) {
  start_with_secret();
  std::deque<SidecarClient> flood;
  const auto fill = [&] {
    for (std::size_t i = 0; i < kAdminConnectionsMax; ++i) {
      EXPECT_EQ(flood.emplace_back(*sidecar_->admin_address()).exchange(get("/healthz")).status, 200) << i;
    }
  };
  fill();
  SidecarClient operators(*sidecar_->admin_address());
  EXPECT_EQ(operators.exchange(get("/revocations", bearer(kSecret))).status, 200);
  EXPECT_EQ(metric("assay_admin_connections_displaced_total"), 2) << "the operator's and the metrics' own";
  fill();
  EXPECT_EQ(operators.exchange(get("/revocations", bearer(kSecret))).status, 200) << "who showed the secret stays";
  EXPECT_EQ(metric("assay_admin_connections_refused_total"), 0);
}

TEST_F(AdminTest, AWrongSecretKeepsNoPlace) {
  start_with_secret();
  SidecarClient guesser(*sidecar_->admin_address());
  EXPECT_EQ(guesser.exchange(get("/revocations", bearer("a guess"))).status, 401);
  std::deque<SidecarClient> others;
  for (std::size_t i = 0; i < kAdminConnectionsMax; ++i) {
    EXPECT_EQ(others.emplace_back(*sidecar_->admin_address()).exchange(get("/healthz")).status, 200) << i;
  }
  EXPECT_EQ(guesser.receive().status, 0) << "its connection ended";
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

TEST_F(AdminTest, EveryAnswerSaysWhoseItIs) {
  start_with_secret();
  const std::string body = R"({"kind":"subject","issuer":"main","value":"alice"})";
  for (const ClientResponse& response :
       {call("/revoke", body), call("/revoke", "{}"), call("/revoke", "", "Content-Type: text/plain\r\n"),
        call("/revoke", "", "Content-Type: application/x-www-form-urlencoded\r\n"),
        post_admin("/revoke", body, kJsonType),
        post_admin("/revoke", body, bearer("another secret") + std::string(kJsonType)), ask_admin("/"),
        ask_admin("/revoke"), ask_admin("/metrics"), see("/revocations")}) {
    EXPECT_EQ(response.value("x-assay-listener"), "admin") << response.status << response.body;
  }
  EXPECT_EQ(ask("/me", bearer(kSecret)).value("x-assay-listener"), "<none>");
}

TEST_F(AdminTest, WithoutSecretAndScopeNobodyMayChangeAnything) {
  start(ListenerSettings{});
  for (const std::string_view path : {"/revoke", "/revocations/lift", "/invalidate", "/explain", "/reload"}) {
    const ClientResponse response = post_admin(path, "{}", bearer(kSecret) + std::string(kJsonType));
    EXPECT_EQ(response.status, 403) << path;
    EXPECT_THAT(response.body, HasSubstr("secret_file or scope of [admin]")) << path;
  }
  EXPECT_EQ(ask_admin("/revocations").status, 403);
  EXPECT_EQ(ask_admin("/metrics").status, 200);
}

TEST_F(AdminTest, WhoHasNoRightsChangesNothing) {
  start_with_secret();
  const std::string body = R"({"kind":"subject","issuer":"main","value":"alice"})";
  EXPECT_EQ(post_admin("/revoke", body, kJsonType).status, 401);
  EXPECT_EQ(post_admin("/revoke", body, bearer("another secret") + std::string(kJsonType)).status, 401);
  EXPECT_EQ(ask_admin("/revocations").status, 401);
  EXPECT_EQ(revocations_.appends, 0U);
  EXPECT_EQ(ask("/me", bearer(live_token())).status, 200);
}

TEST_F(AdminTest, ASubjectIsRevokedAndLifted) {
  start_with_secret();
  const std::string body = R"({"kind":"subject","issuer":"main","value":"alice"})";
  EXPECT_EQ(ask("/me", bearer(live_token())).status, 200);
  const ClientResponse revoked = call("/revoke", body);
  EXPECT_EQ(revoked.status, 200);
  EXPECT_EQ(revoked.body, "{\"recorded\":1,\"propagated\":true}\n");
  EXPECT_EQ(revoked.value("cache-control"), "no-store");
  EXPECT_EQ(ask("/me", bearer(live_token())).value("x-assay-code"), "revoked");
  EXPECT_EQ(ask("/me", bearer(live_token({{"sub", "\"bob\""}}))).status, 200);
  EXPECT_EQ(call("/revocations/lift", body).status, 200);
  EXPECT_EQ(ask("/me", bearer(live_token())).status, 200);
}

TEST_F(AdminTest, OneTokenIsRevoked) {
  start_with_secret();
  const std::string token = live_token();
  EXPECT_EQ(call("/revoke", R"({"kind":"token","value":")" + token + "\"}").body,
            "{\"recorded\":1,\"propagated\":true}\n");
  EXPECT_EQ(ask("/me", bearer(token)).value("x-assay-code"), "revoked");
  EXPECT_EQ(ask("/me", bearer(live_token({{"nonce", "1"}}))).status, 200);
}

TEST_F(AdminTest, ATokenThatDoesNotVerifyIsNotRecorded) {
  start_with_secret();
  std::string token = live_token();
  token.back() = token.back() == 'A' ? 'Q' : 'A';
  const ClientResponse response = call("/revoke", R"({"kind":"token","value":")" + token + "\"}");
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.body, "{\"recorded\":0,\"propagated\":true}\n");
  EXPECT_EQ(revocations_.appends, 0U);
}

TEST_F(AdminTest, LinesAreOneBatch) {
  start_with_secret();
  std::string body;
  for (int i = 0; i < 1000; ++i) {
    body += R"({"kind":"subject","issuer":"main","value":"user-)" + std::to_string(i) + "\"}\n";
  }
  const ClientResponse response = call("/revoke", body, kLinesType);
  EXPECT_EQ(response.status, 200);
  EXPECT_THAT(response.body, HasSubstr("\"recorded\":1000,"));
  EXPECT_EQ(revocations_.appends, 1U);
  EXPECT_EQ(ask("/me", bearer(live_token({{"sub", "\"user-999\""}}))).value("x-assay-code"), "revoked");
}

TEST_F(AdminTest, ABatchWithAFaultRecordsNothing) {
  start_with_secret();
  const std::string good = R"({"kind":"subject","issuer":"main","value":"alice"})";
  const ClientResponse unknown_kind = call("/revoke", good + "\n{\"kind\":\"user\",\"value\":\"x\"}\n", kLinesType);
  EXPECT_EQ(unknown_kind.status, 400);
  EXPECT_THAT(unknown_kind.body, HasSubstr("line 2: kind is none of token, jti, subject"));
  const ClientResponse unknown_issuer =
      call("/revoke", good + "\n" + R"({"kind":"subject","issuer":"nobody","value":"x"})", kLinesType);
  EXPECT_EQ(unknown_issuer.status, 400);
  EXPECT_THAT(unknown_issuer.body, HasSubstr("target 2: there is no such issuer"));
  EXPECT_EQ(revocations_.appends, 0U);
  EXPECT_EQ(ask("/me", bearer(live_token())).status, 200);
}

TEST_F(AdminTest, ABodyMayBeLongButNotEndless) {
  start_with_secret();
  const std::string line = R"({"kind":"jti","issuer":"main","value":"0123456789abcdef"})";
  std::string body;
  while (body.size() + line.size() + 1 <= kAdminBodyBytesMax) body += line + "\n";
  EXPECT_EQ(call("/revoke", body, kLinesType).status, 200);
  body.resize(kAdminBodyBytesMax + 1, ' ');
  SidecarClient client(*sidecar_->admin_address());
  client.send("POST /revoke HTTP/1.1\r\nHost: h\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n");
  EXPECT_EQ(client.receive().status, 413);
}

TEST_F(AdminTest, OnlyJsonTypesAreTaken) {
  start_with_secret();
  const std::string body = R"({"kind":"subject","issuer":"main","value":"alice"})";
  EXPECT_EQ(call("/revoke", body, "Content-Type: text/plain\r\n").status, 415);
  EXPECT_EQ(call("/revoke", body, "").status, 415);
  EXPECT_EQ(call("/invalidate", R"({"token":"x"})", kLinesType).status, 415);
  EXPECT_EQ(call("/revoke", body, "Content-Type: Application/JSON; charset=utf-8\r\n").status, 200);
}

TEST_F(AdminTest, TheThreadServesOthersWhileTheLogWrites) {
  revocations_.holds = true;
  start_with_secret();
  SidecarClient waiting(*sidecar_->admin_address());
  waiting.send(post("/revoke", R"({"kind":"subject","issuer":"main","value":"alice"})",
                    bearer(kSecret) + std::string(kJsonType)));
  while (ask("/me", bearer(live_token())).status == 200) continue;  // enforced before it is on disk
  EXPECT_EQ(ask_admin("/healthz").status, 200);
  EXPECT_TRUE(revocations_.settle(AppendOutcome::kDurableHere));
  const ClientResponse response = waiting.receive();
  EXPECT_EQ(response.status, 202);
  EXPECT_EQ(response.body, "{\"recorded\":1,\"propagated\":false}\n");
}

TEST_F(AdminTest, AnAnswerOfTheLogMayFindItsClientGone) {
  revocations_.holds = true;
  start_with_secret();
  {
    SidecarClient leaving(*sidecar_->admin_address());
    leaving.send(post("/revoke", R"({"kind":"subject","issuer":"main","value":"alice"})",
                      bearer(kSecret) + std::string(kJsonType)));
    while (ask("/me", bearer(live_token())).status == 200) continue;
  }
  EXPECT_TRUE(revocations_.settle(AppendOutcome::kDurable));
  EXPECT_EQ(ask_admin("/healthz").status, 200);
  sidecar_.reset();  // and its server
}

TEST_F(AdminTest, AFullDiskIsToldAndTheRevocationHolds) {
  revocations_.outcome = AppendOutcome::kNoSpace;
  start_with_secret();
  EXPECT_EQ(call("/revoke", R"({"kind":"subject","issuer":"main","value":"alice"})").status, 507);
  EXPECT_EQ(ask("/me", bearer(live_token())).value("x-assay-code"), "revoked");
}

TEST_F(AdminTest, WithoutALogTheSettingIsNamed) {
  Settings settings;
  settings.listeners.emplace_back();
  settings.admin = AdminSettings{.address = {}, .secret = std::string(kSecret)};
  start(std::move(settings));
  const ClientResponse response = call("/revoke", R"({"kind":"subject","issuer":"main","value":"alice"})");
  EXPECT_EQ(response.status, 404);
  EXPECT_THAT(response.body, HasSubstr("[state] revocations"));
}

TEST_F(AdminTest, AnAnswerOfIntrospectionIsForgotten) {
  start_with_secret();
  SidecarClient first(listener());
  first.send(get("/me", bearer("opaque-1")));
  fetcher_.answer(active_answer("bob"));
  EXPECT_EQ(first.receive().value("x-assay-subject"), "bob");
  EXPECT_EQ(call("/invalidate", R"({"issuer":"asked","token":"opaque-1"})").body, "{\"invalidated\":true}\n");
  first.send(get("/me", bearer("opaque-1")));
  fetcher_.answer(active_answer("carol"));
  EXPECT_EQ(first.receive().value("x-assay-subject"), "carol");
  EXPECT_EQ(call("/invalidate", R"({"issuer":"main","token":"opaque-1"})").status, 400);
  EXPECT_EQ(call("/invalidate", R"({"token":""})").status, 400);
  EXPECT_EQ(call("/invalidate", R"({"token":"a","path":"/"})").status, 400);
  EXPECT_EQ(call("/invalidate", R"({"token":1})").status, 400);
  EXPECT_THAT(call("/invalidate", R"({"token":"a",})").body, HasSubstr("not one JSON object, at byte 13 of it"));
  EXPECT_THAT(call("/invalidate", R"({"token":")" + std::string(70'000, 'x') + "\"}").body,
              HasSubstr("longer than 65536 bytes"));
}

TEST_F(AdminTest, AReloadIsAskedForAndItsReasonTold) {
  std::atomic<bool> is_broken{false};  // the admin listener's thread reads it
  reload_ = [&is_broken]() -> tl::expected<void, std::string> {
    if (is_broken) return tl::unexpected<std::string>("assay.toml:3:1: unknown key");
    return {};
  };
  start_with_secret();
  EXPECT_EQ(call("/reload", "").body, "{\"reloaded\":true}\n");
  is_broken = true;
  const ClientResponse response = call("/reload", "");
  EXPECT_EQ(response.status, 422);
  EXPECT_THAT(response.body, HasSubstr("assay.toml:3:1: unknown key"));
  EXPECT_EQ(post_admin("/reload", "", {}).status, 401);
}

TEST_F(AdminTest, WhereNothingCanBeReloadedItSaysSo) {
  start_with_secret();
  EXPECT_EQ(call("/reload", "").status, 404);
}

}  // namespace
}  // namespace assay::server

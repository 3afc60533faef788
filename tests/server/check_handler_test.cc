// Checks through the sockets of a sidecar over a real engine.
#include "server/check_handler.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/server/sidecar_fixture.h"

namespace assay::server {
namespace {

using testing::HasSubstr;
using testing::Not;

// What of the world a sidecar may stand in.
struct Setting {
  PollerChoice poller;
  Address::Kind socket;
};

std::string name_of(const testing::TestParamInfo<Setting>& info) {
  const std::string poller = info.param.poller == PollerChoice::kEpoll ? "Epoll" : "Auto";
  return poller + (info.param.socket == Address::Kind::kTcp ? "Tcp" : "Unix");
}

// Every test runs on each poller, over TCP and over a Unix socket.
class CheckHandlerTest : public SidecarTest, public testing::WithParamInterface<Setting> {
 protected:
  void start_here(ListenerSettings listener, Policy policy = sidecar_policy()) {
    if (GetParam().socket == Address::Kind::kUnix) listener.address = unix_address("check.sock");
    Settings settings;
    settings.poller = GetParam().poller;
    settings.listeners.push_back(std::move(listener));
    start(std::move(settings), std::move(policy));
  }
};

INSTANTIATE_TEST_SUITE_P(All, CheckHandlerTest,
                         testing::Values(Setting{PollerChoice::kAuto, Address::Kind::kTcp},
                                         Setting{PollerChoice::kAuto, Address::Kind::kUnix},
                                         Setting{PollerChoice::kEpoll, Address::Kind::kTcp},
                                         Setting{PollerChoice::kEpoll, Address::Kind::kUnix}),
                         name_of);

ListenerSettings mode_of(ListenerMode mode) {
  ListenerSettings listener;
  listener.mode = mode;
  listener.trusted_peers = {"127.0.0.1", "unix"};
  return listener;
}

ListenerSettings place_of(TokenPlace::Kind kind, std::string name) {
  ListenerSettings listener;
  listener.token_places = {{.kind = kind, .name = std::move(name)}};
  return listener;
}

TEST_P(CheckHandlerTest, AGoodTokenIsAcceptedWithItsIdentity) {
  start_here({});
  const ClientResponse response = ask("/me", bearer(live_token({{"client_id", "\"app\""}})));
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.body, "");
  EXPECT_EQ(response.value("x-assay-subject"), "alice");
  EXPECT_EQ(response.value("x-assay-client"), "app");
  EXPECT_EQ(response.value("x-assay-issuer"), "https://issuer.example");
  EXPECT_EQ(response.value("x-assay-scope"), "orders:read profile");
  EXPECT_EQ(response.value("x-assay-code"), "<none>");
  EXPECT_GT(std::stol(response.value("x-assay-expires")), 1'700'000'000);
}

TEST_P(CheckHandlerTest, EachRefusalHasItsStatusAndCode) {
  start_here({});
  std::string tampered = live_token();
  tampered[tampered.size() - 10] = tampered[tampered.size() - 10] == 'A' ? 'B' : 'A';
  const struct {
    std::string path;
    std::string fields;
    int status;
    std::string code;
  } cases[] = {
      {"/me", "", 401, "missing_token"},
      {"/me", "Authorization: Basic abc\r\n", 401, "missing_token"},
      {"/me", bearer("a b"), 401, "malformed_token"},
      {"/me", bearer("a,b"), 400, "multiple_tokens"},
      {"/me", bearer(tampered), 401, "bad_signature"},
      {"/me", bearer(live_token({{"exp", "1"}})), 401, "expired"},
      {"/me", bearer(live_token({{"aud", "\"other\""}})), 401, "bad_audience"},
      {"/me", bearer(live_token({{"iss", "\"https://evil.example\""}})), 401, "unknown_issuer"},
      {"/me", bearer(std::string(kTokenBytesMax + 1, 'a')), 400, "token_too_long"},
      {"/orders/7", bearer(live_token({{"scope", "\"profile\""}})), 403, "insufficient_scope"},
      {"/reports", bearer(live_token()), 403, "insufficient_scope"},
      {"/orders/%2e%2e/reports", bearer(live_token()), 400, "ambiguous_path"},
  };
  for (const auto& c : cases) {
    const ClientResponse response = ask(c.path, c.fields);
    EXPECT_EQ(response.status, c.status) << c.path << " " << c.code;
    EXPECT_EQ(response.value("x-assay-code"), c.code) << c.path;
    EXPECT_EQ(response.values("www-authenticate").size(), 1U) << c.code;
    EXPECT_EQ(response.value("cache-control"), "no-store") << c.code;
    EXPECT_EQ(response.value("x-assay-subject"), "<none>") << c.code;
  }
}

TEST_P(CheckHandlerTest, InsufficientScopeNamesWhatTheRouteRequires) {
  start_here({});
  const ClientResponse response = ask("/reports", bearer(live_token()));
  EXPECT_EQ(response.value("www-authenticate"), "Bearer error=\"insufficient_scope\", scope=\"reports:read\"");
  EXPECT_EQ(response.body, "{\"error\":\"insufficient_scope\"}");
}

TEST_P(CheckHandlerTest, TheMethodIsJudgedToo) {
  start_here({});
  const std::string post = "POST /orders/7 HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\n" + bearer(live_token()) +
                           "\r\nbody" + get("/orders/7", bearer(live_token()));
  SidecarClient client(listener());
  const ClientResponse refused = client.exchange(post);
  EXPECT_EQ(refused.status, 403);
  EXPECT_EQ(refused.value("x-assay-code"), "no_route");
  EXPECT_EQ(refused.value("www-authenticate"), "Bearer");
  EXPECT_EQ(client.receive().status, 200);
}

TEST_P(CheckHandlerTest, SpoofedIdentityHeadersAreNotCopiedOut) {
  start_here({});
  const ClientResponse response = ask("/me", bearer(live_token({{"sub", ""}, {"scope", ""}})) +
                                                 "X-Assay-Subject: admin\r\nX-Assay-Client: admin\r\n"
                                                 "X-Assay-Scope: everything\r\nX_Assay_Subject: admin\r\n");
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.value("x-assay-subject"), "");
  EXPECT_EQ(response.value("x-assay-client"), "");
  EXPECT_EQ(response.value("x-assay-scope"), "");
  EXPECT_EQ(response.value("x_assay_subject"), "<none>");
}

TEST_P(CheckHandlerTest, ClaimHeadersCarryConfiguredClaims) {
  ListenerSettings listener;
  listener.claim_headers = {{.claim = "tenant", .header = "X-Tenant"}, {.claim = "absent", .header = "X-Absent"}};
  start_here(listener);
  const ClientResponse response = ask("/me", bearer(live_token({{"tenant", "\"a\\r\\nX-Evil: 1\""}})));
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.value("x-tenant"), "a%0D%0AX-Evil:%201");
  EXPECT_EQ(response.value("x-absent"), "");
  EXPECT_EQ(response.value("x-evil"), "<none>");
}

TEST_P(CheckHandlerTest, AClaimThatCannotBePassedOnRefuses) {
  start_here({});
  const std::string subject(kIdentityHeaderBytesMax + 1, 'a');
  const ClientResponse response = ask("/me", bearer(live_token({{"sub", "\"" + subject + "\""}})));
  EXPECT_EQ(response.status, 401);
  EXPECT_EQ(response.value("x-assay-code"), "bad_claim");
}

TEST_P(CheckHandlerTest, TwoAuthorizationFieldsAreRefused) {
  start_here({});
  const std::string good = bearer(live_token());
  EXPECT_EQ(ask("/me", good + good).status, 400);
  EXPECT_EQ(ask("/me", good + "authorization: Basic abc\r\n").status, 400);
}

TEST_P(CheckHandlerTest, ATokenInTwoPlacesIsRefused) {
  ListenerSettings listener = place_of(TokenPlace::Kind::kHeader, "x-access-token");
  listener.token_places.push_back({.kind = TokenPlace::Kind::kBearer, .name = {}});
  start_here(listener);
  const std::string token = live_token();
  EXPECT_EQ(ask("/me", "X-Access-Token: " + token + "\r\n").status, 200);
  const ClientResponse response = ask("/me", bearer(token) + "X-Access-Token: " + token + "\r\n");
  EXPECT_EQ(response.status, 400);
  EXPECT_EQ(response.value("x-assay-code"), "multiple_tokens");
  EXPECT_EQ(response.value("www-authenticate"), "Bearer error=\"invalid_request\"");
}

TEST_P(CheckHandlerTest, TokensAreFoundInCookieAndQuery) {
  ListenerSettings listener = place_of(TokenPlace::Kind::kCookie, "session");
  listener.token_places.push_back({.kind = TokenPlace::Kind::kQuery, .name = "access_token"});
  start_here(listener);
  std::string encoded = live_token();
  encoded.replace(0, 1, "%65");  // "e"
  EXPECT_EQ(ask("/me", "Cookie: a=1; session=" + live_token() + "\r\n").status, 200);
  EXPECT_EQ(ask("/me?access_token=" + encoded).status, 200);
  EXPECT_EQ(ask("/me?access_token=%zz").value("x-assay-code"), "malformed_token");
  EXPECT_EQ(ask("/me", bearer(live_token())).value("x-assay-code"), "missing_token");
}

TEST_P(CheckHandlerTest, AuthRequestJudgesTheOriginalRequest) {
  start_here(mode_of(ListenerMode::kAuthRequest));
  const std::string token = bearer(live_token());
  const std::string orders = "X-Original-Method: GET\r\nX-Original-URI: /orders/7?x=1\r\n";
  const std::string reports = "X-Original-Method: GET\r\nX-Original-URI: /reports\r\n";
  EXPECT_EQ(ask("/auth", token + orders).status, 200);
  EXPECT_EQ(ask("/orders/7", token + reports).value("x-assay-code"), "insufficient_scope");
  EXPECT_EQ(ask("/auth", token + "X-Original-Method: DELETE\r\nX-Original-URI: /orders/7\r\n").status, 403);
}

TEST_P(CheckHandlerTest, AuthRequestAnswers401ForABadRequest) {
  start_here(mode_of(ListenerMode::kAuthRequest));
  const ClientResponse response = ask("/auth", bearer(live_token()));
  EXPECT_EQ(response.status, 401);
  EXPECT_EQ(response.value("x-assay-status"), "400");
  EXPECT_EQ(response.value("x-assay-code"), "ambiguous_path");
  EXPECT_EQ(response.values("www-authenticate").size(), 1U);
}

TEST_P(CheckHandlerTest, AuthRequestTakesAQueryTokenFromTheOriginalUri) {
  ListenerSettings listener = mode_of(ListenerMode::kAuthRequest);
  listener.token_places = {{.kind = TokenPlace::Kind::kQuery, .name = "access_token"}};
  start_here(listener);
  const std::string original = "X-Original-Method: GET\r\nX-Original-URI: /me?access_token=" + live_token() + "\r\n";
  EXPECT_EQ(ask("/auth", original).status, 200);
  EXPECT_EQ(ask("/auth?access_token=" + live_token(), "X-Original-Method: GET\r\nX-Original-URI: /me\r\n").status, 401);
}

TEST_P(CheckHandlerTest, ForwardAuthJudgesTheForwardedRequest) {
  start_here(mode_of(ListenerMode::kForwardAuth));
  const std::string token = bearer(live_token());
  EXPECT_EQ(ask("/", token + "X-Forwarded-Method: GET\r\nX-Forwarded-Uri: /orders/7\r\n").status, 200);
  EXPECT_EQ(ask("/", token + "X-Forwarded-Method: GET\r\nX-Forwarded-Uri: /reports\r\n").status, 403);
  EXPECT_EQ(ask("/", token + "X-Forwarded-Method: GET\r\n").status, 400);
}

TEST_P(CheckHandlerTest, ForwardedUriFromUntrustedPeerIsNotBelieved) {
  ListenerSettings listener = mode_of(ListenerMode::kForwardAuth);
  listener.trusted_peers = {GetParam().socket == Address::Kind::kTcp ? "unix" : "127.0.0.1"};
  start_here(listener);
  const ClientResponse response =
      ask("/me", bearer(live_token()) + "X-Forwarded-Method: GET\r\nX-Forwarded-Uri: /orders/7\r\n");
  EXPECT_EQ(response.status, 403);
  EXPECT_EQ(response.value("x-assay-code"), "no_route");
}

TEST_P(CheckHandlerTest, DetailIsShownOnlyWhereItIsAllowed) {
  ListenerSettings listener;
  listener.client_detail = true;
  listener.realm = "shop";
  start_here(listener);
  const ClientResponse response = ask("/me", bearer(live_token({{"exp", "1"}})));
  EXPECT_EQ(response.value("www-authenticate"),
            "Bearer realm=\"shop\", error=\"invalid_token\", error_description=\"the token's exp is past\"");
  EXPECT_EQ(response.body, "{\"error\":\"invalid_token\",\"code\":\"expired\",\"detail\":\"the token's exp is past\"}");
}

TEST_P(CheckHandlerTest, PipelinedChecksAreAnsweredEachAndInOrder) {
  start_here({});
  constexpr int kCount = 70;  // more than one batch
  std::string requests;
  for (int i = 0; i < kCount; ++i) {
    const std::string subject = "\"user-" + std::to_string(i) + "\"";
    requests += i % 3 == 0 ? get("/me") : get("/me", bearer(live_token({{"sub", subject}})));
  }
  SidecarClient client(listener());
  client.send(requests);
  for (int i = 0; i < kCount; ++i) {
    const ClientResponse response = client.receive();
    EXPECT_EQ(response.status, i % 3 == 0 ? 401 : 200) << i;
    EXPECT_EQ(response.value("x-assay-subject"), i % 3 == 0 ? "<none>" : "user-" + std::to_string(i)) << i;
  }
}

TEST_P(CheckHandlerTest, AnOpaqueTokenWaitsForItsAnswer) {
  start_here({});
  SidecarClient waiting(listener());
  waiting.send(get("/me", bearer("opaque-1")));
  fetcher_.wait_for(1);
  // Nobody else waits meanwhile.
  EXPECT_EQ(ask("/me", bearer(live_token())).status, 200);
  fetcher_.answer(active_answer("bob"));
  const ClientResponse response = waiting.receive();
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.value("x-assay-subject"), "bob");
}

TEST_P(CheckHandlerTest, PipelinedChecksBehindAWaitingOneKeepTheirOrder) {
  start_here({});
  SidecarClient client(listener());
  client.send(get("/me", bearer("opaque-1")) + get("/me", bearer(live_token())) + get("/me"));
  fetcher_.answer(active_answer("bob"));
  EXPECT_EQ(client.receive().value("x-assay-subject"), "bob");
  EXPECT_EQ(client.receive().value("x-assay-subject"), "alice");
  EXPECT_EQ(client.receive().status, 401);
}

TEST_P(CheckHandlerTest, AnInactiveTokenIsRefusedOnceTheAnswerComes) {
  start_here({});
  SidecarClient client(listener());
  client.send(get("/me", bearer("opaque-1")));
  fetcher_.answer("{\"active\":false}");
  EXPECT_EQ(client.receive().value("x-assay-code"), "inactive");
}

TEST_P(CheckHandlerTest, AnUnreachableAuthorizationServerIs503WithRetryAfter) {
  start_here({});
  SidecarClient client(listener());
  client.send(get("/me", bearer("opaque-1")));
  fetcher_.answer(FetchResult{});
  const ClientResponse response = client.receive();
  EXPECT_EQ(response.status, 503);
  EXPECT_EQ(response.value("x-assay-code"), "introspection_unavailable");
  EXPECT_EQ(response.value("retry-after"), RefusalWriter::kRetryAfterSeconds);
  EXPECT_EQ(response.value("www-authenticate"), "<none>");
}

TEST_P(CheckHandlerTest, KeysThatNeverCameAre503) {
  Policy policy = sidecar_policy();
  policy.issuers[0].keys = {.kind = KeySource::Kind::kJwksUrl, .text = "https://issuer.example/jwks"};
  ListenerSettings listener = mode_of(ListenerMode::kAuthRequest);
  start_here(listener, policy);
  const ClientResponse response =
      ask("/auth", bearer(live_token()) + "X-Original-Method: GET\r\nX-Original-URI: /me\r\n");
  EXPECT_EQ(response.status, 503);
  EXPECT_EQ(response.value("x-assay-code"), "keys_unavailable");
  EXPECT_EQ(response.value("x-assay-status"), "<none>");
}

TEST_P(CheckHandlerTest, AClientThatLeavesWhileItWaitsDisturbsNobody) {
  start_here({});
  {
    SidecarClient gone(listener());
    gone.send(get("/me", bearer("opaque-1")));
    fetcher_.wait_for(1);
  }
  fetcher_.answer(active_answer("bob"));
  EXPECT_EQ(ask("/me", bearer(live_token())).status, 200);
  // The next one finds the answer remembered or asks again; either way it gets its own.
  SidecarClient next(listener());
  next.send(get("/me", bearer("opaque-2")));
  fetcher_.answer(active_answer("carol"));
  EXPECT_EQ(next.receive().value("x-assay-subject"), "carol");
}

TEST_P(CheckHandlerTest, ManyWaitingChecksGetTheirOwnAnswers) {
  start_here({});
  constexpr std::size_t kCount = 100;  // more than one batch of settled tickets
  std::deque<SidecarClient> clients;
  for (std::size_t i = 0; i < kCount; ++i) {
    clients.emplace_back(listener()).send(get("/me", bearer("opaque-" + std::to_string(i))));
    fetcher_.wait_for(i + 1);
  }
  for (std::size_t i = 0; i < kCount; ++i) fetcher_.answer(active_answer("user-" + std::to_string(i)));
  for (std::size_t i = 0; i < kCount; ++i) {
    EXPECT_EQ(clients[i].receive().value("x-assay-subject"), "user-" + std::to_string(i));
  }
}

TEST_P(CheckHandlerTest, StoppingWhileChecksWaitIsClean) {
  start_here({});
  SidecarClient client(listener());
  client.send(get("/me", bearer("opaque-1")));
  fetcher_.wait_for(1);
  sidecar_.reset();
  // The answer comes when nobody waits for it any more.
  fetcher_.answer(active_answer("bob"));
  start_here({});
  EXPECT_EQ(ask("/me", bearer(live_token())).status, 200);
}

TEST_P(CheckHandlerTest, AHeadRequestIsJudgedAsOne) {
  start_here({});
  SidecarClient client(listener());
  client.send("HEAD /me HTTP/1.1\r\nHost: h\r\n\r\n" + get("/me", bearer(live_token())));
  EXPECT_EQ(client.receive_head().status, 401);
  EXPECT_EQ(client.receive().status, 200);
}

TEST_P(CheckHandlerTest, EachListenerHasItsOwnRules) {
  Settings settings;
  settings.poller = GetParam().poller;
  settings.listeners.push_back(place_of(TokenPlace::Kind::kHeader, "x-access-token"));
  settings.listeners.push_back(mode_of(ListenerMode::kForwardAuth));
  if (GetParam().socket == Address::Kind::kUnix) {
    settings.listeners[0].address = unix_address("a.sock");
    settings.listeners[1].address = unix_address("b.sock");
  }
  start(settings);
  const std::string fields = bearer(live_token()) + "X-Forwarded-Method: GET\r\nX-Forwarded-Uri: /orders/7\r\n";
  EXPECT_EQ(exchange_once(listener(0), get("/", fields)).value("x-assay-code"), "missing_token");
  EXPECT_EQ(exchange_once(listener(1), get("/", fields)).status, 200);
}

}  // namespace
}  // namespace assay::server

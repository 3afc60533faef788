// Introspection calls of clients through the sockets of a sidecar over a real engine. RFC 7662.
#include <algorithm>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "assay/control.h"
#include "server/check_handler.h"
#include "tests/server/sidecar_fixture.h"

namespace assay::server {
namespace {

using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

constexpr std::string_view kInactive = R"({"active":false})";
const std::string kCredentials = "Authorization: Basic Z2F0ZTpzJTNBY3JldA==\r\n";  // gate, s%3Acret

std::string post(std::string_view target, std::string_view body, std::string_view fields,
                 std::string_view type = "application/x-www-form-urlencoded") {
  std::string request = "POST " + std::string(target) + " HTTP/1.1\r\nHost: h\r\n" + std::string(fields);
  if (!type.empty()) request += "Content-Type: " + std::string(type) + "\r\n";
  return request + "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + std::string(body);
}

std::string call(std::string_view token) { return post("/introspect", "token=" + std::string(token), kCredentials); }

// Listener 0 takes introspections, listener 1 checks.
class Introspections : public SidecarTest, public testing::WithParamInterface<PollerChoice> {
 protected:
  void start_here(Policy policy = sidecar_policy(), std::vector<std::string> issuers = {}) {
    policy.entrances = {{.issuers = std::move(issuers), .uses_routes = false, .scopes = {}}, {}};
    ListenerSettings introspection;
    introspection.mode = ListenerMode::kIntrospection;
    introspection.clients = {{.id = "other", .secret = "another"}, {.id = "gate", .secret = "s:cret"}};
    ListenerSettings checks;
    checks.entrance = 1;
    Settings settings;
    settings.poller = GetParam();
    settings.listeners = {introspection, checks};
    start(std::move(settings), std::move(policy));
  }
  [[nodiscard]] ClientResponse exchange(std::string_view request) const { return exchange_once(listener(), request); }
  [[nodiscard]] ClientResponse check(std::string_view path, std::string_view token) const {
    return exchange_once(listener(1), get(path, bearer(token)));
  }
};

INSTANTIATE_TEST_SUITE_P(All, Introspections, testing::Values(PollerChoice::kAuto, PollerChoice::kEpoll),
                         [](const auto& test) { return test.param == PollerChoice::kEpoll ? "Epoll" : "Auto"; });

TEST_P(Introspections, ClientsThatProveNothingAreCountedByReason) {
  start_here();
  const auto refused = [this](const std::string& reason) {
    return metric("assay_server_client_authentications_refused_total{endpoint=\"introspect\",reason=\"" + reason +
                  "\"}");
  };
  EXPECT_EQ(refused("wrong"), 0);
  EXPECT_EQ(exchange(post("/introspect", "token=x&client_id=gate&client_secret=no", "")).status, 401);
  EXPECT_EQ(exchange(post("/introspect", "token=x", "Authorization: Bearer x\r\n")).status, 401);
  EXPECT_EQ(exchange(post("/introspect", "token=x", "")).status, 401);
  EXPECT_EQ(exchange(post("/introspect", "", kCredentials)).status, 400);
  EXPECT_EQ(refused("wrong"), 1);
  EXPECT_EQ(refused("other_scheme"), 1);
  EXPECT_EQ(refused("missing"), 1);
  EXPECT_EQ(metric("assay_server_client_authentications_refused_total{endpoint=\"revoke\",reason=\"wrong\"}"), 0);
}

TEST_P(Introspections, AGoodJwtIsActive) {
  start_here();
  const ClientResponse response =
      exchange(call(live_token({{"client_id", "\"app\""}, {"jti", "\"j1\""}, {"iat", "1700000000.5"}})));
  EXPECT_EQ(response.status, 200);
  EXPECT_THAT(response.body, StartsWith(R"({"active":true,"scope":"orders:read profile","client_id":"app",)"
                                        R"("token_type":"Bearer","exp":)"));
  EXPECT_THAT(response.body, HasSubstr(R"("iat":1700000000,"sub":"alice","aud":"api",)"
                                       R"("iss":"https://issuer.example","jti":"j1"})"));
  EXPECT_EQ(response.value("cache-control"), "no-store");
  EXPECT_EQ(response.value("content-type"), "application/json");
  for (const char* name : {"x-assay-code", "x-assay-subject", "www-authenticate"}) {
    EXPECT_EQ(response.value(name), "<none>") << name;
  }
}

TEST_P(Introspections, OfATokenThatIsRefusedNothingIsSaid) {
  start_here();
  std::string tampered = live_token();
  tampered[tampered.size() - 10] = tampered[tampered.size() - 10] == 'A' ? 'B' : 'A';
  for (const std::string& token : {tampered, live_token({{"exp", "1"}}), live_token({{"aud", "\"other\""}}),
                                   live_token({{"nbf", "9e12"}}), live_token({{"iss", "\"https://evil.example\""}}),
                                   std::string("a%20b"), std::string("a.b.c"), std::string(kTokenBytesMax + 1, 'a')}) {
    const ClientResponse response = exchange(call(token));
    EXPECT_EQ(response.status, 200) << token;
    EXPECT_EQ(response.body, kInactive) << token;
    EXPECT_EQ(response.fields.size(), exchange(call("%22")).fields.size()) << "a field gives it away";
  }
}

TEST_P(Introspections, RoutesDoNotMatter) {
  Policy policy = sidecar_policy();
  policy.unmatched_authenticated = false;
  start_here(policy);
  EXPECT_EQ(check("/introspect", live_token()).status, 403);
  EXPECT_THAT(exchange(call(live_token())).body, StartsWith(R"({"active":true)"));
}

TEST_P(Introspections, OtherParametersAreLeftAlone) {
  start_here();
  EXPECT_THAT(exchange(post("/introspect", "token_type_hint=refresh_token&x=1&token=" + live_token(), kCredentials,
                            "Application/X-WWW-Form-Urlencoded; charset=utf-8"))
                  .body,
              StartsWith(R"({"active":true)"));
}

// RFC 7662 sec 4: whoever may not ask cannot scan for tokens.
TEST_P(Introspections, WhoeverIsNoClientLearnsNothing) {
  start_here();
  const std::string token = "token=" + live_token();
  const struct {
    std::string fields;
    std::string more;
    int status;
    std::string error;
  } cases[] = {
      {"", "", 401, "invalid_client"},
      {"Authorization: Basic Z2F0ZTp3cm9uZw==\r\n", "", 401, "invalid_client"},
      {bearer(live_token()), "", 401, "invalid_client"},
      {"", "&client_id=gate&client_secret=another", 401, "invalid_client"},
      {kCredentials, "&client_id=gate&client_secret=s%3Acret", 400, "invalid_request"},
  };
  for (const auto& c : cases) {
    const ClientResponse response = exchange(post("/introspect", token + c.more, c.fields));
    EXPECT_EQ(response.status, c.status) << c.fields;
    EXPECT_THAT(response.body, StartsWith("{\"error\":\"" + c.error + "\"")) << c.fields;
    EXPECT_EQ(response.value("cache-control"), "no-store");
    EXPECT_EQ(response.value("www-authenticate"),
              c.status == 401 ? "Basic realm=\"assay\", charset=\"UTF-8\"" : "<none>");
  }
  // An opaque token of a stranger is not asked about either: the fetcher would wait for the test's answer.
  EXPECT_EQ(exchange(post("/introspect", "token=opaque-1", "")).status, 401);
  EXPECT_THAT(exchange(post("/introspect", token + "&client_id=other&client_secret=another", "")).body,
              StartsWith(R"({"active":true)"));
}

TEST_P(Introspections, WhatIsNoCallIsRefused) {
  start_here();
  const std::string form = "token=" + live_token();
  const std::string get_call = get("/introspect", kCredentials);
  const struct {
    std::string request;
    int status;
    std::string error;
  } cases[] = {
      {get_call, 405, "method_not_allowed"},
      {get("/introspect?" + form, kCredentials), 405, "method_not_allowed"},
      {post("/", form, kCredentials), 404, "not_found"},
      {post("/introspect/", form, kCredentials), 404, "not_found"},
      {post("/introspect?" + form, form, kCredentials), 400, "invalid_request"},
      {post("/introspect", form, kCredentials, ""), 415, "unsupported_media_type"},
      {post("/introspect", "{}", kCredentials, "application/json"), 415, "unsupported_media_type"},
      {post("/introspect", form, kCredentials + "Content-Type: text/plain\r\n"), 415, "unsupported_media_type"},
      {post("/introspect", "", kCredentials), 400, "invalid_request"},
      {post("/introspect", "token=", kCredentials), 400, "invalid_request"},
      {post("/introspect", form + "&token=b", kCredentials), 400, "invalid_request"},
      {post("/introspect", form + "&x=%zz", kCredentials), 400, "invalid_request"},
      {post("/introspect", form + "&x=%ff", kCredentials), 400, "invalid_request"},
  };
  for (const auto& c : cases) {
    const ClientResponse response = exchange(c.request);
    EXPECT_EQ(response.status, c.status) << c.request;
    EXPECT_THAT(response.body, StartsWith("{\"error\":\"" + c.error + "\"")) << c.request;
    EXPECT_EQ(response.value("cache-control"), "no-store") << c.request;
    EXPECT_EQ(response.value("allow"), c.status == 405 ? "POST" : "<none>") << c.request;
  }
}

TEST_P(Introspections, ABodyOverTheLimitIs413) {
  start_here();
  const std::string request = post("/introspect", "token=" + std::string(70'000, 'a'), kCredentials);
  EXPECT_EQ(exchange(request).status, 413);
}

TEST_P(Introspections, AnOpaqueTokenWaitsForItsAnswer) {
  start_here();
  SidecarClient waiting(listener());
  waiting.send(call("opaque-1") + call(live_token()));
  fetcher_.wait_for(1);
  EXPECT_EQ(exchange(call(live_token())).status, 200);  // nobody else waits meanwhile
  fetcher_.answer(R"({"active":true,"sub":"bob","username":"Bob","scope":"a b","token_type":"bearer"})");
  EXPECT_EQ(waiting.receive().body,
            R"({"active":true,"scope":"a b","username":"Bob","token_type":"Bearer","sub":"bob"})");
  EXPECT_THAT(waiting.receive().body, HasSubstr("alice"));
  // Remembered: the fetcher is not asked again.
  EXPECT_THAT(exchange(call("opaque-1")).body, HasSubstr("\"sub\":\"bob\""));
}

TEST_P(Introspections, AnOpaqueTokenThatIsNotActiveIsSaidToBeSo) {
  start_here();
  SidecarClient client(listener());
  client.send(call("opaque-1"));
  fetcher_.answer(R"({"active":false,"sub":"bob"})");
  EXPECT_EQ(client.receive().body, kInactive);
}

TEST_P(Introspections, AnOutageIsNotInactive) {
  start_here();
  SidecarClient client(listener());
  client.send(call("opaque-1"));
  fetcher_.answer(FetchResult{});
  const ClientResponse response = client.receive();
  EXPECT_EQ(response.status, 503);
  EXPECT_EQ(response.value("retry-after"), RefusalWriter::kRetryAfterSeconds);
  EXPECT_THAT(response.body, Not(HasSubstr("active")));
}

TEST_P(Introspections, ChecksAndIntrospectionsShareWhatIsRemembered) {
  start_here();
  const std::string token = live_token();
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(check("/me", token).value("x-assay-subject"), "alice");
    EXPECT_THAT(exchange(call(token)).body, HasSubstr("\"sub\":\"alice\""));
  }
}

TEST_P(Introspections, ATokenOfAnIssuerThatMayNotComeHereIsInactive) {
  Policy policy = sidecar_policy();
  policy.issuers.push_back(policy.issuers[0]);
  policy.issuers[2].name = "third";
  policy.issuers[2].issuer = "https://third.example";
  start_here(policy, {"third"});
  const std::string token = live_token();
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(check("/me", token).status, 200);  // the third time it is a remembered one
    EXPECT_EQ(exchange(call(token)).body, kInactive);
  }
}

TEST_P(Introspections, PipelinedCallsAreAnsweredInOrderHoweverLarge) {
  start_here();
  constexpr int kCount = 40;
  const std::string padding(60'000, 'x');  // more than a batch's scratch in all
  std::string requests;
  for (int i = 0; i < kCount; ++i) {
    const std::string token = live_token({{"sub", "\"user-" + std::to_string(i) + "\""}});
    requests += post("/introspect", "pad=" + padding + "%20&token=" + token, kCredentials);
  }
  SidecarClient client(listener());
  client.send(requests);
  for (int i = 0; i < kCount; ++i) {
    EXPECT_THAT(client.receive().body, HasSubstr("\"user-" + std::to_string(i) + "\"")) << i;
  }
}

TEST_P(Introspections, AnswersAreCountedByCode) {
  start_here();
  EXPECT_EQ(exchange(call(live_token())).status, 200);
  EXPECT_EQ(exchange(call(live_token({{"exp", "1"}}))).body, kInactive);
  EXPECT_EQ(exchange(post("/introspect", "token=x", "")).status, 401);
  EXPECT_EQ(metric("assay_server_answers_total{code=\"expired\",class=\"invalid_token\"}"), 1);
}

TEST_P(Introspections, AClientThatLeavesWhileItWaitsDisturbsNobody) {
  start_here();
  {
    SidecarClient gone(listener());
    gone.send(call("opaque-1"));
    fetcher_.wait_for(1);
  }
  fetcher_.answer(active_answer("bob"));
  EXPECT_EQ(exchange(call(live_token())).status, 200);
}

}  // namespace
}  // namespace assay::server

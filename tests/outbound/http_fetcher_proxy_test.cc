// Proxies: which one is asked, and who sees its credentials.
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "outbound/http_fetcher.h"
#include "tests/outbound/scripted_server.h"

namespace assay::outbound {
namespace {

using test::Connection;
using test::fetch_and_wait;
using test::plain_get;
using test::response;
using test::ScriptedServer;
using testing::HasSubstr;
using testing::Not;

// "assay:pass" as RFC 7617 sec 2 has it.
constexpr const char* kBasic = "Proxy-Authorization: Basic YXNzYXk6cGFzcw==";

test::Script echo() {
  return [](Connection& connection, const std::string& request) { connection.send(response("200 OK", request)); };
}

TEST(HttpFetcherProxy, IsShownItsCredentials) {
  ScriptedServer proxy(echo());
  HttpFetcher fetcher({.proxy = proxy.url(), .proxy_credentials = "assay:pass"});
  EXPECT_THAT(fetch_and_wait(fetcher, plain_get("http://issuer.invalid/keys")).body, HasSubstr(kBasic));
}

TEST(HttpFetcherProxy, IsShownNothingWithoutCredentials) {
  ScriptedServer proxy(echo());
  HttpFetcher fetcher({.proxy = proxy.url()});
  EXPECT_THAT(fetch_and_wait(fetcher, plain_get("http://issuer.invalid/keys")).body, Not(HasSubstr("Authorization")));
}

TEST(HttpFetcherProxy, CredentialsAreNotForServers) {
  ScriptedServer server(echo());
  HttpFetcher fetcher({.proxy_credentials = "assay:pass"});
  EXPECT_THAT(fetch_and_wait(fetcher, plain_get(server.url())).body, Not(HasSubstr("Authorization")));
}

TEST(HttpFetcherProxy, TunnelsToHttpsServersAndNamesNoCredentialsWhenRefused) {
  std::string connect_request;
  ScriptedServer proxy([&](Connection& connection, const std::string& request) {
    connect_request = request;
    connection.send("HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
  });
  HttpFetcher fetcher({.proxy = proxy.url(), .proxy_credentials = "assay:pass"});
  const FetchResult result = fetch_and_wait(fetcher, plain_get("https://issuer.invalid/keys?secret=1"));
  EXPECT_EQ(result.outcome, FetchOutcome::kUnreachable);
  EXPECT_THAT(connect_request, testing::StartsWith("CONNECT issuer.invalid:443 HTTP/1.1\r\n"));
  EXPECT_THAT(connect_request, HasSubstr(kBasic));
  EXPECT_THAT(result.complaint, HasSubstr("407"));
  for (const char* hidden : {"pass", "YXNz", "secret"}) EXPECT_THAT(result.complaint, Not(HasSubstr(hidden)));
}

}  // namespace
}  // namespace assay::outbound

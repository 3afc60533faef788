#include "outbound/http_fetcher.h"

#include <atomic>
#include <cstdlib>
#include <unistd.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/outbound/scripted_server.h"

namespace assay::outbound {
namespace {

using std::chrono::milliseconds;
using test::Connection;
using test::fetch_and_wait;
using test::plain_get;
using test::response;
using test::ScriptedServer;
using testing::HasSubstr;
using testing::Not;

test::Script always(const std::string& bytes) {
  return [bytes](Connection& connection, const std::string&) { connection.send(bytes); };
}

std::string header_of(const FetchResult& result, std::string_view name) {
  for (const HttpHeader& header : result.headers) {
    if (header.name == name) return header.value;
  }
  return "(absent)";
}

TEST(HttpFetcher, AnswersWithStatusBodyAndLowerCaseHeaders) {
  ScriptedServer server(always(response("200 OK", "{\"keys\":[]}", "Cache-Control: max-age=60\r\nX-Empty:\r\n")));
  HttpFetcher fetcher;
  const FetchResult result = fetch_and_wait(fetcher, plain_get(server.url("/jwks")));
  EXPECT_EQ(result.outcome, FetchOutcome::kAnswered);
  EXPECT_EQ(result.status, 200);
  EXPECT_EQ(result.body, "{\"keys\":[]}");
  EXPECT_EQ(header_of(result, "cache-control"), "max-age=60");
  EXPECT_EQ(header_of(result, "x-empty"), "");
  EXPECT_EQ(result.complaint, "");
}

TEST(HttpFetcher, NamesTheUnixSocketThatTakesNoConnection) {
  HttpFetcher fetcher({.unix_socket = "/nowhere/admin.sock"});
  const FetchResult result = fetch_and_wait(fetcher, plain_get("http://localhost/"));
  EXPECT_EQ(result.outcome, FetchOutcome::kUnreachable);
  EXPECT_EQ(result.complaint, "/nowhere/admin.sock: No such file or directory");
}

TEST(HttpFetcher, SendsMethodPathHeadersAndBodyAsGiven) {
  std::string seen;
  ScriptedServer server([&](Connection& connection, const std::string& request) {
    seen = request;
    connection.send(response("200 OK", "ok"));
  });
  HttpFetcher fetcher;
  FetchRequest request = plain_get(server.url("/introspect?x=1"));
  request.method = FetchRequest::Method::kPost;
  request.headers = {{"Authorization", "Basic Zm9v"}, {"Content-Type", "application/json"}, {"X-Empty", ""}};
  request.body = std::string("token=abc\0def", 13);
  EXPECT_EQ(fetch_and_wait(fetcher, request).outcome, FetchOutcome::kAnswered);
  EXPECT_THAT(seen, HasSubstr("POST /introspect?x=1 HTTP/1.1\r\n"));
  EXPECT_THAT(seen, HasSubstr("\r\nAuthorization: Basic Zm9v\r\n"));
  EXPECT_THAT(seen, HasSubstr("\r\nContent-Type: application/json\r\n"));
  EXPECT_THAT(seen, HasSubstr("\r\nX-Empty:\r\n"));
  EXPECT_THAT(seen, HasSubstr("\r\nContent-Length: 13\r\n"));
  EXPECT_THAT(seen, testing::EndsWith(std::string("\r\n\r\ntoken=abc\0def", 17)));
  EXPECT_THAT(seen, Not(HasSubstr("Expect")));
}

TEST(HttpFetcher, SendsABodyLargerThanAMegabyteWithoutWaitingForContinue) {
  std::size_t seen_bytes = 0;
  ScriptedServer server([&](Connection& connection, const std::string& request) {
    seen_bytes = request.size() - request.find("\r\n\r\n") - 4;
    connection.send(response("200 OK", ""));
  });
  HttpFetcher fetcher;
  FetchRequest request = plain_get(server.url());
  request.method = FetchRequest::Method::kPost;
  request.body.assign(3'000'000, 'x');
  EXPECT_EQ(fetch_and_wait(fetcher, request).outcome, FetchOutcome::kAnswered);
  EXPECT_EQ(seen_bytes, 3'000'000U);
}

TEST(HttpFetcher, PassesEveryStatusButRedirectsThrough) {
  for (const char* line : {"204 No Content", "304 Not Modified", "401 No", "429 Slow", "500 Oops", "503 Away"}) {
    ScriptedServer server(always("HTTP/1.1 " + std::string(line) + "\r\nRetry-After: 7\r\nConnection: close\r\n" +
                                 (line[0] < '4' ? "\r\n" : "Content-Length: 0\r\n\r\n")));
    HttpFetcher fetcher;
    const FetchResult result = fetch_and_wait(fetcher, plain_get(server.url()));
    EXPECT_EQ(result.outcome, FetchOutcome::kAnswered) << line << ": " << result.complaint;
    EXPECT_EQ(result.status, std::atoi(line));
    EXPECT_EQ(header_of(result, "retry-after"), "7");
  }
}

TEST(HttpFetcher, FollowsNoRedirect) {
  for (const char* line : {"300 Choose", "301 Moved", "302 Found", "303 See", "307 Temporary", "308 Permanent"}) {
    int requests = 0;
    ScriptedServer server([&](Connection& connection, const std::string&) {
      ++requests;
      connection.send(response(line, "", "Location: /elsewhere?secret=1\r\n"));
    });
    HttpFetcher fetcher;
    const FetchResult result = fetch_and_wait(fetcher, plain_get(server.url()));
    EXPECT_EQ(result.outcome, FetchOutcome::kRedirected) << line;
    EXPECT_THAT(result.complaint, HasSubstr(std::string(line, 3)));
    EXPECT_THAT(result.complaint, Not(HasSubstr("secret")));
    EXPECT_EQ(requests, 1);
  }
}

TEST(HttpFetcher, LeavesInterimResponsesOut) {
  ScriptedServer server(
      always("HTTP/1.1 103 Early\r\nX-Which: early\r\n\r\n" + response("200 OK", "x", "X-Which: final\r\n")));
  HttpFetcher fetcher;
  const FetchResult result = fetch_and_wait(fetcher, plain_get(server.url()));
  EXPECT_EQ(result.status, 200);
  EXPECT_EQ(header_of(result, "x-which"), "final");
}

TEST(HttpFetcher, AcceptsABodyOfExactlyTheLimit) {
  ScriptedServer server(always(response("200 OK", std::string(1000, 'x'))));
  HttpFetcher fetcher;
  FetchRequest request = plain_get(server.url());
  request.response_bytes_max = 1000;
  EXPECT_EQ(fetch_and_wait(fetcher, request).body.size(), 1000U);
  request.response_bytes_max = 999;
  const FetchResult result = fetch_and_wait(fetcher, request);
  EXPECT_EQ(result.outcome, FetchOutcome::kTooLarge);
  EXPECT_EQ(result.body, "");
}

TEST(HttpFetcher, CutsOffADeclaredHundredMegabyteBody) {
  std::atomic<std::size_t> sent_bytes = 0;
  ScriptedServer server([&](Connection& connection, const std::string&) {
    connection.send("HTTP/1.1 200 OK\r\nContent-Length: 104857600\r\n\r\n");
    const std::string block(64 * 1024, 'x');
    for (std::size_t left = 104857600; left > 0 && connection.alive(); left -= block.size()) {
      connection.send(block);
      sent_bytes += block.size();
    }
  });
  HttpFetcher fetcher;
  EXPECT_EQ(fetch_and_wait(fetcher, plain_get(server.url())).outcome, FetchOutcome::kTooLarge);
  EXPECT_LT(sent_bytes, 104857600U / 2);
}

TEST(HttpFetcher, CutsOffAnEndlessChunkedBody) {
  ScriptedServer server([](Connection& connection, const std::string&) {
    connection.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
    while (connection.alive()) connection.send("10\r\n0123456789abcdef\r\n");
  });
  HttpFetcher fetcher;
  FetchRequest request = plain_get(server.url());
  request.response_bytes_max = 100'000;
  const FetchResult result = fetch_and_wait(fetcher, request);
  EXPECT_EQ(result.outcome, FetchOutcome::kTooLarge);
  EXPECT_TRUE(result.complaint.ends_with(": the answer is longer than 100000 bytes")) << result.complaint;
}

TEST(HttpFetcher, CutsOffEndlessHeaders) {
  ScriptedServer server([](Connection& connection, const std::string&) {
    connection.send("HTTP/1.1 200 OK\r\n");
    while (connection.alive()) connection.send("X-More: 0123456789\r\n");
  });
  HttpFetcher fetcher({.response_head_bytes_max = 4096});
  const FetchResult result = fetch_and_wait(fetcher, plain_get(server.url()));
  EXPECT_EQ(result.outcome, FetchOutcome::kTooLarge);
  EXPECT_TRUE(result.complaint.ends_with(": the answer's head is longer than 4096 bytes")) << result.complaint;
}

TEST(HttpFetcher, CutsOffEndlessInterimResponses) {
  ScriptedServer server([](Connection& connection, const std::string&) {
    while (connection.alive()) connection.send("HTTP/1.1 103 Early\r\nX: y\r\n\r\n");
  });
  HttpFetcher fetcher;
  EXPECT_EQ(fetch_and_wait(fetcher, plain_get(server.url())).outcome, FetchOutcome::kTooLarge);
}

TEST(HttpFetcher, TimesOutOnAByteNowAndThen) {
  ScriptedServer server([](Connection& connection, const std::string&) {
    connection.send("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n");
    while (connection.alive()) {
      connection.send("x");
      std::this_thread::sleep_for(milliseconds(50));
    }
  });
  HttpFetcher fetcher;
  FetchRequest request = plain_get(server.url());
  request.timeout = milliseconds(400);
  const auto start = std::chrono::steady_clock::now();
  const FetchResult result = fetch_and_wait(fetcher, request);
  const auto taken = std::chrono::steady_clock::now() - start;
  EXPECT_EQ(result.outcome, FetchOutcome::kTimedOut);
  EXPECT_THAT(result.complaint, HasSubstr("within 400 ms"));
  EXPECT_GE(taken, milliseconds(400));
  EXPECT_LT(taken, milliseconds(5000));
}

TEST(HttpFetcher, TimesOutWithoutAnyAnswer) {
  ScriptedServer server([](Connection& connection, const std::string&) { connection.wait_for_close(); });
  HttpFetcher fetcher;
  FetchRequest request = plain_get(server.url());
  request.timeout = milliseconds(200);
  EXPECT_EQ(fetch_and_wait(fetcher, request).outcome, FetchOutcome::kTimedOut);
}

TEST(HttpFetcher, CountsTheWaitForAConnectionIntoTheTimeout) {
  ScriptedServer server([](Connection& connection, const std::string&) { connection.wait_for_close(); });
  std::promise<FetchResult> first;
  HttpFetcher fetcher({.connections_per_host_max = 1});
  FetchRequest request = plain_get(server.url());
  fetcher.fetch(request, [&](FetchResult result) { first.set_value(std::move(result)); });
  request.timeout = milliseconds(200);
  EXPECT_EQ(fetch_and_wait(fetcher, request).outcome, FetchOutcome::kTimedOut);
  EXPECT_EQ(first.get_future().wait_for(milliseconds(0)), std::future_status::timeout);
  EXPECT_EQ(server.connection_count(), 1);
}

TEST(HttpFetcher, ReportsAReset) {
  ScriptedServer server([](Connection& connection, const std::string&) { connection.reset(); });
  HttpFetcher fetcher;
  const FetchResult result = fetch_and_wait(fetcher, plain_get(server.url()));
  EXPECT_EQ(result.outcome, FetchOutcome::kUnreachable);
  EXPECT_THAT(result.complaint, testing::StartsWith("127.0.0.1:"));
}

TEST(HttpFetcher, ReportsABodyThatEndsEarly) {
  ScriptedServer server([](Connection& connection, const std::string&) {
    connection.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n{\"keys\"");
    connection.reset();
  });
  HttpFetcher fetcher;
  EXPECT_EQ(fetch_and_wait(fetcher, plain_get(server.url())).outcome, FetchOutcome::kUnreachable);
}

TEST(HttpFetcher, ReportsAnAnswerThatIsNotHttp) {
  ScriptedServer server([](Connection& connection, const std::string&) {
    connection.send("SSH-2.0-\x1b[31mfake\r\n\r\n");
    connection.reset();
  });
  HttpFetcher fetcher;
  const FetchResult result = fetch_and_wait(fetcher, plain_get(server.url()));
  EXPECT_EQ(result.outcome, FetchOutcome::kUnreachable);
  EXPECT_THAT(result.complaint, Not(HasSubstr("\x1b")));
}

TEST(HttpFetcher, ReportsAClosedPort) {
  const test::BoundSocket bound = test::listen_on_loopback();
  ::close(bound.fd);
  HttpFetcher fetcher;
  const FetchResult result =
      fetch_and_wait(fetcher, plain_get("http://127.0.0.1:" + std::to_string(bound.port) + "/x?client_secret=hidden"));
  EXPECT_EQ(result.outcome, FetchOutcome::kUnreachable);
  EXPECT_THAT(result.complaint, HasSubstr("127.0.0.1:" + std::to_string(bound.port)));
  EXPECT_THAT(result.complaint, Not(HasSubstr("hidden")));
}

TEST(HttpFetcher, RefusesEverythingButHttps) {
  HttpFetcher fetcher;
  for (const char* url :
       {"file:///etc/passwd", "data:text/plain,x", "ftp://127.0.0.1/x", "gopher://127.0.0.1/", "127.0.0.1/x",
        "dict://127.0.0.1:1/", "ldap://127.0.0.1/", "", "https://", "HTTPS//x", "https://127.0.0.1/\r\nX: y",
        "https://a b/", "https://user:hidden@127.0.0.1/", "https://user@127.0.0.1/", "http://u:hidden@127.0.0.1/"}) {
    const FetchResult result = fetch_and_wait(fetcher, plain_get(url));
    EXPECT_EQ(result.outcome, FetchOutcome::kRefused) << url;
    EXPECT_NE(result.complaint, "") << url;
    EXPECT_THAT(result.complaint, Not(HasSubstr("hidden"))) << url;
    EXPECT_THAT(result.complaint, Not(HasSubstr("passwd"))) << url;
  }
}

TEST(HttpFetcher, RefusesPlainHttpWithoutPermission) {
  ScriptedServer server(always(response("200 OK", "")));
  HttpFetcher fetcher;
  FetchRequest request = plain_get(server.url());
  request.allow_plain_http = false;
  EXPECT_EQ(fetch_and_wait(fetcher, request).outcome, FetchOutcome::kRefused);
  request.url.replace(0, 4, "HtTp");
  EXPECT_EQ(fetch_and_wait(fetcher, request).outcome, FetchOutcome::kRefused);
  EXPECT_EQ(server.connection_count(), 0);
}

TEST(HttpFetcher, RefusesHeadersThatCouldStartAnother) {
  ScriptedServer server(always(response("200 OK", "")));
  HttpFetcher fetcher;
  for (const HttpHeader& header : {HttpHeader{"X", "a\r\nY: b"}, HttpHeader{"X: y", "a"}, HttpHeader{"", "a"}}) {
    FetchRequest request = plain_get(server.url());
    request.headers = {header};
    EXPECT_EQ(fetch_and_wait(fetcher, request).outcome, FetchOutcome::kRefused);
  }
  EXPECT_EQ(server.connection_count(), 0);
}

// NOLINTBEGIN(concurrency-mt-unsafe): no other thread looks at the environment while these change it
TEST(HttpFetcher, IsNotSteeredByTheEnvironment) {
  ScriptedServer proxy(always(response("200 OK", "from the proxy")));
  ScriptedServer server(always(response("200 OK", "from the server")));
  for (const char* name : {"http_proxy", "HTTPS_PROXY", "ALL_PROXY", "all_proxy"}) {
    ASSERT_EQ(::setenv(name, proxy.url().c_str(), 1), 0);
  }
  HttpFetcher fetcher;
  EXPECT_EQ(fetch_and_wait(fetcher, plain_get(server.url())).body, "from the server");
  for (const char* name : {"http_proxy", "HTTPS_PROXY", "ALL_PROXY", "all_proxy"}) ::unsetenv(name);
}

TEST(HttpFetcher, UsesTheConfiguredProxyEvenWhereTheEnvironmentExempts) {
  ScriptedServer proxy(always(response("200 OK", "from the proxy")));
  ASSERT_EQ(::setenv("no_proxy", "*", 1), 0);
  HttpFetcher fetcher({.proxy = proxy.url()});
  EXPECT_EQ(fetch_and_wait(fetcher, plain_get("http://issuer.invalid/keys")).body, "from the proxy");
  ::unsetenv("no_proxy");
}
// NOLINTEND(concurrency-mt-unsafe)

TEST(HttpFetcher, KeepsConnectionsForReuse) {
  ScriptedServer server(always(response("200 OK", "x")));
  HttpFetcher fetcher;
  for (int i = 0; i < 5; ++i) EXPECT_EQ(fetch_and_wait(fetcher, plain_get(server.url())).body, "x");
  EXPECT_EQ(server.connection_count(), 1);
}

}  // namespace
}  // namespace assay::outbound

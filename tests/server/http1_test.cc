// Heads: what the strict reader accepts and, above all, what it refuses. Bodies: http1_framing_test.cc.
#include "server/http1.h"

#include <string>

#include <gtest/gtest.h>

#include "tests/server/http1_stream.h"

namespace assay::server {
namespace {

using State = Http1Reader::State;

// The status with which `stream` is refused before any request of it is accepted; 0 if it is not.
int refusal(std::string_view stream) {
  const StreamOutcome outcome = read_whole(stream);
  return outcome.requests.empty() && outcome.end == State::kBad ? outcome.status : 0;
}

// A request with one more field line.
std::string with_field(std::string_view line) {
  return "GET / HTTP/1.1\r\nHost: a\r\n" + std::string(line) + "\r\n\r\n";
}

std::string with_request_line(std::string_view line) { return std::string(line) + "\r\nHost: a\r\n\r\n"; }

TEST(Http1, ReadsARequest) {
  const StreamOutcome outcome = read_whole(
      "GET /v1/orders?x=%2F HTTP/1.1\r\nHost: api.example:8080\r\nAuthorization:Bearer a.b.c\r\nX-Empty:\r\n"
      "X-Blanks: \t two  words\t \r\n\r\n");
  ASSERT_EQ(outcome.requests.size(), 1U);
  EXPECT_EQ(outcome.requests[0], (ReadRequest{"GET",
                                              "/v1/orders?x=%2F",
                                              1,
                                              {{"Host", "api.example:8080"},
                                               {"Authorization", "Bearer a.b.c"},
                                               {"X-Empty", ""},
                                               {"X-Blanks", "two  words"}},
                                              ""}));
  EXPECT_FALSE(outcome.closed);
}

TEST(Http1, ReadsPipelinedRequestsInOrder) {
  std::string stream;
  for (int i = 0; i < 20; ++i) stream += "GET /" + std::to_string(i) + " HTTP/1.1\r\nHost: a\r\n\r\n";
  const StreamOutcome outcome = read_whole(stream);
  ASSERT_EQ(outcome.requests.size(), 20U);
  EXPECT_EQ(outcome.requests[0].target, "/0");
  EXPECT_EQ(outcome.requests[19].target, "/19");
  EXPECT_EQ(outcome.consumed_bytes, stream.size());
}

TEST(Http1, TellsWhetherTheConnectionStays) {
  EXPECT_FALSE(read_whole(with_field("X: y")).closed);
  EXPECT_TRUE(read_whole(with_field("Connection: close")).closed);
  EXPECT_TRUE(read_whole(with_field("Connection: foo, CLOSE")).closed);
  EXPECT_TRUE(read_whole(with_field("Connection: keep-alive\r\nConnection: close")).closed);
  EXPECT_FALSE(read_whole(with_field("Connection: closed")).closed);
  EXPECT_TRUE(read_whole("GET / HTTP/1.0\r\n\r\n").closed);
  EXPECT_FALSE(read_whole("GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n").closed);
  EXPECT_TRUE(read_whole("GET / HTTP/1.0\r\nConnection: keep-alive, close\r\n\r\n").closed);
}

TEST(Http1, RefusesControlBytesAnywhereInAHead) {
  for (int byte = 0; byte < 0x20; ++byte) {
    const std::string c(1, static_cast<char>(byte));
    if (c != "\t") {
      EXPECT_EQ(refusal(with_field("X: a" + c + "b")), 400) << byte;
    }
    if (c != "\n") {
      EXPECT_EQ(refusal(with_field("X" + c + ": a")), 400) << byte;
      EXPECT_EQ(refusal(with_request_line("GET /a" + c + "b HTTP/1.1")), 400) << byte;
      EXPECT_EQ(refusal(with_request_line("GE" + c + "T / HTTP/1.1")), 400) << byte;
    }
  }
  EXPECT_EQ(refusal(with_field("X: a\x7F")), 400);
  EXPECT_EQ(refusal(with_request_line("GET /\x7F HTTP/1.1")), 400);
}

TEST(Http1, RefusesControlBytesAtEveryPlaceOfALongValue) {
  for (std::size_t place = 0; place < 40; ++place) {
    std::string value(40, 'v');
    value[place] = '\x01';
    EXPECT_EQ(refusal(with_field("X: " + value)), 400) << place;
    value[place] = '\x7F';
    EXPECT_EQ(refusal(with_field("X: " + value)), 400) << place;
    value[place] = '\x80';
    EXPECT_EQ(refusal(with_field("X: " + value)), 0) << place;
    EXPECT_EQ(refusal(with_field("Authorization: " + value)), 400) << place;
    value[place] = '~';
    EXPECT_EQ(refusal(with_field("Authorization: " + value)), 0) << place;
  }
}

TEST(Http1, RefusesABareLineFeed) {
  EXPECT_EQ(refusal("GET / HTTP/1.1\nHost: a\r\n\r\n"), 400);
  EXPECT_EQ(refusal("GET / HTTP/1.1\r\nHost: a\n\r\n"), 400);
  EXPECT_EQ(refusal("GET / HTTP/1.1\r\nHost: a\r\n\n"), 400);
  EXPECT_EQ(refusal("\nGET / HTTP/1.1\r\nHost: a\r\n\r\n"), 400);
}

TEST(Http1, RefusesABareCarriageReturn) {
  EXPECT_EQ(refusal(with_field("X: a\rY: b")), 400);
  EXPECT_EQ(refusal(with_field("X: a\r")), 400);
  EXPECT_EQ(refusal("GET / HTTP/1.1\r\r\nHost: a\r\n\r\n"), 400);
  EXPECT_EQ(refusal("GET / HTTP/1.1\r\nHost: a\r\n\rX\r\n\r\n"), 400);
}

TEST(Http1, RefusesAnEmptyLineBeforeTheRequest) { EXPECT_EQ(refusal("\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n"), 400); }

TEST(Http1, RefusesFoldedLines) {
  EXPECT_EQ(refusal(with_field("X: a\r\n b")), 400);
  EXPECT_EQ(refusal(with_field("X: a\r\n\tb")), 400);
  EXPECT_EQ(refusal("GET / HTTP/1.1\r\n Host: a\r\n\r\n"), 400);
}

TEST(Http1, RefusesBlanksBeforeTheColon) {
  EXPECT_EQ(refusal(with_field("X : a")), 400);
  EXPECT_EQ(refusal(with_field("X\t: a")), 400);
  EXPECT_EQ(refusal("GET / HTTP/1.1\r\nHost : a\r\n\r\n"), 400);
}

TEST(Http1, RefusesEmptyAndNonTokenNames) {
  EXPECT_EQ(refusal(with_field(": a")), 400);
  EXPECT_EQ(refusal(with_field("no colon")), 400);
  EXPECT_EQ(refusal(with_field("a b: c")), 400);
  EXPECT_EQ(refusal(with_field("X(: a")), 400);
  EXPECT_EQ(refusal(with_field("X\x80: a")), 400);
  EXPECT_EQ(refusal(with_field("\"X\": a")), 400);
}

TEST(Http1, RefusesHighBytesInTheRequestLineAndInCredentials) {
  EXPECT_EQ(refusal(with_request_line("GET /\xC3\xA9 HTTP/1.1")), 400);
  EXPECT_EQ(refusal(with_request_line("G\xC3T / HTTP/1.1")), 400);
  EXPECT_EQ(refusal(with_field("Authorization: Bearer a\xFF")), 400);
  EXPECT_EQ(refusal(with_field("Proxy-Authorization: Basic \x80")), 400);
  EXPECT_EQ(refusal(with_field("Cookie: t=\x80")), 400);
  EXPECT_EQ(refusal(with_field("COOKIE: t=\x80")), 400);
}

TEST(Http1, AllowsHighBytesInOtherValues) {
  EXPECT_EQ(read_whole(with_field("X-Name: Zo\xC3\xAB")).requests.size(), 1U);
}

TEST(Http1, RefusesASecondHost) {
  EXPECT_EQ(refusal(with_field("Host: a")), 400);
  EXPECT_EQ(refusal(with_field("hOST: b")), 400);
  EXPECT_EQ(refusal("GET / HTTP/1.0\r\nHost: a\r\nHost: a\r\n\r\n"), 400);
}

TEST(Http1, RefusesHttp11WithoutHost) {
  EXPECT_EQ(refusal("GET / HTTP/1.1\r\nX: a\r\n\r\n"), 400);
  EXPECT_EQ(refusal("GET / HTTP/1.1\r\n\r\n"), 400);
  EXPECT_EQ(read_whole("GET / HTTP/1.0\r\n\r\n").requests.size(), 1U);
}

TEST(Http1, RefusesAHostThatIsNone) {
  for (const char* host : {"a b", "a/b", "user@a", "a?b", "a#b", "a\\b", "a, b", "<a>", "a\"b"}) {
    EXPECT_EQ(refusal("GET / HTTP/1.1\r\nHost: " + std::string(host) + "\r\n\r\n"), 400) << host;
  }
  for (const char* host : {"", "a", "a:80", "[::1]:80", "10.0.0.1", "xn--a.example"}) {
    EXPECT_EQ(read_whole("GET / HTTP/1.1\r\nHost: " + std::string(host) + "\r\n\r\n").requests.size(), 1U) << host;
  }
}

TEST(Http1, RefusesASecondAuthorization) {
  EXPECT_EQ(refusal(with_field("Authorization: Bearer a\r\nAuthorization: Bearer b")), 400);
  EXPECT_EQ(refusal(with_field("Authorization: Bearer a\r\nX: y\r\nauthorization: Bearer a")), 400);
}

TEST(Http1, RefusesOtherVersions) {
  for (const char* version : {"HTTP/1.2", "HTTP/2.0", "HTTP/0.9", "HTTP/3.1"}) {
    EXPECT_EQ(refusal(with_request_line("GET / " + std::string(version))), 505) << version;
  }
  for (const char* version : {"", "http/1.1", "HTTP/1", "HTTP/1.10", "HTTP/11", "HTTP/1,1", "HTTP/+1.1", "XTTP/1.1",
                              " HTTP/1.1", "HTTP/1.1 ", "HTTP /1.1"}) {
    EXPECT_EQ(refusal(with_request_line("GET / " + std::string(version))), 400) << version;
  }
  EXPECT_EQ(refusal(with_request_line("GET /")), 400);
  EXPECT_EQ(refusal(with_request_line("GET")), 400);
}

TEST(Http1, RefusesTheHttp2Preface) { EXPECT_EQ(refusal("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), 505); }

TEST(Http1, RefusesConnectAndUpgrade) {
  EXPECT_EQ(refusal(with_request_line("CONNECT a:443 HTTP/1.1")), 400);
  EXPECT_EQ(refusal(with_request_line("CONNECT / HTTP/1.1")), 400);
  EXPECT_EQ(refusal(with_field("Upgrade: h2c")), 400);
  EXPECT_EQ(refusal(with_field("Connection: Upgrade, HTTP2-Settings")), 400);
}

TEST(Http1, RefusesUnknownMethods) {
  EXPECT_EQ(refusal(with_request_line("BREW / HTTP/1.1")), 501);
  EXPECT_EQ(refusal(with_request_line("get / HTTP/1.1")), 501);
  EXPECT_EQ(refusal(with_request_line("GETX / HTTP/1.1")), 501);
  EXPECT_EQ(refusal(with_request_line("G@T / HTTP/1.1")), 400);
  EXPECT_EQ(refusal(with_request_line(" / HTTP/1.1")), 400);
}

TEST(Http1, RefusesTargetsThatAreNotOriginForm) {
  for (const char* target : {"http://a/", "a", "a:443", "?x", "//a b", "/a#b", "", "*x"}) {
    EXPECT_EQ(refusal(with_request_line("GET " + std::string(target) + " HTTP/1.1")), 400) << target;
  }
  EXPECT_EQ(refusal(with_request_line("GET * HTTP/1.1")), 400);
  EXPECT_EQ(refusal(with_request_line("GET  / HTTP/1.1")), 400);
  EXPECT_EQ(read_whole(with_request_line("OPTIONS * HTTP/1.1")).requests.size(), 1U);
  EXPECT_EQ(read_whole(with_request_line("OPTIONS /a HTTP/1.1")).requests.size(), 1U);
}

TEST(Http1, RefusesExpectationsItWouldNotMeet) {
  Http1Limits dropping = kTestLimits;
  dropping.keep_body = false;
  for (const char* framing : {"Content-Length: 3", "Transfer-Encoding: chunked"}) {
    const std::string request = with_field("Expect: 100-continue\r\n" + std::string(framing));
    EXPECT_EQ(read_whole(request, dropping).status, 417) << framing;
    EXPECT_EQ(read_whole(request).end, Http1Reader::State::kPartial) << framing;
  }
  EXPECT_EQ(refusal(with_field("Expect: tea")), 417);
  // RFC 9110 sec 10.1.1: without content there is nothing to continue with.
  EXPECT_EQ(read_whole(with_field("Expect: 100-Continue")).requests.size(), 1U);
}

TEST(Http1, KnowsWhoWaitsToBeAskedForABody) {
  const auto waits = [](std::string_view request, std::string_view body) {
    std::string message = std::string(request) + std::string(body);
    Http1Reader reader;
    reader.begin();
    static_cast<void>(reader.read(std::span<char>(message), kTestLimits));
    return reader.awaits_continue();
  };
  const std::string request = with_field("Expect: 100-continue\r\nContent-Length: 3");
  EXPECT_TRUE(waits(request, ""));
  EXPECT_FALSE(waits(request, "a"));
  EXPECT_FALSE(waits(with_field("Content-Length: 3"), ""));
  EXPECT_FALSE(waits("POST / HTTP/1.0\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n", ""));
  EXPECT_FALSE(waits(request.substr(0, request.size() - 1), ""));  // the head may hold more
}

TEST(Http1, RefusesBytesThatCannotBeginARequestAtOnce) {
  EXPECT_EQ(refusal(std::string_view("\x16\x03\x01\x02\x00", 5)), 400);
  EXPECT_EQ(refusal(" "), 400);
  EXPECT_EQ(refusal(std::string_view("\0", 1)), 400);
  EXPECT_EQ(read_whole("G").end, State::kPartial);
}

TEST(Http1, RefusesALongHead) {
  const std::string start = "GET / HTTP/1.1\r\nHost: a\r\nX: ";
  const std::size_t room = kTestLimits.head_bytes_max - start.size() - 4;
  EXPECT_EQ(read_whole(start + std::string(room, 'x') + "\r\n\r\n").requests.size(), 1U);
  EXPECT_EQ(refusal(start + std::string(room + 1, 'x') + "\r\n\r\n"), 431);
  EXPECT_EQ(refusal(start + std::string(1'000'000, 'x')), 431);
  EXPECT_EQ(refusal(std::string(1'000'000, 'G')), 431);
}

TEST(Http1, RefusesTooManyFields) {
  std::string fields;
  for (std::size_t i = 1; i < kTestLimits.fields_max; ++i) fields += "X: y\r\n";
  EXPECT_EQ(read_whole("GET / HTTP/1.1\r\nHost: a\r\n" + fields + "\r\n").requests.size(), 1U);
  EXPECT_EQ(refusal("GET / HTTP/1.1\r\nHost: a\r\n" + fields + "X: y\r\n\r\n"), 431);
}

TEST(Http1, WaitsForTheRestOfAHead) {
  const std::string request = with_field("X: y");
  for (std::size_t bytes = 1; bytes < request.size(); ++bytes) {
    const StreamOutcome outcome = read_whole(std::string_view{request}.substr(0, bytes));
    EXPECT_EQ(outcome.end, State::kPartial) << bytes;
    EXPECT_TRUE(outcome.requests.empty()) << bytes;
  }
}

}  // namespace
}  // namespace assay::server

// Clients that wait for 100 before they send a body. RFC 9110 sec 10.1.1. On every ground.
#include <chrono>
#include <memory>
#include <poll.h>
#include <string>

#include <gtest/gtest.h>

#include "tests/server/http_client.h"

namespace assay::server {
namespace {

constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";

class HttpServerContinue : public GroundTest {};

INSTANTIATE_TEST_SUITE_P(Grounds, HttpServerContinue, ::testing::ValuesIn(kGrounds), ground_name);

std::string head(std::string_view fields, std::string_view version = "HTTP/1.1") {
  return "POST /p " + std::string(version) + "\r\nHost: a\r\n" + std::string(fields) + "\r\n\r\n";
}

// Whether bytes come within a moment.
bool hears_something(const TestClient& client) {
  pollfd poller{.fd = client.fd(), .events = POLLIN, .revents = 0};
  return ::poll(&poller, 1, 100) == 1;
}

TEST_P(HttpServerContinue, AsksForTheBodyOnce) {
  const auto server = start(options());
  TestClient client(server->bound_addresses()[0]);
  for (const std::string_view framing : {"Content-Length: 5", "Transfer-Encoding: chunked"}) {
    ASSERT_TRUE(client.send(head("Expect: 100-continue\r\n" + std::string(framing))));
    EXPECT_EQ(client.response(), kContinue);
    const bool chunked = framing.starts_with("T");
    ASSERT_TRUE(client.send(chunked ? "2\r\nhe\r\n" : "he"));
    EXPECT_FALSE(hears_something(client));
    ASSERT_TRUE(client.send(chunked ? "3\r\nllo\r\n0\r\n\r\n" : "llo"));
    const std::string response = client.response();
    EXPECT_EQ(status_of(response), 200);
    EXPECT_EQ(body_of(response), "POST /p hello");
  }
  EXPECT_EQ(server->stats().requests, 2U);
}

TEST_P(HttpServerContinue, ABodyThatCameIsNotAskedFor) {
  const auto server = start(options());
  TestClient client(server->bound_addresses()[0]);
  ASSERT_TRUE(client.send(head("Expect: 100-continue\r\nContent-Length: 5") + "he"));
  EXPECT_FALSE(hears_something(client));
  ASSERT_TRUE(client.send("llo" + head("Expect: 100-continue\r\nContent-Length: 0")));
  EXPECT_EQ(body_of(client.response()), "POST /p hello");
  EXPECT_EQ(body_of(client.response()), "POST /p ");
}

// An answer of an older request must come first: whoever waits for it would take 100 for its own.
TEST_P(HttpServerContinue, OlderRequestsAreAnsweredFirst) {
  const auto server = start(options([](std::uint32_t) {
    return std::make_unique<ScriptedHandler>(
        [held = ExchangeId{}](std::span<const Exchange> exchanges, Responder& responder) mutable {
          for (const Exchange& exchange : exchanges) {
            if (exchange.request->target == "/held") {
              held = exchange.id;
              continue;
            }
            if (exchange.request->target == "/release") responder.answer(held, {.body = "held"});
            responder.answer(exchange.id, {.body = exchange.request->body});
          }
        });
  }));
  const Address address = server->bound_addresses()[0];
  TestClient client(address);
  ASSERT_TRUE(client.send(get("/held") + head("Expect: 100-continue\r\nContent-Length: 5")));
  EXPECT_FALSE(hears_something(client));
  TestClient other(address);
  ASSERT_TRUE(other.send(get("/release")));
  EXPECT_EQ(status_of(other.response()), 200);
  EXPECT_EQ(body_of(client.response()), "held");
  EXPECT_EQ(client.response(), kContinue);
  ASSERT_TRUE(client.send("hello"));
  EXPECT_EQ(body_of(client.response()), "hello");
}

TEST_P(HttpServerContinue, ABodyThatIsTooLongIsRefusedBeforeItIsSent) {
  const auto server = start(options());
  TestClient client(server->bound_addresses()[0]);
  ASSERT_TRUE(client.send(head("Expect: 100-continue\r\nContent-Length: 65537")));
  EXPECT_EQ(status_of(client.response()), 413);
  EXPECT_TRUE(client.is_closed());
}

TEST_P(HttpServerContinue, ThePromisedBodyHasItsTime) {
  HttpServerOptions hasty = options();
  hasty.limits.body_timeout = std::chrono::milliseconds(60);
  const auto server = start(std::move(hasty));
  TestClient client(server->bound_addresses()[0]);
  ASSERT_TRUE(client.send(head("Expect: 100-continue\r\nContent-Length: 5")));
  EXPECT_EQ(client.response(), kContinue);
  EXPECT_EQ(status_of(client.response()), 408);
  EXPECT_TRUE(client.is_closed());
  EXPECT_EQ(server->stats().timeouts_body, 1U);
}

TEST_P(HttpServerContinue, OtherExpectationsAreRefused) {
  const auto server = start(options());
  for (const std::string_view expectation : {"tea", "100-continue, tea", "100"}) {
    TestClient client(server->bound_addresses()[0]);
    ASSERT_TRUE(client.send(head("Expect: " + std::string(expectation) + "\r\nContent-Length: 5")));
    EXPECT_EQ(status_of(client.response()), 417) << expectation;
    EXPECT_TRUE(client.is_closed());
  }
}

// It has no 1xx answers.
TEST_P(HttpServerContinue, Http10IsNotAsked) {
  const auto server = start(options());
  TestClient client(server->bound_addresses()[0]);
  ASSERT_TRUE(client.send(head("Expect: 100-continue\r\nContent-Length: 5", "HTTP/1.0")));
  EXPECT_FALSE(hears_something(client));
  ASSERT_TRUE(client.send("hello"));
  EXPECT_EQ(body_of(client.response()), "POST /p hello");
}

TEST_P(HttpServerContinue, ABodyThatWouldBeDroppedIsRefused) {
  HttpServerOptions dropping = options();
  dropping.listeners.front().body = BodyUse::kDiscard;
  const auto server = start(std::move(dropping));
  TestClient client(server->bound_addresses()[0]);
  ASSERT_TRUE(client.send(head("Expect: 100-continue\r\nContent-Length: 5")));
  EXPECT_EQ(status_of(client.response()), 417);
  EXPECT_TRUE(client.is_closed());
}

}  // namespace
}  // namespace assay::server

// The server on both pollers, over TCP and Unix sockets: connections, pipelining, damage.
#include "server/http_server.h"

#include <algorithm>
#include <random>
#include <set>
#include <string>
#include <sys/resource.h>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "tests/server/http_client.h"

namespace assay::server {
namespace {

class HttpServerTest : public GroundTest {};

INSTANTIATE_TEST_SUITE_P(Grounds, HttpServerTest, ::testing::ValuesIn(kGrounds), ground_name);

TEST_P(HttpServerTest, SaysHowItWaits) {
  const auto server = start(options());
  const bool epoll = GetParam().poller == PollerChoice::kEpoll;
  EXPECT_EQ(server->poller().name, epoll ? "epoll" : "io_uring");
  EXPECT_FALSE(server->poller().reason.empty());
}

TEST_P(HttpServerTest, KeepsAConnectionForManyRequests) {
  const auto server = start(options());
  TestClient client(server->bound_addresses()[0]);
  for (int i = 0; i < 100; ++i) {
    const std::string target = "/" + std::to_string(i);
    ASSERT_TRUE(client.send(get(target)));
    EXPECT_EQ(body_of(client.response()), "GET " + target + " ");
  }
  const HttpServerStats stats = server->stats();
  EXPECT_EQ(stats.requests, 100U);
  EXPECT_EQ(stats.connections_accepted, 1U);
  EXPECT_EQ(stats.connections_open, 1U);
}

TEST_P(HttpServerTest, AnswersPipelinedRequestsOfOnePacketInOrderAndAsOneBatch) {
  std::atomic<std::size_t> largest_batch{0};
  const auto server = start(options([&largest_batch](std::uint32_t) {
    return std::make_unique<ScriptedHandler>([&](std::span<const Exchange> exchanges, Responder& responder) {
      largest_batch = std::max(largest_batch.load(), exchanges.size());
      echo(exchanges, responder);
    });
  }));
  TestClient client(server->bound_addresses()[0]);
  std::string packet;
  for (int i = 0; i < 16; ++i) packet += get("/" + std::to_string(i));
  ASSERT_TRUE(client.send(packet));
  for (int i = 0; i < 16; ++i) EXPECT_EQ(body_of(client.response()), "GET /" + std::to_string(i) + " ");
  EXPECT_EQ(largest_batch, 16U);
}

TEST_P(HttpServerTest, AnswersDeepPipelinesInOrder) {
  const auto server = start(options());
  TestClient client(server->bound_addresses()[0]);
  constexpr int kCount = 5000;
  std::thread sender([&client] {
    std::string stream;
    for (int i = 0; i < kCount; ++i) stream += get("/" + std::to_string(i));
    EXPECT_TRUE(client.send(stream));
  });
  for (int i = 0; i < kCount; ++i) {
    const std::string body = body_of(client.response());
    ASSERT_EQ(body, "GET /" + std::to_string(i) + " ");
  }
  sender.join();
}

TEST_P(HttpServerTest, ReadsRequestsThatComeByteByByte) {
  const auto server = start(options());
  TestClient client(server->bound_addresses()[0]);
  const std::string request = "POST /p HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n";
  for (const char c : request + get("/next")) ASSERT_TRUE(client.send(std::string_view(&c, 1)));
  EXPECT_EQ(body_of(client.response()), "POST /p abc");
  EXPECT_EQ(body_of(client.response()), "GET /next ");
}

TEST_P(HttpServerTest, TellsThePeerAndTheListener) {
  HttpServerOptions two = options([](std::uint32_t) {
    return std::make_unique<ScriptedHandler>([](std::span<const Exchange> exchanges, Responder& responder) {
      for (const Exchange& exchange : exchanges) {
        const HttpRequest& request = *exchange.request;
        const std::string body = std::string(request.peer.kind == Peer::Kind::kUnix ? "unix" : "tcp") + " " +
                                 std::string(request.peer.address) + " " + std::to_string(request.listener);
        responder.answer(exchange.id, {.body = body});
      }
    });
  });
  two.listeners.push_back({.address = free_address(GetParam().kind)});
  const auto server = start(std::move(two));
  ASSERT_EQ(server->bound_addresses().size(), 2U);
  const std::string expected = GetParam().kind == Address::Kind::kUnix ? "unix  " : "tcp 127.0.0.1 ";
  for (const std::size_t listener : {0U, 1U}) {
    TestClient client(server->bound_addresses()[listener]);
    ASSERT_TRUE(client.send(get("/")));
    EXPECT_EQ(body_of(client.response()), expected + std::to_string(listener));
  }
}

TEST_P(HttpServerTest, DiscardsBodiesWhereToldTo) {
  HttpServerOptions discarding = options();
  discarding.listeners[0].body = BodyUse::kDiscard;
  const auto server = start(std::move(discarding));
  TestClient client(server->bound_addresses()[0]);
  const std::string body(60'000, 'b');
  ASSERT_TRUE(client.send("POST /p HTTP/1.1\r\nHost: a\r\nContent-Length: 60000\r\n\r\n" + body + get("/next")));
  EXPECT_EQ(body_of(client.response()), "POST /p ");
  EXPECT_EQ(body_of(client.response()), "GET /next ");
}

TEST_P(HttpServerTest, KeepsBodiesUpToTheLimit) {
  const auto server = start(options());
  TestClient client(server->bound_addresses()[0]);
  const std::string body(64 * 1024, 'b');
  ASSERT_TRUE(client.send("POST /p HTTP/1.1\r\nHost: a\r\nContent-Length: 65536\r\n\r\n" + body));
  EXPECT_EQ(body_of(client.response()), "POST /p " + body);
}

TEST_P(HttpServerTest, ClosesWhereTheClientOrTheHandlerAsksForIt) {
  const auto server = start(options([](std::uint32_t) {
    return std::make_unique<ScriptedHandler>([](std::span<const Exchange> exchanges, Responder& responder) {
      for (const Exchange& exchange : exchanges) {
        const bool close = exchange.request->target == "/close";
        responder.answer(exchange.id, {.after = close ? AfterAnswer::kClose : AfterAnswer::kAsClientAsked});
      }
    });
  }));
  const Address address = server->bound_addresses()[0];
  for (const std::string& request :
       {get("/", "Connection: close\r\n"), get("/close"), std::string("GET / HTTP/1.0\r\n\r\n")}) {
    TestClient client(address);
    // What follows on the connection is not served.
    ASSERT_TRUE(client.send(request + get("/after")));
    bool ended = false;
    const std::string everything = client.rest(&ended);
    EXPECT_TRUE(ended);
    EXPECT_EQ(everything, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
  }
  TestClient old(address);
  ASSERT_TRUE(old.send("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"));
  EXPECT_EQ(old.response(), "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: keep-alive\r\n\r\n");
}

TEST_P(HttpServerTest, AnswersAClientThatEndsItsStreamAfterTheRequest) {
  const auto server = start(options());
  TestClient client(server->bound_addresses()[0]);
  std::string packet;
  for (int i = 0; i < 100; ++i) packet += get("/" + std::to_string(i));
  ASSERT_TRUE(client.send(packet));
  client.end_sending();
  for (int i = 0; i < 100; ++i) ASSERT_EQ(body_of(client.response()), "GET /" + std::to_string(i) + " ");
  EXPECT_TRUE(client.is_closed());
}

TEST_P(HttpServerTest, SendsLargeResponsesToSlowReaders) {
  const std::string large(3'000'000, 'r');
  const auto server = start(options([&large](std::uint32_t) {
    return std::make_unique<ScriptedHandler>([&large](std::span<const Exchange> exchanges, Responder& responder) {
      for (const Exchange& exchange : exchanges) responder.answer(exchange.id, {.body = large});
    });
  }));
  TestClient client(server->bound_addresses()[0]);
  ASSERT_TRUE(client.send(get("/1") + get("/2")));
  ::usleep(20'000);
  EXPECT_EQ(body_of(client.response()), large);
  EXPECT_EQ(body_of(client.response()), large);
}

// A client that sends without end and reads nothing must not make the server remember without end.
TEST_P(HttpServerTest, StopsReadingFromAClientThatDoesNotReadItsResponses) {
  constexpr std::size_t kFarTooMuch = 100'000'000;
  const auto server = start(options());
  TestClient client(server->bound_addresses()[0]);
  std::string packet;
  for (int i = 0; i < 1000; ++i) packet += get("/greedy", "X: " + std::string(500, 'x') + "\r\n");
  std::size_t sent = 0;
  bool stuck = false;
  while (!stuck && sent < kFarTooMuch) {
    const std::string_view rest = std::string_view{packet}.substr(sent % packet.size());
    const ssize_t bytes = ::send(client.fd(), rest.data(), rest.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (bytes > 0) sent += static_cast<std::size_t>(bytes);
    pollfd poller{.fd = client.fd(), .events = POLLOUT, .revents = 0};
    stuck = ::poll(&poller, 1, 200) == 0;
  }
  EXPECT_TRUE(stuck) << sent;
  TestClient other(server->bound_addresses()[0]);
  ASSERT_TRUE(other.send(get("/other")));
  EXPECT_EQ(body_of(other.response()), "GET /other ");
  // When it reads at last, everything is answered in order.
  std::size_t answered = 0;
  while (answered < sent / (packet.size() / 1000)) {
    ASSERT_EQ(body_of(client.response()), "GET /greedy ");
    ++answered;
  }
}

TEST_P(HttpServerTest, SurvivesRandomBytesAndAbruptResets) {
  const auto server = start(options());
  const Address address = server->bound_addresses()[0];
  std::mt19937 random(9112);
  constexpr std::string_view kPieces[] = {"GET / HTTP/1.1\r\n",
                                          "Host: a\r\n",
                                          "\r\n",
                                          "\r\n\r\n",
                                          "POST /p HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n",
                                          "Transfer-Encoding: chunked\r\n",
                                          "5\r\nhello\r\n",
                                          "0\r\n\r\n"};
  for (int i = 0; i < 500; ++i) {
    std::string stream;
    for (auto parts = random() % 20; parts > 0; --parts) {
      if (random() % 2 == 0) {
        stream += kPieces[random() % std::size(kPieces)];
      } else {
        for (auto bytes = random() % 50; bytes > 0; --bytes) stream += static_cast<char>(random() % 256);
      }
    }
    TestClient client(address);
    ASSERT_TRUE(client.connected());
    client.send(stream);
    if (i % 3 == 0) client.reset();
  }
  TestClient client(address);
  ASSERT_TRUE(client.send(get("/still")));
  EXPECT_EQ(body_of(client.response()), "GET /still ");
  EXPECT_TRUE(eventually([&server] { return server->stats().connections_open == 1; }));
}

TEST_P(HttpServerTest, ServesWithManyWorkers) {
  std::atomic<std::uint32_t> made{0};
  HttpServerOptions many = options([&made](std::uint32_t index) {
    made |= 1U << index;
    return std::make_unique<ScriptedHandler>(echo);
  });
  many.workers = 4;
  const auto server = start(std::move(many));
  EXPECT_EQ(server->workers(), 4U);
  EXPECT_EQ(made, 0b1111U);
  std::vector<TestClient> clients;
  for (int i = 0; i < 64; ++i) clients.emplace_back(server->bound_addresses()[0]);
  for (TestClient& client : clients) ASSERT_TRUE(client.send(get("/x")));
  for (TestClient& client : clients) EXPECT_EQ(body_of(client.response()), "GET /x ");
}

TEST_P(HttpServerTest, HoldsManyIdleConnections) {
  rlimit files{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &files), 0);
  files.rlim_cur = files.rlim_max;
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &files), 0);
  const int count = files.rlim_max > 6000 ? 2500 : 300;
  const auto server = start(options());
  std::vector<TestClient> clients;
  for (int i = 0; i < count; ++i) {
    clients.emplace_back(server->bound_addresses()[0]);
    ASSERT_TRUE(clients.back().connected()) << i;
  }
  // Each is used once, then idle, then used again.
  for (int round = 0; round < 2; ++round) {
    for (TestClient& client : clients) ASSERT_TRUE(client.send(get("/x")));
    for (TestClient& client : clients) ASSERT_EQ(body_of(client.response()), "GET /x ");
  }
  EXPECT_EQ(server->stats().connections_open, static_cast<std::uint64_t>(count));
  clients.clear();
  EXPECT_TRUE(eventually([&server] { return server->stats().connections_open == 0; }));
}

TEST(HttpServerStart, RefusesWhatCannotServe) {
  EXPECT_FALSE(HttpServer::start({}).has_value());
  HttpServerOptions no_handler;
  no_handler.listeners = {{.address = free_address(Address::Kind::kTcp)}};
  EXPECT_FALSE(HttpServer::start(std::move(no_handler)).has_value());
  HttpServerOptions too_many;
  too_many.listeners = {{.address = free_address(Address::Kind::kTcp)}};
  too_many.make_handler = echo_factory();
  too_many.workers = 100'000;
  EXPECT_FALSE(HttpServer::start(std::move(too_many)).has_value());
}

TEST(HttpServerStart, SaysWhichAddressIsTaken) {
  for (const std::uint32_t workers : {1U, 2U}) {
    HttpServerOptions first;
    first.listeners = {{.address = free_address(Address::Kind::kTcp)}};
    first.make_handler = echo_factory();
    first.workers = workers;
    const auto server = start(std::move(first));
    HttpServerOptions second;
    second.listeners = {{.address = server->bound_addresses()[0]}};
    second.make_handler = echo_factory();
    second.workers = workers;
    const auto refused = HttpServer::start(std::move(second));
    ASSERT_FALSE(refused.has_value()) << workers;
    EXPECT_NE(refused.error().find(":" + std::to_string(server->bound_addresses()[0].port)), std::string::npos)
        << refused.error();
  }
}

}  // namespace
}  // namespace assay::server

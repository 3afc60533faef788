// What bounds a client: time, sizes, numbers. On every ground.
#include <chrono>
#include <fcntl.h>
#include <string>
#include <sys/resource.h>
#include <time.h>
#include <vector>

#include <gtest/gtest.h>

#include "tests/server/http_client.h"

namespace assay::server {
namespace {

using std::chrono::milliseconds;

class HttpServerLimits : public GroundTest {
 protected:
  [[nodiscard]] static HttpServerOptions limited(const HttpLimits& limits) {
    HttpServerOptions result = options();
    result.limits = limits;
    return result;
  }
  static void expect_service(const Address& address) {
    TestClient client(address);
    ASSERT_TRUE(client.send(get("/valid")));
    EXPECT_EQ(body_of(client.response()), "GET /valid ");
  }
};

INSTANTIATE_TEST_SUITE_P(Grounds, HttpServerLimits, ::testing::ValuesIn(kGrounds), ground_name);

TEST_P(HttpServerLimits, ClosesIdleConnections) {
  const auto server = start(limited({.idle_timeout = milliseconds(60)}));
  const Address address = server->bound_addresses()[0];
  TestClient silent(address);
  TestClient used(address);
  ASSERT_TRUE(used.send(get("/x")));
  EXPECT_EQ(status_of(used.response()), 200);
  EXPECT_TRUE(silent.is_closed());
  EXPECT_TRUE(used.is_closed());
  EXPECT_EQ(server->stats().timeouts_idle, 2U);
  expect_service(address);
}

TEST_P(HttpServerLimits, ClosesAClientThatSendsItsHeadByteByByte) {
  const auto server = start(limited({.head_timeout = milliseconds(100)}));
  const Address address = server->bound_addresses()[0];
  TestClient slow(address);
  std::string sent;
  // Each byte comes well within the time; all of them together do not.
  for (const char c : get("/slow", "X: " + std::string(1000, 'x') + "\r\n")) {
    if (!slow.send(std::string_view(&c, 1))) break;
    sent += c;
    pollfd poller{.fd = slow.fd(), .events = POLLIN, .revents = 0};
    if (::poll(&poller, 1, 10) > 0) break;
    if (sent.size() == 4) expect_service(address);
  }
  bool ended = false;
  EXPECT_EQ(status_of(slow.rest(&ended)), 408);
  EXPECT_TRUE(ended);
  EXPECT_LT(sent.size(), 500U);
  EXPECT_EQ(server->stats().timeouts_head, 1U);
}

TEST_P(HttpServerLimits, GivesEveryPipelinedHeadItsOwnTime) {
  const auto server = start(limited({.head_timeout = milliseconds(150)}));
  TestClient client(server->bound_addresses()[0]);
  // Always one head is incomplete, but none for long.
  for (int i = 0; i < 8; ++i) {
    ASSERT_TRUE(client.send(i == 0 ? "GET /x HTT" : "P/1.1\r\nHost: a\r\n\r\nGET /x HTT"));
    if (i > 0) {
      EXPECT_EQ(status_of(client.response()), 200) << i;
    }
    ::usleep(40'000);
  }
}

TEST_P(HttpServerLimits, ClosesAClientWhoseBodyNeverEnds) {
  const auto server = start(limited({.body_timeout = milliseconds(60)}));
  TestClient slow(server->bound_addresses()[0]);
  ASSERT_TRUE(slow.send("POST /p HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nabc"));
  bool ended = false;
  EXPECT_EQ(status_of(slow.rest(&ended)), 408);
  EXPECT_TRUE(ended);
  EXPECT_EQ(server->stats().timeouts_body, 1U);
}

TEST_P(HttpServerLimits, ClosesAClientThatNeverReadsItsResponse) {
  HttpServerOptions large = limited({.body_timeout = milliseconds(60)});
  std::string body;
  body.assign(20'000'000, 'r');
  large.make_handler = [&body](std::uint32_t) {
    return std::make_unique<ScriptedHandler>([&body](std::span<const Exchange> exchanges, Responder& responder) {
      for (const Exchange& exchange : exchanges) responder.answer(exchange.id, {.body = body});
    });
  };
  const auto server = start(std::move(large));
  TestClient client(server->bound_addresses()[0]);
  ASSERT_TRUE(client.send(get("/x")));
  EXPECT_TRUE(eventually([&server] { return server->stats().timeouts_send == 1; }));
  EXPECT_TRUE(eventually([&server] { return server->stats().connections_open == 0; }));
}

TEST_P(HttpServerLimits, RefusesAHeadOfAMegabyte) {
  const auto server = start(options());
  const Address address = server->bound_addresses()[0];
  for (const std::string& head : {get("/x", "X: " + std::string(1'000'000, 'x') + "\r\n"), std::string(1'000'000, 'G'),
                                  "GET /" + std::string(1'000'000, 'x') + " HTTP/1.1\r\n\r\n"}) {
    TestClient client(address);
    client.send(head);
    bool ended = false;
    EXPECT_EQ(status_of(client.rest(&ended)), 431);
    EXPECT_TRUE(ended);
  }
  EXPECT_EQ(server->stats().refused_head_size, 3U);
  EXPECT_EQ(server->stats().requests, 0U);
  expect_service(address);
}

TEST_P(HttpServerLimits, RefusesABodyOverTheLimit) {
  const auto server = start(options());
  TestClient client(server->bound_addresses()[0]);
  ASSERT_TRUE(client.send("POST /p HTTP/1.1\r\nHost: a\r\nContent-Length: 65537\r\n\r\n"));
  bool ended = false;
  EXPECT_EQ(status_of(client.rest(&ended)), 413);
  EXPECT_TRUE(ended);
  EXPECT_EQ(server->stats().refused_body_size, 1U);
}

TEST_P(HttpServerLimits, AnswersWhatCameBeforeABadRequestFirst) {
  const auto server = start(options());
  TestClient client(server->bound_addresses()[0]);
  ASSERT_TRUE(client.send(get("/1") + get("/2") + "BAD\r\n\r\n" + get("/3")));
  EXPECT_EQ(body_of(client.response()), "GET /1 ");
  EXPECT_EQ(body_of(client.response()), "GET /2 ");
  EXPECT_EQ(status_of(client.response()), 400);
  EXPECT_TRUE(client.is_closed());
  EXPECT_EQ(server->stats().requests, 2U);
  EXPECT_EQ(server->stats().refused_syntax, 1U);
}

TEST_P(HttpServerLimits, RefusesConnectionsOverTheLimitAndRecovers) {
  const auto server = start(limited({.connections_max = 2}));
  const Address address = server->bound_addresses()[0];
  std::vector<TestClient> clients;
  for (int i = 0; i < 2; ++i) {
    clients.emplace_back(address);
    ASSERT_TRUE(clients.back().send(get("/x")));
    EXPECT_EQ(status_of(clients.back().response()), 200);
  }
  TestClient refused(address);
  EXPECT_TRUE(refused.is_closed());
  EXPECT_TRUE(eventually([&server] { return server->stats().connections_refused == 1; }));
  ASSERT_TRUE(clients[0].send(get("/x")));
  EXPECT_EQ(status_of(clients[0].response()), 200);
  clients.clear();
  ASSERT_TRUE(eventually([&server] { return server->stats().connections_open == 0; }));
  expect_service(address);
}

TEST_P(HttpServerLimits, SilentConnectionsMakeRoomForOneThatAsks) {
  const auto server = start(limited({.connections_max = 4}));
  const Address address = server->bound_addresses()[0];
  TestClient used(address);
  ASSERT_TRUE(used.send(get("/x")));
  EXPECT_EQ(status_of(used.response()), 200);
  std::vector<TestClient> silent;
  for (int i = 0; i < 3; ++i) {
    silent.emplace_back(address);
    ASSERT_TRUE(eventually([&] { return server->stats().connections_accepted == 2U + static_cast<unsigned>(i); }));
  }
  for (std::size_t i = 0; i < silent.size(); ++i) {
    expect_service(address);
    EXPECT_TRUE(eventually([&] { return server->stats().connections_open <= 4; }));
  }
  // The oldest went, and the one that had asked stayed.
  EXPECT_TRUE(silent.front().is_closed());
  ASSERT_TRUE(used.send(get("/x")));
  EXPECT_EQ(status_of(used.response()), 200);
  EXPECT_GE(server->stats().connections_displaced, 1U);
  EXPECT_EQ(server->stats().connections_refused, 0U);
}

TEST_P(HttpServerLimits, HalfARequestMakesRoomToo) {
  const auto server = start(limited({.connections_max = 3}));
  const Address address = server->bound_addresses()[0];
  std::vector<TestClient> halves;
  for (const std::string_view half :
       {"G", "GET / HTTP/1.1\r\nHost: a\r\n", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nhalf"}) {
    halves.emplace_back(address);
    ASSERT_TRUE(halves.back().send(std::string(half)));
    ASSERT_TRUE(eventually([&] { return server->stats().connections_accepted == halves.size(); }));
  }
  ::usleep(50'000);
  for (std::size_t i = 0; i < halves.size(); ++i) expect_service(address);
  EXPECT_EQ(server->stats().connections_refused, 0U);
}

TEST_P(HttpServerLimits, AnIdleClientKeepsItsPlaceForTheTimeOfAHead) {
  const auto server = start(limited({.connections_max = 2, .head_timeout = milliseconds(100)}));
  const Address address = server->bound_addresses()[0];
  std::vector<TestClient> clients;
  for (int i = 0; i < 2; ++i) {
    clients.emplace_back(address);
    ASSERT_TRUE(clients.back().send(get("/x")));
    EXPECT_EQ(status_of(clients.back().response()), 200);
  }
  ::usleep(200'000);
  ASSERT_TRUE(clients[0].send(get("/x")));
  EXPECT_EQ(status_of(clients[0].response()), 200);
  expect_service(address);
  EXPECT_TRUE(clients[1].is_closed());
  ASSERT_TRUE(clients[0].send(get("/x")));
  EXPECT_EQ(status_of(clients[0].response()), 200);
}

TEST_P(HttpServerLimits, WhoIsBeingServedKeepsItsPlace) {
  HttpServerOptions waiting = limited({.connections_max = 2, .head_timeout = milliseconds(50)});
  waiting.make_handler = [](std::uint32_t) {
    return std::make_unique<ScriptedHandler>([](std::span<const Exchange>, Responder&) {});
  };
  const auto server = start(std::move(waiting));
  const Address address = server->bound_addresses()[0];
  std::vector<TestClient> clients;
  for (int i = 0; i < 2; ++i) {
    clients.emplace_back(address);
    ASSERT_TRUE(clients.back().send(get("/never")));
  }
  ASSERT_TRUE(eventually([&server] { return server->stats().requests == 2; }));
  ::usleep(100'000);
  TestClient refused(address);
  EXPECT_TRUE(refused.is_closed());
  EXPECT_EQ(server->stats().connections_refused, 1U);
  EXPECT_EQ(server->stats().connections_displaced, 0U);
  EXPECT_EQ(server->stats().connections_open, 2U);
}

// Lets the process have 256 descriptors and fills the table up to the last one; undone at the end.
class ScarceDescriptors {
 public:
  ScarceDescriptors() {
    EXPECT_EQ(::getrlimit(RLIMIT_NOFILE, &before_), 0);
    rlimit few = before_;
    few.rlim_cur = std::min<rlim_t>(before_.rlim_max, 256);
    EXPECT_EQ(::setrlimit(RLIMIT_NOFILE, &few), 0);
  }
  ~ScarceDescriptors() {
    relieve();
    EXPECT_EQ(::setrlimit(RLIMIT_NOFILE, &before_), 0);
  }
  ScarceDescriptors(const ScarceDescriptors&) = delete;
  ScarceDescriptors& operator=(const ScarceDescriptors&) = delete;

  void fill_all_but_one() {
    for (int fd = 0; (fd = ::open("/dev/null", O_RDONLY | O_CLOEXEC)) >= 0;) fillers_.push_back(fd);
    ASSERT_FALSE(fillers_.empty());
    ::close(fillers_.back());
    fillers_.pop_back();
  }
  void relieve() {
    for (const int fd : fillers_) ::close(fd);
    fillers_.clear();
  }

 private:
  rlimit before_{};
  std::vector<int> fillers_;
};

// With no descriptor left, accepting fails at once and would fail again at once.
TEST_P(HttpServerLimits, DoesNotSpinWithoutDescriptors) {
  ScarceDescriptors descriptors;  // before the server: the kernel notes the limit when accepting is armed
  const auto server = start(options());
  descriptors.fill_all_but_one();
  TestClient client(server->bound_addresses()[0]);
  ASSERT_TRUE(client.connected());
  ASSERT_TRUE(eventually([&server] { return server->stats().accept_failures > 0; }));

  const auto cpu_ms = [] {
    timespec time{};
    ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return time.tv_sec * 1000 + time.tv_nsec / 1'000'000;
  };
  const auto cpu_before = cpu_ms();
  ::usleep(200'000);
  EXPECT_LT(cpu_ms() - cpu_before, 100);
  EXPECT_LT(server->stats().accept_failures, 20U);

  descriptors.relieve();
  ASSERT_TRUE(client.send(get("/late")));
  EXPECT_EQ(body_of(client.response()), "GET /late ");
}

}  // namespace
}  // namespace assay::server

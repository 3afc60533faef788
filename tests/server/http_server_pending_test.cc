// Answers that come in a later turn, clients that do not wait for them, and the end of the server.
#include <chrono>
#include <map>
#include <mutex>
#include <string>
#include <sys/eventfd.h>
#include <vector>

#include <gtest/gtest.h>

#include "tests/server/http_client.h"

namespace assay::server {
namespace {

using std::chrono::milliseconds;

// What a test and its handler, which runs on the worker's thread, tell each other.
class Switchboard {
 public:
  Switchboard() : fd_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}
  ~Switchboard() { ::close(fd_); }
  Switchboard(const Switchboard&) = delete;
  Switchboard& operator=(const Switchboard&) = delete;

  // The test's side. Answers go out in this order when the worker wakes.
  void answer(const std::vector<std::string>& targets) {
    {
      const std::lock_guard lock(mutex_);
      answers_.insert(answers_.end(), targets.begin(), targets.end());
    }
    const std::uint64_t one = 1;
    ASSERT_EQ(::write(fd_, &one, sizeof one), static_cast<ssize_t>(sizeof one));
  }
  [[nodiscard]] bool wait_for_pending(std::size_t count) {
    return eventually([&] {
      const std::lock_guard lock(mutex_);
      return pending_.size() == count;
    });
  }
  [[nodiscard]] bool wait_for_abandoned(std::size_t count) {
    return eventually([&] {
      const std::lock_guard lock(mutex_);
      return abandoned_ == count;
    });
  }

  // The handler's side.
  [[nodiscard]] int fd() const noexcept { return fd_; }
  void remember(const Exchange& exchange) {
    const std::lock_guard lock(mutex_);
    pending_[std::string(exchange.request->target)] = exchange;
  }
  void forget(ExchangeId id) {
    const std::lock_guard lock(mutex_);
    ++abandoned_;
    std::erase_if(pending_, [id](const auto& entry) { return entry.second.id == id; });
  }
  void answer_all(Responder& responder) {
    std::uint64_t count = 0;
    ASSERT_EQ(::read(fd_, &count, sizeof count), static_cast<ssize_t>(sizeof count));
    const std::lock_guard lock(mutex_);
    for (const std::string& target : answers_) {
      const auto found = pending_.find(target);
      if (found == pending_.end()) continue;
      const Exchange exchange = found->second;
      // The request is still what it was, whatever else came meanwhile.
      EXPECT_EQ(exchange.request->target, target);
      EXPECT_EQ(exchange.request->find_field("x-copy"), target);
      const std::string body(exchange.request->target);
      responder.answer(exchange.id, {.body = body});
      responder.answer(exchange.id, {.status = 500, .body = "an id answers once"});
      pending_.erase(found);
    }
    answers_.clear();
  }

 private:
  const int fd_;
  std::mutex mutex_;
  std::map<std::string, Exchange> pending_;
  std::vector<std::string> answers_;
  std::size_t abandoned_ = 0;
};

// Answers "/now..." at once and everything else when told to.
class PatientHandler final : public TurnHandler {
 public:
  explicit PatientHandler(Switchboard& board) : board_(board) {}
  void on_requests(std::span<const Exchange> exchanges, Responder& responder, Now /*now*/) override {
    for (const Exchange& exchange : exchanges) {
      if (exchange.request->target.starts_with("/now")) {
        const std::string body(exchange.request->target);
        responder.answer(exchange.id, {.body = body});
      } else {
        board_.remember(exchange);
      }
    }
  }
  void on_abandoned(ExchangeId id) override { board_.forget(id); }
  [[nodiscard]] int wake_fd() const override { return board_.fd(); }
  void on_wake(Responder& responder, Now /*now*/) override { board_.answer_all(responder); }

 private:
  Switchboard& board_;
};

std::string ask(const std::string& target) { return get(target, "X-Copy: " + target + "\r\n"); }

class HttpServerPending : public GroundTest {
 protected:
  [[nodiscard]] HttpServerOptions patient() {
    return options([this](std::uint32_t) { return std::make_unique<PatientHandler>(board_); });
  }
  Switchboard board_;
};

INSTANTIATE_TEST_SUITE_P(Grounds, HttpServerPending, ::testing::ValuesIn(kGrounds), ground_name);

TEST_P(HttpServerPending, SendsLateAnswersInTheOrderOfTheRequests) {
  const auto server = start(patient());
  TestClient client(server->bound_addresses()[0]);
  ASSERT_TRUE(client.send(ask("/a") + ask("/b") + ask("/now1") + ask("/c") + ask("/now2")));
  ASSERT_TRUE(board_.wait_for_pending(3));
  board_.answer({"/c", "/a"});
  EXPECT_EQ(body_of(client.response()), "/a");
  board_.answer({"/b"});
  for (const char* target : {"/b", "/now1", "/c", "/now2"}) EXPECT_EQ(body_of(client.response()), target);
}

TEST_P(HttpServerPending, KeepsARequestWhileItsClientSendsMore) {
  const auto server = start(patient());
  TestClient client(server->bound_addresses()[0]);
  ASSERT_TRUE(client.send(ask("/a")));
  ASSERT_TRUE(board_.wait_for_pending(1));
  std::string more;
  for (int i = 0; i < 2000; ++i) more += ask("/now" + std::to_string(i));
  // More than the connection's input buffer and less than what the kernel holds for a client that is not read from.
  ASSERT_TRUE(client.send(more));
  board_.answer({"/a"});
  EXPECT_EQ(body_of(client.response()), "/a");
  for (int i = 0; i < 2000; ++i) ASSERT_EQ(body_of(client.response()), "/now" + std::to_string(i));
}

TEST_P(HttpServerPending, ServesOthersWhileOneWaits) {
  const auto server = start(patient());
  TestClient waiting(server->bound_addresses()[0]);
  ASSERT_TRUE(waiting.send(ask("/a")));
  ASSERT_TRUE(board_.wait_for_pending(1));
  TestClient other(server->bound_addresses()[0]);
  ASSERT_TRUE(other.send(ask("/now")));
  EXPECT_EQ(body_of(other.response()), "/now");
  board_.answer({"/a"});
  EXPECT_EQ(body_of(waiting.response()), "/a");
}

TEST_P(HttpServerPending, AbandonsTheRequestsOfAClientThatLeaves) {
  const auto server = start(patient());
  for (const bool abruptly : {false, true}) {
    TestClient client(server->bound_addresses()[0]);
    ASSERT_TRUE(client.send(ask("/a") + ask("/b")));
    ASSERT_TRUE(board_.wait_for_pending(2));
    abruptly ? client.reset() : client.leave();
    EXPECT_TRUE(board_.wait_for_abandoned(abruptly ? 4U : 2U));
  }
  EXPECT_TRUE(eventually([&server] { return server->stats().connections_open == 0; }));
  EXPECT_EQ(server->stats().requests_abandoned, 4U);
}

TEST_P(HttpServerPending, IgnoresAnAnswerToARequestThatIsGone) {
  std::atomic<int> answered_late{0};
  ExchangeId old;
  const auto server = start(options([&](std::uint32_t) {
    return std::make_unique<ScriptedHandler>([&](std::span<const Exchange> exchanges, Responder& responder) {
      for (const Exchange& exchange : exchanges) {
        if (exchange.request->target == "/first") {
          old = exchange.id;
        } else if (!(exchange.id == old)) {
          // The slot of the first request is in use again, by this very request.
          EXPECT_EQ(exchange.id.slot, old.slot);
          responder.answer(old, {.status = 500});
          ++answered_late;
        }
        responder.answer(exchange.id, {.body = exchange.request->target});
      }
    });
  }));
  TestClient client(server->bound_addresses()[0]);
  ASSERT_TRUE(client.send(get("/first")));
  EXPECT_EQ(body_of(client.response()), "/first");
  ASSERT_TRUE(client.send(get("/second")));
  EXPECT_EQ(body_of(client.response()), "/second");
  EXPECT_EQ(answered_late, 1);
}

TEST_P(HttpServerPending, AbandonsWhatWaitsWhenTheServerStops) {
  auto server = start(patient());
  TestClient client(server->bound_addresses()[0]);
  ASSERT_TRUE(client.send(ask("/a")));
  ASSERT_TRUE(board_.wait_for_pending(1));
  server.reset();
  EXPECT_TRUE(board_.wait_for_abandoned(1));
  EXPECT_TRUE(client.is_closed());
}

TEST_P(HttpServerPending, FinishesWhatWaitsBeforeADrainEnds) {
  const auto server = start(patient());
  const Address address = server->bound_addresses()[0];
  TestClient waiting(address);
  TestClient idle(address);
  ASSERT_TRUE(idle.send(ask("/now")));
  EXPECT_EQ(status_of(idle.response()), 200);
  ASSERT_TRUE(waiting.send(ask("/a") + ask("/b")));
  ASSERT_TRUE(board_.wait_for_pending(2));
  server->drain();
  server->drain();
  EXPECT_TRUE(idle.is_closed());
  EXPECT_TRUE(eventually([&address] { return !TestClient(address).connected(); }));
  board_.answer({"/a", "/b"});
  EXPECT_EQ(waiting.response().find("Connection: close"), std::string::npos);
  const std::string last = waiting.response();
  EXPECT_EQ(body_of(last), "/b");
  EXPECT_NE(last.find("Connection: close"), std::string::npos);
  EXPECT_TRUE(waiting.is_closed());
  server->join();
  EXPECT_EQ(server->stats().connections_open, 0U);
  EXPECT_EQ(server->stats().requests_abandoned, 0U);
}

TEST_P(HttpServerPending, AnswersARequestThatWasOnItsWayWhenADrainBegan) {
  const auto server = start(patient());
  TestClient client(server->bound_addresses()[0]);
  ASSERT_TRUE(client.send(ask("/now").substr(0, 10)));
  TestClient fresh(server->bound_addresses()[0]);
  ASSERT_TRUE(fresh.send(ask("/now")));
  server->drain();
  ASSERT_TRUE(client.send(ask("/now").substr(10)));
  for (TestClient* each : {&client, &fresh}) {
    EXPECT_EQ(body_of(each->response()), "/now");
    EXPECT_TRUE(each->is_closed());
  }
  server->join();
}

TEST_P(HttpServerPending, EndsADrainAtItsTimeout) {
  HttpServerOptions hasty = patient();
  hasty.limits.drain_timeout = milliseconds(100);
  const auto server = start(std::move(hasty));
  TestClient client(server->bound_addresses()[0]);
  ASSERT_TRUE(client.send(ask("/a")));
  ASSERT_TRUE(board_.wait_for_pending(1));
  server->drain();
  server->join();
  EXPECT_TRUE(board_.wait_for_abandoned(1));
  EXPECT_TRUE(client.is_closed());
}

TEST_P(HttpServerPending, DrainsUnderLoadWithoutLosingAnAnswer) {
  const auto server = start(patient());
  const Address address = server->bound_addresses()[0];
  std::vector<TestClient> clients;
  for (int i = 0; i < 50; ++i) clients.emplace_back(address);
  for (TestClient& client : clients) ASSERT_TRUE(client.send(ask("/now") + ask("/now")));
  server->drain();
  for (TestClient& client : clients) {
    EXPECT_EQ(body_of(client.response()), "/now");
    EXPECT_EQ(body_of(client.response()), "/now");
  }
  server->join();
}

}  // namespace
}  // namespace assay::server

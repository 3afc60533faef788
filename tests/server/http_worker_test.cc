// A worker over a transport that a test scripts: batches and fairness without a kernel in between.
#include "server/http_worker.h"

#include <functional>
#include <map>
#include <string>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>
#include <vector>

#include <gtest/gtest.h>

#include "assay/limits.h"
#include "tests/server/http_client.h"

namespace assay::server {
namespace {

// Each wait-and-deliver runs one step of the script; after the last one the worker is told to stop.
class ScriptedTransport final : public Transport {
 public:
  using Step = std::function<void(TransportEvents&)>;

  void listen(std::uint32_t /*listener*/, int /*fd*/) override {}
  void stop_listening() override {}
  void watch(std::uint32_t /*watch*/, int /*fd*/) override {}
  void attach(std::uint32_t slot, int fd) override { fds_[slot] = fd; }
  void pause_receiving(std::uint32_t slot) override { paused[slot] = true; }
  void resume_receiving(std::uint32_t slot) override { paused[slot] = false; }
  [[nodiscard]] Progress send(std::uint32_t slot, std::string_view bytes) override {
    ++sends[slot];
    sent[slot].append(bytes);
    return Progress::kDone;
  }
  void end_sending(std::uint32_t /*slot*/) override {}
  [[nodiscard]] Progress close(std::uint32_t slot) override {
    ::close(fds_[slot]);
    fds_.erase(slot);
    return Progress::kDone;
  }
  void wait(std::int64_t timeout_ns) override { timeouts_ns.push_back(timeout_ns); }
  void deliver(TransportEvents& events, std::int64_t /*now_ns*/) override {
    if (next_ < script.size()) {
      script[next_++](events);
    } else if (when_over) {
      when_over();
    }
  }
  [[nodiscard]] std::uint64_t receive_restarts() const noexcept override { return 0; }

  std::vector<Step> script;
  std::function<void()> when_over;
  std::vector<std::int64_t> timeouts_ns;
  std::map<std::uint32_t, std::string> sent;
  std::map<std::uint32_t, int> sends;
  std::map<std::uint32_t, bool> paused;

 private:
  std::size_t next_ = 0;
  std::map<std::uint32_t, int> fds_;
};

int some_fd() { return ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK); }

class HttpWorkerTest : public ::testing::Test {
 protected:
  // Runs the script to its end; returns the batches' sizes.
  std::vector<std::size_t> run() {
    std::vector<std::size_t> batches;
    auto handler =
        std::make_unique<ScriptedHandler>([&batches](std::span<const Exchange> exchanges, Responder& responder) {
          batches.push_back(exchanges.size());
          echo(exchanges, responder);
        });
    std::vector<WorkerListener> listeners{{.fd = some_fd(), .kind = Peer::Kind::kUnix}};
    HttpWorker worker(HttpLimits{}, std::move(listeners), some_fd(), std::move(handler));
    transport_.when_over = [&worker] { worker.order(WorkerOrder::kStop); };
    worker.serve(transport_);
    return batches;
  }

  static std::string requests(int count) {
    std::string all;
    for (int i = 0; i < count; ++i) all += get("/" + std::to_string(i));
    return all;
  }
  static int answers_in(const std::string& sent) {
    int count = 0;
    for (std::size_t at = 0; (at = sent.find("HTTP/1.1 200", at)) != std::string::npos; ++at) ++count;
    return count;
  }

  ScriptedTransport transport_;
};

TEST_F(HttpWorkerTest, MakesOneBatchOfATurnAndOneSendPerConnection) {
  transport_.script = {[](TransportEvents& events) {
    for (int i = 0; i < 3; ++i) events.on_accepted(0, some_fd());
    for (const std::uint32_t slot : {0U, 1U, 2U}) events.on_received(slot, requests(5));
  }};
  EXPECT_EQ(run(), std::vector<std::size_t>{15});
  for (const std::uint32_t slot : {0U, 1U, 2U}) {
    EXPECT_EQ(transport_.sends[slot], 1);
    EXPECT_EQ(answers_in(transport_.sent[slot]), 5);
  }
}

TEST_F(HttpWorkerTest, BoundsABatchAndGoesOnWithoutWaiting) {
  transport_.script.push_back([](TransportEvents& events) {
    for (std::uint32_t slot = 0; slot < 10; ++slot) {
      events.on_accepted(0, some_fd());
      events.on_received(slot, requests(16));
    }
  });
  for (int i = 0; i < 4; ++i) transport_.script.push_back([](TransportEvents&) {});
  const std::vector<std::size_t> batches = run();
  EXPECT_EQ(batches, (std::vector<std::size_t>{kBatchMax, kBatchMax, 160 - 2 * kBatchMax}));
  // Turn 0 waited for something to happen; turns 1 and 2 had work left.
  EXPECT_GT(transport_.timeouts_ns[0], 0);
  EXPECT_EQ(transport_.timeouts_ns[1], 0);
  EXPECT_EQ(transport_.timeouts_ns[2], 0);
  EXPECT_GT(transport_.timeouts_ns[3], 0);
}

TEST_F(HttpWorkerTest, ADeepPipelineDoesNotStarveTheOthers) {
  int first_turn_answers = -1;
  transport_.script = {
      [](TransportEvents& events) {
        for (int i = 0; i < 3; ++i) events.on_accepted(0, some_fd());
        events.on_received(0, requests(500));
        events.on_received(1, requests(1));
        events.on_received(2, requests(1));
      },
      [&](TransportEvents&) { first_turn_answers = answers_in(transport_.sent[1]) + answers_in(transport_.sent[2]); }};
  for (int i = 0; i < 60; ++i) transport_.script.push_back([](TransportEvents&) {});
  run();
  EXPECT_EQ(first_turn_answers, 2);
  EXPECT_EQ(answers_in(transport_.sent[0]), 500);
}

TEST_F(HttpWorkerTest, PausesAConnectionWhoseBytesFindNoRoom) {
  bool was_paused = false;
  transport_.script = {[&](TransportEvents& events) {
    events.on_accepted(0, some_fd());
    for (int i = 0; i < 20; ++i) events.on_received(0, requests(200));
    was_paused = transport_.paused[0];
  }};
  for (int i = 0; i < 400; ++i) transport_.script.push_back([](TransportEvents&) {});
  run();
  EXPECT_TRUE(was_paused);
  EXPECT_FALSE(transport_.paused[0]);
  EXPECT_EQ(answers_in(transport_.sent[0]), 4000);
}

TEST_F(HttpWorkerTest, IgnoresAnOrderBelowTheCurrentOne) {
  auto handler = std::make_unique<ScriptedHandler>(echo);
  HttpWorker worker(HttpLimits{}, {}, some_fd(), std::move(handler));
  worker.order(WorkerOrder::kStop);
  worker.order(WorkerOrder::kDrain);
  worker.order(WorkerOrder::kServe);
  ScriptedTransport transport;
  worker.serve(transport);  // returns: the stop was not taken back
  EXPECT_EQ(transport.timeouts_ns.size(), 2U);
}

}  // namespace
}  // namespace assay::server

// assay-load against servers whose every byte is known.
#include "load/load_run.h"

#include <atomic>
#include <chrono>
#include <mutex>
#include <string>
#include <thread>
#include <unistd.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "load/report.h"
#include "load/server_cpu.h"
#include "tests/outbound/scripted_server.h"

namespace assay::load {
namespace {

using outbound::test::Connection;
using outbound::test::response;
using outbound::test::ScriptedServer;
using ::testing::HasSubstr;

constexpr std::int64_t kNsPerMs = 1'000'000;

Address address_of(const ScriptedServer& server) {
  const std::string url = server.url("");
  const std::string port = url.substr(url.rfind(':') + 1);
  std::uint16_t number = 0;
  for (const char digit : port) number = static_cast<std::uint16_t>(number * 10 + (digit - '0'));
  return {.kind = Address::Kind::kTcp, .host = "127.0.0.1", .port = number, .path = {}};
}

RequestSet three_requests(std::uint32_t run_max = 1) { return RequestSet::make("a\nb\nc\n", {}, run_max).value(); }

LoadOptions counted(const ScriptedServer& server, std::uint64_t requests) {
  LoadOptions options;
  options.target = address_of(server);
  options.warmup_ns = 0;
  options.duration_ns = 0;
  options.requests_max = requests;
  return options;
}

TEST(LoadRun, CountsAnswersByStatus) {
  ScriptedServer server([](Connection& connection, const std::string& request) {
    const bool passes = request.find("Bearer b\r\n") == std::string::npos;
    connection.send(passes ? response("200 OK", "") : response("401 Unauthorized", "no"));
  });
  LoadOptions options = counted(server, 300);
  options.connections = 2;
  const auto result = run_load(three_requests(), options);
  ASSERT_TRUE(result) << result.error();
  EXPECT_EQ(result->answers(), 300U);
  EXPECT_EQ(result->status_counts[200], 200U);
  EXPECT_EQ(result->status_counts[401], 100U);
  EXPECT_EQ(result->refusals(), 100U);
  EXPECT_EQ(result->lost, 0U);
  EXPECT_EQ(server.connection_count(), 2);
}

TEST(LoadRun, SendsSeveralRequestsTogether) {
  std::atomic<int> largest = 0;
  ScriptedServer server([&largest](Connection& connection, const std::string&) {
    // The other fifteen are in what follows, unless the kernel cut it: then they come before an answer is missed.
    std::string answers = response("200 OK", "");
    for (int more = 1; more < 16 && connection.alive(); ++more) {
      if (connection.read_request().empty()) return;
      answers += response("200 OK", "");
      if (more >= largest) largest = more + 1;
    }
    connection.send(answers);
  });
  LoadOptions options = counted(server, 160);
  options.depth_max = 16;
  const auto result = run_load(three_requests(16), options);
  ASSERT_TRUE(result) << result.error();
  EXPECT_EQ(result->status_counts[200], 160U);
  EXPECT_EQ(largest, 16);
}

TEST(LoadRun, CountsNothingOfTheWarmup) {
  ScriptedServer server([begin = std::chrono::steady_clock::now()](Connection& connection, const std::string&) {
    const bool early = std::chrono::steady_clock::now() - begin < std::chrono::milliseconds(100);
    connection.send(response(early ? "500 Internal Server Error" : "200 OK", ""));
  });
  LoadOptions options = counted(server, 0);
  options.warmup_ns = 200 * kNsPerMs;
  options.duration_ns = 100 * kNsPerMs;
  const auto result = run_load(three_requests(), options);
  ASSERT_TRUE(result) << result.error();
  EXPECT_GT(result->status_counts[200], 0U);
  EXPECT_EQ(result->refusals(), 0U);
}

TEST(LoadRun, KeepsAConstantRate) {
  ScriptedServer server([](Connection& connection, const std::string&) { connection.send(response("200 OK", "")); });
  LoadOptions options = counted(server, 0);
  options.connections = 4;
  options.rate = 500;
  options.duration_ns = 400 * kNsPerMs;
  const auto result = run_load(three_requests(), options);
  ASSERT_TRUE(result) << result.error();
  EXPECT_EQ(result->answers(), 200U);
}

// A server that stands still for 300 ms makes every request late that is due in this time, not one per connection.
TEST(LoadRun, CountsTheTimeThatARequestWaitsForAStalledServer) {
  constexpr int kStallAt = 50;
  std::mutex mutex;
  int count = 0;
  ScriptedServer server([&](Connection& connection, const std::string&) {
    const std::lock_guard lock(mutex);
    if (++count == kStallAt) std::this_thread::sleep_for(std::chrono::milliseconds(300));
    connection.send(response("200 OK", ""));
  });
  LoadOptions options = counted(server, 0);
  options.connections = 2;
  options.rate = 200;
  options.duration_ns = 1000 * kNsPerMs;
  const auto result = run_load(three_requests(), options);
  ASSERT_TRUE(result) << result.error();
  EXPECT_EQ(result->answers(), 200U);
  EXPECT_GE(result->latency.max_ns(), 295U * 1'000'000U);
  // Sixty of two hundred were due during the stall, forty of them 100 ms or more before its end.
  EXPECT_GE(result->latency.quantile_ns(0.85), 95U * 1'000'000U);
}

TEST(LoadRun, ConnectsAgainBehindAnAnswerThatCloses) {
  ScriptedServer server([](Connection& connection, const std::string&) {
    connection.send(response("200 OK", "", "Connection: close\r\n"));
    connection.wait_for_close();
  });
  const auto result = run_load(three_requests(), counted(server, 10));
  ASSERT_TRUE(result) << result.error();
  EXPECT_EQ(result->answers(), 10U);
  EXPECT_EQ(result->lost, 0U);
  EXPECT_EQ(result->reconnects, 10U);
}

TEST(LoadRun, CountsRequestsThatNoAnswerCameFor) {
  std::atomic<int> count = 0;
  ScriptedServer server([&count](Connection& connection, const std::string&) {
    if (++count % 5 == 0) return connection.reset();
    connection.send(response("200 OK", ""));
  });
  const auto result = run_load(three_requests(), counted(server, 20));
  ASSERT_TRUE(result) << result.error();
  EXPECT_EQ(result->answers(), 16U);
  EXPECT_EQ(result->lost, 4U);
  EXPECT_EQ(result->reconnects, 4U);
}

TEST(LoadRun, SaysWhenNothingComes) {
  ScriptedServer server([](Connection& connection, const std::string&) { connection.wait_for_close(); });
  LoadOptions options = counted(server, 5);
  options.silence_ns = 50 * kNsPerMs;
  const auto result = run_load(three_requests(), options);
  ASSERT_FALSE(result);
  EXPECT_THAT(result.error(), HasSubstr("1 requests wait"));
}

TEST(LoadRun, SaysWhatAResponseLacks) {
  ScriptedServer server([](Connection& connection, const std::string&) { connection.send("HTTP/1.1 200 OK\r\n\r\n"); });
  const auto result = run_load(three_requests(), counted(server, 5));
  ASSERT_FALSE(result);
  EXPECT_THAT(result.error(), HasSubstr("Content-Length"));
}

TEST(LoadRun, RefusesResponsesThatNobodyAskedFor) {
  ScriptedServer server([](Connection& connection, const std::string&) {
    connection.send(response("200 OK", "") + response("200 OK", ""));
  });
  LoadOptions options = counted(server, 1000);
  options.rate = 50;
  const auto result = run_load(three_requests(), options);
  ASSERT_FALSE(result);
  EXPECT_THAT(result.error(), HasSubstr("more responses"));
}

TEST(LoadRun, NamesAnAddressThatNobodyListensOn) {
  LoadOptions options;
  options.target = {.kind = Address::Kind::kUnix, .host = {}, .port = 0, .path = "/nowhere/check.sock"};
  const auto result = run_load(three_requests(), options);
  ASSERT_FALSE(result);
  EXPECT_THAT(result.error(), HasSubstr("unix:/nowhere/check.sock"));
}

TEST(LoadRun, CountsTheCpuTimeOfServers) {
  ScriptedServer server([](Connection& connection, const std::string&) { connection.send(response("200 OK", "")); });
  LoadOptions options = counted(server, 2000);
  options.server_pids = {::getpid()};
  const auto result = run_load(three_requests(), options);
  ASSERT_TRUE(result) << result.error();
  EXPECT_GT(result->server_cpu_us_per_request.value(), 0.0);
  EXPECT_GT(result->own_cpu_us_per_request, 0.0);
  const int no_process[] = {2'000'000'000};
  EXPECT_THAT(read_server_cpu_ns(no_process).error(), HasSubstr("process 2000000000"));
}

TEST(LoadReport, HasTheSameFiguresForPeopleAndPrograms) {
  LoadOptions options;
  options.target = {.kind = Address::Kind::kTcp, .host = "127.0.0.1", .port = 80, .path = {}};
  LoadResult result;
  result.status_counts[200] = 1;
  result.status_counts[401] = 1;
  result.latency.record(1'000);
  result.latency.record(3'000);
  result.server_cpu_us_per_request = 7.5;
  result.server_cpu_share = 0.5;
  EXPECT_THAT(report_text(options, result), HasSubstr("200: 1, 401: 1   not 2xx: 1"));
  EXPECT_THAT(report_text(options, result), HasSubstr("7.50 us per request, 0.50 of a processor"));
  const std::string json = report_json(options, result);
  EXPECT_THAT(json, HasSubstr(R"("status":{"200":1,"401":1},"not_2xx":1)"));
  EXPECT_THAT(json, HasSubstr(R"("max":3.0,"mean":2.0)"));
  EXPECT_THAT(json, HasSubstr(R"("server_cpu_us_per_request":7.500)"));
}

}  // namespace
}  // namespace assay::load

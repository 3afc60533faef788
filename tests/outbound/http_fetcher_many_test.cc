// Many requests at once, and their end: every `done` is called exactly once.
#include <condition_variable>
#include <map>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "outbound/http_fetcher.h"
#include "tests/outbound/scripted_server.h"

namespace assay::outbound {
namespace {

using std::chrono::milliseconds;
using test::Connection;
using test::fetch_and_wait;
using test::plain_get;
using test::response;
using test::ScriptedServer;

// Counts calls of `done` per request.
struct Tally {
  std::mutex mutex;
  std::condition_variable changed;
  std::map<int, int> calls;
  std::map<FetchOutcome, int> outcomes;

  FetchDone done(int id) {
    return [this, id](const FetchResult& result) {
      const std::lock_guard lock(mutex);
      ++calls[id];
      ++outcomes[result.outcome];
      changed.notify_all();
    };
  }
  void wait_for(std::size_t count) {
    std::unique_lock lock(mutex);
    changed.wait(lock, [&] { return calls.size() >= count; });
  }
  void expect_each_once(int count) {
    const std::lock_guard lock(mutex);
    EXPECT_EQ(calls.size(), static_cast<std::size_t>(count));
    for (const auto& [id, n] : calls) EXPECT_EQ(n, 1) << id;
  }
};

TEST(HttpFetcher, RunsAHundredFetchesFromFourThreadsOverFewConnections) {
  ScriptedServer server([](Connection& connection, const std::string& request) {
    std::this_thread::sleep_for(milliseconds(2));
    connection.send(response("200 OK", request.substr(0, request.find('\r'))));
  });
  Tally tally;
  {
    HttpFetcher fetcher({.connections_per_host_max = 8});
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t) {
      threads.emplace_back([&, t] {
        for (int i = 0; i < 25; ++i)
          fetcher.fetch(plain_get(server.url("/" + std::to_string(i))), tally.done(t * 25 + i));
      });
    }
    for (std::thread& thread : threads) thread.join();
    tally.wait_for(100);
  }
  tally.expect_each_once(100);
  EXPECT_EQ(tally.outcomes[FetchOutcome::kAnswered], 100);
  EXPECT_LE(server.connection_count(), 8);
}

TEST(HttpFetcher, EndsOutstandingRequestsOnceWhenDestroyed) {
  ScriptedServer server([](Connection& connection, const std::string&) { connection.wait_for_close(); });
  Tally tally;
  {
    HttpFetcher fetcher;
    for (int i = 0; i < 50; ++i) fetcher.fetch(plain_get(server.url()), tally.done(i));
    std::this_thread::sleep_for(milliseconds(50));
    for (int i = 50; i < 60; ++i) fetcher.fetch(plain_get(server.url()), tally.done(i));
  }
  tally.expect_each_once(60);
  EXPECT_EQ(tally.outcomes[FetchOutcome::kUnreachable], 60);
}

TEST(HttpFetcher, EndsARequestThatACallbackStartsDuringDestruction) {
  ScriptedServer server([](Connection& connection, const std::string&) { connection.wait_for_close(); });
  Tally tally;
  {
    HttpFetcher fetcher;
    fetcher.fetch(plain_get(server.url()),
                  [&](const FetchResult&) { fetcher.fetch(plain_get(server.url()), tally.done(0)); });
  }
  tally.expect_each_once(1);
}

TEST(HttpFetcher, LetsACallbackFetchAgain) {
  ScriptedServer server([](Connection& connection, const std::string&) { connection.send(response("200 OK", "x")); });
  std::promise<FetchResult> second;
  HttpFetcher fetcher;
  fetcher.fetch(plain_get(server.url()), [&](const FetchResult&) {
    fetcher.fetch(plain_get(server.url()), [&](FetchResult result) { second.set_value(std::move(result)); });
  });
  EXPECT_EQ(second.get_future().get().body, "x");
}

TEST(HttpFetcher, RefusesMoreThanItsRequestsInFlightAndRecovers) {
  std::promise<void> release;
  std::shared_future<void> released = release.get_future().share();
  ScriptedServer server([released](Connection& connection, const std::string&) {
    released.wait();
    connection.send(response("200 OK", "x"));
  });
  Tally tally;
  HttpFetcher fetcher({.requests_in_flight_max = 3});
  for (int i = 0; i < 3; ++i) fetcher.fetch(plain_get(server.url()), tally.done(i));
  const FetchResult fourth = fetch_and_wait(fetcher, plain_get(server.url()));
  EXPECT_EQ(fourth.outcome, FetchOutcome::kUnreachable);
  EXPECT_THAT(fourth.complaint, testing::HasSubstr("too many requests in flight"));
  release.set_value();
  tally.wait_for(3);
  EXPECT_EQ(tally.outcomes[FetchOutcome::kAnswered], 3);
  EXPECT_EQ(fetch_and_wait(fetcher, plain_get(server.url())).outcome, FetchOutcome::kAnswered);
}

}  // namespace
}  // namespace assay::outbound

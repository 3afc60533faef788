// The property: what a node acknowledged is in the end on every node, also on one that is new, whatever was killed.
//
// The method: two children are nodes of one fleet; each revokes ids of its own without pause, lifts every fifth of them
// again, and tells through a pipe what it asks for and what was acknowledged. The parent kills both with kill -9 at
// random moments, round after round, and meanwhile flushes Redis, kills it, or stops it for a while. At the end it
// opens both logs and a new one and holds all three against the ledger.
#include <array>
#include <atomic>
#include <csignal>
#include <iostream>
#include <random>
#include <set>
#include <sys/wait.h>
#include <unistd.h>

#include <gtest/gtest.h>

#include "tests/store/redis_fixture.h"

namespace assay::store {
namespace {

constexpr int kRounds = 24;
constexpr std::uint64_t kUnderWayMax = 32;
constexpr std::uint64_t kLiftOneIn = 5;

// Smaller than PIPE_BUF: written whole or not at all.
struct LedgerLine {
  std::uint64_t number = 0;
  RevocationOperation operation = RevocationOperation::kRevoke;
  bool acknowledged = false;
};

void tell(int pipe, const LedgerLine& line) {
  if (::write(pipe, &line, sizeof line) != static_cast<ssize_t>(sizeof line)) ::_exit(3);
}

// The child. It never returns; the parent kills it.
[[noreturn]] void append_for_ever(const std::string& path, const RedisSettings& settings, int pipe,
                                  std::uint64_t number) {
  RedisLog log(path, settings);
  if (log.replay([](std::span<const RevocationRecord>) {}).outcome != ReplayOutcome::kReplayed) ::_exit(2);
  log.follow([](std::span<const RevocationRecord>) {});
  std::atomic<std::uint64_t> under_way{0};
  const auto append = [&](RevocationOperation operation) {
    tell(pipe, {number, operation, false});
    ++under_way;
    log.append({record_of(number, operation)}, [&under_way, pipe, number, operation](const AppendResult& result) {
      if (!is_durable(result.outcome)) ::_exit(4);
      tell(pipe, {number, operation, true});
      --under_way;
    });
  };
  for (;; ++number) {
    while (under_way.load() > kUnderWayMax) std::this_thread::sleep_for(std::chrono::microseconds(200));
    append(RevocationOperation::kRevoke);
    if (number % kLiftOneIn == 0) append(RevocationOperation::kLift);
  }
}

struct Ledger {
  std::set<std::uint64_t> revoked;     // acknowledged
  std::set<std::uint64_t> lift_asked;  // and perhaps acknowledged
  std::set<std::uint64_t> lifted;      // acknowledged

  void read_all(int pipe) {
    LedgerLine line;
    while (::read(pipe, &line, sizeof line) == static_cast<ssize_t>(sizeof line)) {
      const bool is_lift = line.operation == RevocationOperation::kLift;
      if (is_lift) lift_asked.insert(line.number);
      if (line.acknowledged) (is_lift ? lifted : revoked).insert(line.number);
    }
  }

  [[nodiscard]] std::uint64_t wrong_count(const FleetNode& node) const {
    std::uint64_t wrong = 0;
    for (const std::uint64_t number : revoked)
      wrong += !lift_asked.contains(number) && !node.is_revoked(number) ? 1U : 0U;
    for (const std::uint64_t number : lifted) wrong += node.is_revoked(number) ? 1U : 0U;
    return wrong;
  }
};

class RedisLogKillTest : public testing::Test {
 protected:
  void SetUp() override {
    if (!RedisServerProcess::is_installed()) GTEST_SKIP() << "no " << RedisServerProcess::kProgram;
    redis_ = std::make_unique<RedisServerProcess>();
  }

  void run_round(int round) {
    std::array<int, 2> pipe{};
    ASSERT_EQ(::pipe(pipe.data()), 0);
    std::array<pid_t, 2> children{};
    for (std::size_t i = 0; i < children.size(); ++i) {
      const std::uint64_t first = (static_cast<std::uint64_t>(round) * 2 + i) * 10'000'000;
      children[i] = ::fork();
      if (children[i] == 0) append_for_ever(folders_[i].path(), redis_->settings(), pipe[1], first);
    }
    ::close(pipe[1]);
    std::thread reader([&] { ledger_.read_all(pipe[0]); });
    sleep_a_while();
    trouble(round);
    sleep_a_while();
    for (const pid_t child : children) {
      ::kill(child, SIGKILL);
      int status = 0;
      ::waitpid(child, &status, 0);
      EXPECT_TRUE(WIFSIGNALED(status)) << "a child ended by itself with " << WEXITSTATUS(status);
    }
    reader.join();
    ::close(pipe[0]);
  }

  void trouble(int round) {
    if (round % 4 == 1) redis_->ask({"FLUSHALL"});
    if (round % 4 == 2) redis_->kill();
    if (round % 4 == 3) redis_->pause();
    sleep_a_while();
    if (round % 4 == 2) redis_->start();
    if (round % 4 == 3) redis_->go_on();
  }

  void sleep_a_while() { std::this_thread::sleep_for(std::chrono::milliseconds(20 + random_() % 130)); }

  std::array<LogFolder, 3> folders_;
  std::unique_ptr<RedisServerProcess> redis_;
  Ledger ledger_;
  std::mt19937_64 random_{7};
};

TEST_F(RedisLogKillTest, WhatAnyNodeAcknowledgedIsInTheEndOnAll) {
  for (int round = 0; round < kRounds && !HasFailure(); ++round) run_round(round);
  std::vector<std::unique_ptr<FleetNode>> nodes;
  for (const LogFolder& folder : folders_) {
    nodes.push_back(std::make_unique<FleetNode>(folder.path(), redis_->settings()));
  }
  for (const auto& node : nodes) {
    EXPECT_TRUE(becomes_true([&] { return ledger_.wrong_count(*node) == 0; })) << ledger_.wrong_count(*node);
  }
  std::cout << ledger_.revoked.size() << " revocations and " << ledger_.lifted.size() << " lifts acknowledged in "
            << kRounds << " rounds\n";
  EXPECT_GT(ledger_.revoked.size(), 100U);
}

}  // namespace
}  // namespace assay::store

// The property: what was acknowledged is there after kill -9 at any moment, and what is there was asked for.
//
// The method: a child appends revocations and lifts without pause and tells of each, through a pipe, first that it asks
// for it and then that it was acknowledged. The pipe is the ledger: what is in it outlives the child. The parent kills
// the child, replays the log, and looks at each id: its state is that of the latest acknowledged record or of one that
// was asked for later. One log lives through all rounds.
//
// ASSAY_KILL_ROUNDS says how many rounds (tests/store/kill_loop.sh).
#include <algorithm>
#include <array>
#include <atomic>
#include <charconv>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <iostream>
#include <random>
#include <string_view>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

#include <gtest/gtest.h>

#include "tests/store/log_fixture.h"

namespace assay::store {
namespace {

constexpr int kRoundsByDefault = 50;
constexpr std::uint64_t kIds = 400;
constexpr std::uint64_t kUnderWayMax = 64;

int round_count() {
  const char* text = std::getenv("ASSAY_KILL_ROUNDS");  // NOLINT(concurrency-mt-unsafe): before any thread
  int rounds = kRoundsByDefault;
  if (text != nullptr) {
    const std::string_view digits = text;
    std::from_chars(digits.data(), digits.data() + digits.size(), rounds);
  }
  return rounds;
}

// One line of the ledger: smaller than PIPE_BUF, so it is written whole or not at all.
struct LedgerLine {
  std::uint64_t number = 0;
  RevocationOperation operation = RevocationOperation::kRevoke;
  bool acknowledged = false;
};

void tell(int pipe, const LedgerLine& line) {
  if (::write(pipe, &line, sizeof line) != static_cast<ssize_t>(sizeof line)) ::_exit(3);
}

// The child. It never returns; the parent kills it.
[[noreturn]] void append_for_ever(const std::string& path, int pipe, std::uint64_t seed) {
  SqliteLog log(path);
  if (log.replay([](std::span<const RevocationRecord>) {}).outcome != ReplayOutcome::kReplayed) ::_exit(2);
  std::mt19937_64 random(seed);
  std::atomic<std::uint64_t> under_way{0};
  for (std::uint64_t turn = 0;; ++turn) {
    while (under_way.load() > random() % kUnderWayMax) std::this_thread::yield();
    const auto operation = random() % 3 == 0 ? RevocationOperation::kLift : RevocationOperation::kRevoke;
    std::vector<RevocationRecord> records;
    std::vector<LedgerLine> lines;
    for (std::uint64_t i = 0; i <= turn % 3; ++i) {
      const std::uint64_t number = random() % kIds;
      records.push_back(record_of(number, operation));
      lines.push_back({number, operation, true});
      tell(pipe, {number, operation, false});
    }
    ++under_way;
    log.append(std::move(records), [&under_way, pipe, lines](const AppendResult& result) {
      if (!is_durable(result.outcome)) ::_exit(4);
      for (const LedgerLine& line : lines) tell(pipe, line);
      --under_way;
    });
  }
}

// What an id may be: by its latest acknowledged record, or by one asked for after it.
struct Allowed {
  std::vector<RevocationOperation> asked;  // not acknowledged yet, oldest first
  RevocationOperation acknowledged = RevocationOperation::kLift;

  [[nodiscard]] bool allows(RevocationOperation operation) const {
    return operation == acknowledged || std::find(asked.begin(), asked.end(), operation) != asked.end();
  }
};

class Ledger {
 public:
  // Reads the pipe until the child's end of it is closed.
  void read_all(int pipe) {
    LedgerLine line;
    while (::read(pipe, &line, sizeof line) == static_cast<ssize_t>(sizeof line)) note(line);
  }

  // Holds `revoked` against the ledger, and takes it as what is true from now on.
  void settle(const std::map<DurableId, RevocationRecord>& revoked) {
    for (std::uint64_t number = 0; number < kIds; ++number) {
      Allowed& allowed = ids_[number];
      const auto state =
          revoked.contains(record_of(number).id) ? RevocationOperation::kRevoke : RevocationOperation::kLift;
      EXPECT_TRUE(allowed.allows(state)) << "id " << number << " is " << static_cast<int>(state);
      allowed = {{}, state};
    }
  }

  [[nodiscard]] std::uint64_t acknowledged_count() const { return acknowledged_count_; }

 private:
  // Appends are acknowledged in the order in which they were asked for.
  void note(const LedgerLine& line) {
    Allowed& allowed = ids_[line.number];
    if (!line.acknowledged) {
      allowed.asked.push_back(line.operation);
      return;
    }
    ++acknowledged_count_;
    ASSERT_FALSE(allowed.asked.empty());
    ASSERT_EQ(allowed.asked.front(), line.operation);
    allowed.acknowledged = line.operation;
    allowed.asked.erase(allowed.asked.begin());
  }

  std::array<Allowed, kIds> ids_;
  std::uint64_t acknowledged_count_ = 0;
};

TEST(SqliteLogKill, NothingAcknowledgedIsLostAndNothingElseAppears) {
  const LogFolder folder;
  Ledger ledger;
  std::mt19937_64 random(5);
  const int rounds = round_count();
  for (int round = 0; round < rounds && !testing::Test::HasFailure(); ++round) {
    std::array<int, 2> pipe{};
    ASSERT_EQ(::pipe(pipe.data()), 0);
    const std::uint64_t seed = random();
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      ::close(pipe[0]);
      append_for_ever(folder.path(), pipe[1], seed);
    }
    ::close(pipe[1]);
    std::thread killer([child, delay = std::chrono::microseconds(random() % 60'000)] {
      std::this_thread::sleep_for(delay);
      ::kill(child, SIGKILL);
    });
    ledger.read_all(pipe[0]);
    killer.join();
    ::close(pipe[0]);
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFSIGNALED(status)) << "the child ended by itself: " << WEXITSTATUS(status);
    const Replayed replayed = replay_of(folder.path());
    ASSERT_EQ(replayed.result.outcome, ReplayOutcome::kReplayed) << replayed.result.complaint;
    ledger.settle(replayed.revoked);
  }
  EXPECT_GT(ledger.acknowledged_count(), static_cast<std::uint64_t>(rounds));
  std::cout << rounds << " kills, " << ledger.acknowledged_count() << " acknowledged records, none lost\n";
}

}  // namespace
}  // namespace assay::store

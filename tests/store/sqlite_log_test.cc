#include "store/sqlite_log.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <csignal>
#include <set>
#include <sys/resource.h>
#include <sys/stat.h>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/store/log_fixture.h"

namespace assay::store {
namespace {

using testing::HasSubstr;

class SqliteLogTest : public testing::Test {
 protected:
  LogFolder folder_;
  std::string path_ = folder_.path();
};

TEST_F(SqliteLogTest, ReplaysWhatWasAppendedInTheOrderOfSequences) {
  {
    SqliteLog log(path_);
    EXPECT_EQ(replay_of(log).result.outcome, ReplayOutcome::kReplayed);
    const AppendResult first = append_and_wait(log, {record_of(1), record_of(2)});
    EXPECT_EQ(first.outcome, AppendOutcome::kDurable) << first.complaint;
    EXPECT_EQ(first.last_sequence, 2U);
    EXPECT_EQ(append_and_wait(log, {record_of(3)}).last_sequence, 3U);
  }
  SqliteLog log(path_);
  std::vector<RevocationRecord> seen;
  const ReplayResult result =
      log.replay([&](auto records) { seen.insert(seen.end(), records.begin(), records.end()); });
  EXPECT_EQ(result.outcome, ReplayOutcome::kReplayed) << result.complaint;
  EXPECT_EQ(result.last_sequence, 3U);
  ASSERT_EQ(seen.size(), 3U);
  for (std::uint64_t i = 0; i < 3; ++i) {
    RevocationRecord expected = record_of(i + 1);
    expected.sequence = i + 1;
    EXPECT_EQ(seen[i], expected);
  }
}

TEST_F(SqliteLogTest, StaysWithTheIdKeyThatItWasWrittenUnder) {
  {
    SqliteLog log(path_, "one");
    EXPECT_EQ(replay_of(log).result.outcome, ReplayOutcome::kReplayed);
    append_and_wait(log, {record_of(1)});
  }
  {
    SqliteLog log(path_, "two");
    const Replayed replayed = replay_of(log);
    EXPECT_EQ(replayed.result.outcome, ReplayOutcome::kUnreadable);
    EXPECT_TRUE(replayed.revoked.empty());
    for (const char* said : {"id_key_file", "put the old key back", "-witness away"}) {
      EXPECT_THAT(replayed.result.complaint, HasSubstr(said));
    }
    EXPECT_EQ(append_and_wait(log, {record_of(2)}).outcome, AppendOutcome::kFailed);
  }
  for (const char* fingerprint : {"one", ""}) {
    SqliteLog log(path_, fingerprint);
    EXPECT_EQ(replay_of(log).revoked.size(), 1U) << fingerprint;
  }
}

TEST_F(SqliteLogTest, ALogWithoutAnIdKeyOfItsOwnTakesTheFirstThatComes) {
  {
    SqliteLog log(path_);
    EXPECT_EQ(replay_of(log).result.outcome, ReplayOutcome::kReplayed);
    append_and_wait(log, {record_of(1)});
  }
  for (const char* fingerprint : {"one", "one"}) {
    SqliteLog log(path_, fingerprint);
    EXPECT_GE(replay_of(log).revoked.size(), 1U);
    EXPECT_EQ(append_and_wait(log, {record_of(2)}).outcome, AppendOutcome::kDurable);
  }
  SqliteLog log(path_, "two");
  EXPECT_EQ(replay_of(log).result.outcome, ReplayOutcome::kUnreadable);
}

// A write-ahead log is placed beside the file that a link leads to, and would be missed beside the link.
TEST_F(SqliteLogTest, OpensFilesAndNothingElse) {
  { EXPECT_EQ(replay_of(path_).result.outcome, ReplayOutcome::kReplayed); }
  const std::string link = path_ + "-link";
  std::filesystem::create_symlink(path_, link);
  const ReplayResult linked = replay_of(link).result;
  EXPECT_EQ(linked.outcome, ReplayOutcome::kUnreadable);
  EXPECT_THAT(linked.complaint, HasSubstr(link + " is a symbolic link"));
  const std::string folder = path_ + "-folder";
  std::filesystem::create_directory(folder);
  const ReplayResult of_folder = replay_of(folder).result;
  EXPECT_EQ(of_folder.outcome, ReplayOutcome::kUnreadable);
  EXPECT_THAT(of_folder.complaint, HasSubstr(folder + " is a directory"));
}

TEST_F(SqliteLogTest, LaterRecordWins) {
  {
    SqliteLog log(path_);
    static_cast<void>(replay_of(log));
    append_and_wait(log, {record_of(1), record_of(2), record_of(3)});
    append_and_wait(log, {record_of(1, RevocationOperation::kLift), record_of(2, RevocationOperation::kLift)});
    append_and_wait(log, {record_of(2)});
    EXPECT_EQ(log.health().dropped_count, 3U);
    EXPECT_EQ(log.health().last_sequence, 6U);
  }
  const Replayed replayed = replay_of(path_);
  EXPECT_FALSE(replayed.revoked.contains(record_of(1).id));
  EXPECT_TRUE(replayed.revoked.contains(record_of(2).id));
  EXPECT_TRUE(replayed.revoked.contains(record_of(3).id));
}

TEST_F(SqliteLogTest, WithinOneBatchTheLaterRecordWins) {
  {
    SqliteLog log(path_);
    static_cast<void>(replay_of(log));
    append_and_wait(log, {record_of(1), record_of(1, RevocationOperation::kLift), record_of(2), record_of(2)});
  }
  EXPECT_EQ(replay_of(path_).revoked.size(), 1U);
}

TEST_F(SqliteLogTest, SequencesGoOnAfterAReopening) {
  for (std::uint64_t i = 1; i <= 5; ++i) {
    SqliteLog log(path_);
    static_cast<void>(replay_of(log));
    EXPECT_EQ(append_and_wait(log, {record_of(7)}).last_sequence, i);
  }
}

TEST_F(SqliteLogTest, ManyAppendsShareFewFlushes) {
  constexpr std::size_t kAppends = 5000;
  SqliteLog log(path_);
  static_cast<void>(replay_of(log));
  const std::uint64_t before = log.commit_count();
  std::atomic<std::size_t> durable{0};
  std::promise<void> all;
  for (std::size_t i = 0; i < kAppends; ++i) {
    log.append({record_of(i)}, [&](const AppendResult& result) {
      EXPECT_EQ(result.outcome, AppendOutcome::kDurable);
      if (++durable == kAppends) all.set_value();
    });
  }
  all.get_future().wait();
  EXPECT_LT(log.commit_count() - before, kAppends / 10);
  EXPECT_EQ(log.health().queued_count, 0U);
}

TEST_F(SqliteLogTest, TakesAppendsFromManyThreads) {
  constexpr std::uint64_t kThreads = 4;
  constexpr std::uint64_t kEach = 200;
  std::atomic<std::uint64_t> durable{0};
  std::set<std::uint64_t> sequences;
  std::mutex mutex;
  {
    SqliteLog log(path_);
    static_cast<void>(replay_of(log));
    std::vector<std::thread> threads;
    for (std::uint64_t t = 0; t < kThreads; ++t) {
      threads.emplace_back([&, t] {
        for (std::uint64_t i = 0; i < kEach; ++i) {
          log.append({record_of(t * kEach + i)}, [&](const AppendResult& result) {
            std::lock_guard lock(mutex);
            sequences.insert(result.last_sequence);
            ++durable;
          });
          if (i % 50 == 0) log.forget(static_cast<std::int64_t>(i));
          static_cast<void>(log.health());
        }
      });
    }
    for (std::thread& thread : threads) thread.join();
  }
  EXPECT_EQ(durable, kThreads * kEach);
  EXPECT_EQ(sequences.size(), kThreads * kEach);
  EXPECT_EQ(replay_of(path_).revoked.size(), kThreads * kEach);
}

TEST_F(SqliteLogTest, TheDestructorSettlesEveryAppend) {
  std::atomic<int> settled{0};
  std::atomic<int> closed{0};
  {
    auto log = std::make_unique<SqliteLog>(path_);
    static_cast<void>(replay_of(*log));
    RevocationLog* borrowed = log.get();
    for (std::uint64_t i = 0; i < 100; ++i) {
      log->append({record_of(i)}, [&, borrowed](const AppendResult& result) {
        EXPECT_TRUE(is_durable(result.outcome));
        ++settled;
        borrowed->append({record_of(1000)}, [&](const AppendResult& late) {
          ++settled;
          closed += late.outcome == AppendOutcome::kClosed ? 1 : 0;
        });
      });
    }
  }
  EXPECT_EQ(settled, 200);
  EXPECT_GT(closed, 0);
}

TEST_F(SqliteLogTest, AnAppendBeforeReplayFails) {
  SqliteLog log(path_);
  EXPECT_EQ(append_and_wait(log, {record_of(1)}).outcome, AppendOutcome::kFailed);
  EXPECT_FALSE(log.health().accepts_appends);
}

TEST_F(SqliteLogTest, ForgetsExpiredRecordsAndNoOthers) {
  {
    SqliteLog log(path_);
    static_cast<void>(replay_of(log));
    std::vector<RevocationRecord> records;
    for (std::uint64_t i = 0; i < 3000; ++i) records.push_back(record_until(i, static_cast<std::int64_t>(1000 + i)));
    records.push_back(record_of(5000));
    append_and_wait(log, std::move(records));
    log.forget(1000 + 2499);
    while (log.health().dropped_count < 2500) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    append_and_wait(log, {record_of(6000)});
    EXPECT_EQ(log.health().dropped_count, 2500U);
  }
  const Replayed replayed = replay_of(path_);
  EXPECT_EQ(replayed.result.outcome, ReplayOutcome::kReplayed) << replayed.result.complaint;
  EXPECT_EQ(replayed.revoked.size(), 502U);
  EXPECT_FALSE(replayed.revoked.contains(record_of(2499).id));
  EXPECT_TRUE(replayed.revoked.contains(record_of(2500).id));
}

TEST_F(SqliteLogTest, ItsFilesBelongToTheirOwnerAlone) {
  SqliteLog log(path_);
  static_cast<void>(replay_of(log));
  append_and_wait(log, {record_of(1)});
  for (const char* suffix : {"", "-wal", "-witness"}) {
    struct stat status {};
    ASSERT_EQ(::stat((path_ + suffix).c_str(), &status), 0) << suffix;
    EXPECT_EQ(status.st_mode & 0777, 0600U) << suffix;
  }
}

TEST_F(SqliteLogTest, RefusesAFileThatOthersMayWrite) {
  { static_cast<void>(replay_of(path_)); }
  ASSERT_EQ(::chmod(path_.c_str(), 0622), 0);
  const ReplayResult result = replay_of(path_).result;
  EXPECT_EQ(result.outcome, ReplayOutcome::kUnreadable);
  EXPECT_THAT(result.complaint, HasSubstr("chmod 600"));
}

TEST_F(SqliteLogTest, ASecondOpenerIsToldWhoHasIt) {
  SqliteLog first(path_);
  static_cast<void>(replay_of(first));
  const ReplayResult result = replay_of(path_).result;
  EXPECT_EQ(result.outcome, ReplayOutcome::kUnreadable);
  EXPECT_THAT(result.complaint, HasSubstr("another process uses it"));
  EXPECT_EQ(append_and_wait(first, {record_of(1)}).outcome, AppendOutcome::kDurable);
}

TEST_F(SqliteLogTest, AFolderThatIsNotThereIsNamed) {
  const ReplayResult result = replay_of((folder_.folder() / "none" / "log.db").string()).result;
  EXPECT_EQ(result.outcome, ReplayOutcome::kUnreadable);
  EXPECT_THAT(result.complaint, HasSubstr("none/log.db"));
  EXPECT_THAT(result.complaint, HasSubstr("No such file"));
}

TEST_F(SqliteLogTest, AStrangersFileIsLeftAlone) {
  const std::string text = "this is a letter and no revocation log, and it is longer than a header of SQLite\n";
  write_whole(path_, text + text);
  EXPECT_EQ(replay_of(path_).result.outcome, ReplayOutcome::kUnreadable);
  EXPECT_EQ(read_whole(path_), text + text);
}

// While the limit of a file's size stands for a full disk (EFBIG; SIGXFSZ is ignored).
TEST_F(SqliteLogTest, AFullDiskFailsTheAppendAndRecovers) {
  ::signal(SIGXFSZ, SIG_IGN);
  SqliteLog log(path_);
  static_cast<void>(replay_of(log));
  ASSERT_EQ(append_and_wait(log, {record_of(1)}).outcome, AppendOutcome::kDurable);
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
  const rlimit small{64 * 1024, before.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &small), 0);
  std::vector<RevocationRecord> many;
  for (std::uint64_t i = 10; i < 5000; ++i) many.push_back(record_of(i));
  const AppendResult full = append_and_wait(log, many);
  const bool accepted_when_full = log.health().accepts_appends;
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &before), 0);
  EXPECT_EQ(full.outcome, AppendOutcome::kNoSpace) << full.complaint;
  EXPECT_THAT(full.complaint, HasSubstr(path_));
  EXPECT_FALSE(accepted_when_full);
  for (int i = 0; i < 500 && !log.health().accepts_appends; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  EXPECT_TRUE(log.health().accepts_appends) << "the probe sees the space";
  EXPECT_EQ(append_and_wait(log, many).outcome, AppendOutcome::kDurable);
}

TEST_F(SqliteLogTest, OfAGroupThatDoesNotFitTheSmallRequestsDo) {
  ::signal(SIGXFSZ, SIG_IGN);
  SqliteLog log(path_);
  static_cast<void>(replay_of(log));
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
  const rlimit small{256 * 1024, before.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &small), 0);
  std::vector<RevocationRecord> many;
  for (std::uint64_t i = 10; i < 5000; ++i) many.push_back(record_of(i));
  std::promise<AppendResult> first;
  std::promise<AppendResult> large;
  std::promise<AppendResult> last;
  // The first holds the log's thread, so that the other two form one group.
  std::promise<void> gathered;
  log.append({record_of(1)}, [&](const AppendResult& result) {
    gathered.get_future().wait();
    first.set_value(result);
  });
  log.append(many, [&](const AppendResult& result) { large.set_value(result); });
  log.append({record_of(2)}, [&](const AppendResult& result) { last.set_value(result); });
  gathered.set_value();
  EXPECT_EQ(first.get_future().get().outcome, AppendOutcome::kDurable);
  const AppendOutcome large_outcome = large.get_future().get().outcome;
  const AppendOutcome last_outcome = last.get_future().get().outcome;
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &before), 0);
  EXPECT_EQ(large_outcome, AppendOutcome::kNoSpace);
  EXPECT_EQ(last_outcome, AppendOutcome::kDurable);
}

TEST_F(SqliteLogTest, APositionIsKeptWithTheRecordsThatLeadToIt) {
  {
    SqliteLog log(path_);
    static_cast<void>(replay_of(log));
    EXPECT_EQ(log.fleet_mark().position, "");
    const auto [result, written] =
        apply_and_wait(log, {{fleet_record(record_of(1), 16), fleet_record(record_of(2), 17)}, "17-0", 0});
    EXPECT_EQ(result.outcome, AppendOutcome::kDurable);
    ASSERT_EQ(written.size(), 2U);
    EXPECT_EQ(written[1].sequence, 2U);
    apply_and_wait(log, {{}, std::nullopt, 5});
    apply_and_wait(log, {{}, std::nullopt, 4});
  }
  SqliteLog log(path_);
  EXPECT_EQ(replay_of(log).revoked.size(), 2U);
  EXPECT_EQ(log.fleet_mark().position, "17-0");
  EXPECT_EQ(log.fleet_mark().pushed_through, 5U);
}

TEST_F(SqliteLogTest, AnOwnRecordThatTheFleetHasNotSeenOutdoesTheFleets) {
  SqliteLog log(path_);
  static_cast<void>(replay_of(log));
  RevocationRecord own = record_of(1);
  own.sequence = append_and_wait(log, {own}).last_sequence;
  const auto lift = record_of(1, RevocationOperation::kLift);
  EXPECT_TRUE(apply_and_wait(log, {{fleet_record(lift, 1)}, "1-0", 0}).second.empty());
  EXPECT_EQ(log.fleet_mark().position, "1-0");
  // Once it has come back, what comes after it in the stream is later, and what comes before it is not.
  EXPECT_TRUE(apply_and_wait(log, {{fleet_record(own, 3, RecordOrigin::kHere)}, "3-0", 1}).second.empty());
  EXPECT_EQ(read_and_wait(log, 0, 9).at(0).stamp, (FleetStamp{3, 0}));
  EXPECT_TRUE(apply_and_wait(log, {{fleet_record(lift, 2)}, "3-0", 1}).second.empty());
  EXPECT_EQ(apply_and_wait(log, {{fleet_record(lift, 4)}, "4-0", 1}).second.size(), 1U);
  EXPECT_EQ(read_and_wait(log, 0, 9).size(), 1U);
}

TEST_F(SqliteLogTest, OfTwoFleetRecordsTheHigherStampCountsInWhateverOrderTheyCome) {
  SqliteLog log(path_);
  static_cast<void>(replay_of(log));
  const auto lift = record_of(1, RevocationOperation::kLift);
  EXPECT_EQ(apply_and_wait(log, {{fleet_record(lift, 9), fleet_record(record_of(1), 8)}, "9-0", 0}).second.size(), 1U);
  EXPECT_TRUE(apply_and_wait(log, {{fleet_record(record_of(1), 9)}, "9-0", 0}).second.empty());
  ASSERT_EQ(read_and_wait(log, 0, 9).size(), 1U);
  EXPECT_EQ(read_and_wait(log, 0, 9)[0].record.operation, RevocationOperation::kLift);
}

TEST_F(SqliteLogTest, ReadsRowsInPagesWithTheirOrigin) {
  SqliteLog log(path_);
  static_cast<void>(replay_of(log));
  append_and_wait(log, {record_of(1), record_of(2)});
  apply_and_wait(log, {{fleet_record(record_of(3, RevocationOperation::kLift), 9)}, "9-9", 0});
  const std::vector<LoggedRecord> first = read_and_wait(log, 0, 2);
  ASSERT_EQ(first.size(), 2U);
  EXPECT_EQ(first[1].record.sequence, 2U);
  EXPECT_EQ(first[1].origin, RecordOrigin::kHere);
  const std::vector<LoggedRecord> second = read_and_wait(log, 2, 2);
  ASSERT_EQ(second.size(), 1U);
  EXPECT_EQ(second[0].origin, RecordOrigin::kFleet);
  EXPECT_EQ(second[0].record.operation, RevocationOperation::kLift);
  EXPECT_TRUE(read_and_wait(log, 3, 2).empty());
}

}  // namespace
}  // namespace assay::store

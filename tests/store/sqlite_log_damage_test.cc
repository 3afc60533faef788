// The property: whatever happens to the log's files, replay() either hands over exactly what was acknowledged or
// refuses. It never starts with less.
#include <algorithm>
#include <random>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "store/sqlite_log.h"
#include "store/sqlite_log_repair.h"
#include "tests/store/log_fixture.h"

namespace assay::store {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::StartsWith;

constexpr std::uint64_t kRecords = 300;

// The three files of a log as bytes.
struct Files {
  std::string main;
  std::string wal;
  std::string witness;
};

class SqliteLogDamageTest : public testing::Test {
 protected:
  // A log with records in its file and in its write-ahead log, as a process that was killed leaves them.
  void SetUp() override {
    for (std::uint64_t from = 0; from < kRecords; from += 100) {
      SqliteLog log(path_);
      ASSERT_EQ(replay_of(log).result.outcome, ReplayOutcome::kReplayed);
      for (std::uint64_t i = from; i < from + 100; i += 10) append_ten(log, i);
      append_and_wait(log, {record_of(from, RevocationOperation::kLift)});
      // Copied while the log is open: what a clean end would copy into the file stays in the write-ahead log.
      whole_ = {read_whole(path_), read_whole(path_ + "-wal"), read_whole(path_ + "-witness")};
    }
    put(whole_);
    expected_ = replay_of(path_).revoked;
    ASSERT_EQ(expected_.size(), kRecords - 3);
    put(whole_);
  }

  static void append_ten(SqliteLog& log, std::uint64_t from) {
    std::vector<RevocationRecord> records;
    for (std::uint64_t i = from; i < from + 10; ++i) records.push_back(record_of(i));
    ASSERT_TRUE(is_durable(append_and_wait(log, std::move(records)).outcome));
  }

  void put(const Files& files) const {
    write_whole(path_, files.main);
    write_whole(path_ + "-wal", files.wal);
    write_whole(path_ + "-witness", files.witness);
  }

  void remove(const std::string& suffix) const { std::filesystem::remove(path_ + suffix); }

  // Replays `files` and returns whether the start was refused.
  bool refuses_or_is_whole(const Files& files) {
    put(files);
    const Replayed replayed = replay_of(path_);
    if (replayed.result.outcome != ReplayOutcome::kReplayed) {
      EXPECT_THAT(replayed.result.complaint, HasSubstr(path_));
      return true;
    }
    EXPECT_EQ(replayed.revoked, expected_);
    return false;
  }

  LogFolder folder_{LogFolder::Place::kMemory};
  std::string path_ = folder_.path();
  Files whole_;
  std::map<DurableId, RevocationRecord> expected_;
};

TEST_F(SqliteLogDamageTest, AFlippedByteAnywhereIsFoundOrHarmless) {
  ASSERT_GT(whole_.wal.size(), 10'000U);
  std::mt19937_64 random(20260);
  int refused = 0;
  for (int round = 0; round < 600; ++round) {
    Files files = whole_;
    std::string& file = round % 2 == 0 ? files.main : round % 20 == 1 ? files.witness : files.wal;
    const std::size_t at = random() % file.size();
    file[at] = static_cast<char>(file[at] ^ static_cast<char>(1 + random() % 255));
    refused += refuses_or_is_whole(files) ? 1 : 0;
    ASSERT_FALSE(HasFailure()) << "round " << round << ", byte " << at;
  }
  EXPECT_GT(refused, 50);
}

TEST_F(SqliteLogDamageTest, AFlippedByteInACopiedFileIsFoundOrHarmless) {
  put(whole_);
  { static_cast<void>(replay_of(path_)); }  // a clean end copies everything into the file
  whole_ = {read_whole(path_), "", read_whole(path_ + "-witness")};
  std::mt19937_64 random(20261);
  for (int round = 0; round < 400; ++round) {
    Files files = whole_;
    const std::size_t at = random() % files.main.size();
    files.main[at] = static_cast<char>(files.main[at] ^ static_cast<char>(1 + random() % 255));
    refuses_or_is_whole(files);
    ASSERT_FALSE(HasFailure()) << "round " << round << ", byte " << at;
  }
}

TEST_F(SqliteLogDamageTest, ADamagedRecordIsNamedWithItsOffset) {
  put(whole_);
  { static_cast<void>(replay_of(path_)); }
  std::string main = read_whole(path_);
  const std::size_t row = main.find("Arow");
  ASSERT_NE(row, std::string::npos);
  main[row + 50] = static_cast<char>(main[row + 50] ^ 1);
  put({main, "", read_whole(path_ + "-witness")});
  const ReplayResult result = replay_of(path_).result;
  EXPECT_EQ(result.outcome, ReplayOutcome::kDamaged);
  EXPECT_EQ(result.damaged_at, row);
  EXPECT_THAT(result.complaint, HasSubstr("damaged at byte " + std::to_string(row)));
  EXPECT_THAT(result.complaint, HasSubstr("check-config --repair"));
}

TEST_F(SqliteLogDamageTest, ADamagedFrameIsNamedWithItsFileAndOffset) {
  constexpr std::size_t kHeadBytes = 32;
  constexpr std::size_t kFrameBytes = 24 + 4096;
  const std::size_t frame_at = kHeadBytes + (whole_.wal.size() / kFrameBytes / 2) * kFrameBytes;
  Files files = whole_;
  files.wal[frame_at + 500] = static_cast<char>(files.wal[frame_at + 500] ^ 1);
  put(files);
  const ReplayResult result = replay_of(path_).result;
  EXPECT_EQ(result.outcome, ReplayOutcome::kDamaged);
  EXPECT_EQ(result.damaged_at, frame_at);
  EXPECT_THAT(result.complaint, StartsWith(path_ + "-wal: damaged at byte " + std::to_string(frame_at) + " ("));
  EXPECT_THAT(result.complaint, HasSubstr("its end is missing"));
}

TEST_F(SqliteLogDamageTest, DamageWithoutAPlaceNamesNoByte) {
  put(whole_);
  remove("-wal");
  EXPECT_THAT(replay_of(path_).result.complaint,
              AllOf(StartsWith(path_ + ": damaged ("), HasSubstr(path_ + "-wal is empty or gone")));
  remove("");
  EXPECT_THAT(replay_of(path_).result.complaint, StartsWith(path_ + ": damaged (the file is gone"));
}

TEST_F(SqliteLogDamageTest, AFileThatIsCutOffIsNamedWithItsEnd) {
  put(whole_);
  { static_cast<void>(replay_of(path_)); }
  const std::string main = read_whole(path_);
  for (const std::size_t bytes : {main.size() - 4096, main.size() / 2 + 100}) {
    put({main.substr(0, bytes), "", read_whole(path_ + "-witness")});
    EXPECT_THAT(replay_of(path_).result.complaint,
                StartsWith(path_ + ": damaged at byte " + std::to_string(bytes) + " ("));
  }
}

TEST_F(SqliteLogDamageTest, ALostPageOfRowsIsFound) {
  put(whole_);
  { static_cast<void>(replay_of(path_)); }
  const std::string main = read_whole(path_);
  for (std::size_t page = 1; page * 4096 < main.size(); ++page) {
    std::string damaged = main;
    std::fill_n(damaged.begin() + static_cast<std::ptrdiff_t>(page * 4096), 4096, '\0');
    refuses_or_is_whole({damaged, "", read_whole(path_ + "-witness")});
    write_whole(path_, main);
  }
}

TEST_F(SqliteLogDamageTest, AWriteAheadLogCutOffAnywhereIsFound) {
  std::mt19937_64 random(20262);
  for (int round = 0; round < 100; ++round) {
    Files files = whole_;
    files.wal.resize(random() % files.wal.size());
    EXPECT_TRUE(refuses_or_is_whole(files)) << files.wal.size();
  }
  put(whole_);
  remove("-wal");
  EXPECT_EQ(replay_of(path_).result.outcome, ReplayOutcome::kDamaged);
}

TEST_F(SqliteLogDamageTest, WhatWasNeverAcknowledgedIsDroppedSilently) {
  Files files = whole_;
  files.wal += std::string(2000, '\x5a');
  EXPECT_FALSE(refuses_or_is_whole(files));
  // A later transaction that was cut off: only its witness could say that it was acknowledged.
  put(whole_);
  Files later;
  {
    SqliteLog log(path_);
    static_cast<void>(replay_of(log));
    append_ten(log, 1000);
    later = {read_whole(path_), read_whole(path_ + "-wal"), whole_.witness};
  }
  later.wal.resize(later.wal.size() - 100);
  EXPECT_FALSE(refuses_or_is_whole(later));
}

TEST_F(SqliteLogDamageTest, AFileThatIsGoneOrEmptyIsFound) {
  put(whole_);
  remove("");
  EXPECT_EQ(replay_of(path_).result.outcome, ReplayOutcome::kDamaged);
  put({"", whole_.wal, whole_.witness});
  EXPECT_EQ(replay_of(path_).result.outcome, ReplayOutcome::kDamaged);
}

TEST_F(SqliteLogDamageTest, AnOlderCopyOfTheFileIsFound) {
  const Files older = whole_;
  Files newer;
  {
    SqliteLog log(path_);
    static_cast<void>(replay_of(log));
    append_ten(log, 2000);
    newer.witness = read_whole(path_ + "-witness");
  }
  put({older.main, older.wal, newer.witness});
  EXPECT_EQ(replay_of(path_).result.outcome, ReplayOutcome::kDamaged);
}

TEST_F(SqliteLogDamageTest, AFileOfAnotherLogIsFound) {
  LogFolder other;
  { static_cast<void>(replay_of(other.path())); }
  put({read_whole(other.path()), read_whole(other.path() + "-wal"), whole_.witness});
  EXPECT_EQ(replay_of(path_).result.outcome, ReplayOutcome::kDamaged);
}

TEST_F(SqliteLogDamageTest, WithoutAWitnessTheLogIsTakenAtItsWord) {
  put(whole_);
  remove("-witness");
  EXPECT_EQ(replay_of(path_).revoked, expected_);
}

TEST_F(SqliteLogDamageTest, ARefusedStartLeavesTheFilesAsTheyAre) {
  Files files = whole_;
  files.wal[files.wal.size() / 2] = static_cast<char>(files.wal[files.wal.size() / 2] ^ 1);
  EXPECT_TRUE(refuses_or_is_whole(files));
  EXPECT_TRUE(read_whole(path_) == files.main);
  EXPECT_TRUE(read_whole(path_ + "-wal") == files.wal);
  EXPECT_TRUE(read_whole(path_ + "-witness") == files.witness);
}

TEST_F(SqliteLogDamageTest, AfterARepairOfAFlippedByteNoRevocationButOneIsMissing) {
  std::mt19937_64 random(20263);
  for (int round = 0; round < 60; ++round) {
    Files files = whole_;
    std::string& file = round % 2 == 0 ? files.main : files.wal;
    const std::size_t at = random() % file.size();
    file[at] = static_cast<char>(file[at] ^ static_cast<char>(1 + random() % 255));
    if (!refuses_or_is_whole(files)) continue;
    put(files);
    const RepairReport report = repair_sqlite_log(path_);
    if (report.outcome == RepairReport::Outcome::kFailed) {
      EXPECT_EQ(report.complaint, "");
      continue;
    }
    const Replayed replayed = replay_of(path_);
    ASSERT_EQ(replayed.result.outcome, ReplayOutcome::kReplayed) << replayed.result.complaint;
    const auto missing = std::count_if(expected_.begin(), expected_.end(),
                                       [&](const auto& entry) { return !replayed.revoked.contains(entry.first); });
    EXPECT_LE(missing, 1) << "round " << round << ", byte " << at << ": " << report.complaint;
    EXPECT_TRUE(read_whole(report.kept_copy) == files.main);
    EXPECT_TRUE(read_whole(report.kept_copy + "-wal") == files.wal);
  }
}

}  // namespace
}  // namespace assay::store

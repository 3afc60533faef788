// A disk that is really full: a small tmpfs, where this process may mount one.
#include <chrono>
#include <filesystem>
#include <fstream>
#include <sys/mount.h>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/store/log_fixture.h"

namespace assay::store {
namespace {

class SqliteLogSpaceTest : public testing::Test {
 protected:
  void SetUp() override {
    std::filesystem::create_directory(disk_);
    is_mounted_ = ::mount("tmpfs", disk_.c_str(), "tmpfs", 0, "size=1m") == 0;
    if (!is_mounted_) GTEST_SKIP() << "this process may not mount a tmpfs";
  }

  void TearDown() override {
    if (is_mounted_) ::umount2(disk_.c_str(), MNT_DETACH);
  }

  // Appends batches of ten until one is refused, and notes the acknowledged ones. Returns how that one ended.
  AppendResult append_until_refused(SqliteLog& log) {
    for (;;) {
      std::vector<RevocationRecord> records;
      records.reserve(10);
      for (int i = 0; i < 10; ++i) records.push_back(record_of(next_ + static_cast<std::uint64_t>(i)));
      AppendResult result = append_and_wait(log, std::move(records));
      if (!is_durable(result.outcome)) return result;
      next_ += 10;
    }
  }

  void expect_all_acknowledged(const Replayed& replayed) const {
    EXPECT_EQ(replayed.result.outcome, ReplayOutcome::kReplayed) << replayed.result.complaint;
    EXPECT_EQ(replayed.revoked.size(), next_);
    for (std::uint64_t i = 0; i < next_; ++i) ASSERT_TRUE(replayed.revoked.contains(record_of(i).id)) << i;
  }

  LogFolder folder_;
  std::filesystem::path disk_ = folder_.folder() / "disk";
  std::string path_ = (disk_ / "revocations.db").string();
  std::uint64_t next_ = 0;  // records 0 to here are acknowledged
  bool is_mounted_ = false;
};

TEST_F(SqliteLogSpaceTest, AFullDiskLosesNothingAndTheLogGoesOnWhenThereIsRoom) {
  {
    SqliteLog log(path_);
    ASSERT_EQ(replay_of(log).result.outcome, ReplayOutcome::kReplayed);
    const std::string ballast = (disk_ / "ballast").string();
    write_whole(ballast, std::string(300'000, 'b'));
    const AppendResult refused = append_until_refused(log);
    EXPECT_EQ(refused.outcome, AppendOutcome::kNoSpace) << refused.complaint;
    EXPECT_FALSE(log.health().accepts_appends);
    EXPECT_THAT(log.health().complaint, testing::HasSubstr(path_));
    EXPECT_GT(next_, 100U);
    std::filesystem::remove(ballast);
    for (int i = 0; i < 500 && !log.health().accepts_appends; ++i) {
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    EXPECT_TRUE(log.health().accepts_appends);
    const std::uint64_t before = next_;
    EXPECT_EQ(append_until_refused(log).outcome, AppendOutcome::kNoSpace);
    EXPECT_GT(next_, before);
  }
  expect_all_acknowledged(replay_of(path_));
}

TEST_F(SqliteLogSpaceTest, AKilledLogOnAFullDiskStartsWithAllThatWasAcknowledged) {
  LogFolder elsewhere;
  {
    SqliteLog log(path_);
    ASSERT_EQ(replay_of(log).result.outcome, ReplayOutcome::kReplayed);
    EXPECT_EQ(append_until_refused(log).outcome, AppendOutcome::kNoSpace);
    // As kill -9 would leave them.
    for (const char* suffix : {"", "-wal", "-witness"}) {
      write_whole(elsewhere.path() + suffix, read_whole(path_ + suffix));
    }
  }
  expect_all_acknowledged(replay_of(elsewhere.path()));
}

TEST_F(SqliteLogSpaceTest, AFileCannotBeMadeOnAFullDisk) {
  std::ofstream((disk_ / "ballast").string()) << std::string(2'000'000, 'b');
  const ReplayResult result = replay_of(path_).result;
  EXPECT_EQ(result.outcome, ReplayOutcome::kUnreadable);
  EXPECT_THAT(result.complaint, testing::HasSubstr(path_));
  std::filesystem::remove(disk_ / "ballast");
  EXPECT_EQ(replay_of(path_).result.outcome, ReplayOutcome::kReplayed);
}

}  // namespace
}  // namespace assay::store

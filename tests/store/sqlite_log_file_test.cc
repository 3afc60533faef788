#include "store/sqlite_log_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/store/log_fixture.h"

namespace assay::store {
namespace {

class SqliteLogFileTest : public testing::Test {
 protected:
  // The file, opened and checked; `rows_` are what it held.
  SqliteLogFile& open() {
    file_.reset();
    file_ = std::make_unique<SqliteLogFile>(path_);
    rows_.clear();
    EXPECT_EQ(file_->open().complaint, "");
    const auto keep = [this](std::span<const LoggedRecord> rows) {
      rows_.insert(rows_.end(), rows.begin(), rows.end());
    };
    EXPECT_EQ(file_->check(keep).complaint, "");
    return *file_;
  }

  static void place(SqliteLogFile& file, const RevocationRecord& record, RecordOrigin origin,
                    SqliteLogFile::Placed expected) {
    LoggedRecord entry{record, origin};
    auto placed = SqliteLogFile::Placed::kAdded;
    EXPECT_EQ(file.place(entry, placed).complaint, "");
    EXPECT_EQ(placed, expected);
  }

  LogFolder folder_{LogFolder::Place::kMemory};
  std::string path_ = folder_.path();
  std::unique_ptr<SqliteLogFile> file_;
  std::vector<LoggedRecord> rows_;
};

using Placed = SqliteLogFile::Placed;

TEST_F(SqliteLogFileTest, WhatIsRolledBackWasNeverThere) {
  SqliteLogFile& file = open();
  const LogState before = file.state();
  ASSERT_FALSE(file.begin().is_fault());
  place(file, record_of(1), RecordOrigin::kHere, Placed::kAdded);
  file.set_fleet_position("1-1");
  file.roll_back();
  EXPECT_EQ(file.state(), before);
  open();
  EXPECT_TRUE(rows_.empty());
}

TEST_F(SqliteLogFileTest, TheStateFollowsEveryRow) {
  SqliteLogFile& file = open();
  ASSERT_FALSE(file.begin().is_fault());
  place(file, record_of(1), RecordOrigin::kHere, Placed::kAdded);
  place(file, record_until(2, 50), RecordOrigin::kHere, Placed::kAdded);
  place(file, record_of(1), RecordOrigin::kHere, Placed::kReplaced);
  std::size_t gone = 0;
  ASSERT_FALSE(file.forget(50, 10, gone).is_fault());
  EXPECT_EQ(gone, 1U);
  ASSERT_FALSE(file.commit().is_fault());
  EXPECT_EQ(file.state().row_count, 1U);
  EXPECT_EQ(file.state().last_sequence, 3U);
  const LogState state = file.state();
  EXPECT_EQ(open().state(), state);
  ASSERT_EQ(rows_.size(), 1U);
  EXPECT_EQ(rows_[0].record.sequence, 3U);
  EXPECT_EQ(state.row_digest, row_digest(encode_row(rows_[0])));
}

TEST_F(SqliteLogFileTest, IdsThatBeginAlikeAreTwo) {
  SqliteLogFile& file = open();
  RevocationRecord other = record_of(1);
  other.id[31] = static_cast<std::uint8_t>(other.id[31] ^ 1);
  ASSERT_FALSE(file.begin().is_fault());
  place(file, record_of(1), RecordOrigin::kHere, Placed::kAdded);
  place(file, other, RecordOrigin::kHere, Placed::kAdded);
  ASSERT_FALSE(file.commit().is_fault());
  open();
  EXPECT_EQ(rows_.size(), 2U);
}

TEST_F(SqliteLogFileTest, RestoredRecordsKeepTheirSequences) {
  SqliteLogFile& file = open();
  LoggedRecord entry{record_of(1), RecordOrigin::kFleet};
  entry.record.sequence = 17;
  ASSERT_FALSE(file.begin().is_fault());
  ASSERT_FALSE(file.restore(entry).is_fault());
  file.continue_after(40);
  file.continue_after(30);
  ASSERT_FALSE(file.commit().is_fault());
  EXPECT_EQ(open().state().last_sequence, 40U);
  EXPECT_EQ(rows_, std::vector<LoggedRecord>{entry});
}

TEST_F(SqliteLogFileTest, ACheckpointIsWantedAfterMuchWasWrittenAndLosesNothing) {
  SqliteLogFile& file = open();
  std::uint64_t number = 0;
  while (!file.wants_checkpoint()) {
    ASSERT_FALSE(file.begin().is_fault());
    for (int i = 0; i < 1000; ++i) place(file, record_of(++number), RecordOrigin::kHere, Placed::kAdded);
    ASSERT_FALSE(file.commit().is_fault());
    ASSERT_LT(number, 1'000'000U);
  }
  ASSERT_FALSE(file.checkpoint().is_fault());
  EXPECT_FALSE(file.wants_checkpoint());
  file_.reset();
  std::filesystem::remove(path_ + "-wal");
  open();
  EXPECT_EQ(rows_.size(), number);
}

TEST_F(SqliteLogFileTest, ForgetsInSlices) {
  SqliteLogFile& file = open();
  ASSERT_FALSE(file.begin().is_fault());
  for (std::uint64_t i = 0; i < 30; ++i) {
    place(file, record_until(i, static_cast<std::int64_t>(i)), RecordOrigin::kHere, Placed::kAdded);
  }
  std::size_t gone = 0;
  for (const std::size_t expected : {10U, 10U, 1U, 0U}) {
    ASSERT_FALSE(file.forget(20, 10, gone).is_fault());
    EXPECT_EQ(gone, expected);
  }
  ASSERT_FALSE(file.commit().is_fault());
  EXPECT_EQ(file.state().row_count, 9U);
}

}  // namespace
}  // namespace assay::store

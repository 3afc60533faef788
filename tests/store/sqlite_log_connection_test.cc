#include "store/sqlite_log_connection.h"

#include <cerrno>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/store/log_fixture.h"

namespace assay::store {
namespace {

using testing::HasSubstr;

class ConnectionTest : public testing::Test {
 protected:
  void SetUp() override { write_whole(path_, ""); }

  LogFolder folder_{LogFolder::Place::kMemory};
  std::string path_ = folder_.path();
};

TEST_F(ConnectionTest, WritesAndReadsNumbersBytesAndNull) {
  Connection connection;
  ASSERT_FALSE(connection.open(path_).is_fault());
  ASSERT_TRUE(connection.run("CREATE TABLE t(a, b, c)"));
  Statement insert = connection.prepare("INSERT INTO t VALUES(?1, ?2, ?3)");
  ASSERT_TRUE(insert);
  insert.bind(1, -5);
  insert.bind(2, bytes_of("by\0tes"));
  insert.bind_null(3);
  EXPECT_TRUE(insert.run());
  Statement read = connection.prepare("SELECT a, b, c FROM t");
  ASSERT_TRUE(read);
  ASSERT_EQ(read.step(), Step::kRow);
  EXPECT_EQ(read.number(0), -5);
  EXPECT_EQ(read.text(1), "by");
  EXPECT_TRUE(read.is_null(2));
  EXPECT_EQ(read.step(), Step::kDone);
  EXPECT_EQ(connection.number_of("SELECT count(*) FROM t"), 1);
}

TEST_F(ConnectionTest, DoesNotMakeAFile) {
  Connection connection;
  const FileFault fault = connection.open((folder_.folder() / "none").string());
  EXPECT_EQ(fault.kind, FileFault::Kind::kUnreadable);
  EXPECT_THAT(fault.complaint, HasSubstr("none"));
  EXPECT_FALSE(std::filesystem::exists(folder_.folder() / "none"));
}

TEST_F(ConnectionTest, AMissingTableIsDamage) {
  Connection connection;
  ASSERT_FALSE(connection.open(path_).is_fault());
  EXPECT_FALSE(connection.prepare("SELECT * FROM t"));
  EXPECT_EQ(connection.fault("cannot be read").kind, FileFault::Kind::kDamaged);
  EXPECT_THAT(connection.fault("cannot be read").complaint, HasSubstr(path_ + ": cannot be read: no such table"));
}

TEST_F(ConnectionTest, AFileOfAnotherKindIsDamage) {
  write_whole(path_, std::string(4096, 'x'));
  Connection connection;
  ASSERT_FALSE(connection.open(path_).is_fault());
  EXPECT_FALSE(connection.prepare("SELECT count(*) FROM sqlite_schema"));
  EXPECT_EQ(connection.fault("cannot be read").kind, FileFault::Kind::kDamaged);
}

TEST_F(ConnectionTest, WhatAnotherConnectionLocksIsUnreadable) {
  Connection first;
  ASSERT_FALSE(first.open(path_).is_fault());
  ASSERT_TRUE(first.run("BEGIN EXCLUSIVE"));
  EXPECT_TRUE(first.in_transaction());
  Connection second;
  ASSERT_FALSE(second.open(path_).is_fault());
  EXPECT_FALSE(second.run("CREATE TABLE t(a)"));
  EXPECT_EQ(second.fault("cannot be written").kind, FileFault::Kind::kUnreadable);
  EXPECT_THAT(second.fault("cannot be written").complaint, HasSubstr("another process uses it"));
}

TEST(SystemText, IsTheSystems) { EXPECT_EQ(system_text(ENOSPC), "No space left on device"); }

}  // namespace
}  // namespace assay::store

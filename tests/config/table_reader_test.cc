#include "config/table_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace assay::config {
namespace {

using testing::HasSubstr;

TEST(TableReader, LeavesValuesAloneWhereTheKeyIsAbsent) {
  const auto table = parse_toml("");
  Faults faults;
  TableReader reader(*table, "server", faults);
  int workers = 5;
  std::chrono::milliseconds timeout{7};
  reader.read_integer("workers", {0, 10}, workers);
  EXPECT_FALSE(reader.read_duration("idle_timeout", {std::chrono::seconds(1), std::chrono::seconds(2)}, timeout));
  EXPECT_EQ(workers, 5);
  EXPECT_EQ(timeout.count(), 7);
  EXPECT_EQ(reader.read_string("poller"), nullptr);
  reader.finish();
  EXPECT_TRUE(faults.empty());
}

TEST(TableReader, TakesBothBounds) {
  const auto table = parse_toml("workers = 0\nheaders_max = 10\nidle_timeout = \"1s\"\nhead_timeout = \"2s\"");
  Faults faults;
  TableReader reader(*table, "server", faults);
  const DurationBounds bounds{std::chrono::seconds(1), std::chrono::seconds(2)};
  int integer = -1;
  std::chrono::microseconds duration{};
  reader.read_integer("workers", {0, 10}, integer);
  EXPECT_EQ(integer, 0);
  reader.read_integer("headers_max", {0, 10}, integer);
  EXPECT_EQ(integer, 10);
  EXPECT_TRUE(reader.read_duration("idle_timeout", bounds, duration));
  EXPECT_TRUE(reader.read_duration("head_timeout", bounds, duration));
  EXPECT_EQ(duration.count(), 2'000'000);
  EXPECT_TRUE(faults.empty());
}

TEST(TableReader, ComplainsAboutAKnownKeyThatNobodyTook) {
  const auto table = parse_toml("workers = 1");
  Faults faults;
  TableReader reader(*table, "server", faults);
  reader.finish();
  EXPECT_FALSE(faults.empty());
}

TEST(TableReader, TellsASlipOfAKeyFromTheKeyAndFromOthers) {
  const auto table = parse_toml("worker = 1\nidle_timeout = 5\ncolour = 2");
  Faults faults;
  const TableReader reader(*table, "server", faults);
  EXPECT_TRUE(reader.has_slip_of("workers"));
  EXPECT_FALSE(reader.has_slip_of("idle_timeout"));
  EXPECT_FALSE(reader.has_slip_of("poller"));
}

TEST(TableReader, ABooleanIsReadOrNot) {
  const auto table = parse_toml("client_detail = true\nmode = 1");
  Faults faults;
  TableReader reader(*table, "listener", faults);
  bool detail = false;
  EXPECT_TRUE(reader.read_boolean("client_detail", detail));
  EXPECT_TRUE(detail);
  EXPECT_FALSE(reader.read_boolean("mode", detail));
  EXPECT_FALSE(reader.read_boolean("address", detail));
  EXPECT_TRUE(detail);
  EXPECT_EQ(faults.count(), 1U);
}

TEST(TableReader, StopsAtAKeyThatIsNotInTheKeyTable) {
  const auto table = parse_toml("");
  Faults faults;
  TableReader reader(*table, "server", faults);
  EXPECT_DEATH(static_cast<void>(reader.take("undocumented")), "CHECK");
}

TEST(TableReader, SortsComplaintsByPlace) {
  Faults faults;
  faults.add({.line = 2, .column = 9}, "c");
  faults.add({.line = 2, .column = 1}, "b");
  faults.add({.line = 1, .column = 5}, "a");
  const std::vector<ConfigFault> sorted = faults.take_sorted();
  ASSERT_EQ(sorted.size(), 3U);
  EXPECT_EQ(sorted[0].message + sorted[1].message + sorted[2].message, "abc");
  EXPECT_TRUE(faults.empty());
}

TEST(TableReader, ComplainsAtTheKeyOrElseAtTheTable) {
  const auto table = parse_toml("\n workers = 1");
  Faults faults;
  TableReader reader(*table, "server", faults);
  reader.complain("workers", "no");
  reader.require("poller", "a poller");
  const std::vector<ConfigFault> sorted = faults.take_sorted();
  ASSERT_EQ(sorted.size(), 2U);
  EXPECT_THAT(sorted[0].message, HasSubstr("server.poller: is required; accepted: a poller"));
  EXPECT_EQ(sorted[0].line, table->place.line);
  EXPECT_EQ(sorted[1].message, "server.workers: no");
  EXPECT_EQ(sorted[1].line, 2U);
  EXPECT_EQ(sorted[1].column, 2U);
}

}  // namespace
}  // namespace assay::config

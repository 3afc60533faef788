#include "store/sqlite_log_repair.h"

#include <filesystem>
#include <set>
#include <sys/stat.h>
#include <unistd.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/store/log_fixture.h"

namespace assay::store {
namespace {

using testing::HasSubstr;

class SqliteLogRepairTest : public testing::Test {
 protected:
  // 200 records, of which 10 are lifted and one is from the fleet, all of them in the file.
  void SetUp() override {
    SqliteLog log(path_);
    ASSERT_EQ(replay_of(log).result.outcome, ReplayOutcome::kReplayed);
    for (std::uint64_t i = 0; i < 199; ++i) append_and_wait(log, {record_of(i)});
    for (std::uint64_t i = 0; i < 10; ++i) append_and_wait(log, {record_of(i, RevocationOperation::kLift)});
    apply_and_wait(log, {{fleet_record(record_of(199), 12)}, "12-3", 150});
  }

  // The log without its write-ahead log, whose content is in the file.
  std::string copied_file() const {
    write_whole(path_ + "-wal", "");
    return read_whole(path_);
  }

  // Leaves a log whose fingerprint, "a fingerprint", has another first byte, and says where.
  void damage_fingerprint(std::size_t& at) {
    {
      SqliteLog log(path_, "a fingerprint");
      ASSERT_EQ(replay_of(log).result.outcome, ReplayOutcome::kReplayed);
    }
    std::string main = copied_file();
    at = main.find("a fingerprint");
    ASSERT_NE(at, std::string::npos);
    main[at] = 'b';
    write_whole(path_, main);
  }

  LogFolder folder_{LogFolder::Place::kMemory};
  std::string path_ = folder_.path();
};

TEST_F(SqliteLogRepairTest, LeavesAWholeLogAlone) {
  const std::string before = read_whole(path_);
  const RepairReport report = repair_sqlite_log(path_);
  EXPECT_EQ(report.outcome, RepairReport::Outcome::kWhole) << report.complaint;
  EXPECT_EQ(report.read_count, 200U);
  EXPECT_TRUE(read_whole(path_) == before);
}

TEST_F(SqliteLogRepairTest, SavesEverythingButTheDamagedRecord) {
  std::string main = copied_file();
  const std::size_t row = main.rfind("Arow");
  main[row + 20] = static_cast<char>(main[row + 20] ^ 1);
  write_whole(path_, main);
  const RepairReport report = repair_sqlite_log(path_);
  ASSERT_EQ(report.outcome, RepairReport::Outcome::kRepaired) << report.complaint;
  EXPECT_EQ(report.read_count + report.carved_count, 199U);
  EXPECT_EQ(report.missing_count, 1U);
  EXPECT_FALSE(report.state_lost);
  EXPECT_TRUE(read_whole(report.kept_copy) == main);
  EXPECT_THAT(report.complaint, HasSubstr(", 1 record lost;"));
  EXPECT_THAT(report.complaint, HasSubstr(report.kept_copy));
  SqliteLog log(path_);
  EXPECT_GE(replay_of(log).revoked.size(), 189U);
  EXPECT_EQ(log.fleet_mark().position, "") << "the fleet gives back what is lost";
  EXPECT_EQ(log.fleet_mark().pushed_through, 0U);
  EXPECT_EQ(append_and_wait(log, {record_of(900)}).last_sequence, 211U) << "no sequence is used twice";
}

TEST_F(SqliteLogRepairTest, WithoutTablesRevocationsAreFoundAmongTheBytes) {
  std::string main = copied_file();
  std::fill_n(main.begin(), 4096, '\0');
  write_whole(path_, main);
  const RepairReport report = repair_sqlite_log(path_);
  ASSERT_EQ(report.outcome, RepairReport::Outcome::kRepaired) << report.complaint;
  EXPECT_TRUE(report.state_lost);
  EXPECT_EQ(report.read_count, 0U);
  const Replayed replayed = replay_of(path_);
  EXPECT_EQ(replayed.result.outcome, ReplayOutcome::kReplayed) << replayed.result.complaint;
  for (std::uint64_t i = 10; i < 200; ++i) EXPECT_TRUE(replayed.revoked.contains(record_of(i).id)) << i;
}

// A record in the middle is as lost as one at the end.
TEST_F(SqliteLogRepairTest, CountsWhatIsLostWhereverItWas) {
  std::string main = copied_file();
  std::fill_n(main.begin(), 4096, '\0');
  std::size_t at = 0;
  for (int i = 0; i < 50; ++i) at = main.find("Arow", at + 1);
  ASSERT_NE(at, std::string::npos);
  main[at + 20] = static_cast<char>(main[at + 20] ^ 1);
  write_whole(path_, main);
  const RepairReport report = repair_sqlite_log(path_);
  ASSERT_EQ(report.outcome, RepairReport::Outcome::kRepaired) << report.complaint;
  // 210 sequences were acknowledged.
  EXPECT_GE(report.read_count + report.carved_count + report.missing_count, 210U) << report.complaint;
  EXPECT_THAT(report.complaint, HasSubstr("up to"));
}

TEST_F(SqliteLogRepairTest, ALostFileIsBegunAnewAndSaysHowMuchIsLost) {
  std::filesystem::remove(path_);
  std::filesystem::remove(path_ + "-wal");
  const RepairReport report = repair_sqlite_log(path_);
  ASSERT_EQ(report.outcome, RepairReport::Outcome::kRepaired) << report.complaint;
  EXPECT_EQ(report.missing_count, 210U);
  SqliteLog log(path_);
  EXPECT_TRUE(replay_of(log).revoked.empty());
  EXPECT_EQ(append_and_wait(log, {record_of(1)}).last_sequence, 211U);
}

TEST_F(SqliteLogRepairTest, BesideAnEmptyFileTheWriteAheadLogIsReadAndKept) {
  const std::string wal = read_whole(path_ + "-wal");
  write_whole(path_, "");
  const RepairReport report = repair_sqlite_log(path_);
  ASSERT_EQ(report.outcome, RepairReport::Outcome::kRepaired) << report.complaint;
  // The ten that were lifted are among them: lifts are not looked for among the bytes.
  EXPECT_EQ(report.carved_count, 200U) << report.complaint;
  EXPECT_TRUE(read_whole(report.kept_copy + "-wal") == wal);
  EXPECT_EQ(replay_of(path_).revoked.size(), 200U);
}

TEST_F(SqliteLogRepairTest, DoesNotTouchALogInUse) {
  SqliteLog log(path_);
  static_cast<void>(replay_of(log));
  const RepairReport report = repair_sqlite_log(path_);
  EXPECT_EQ(report.outcome, RepairReport::Outcome::kFailed);
  EXPECT_THAT(report.complaint, HasSubstr("a running process"));
}

TEST_F(SqliteLogRepairTest, SaysWhereThereIsNoLog) {
  const std::string path = (folder_.folder() / "none").string();
  const RepairReport report = repair_sqlite_log(path);
  EXPECT_EQ(report.outcome, RepairReport::Outcome::kFailed);
  EXPECT_THAT(report.complaint, HasSubstr("there is no revocation log"));
  EXPECT_FALSE(std::filesystem::exists(path));
}

TEST_F(SqliteLogRepairTest, GivesTheNewLogToTheOwnerOfTheOldOne) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root gives files away";
  std::string main = copied_file();
  std::fill_n(main.begin(), 4096, '\0');
  write_whole(path_, main);
  for (const char* suffix : {"", "-witness"}) ASSERT_EQ(::chown((path_ + suffix).c_str(), 65534, 65534), 0);
  ASSERT_EQ(repair_sqlite_log(path_).outcome, RepairReport::Outcome::kRepaired);
  for (const char* suffix : {"", "-witness"}) {
    struct stat status {};
    ASSERT_EQ(::stat((path_ + suffix).c_str(), &status), 0);
    EXPECT_EQ(status.st_uid, 65534U) << suffix;
  }
}

std::set<std::string> names_in(const std::filesystem::path& folder) {
  std::set<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) names.insert(entry.path().filename());
  return names;
}

TEST_F(SqliteLogRepairTest, ChecksALogAndLeavesItAlone) {
  using Outcome = LogFinding::Outcome;
  const std::string before = read_whole(path_);
  const std::set<std::string> files = names_in(folder_.folder());
  LogFinding finding = check_sqlite_log(path_);
  EXPECT_EQ(finding.outcome, Outcome::kWhole) << finding.complaint;
  EXPECT_EQ(finding.record_count, 200U);
  EXPECT_TRUE(read_whole(path_) == before);
  std::filesystem::remove(path_ + "-witness");
  EXPECT_EQ(check_sqlite_log(path_).outcome, Outcome::kWhole);
  EXPECT_FALSE(std::filesystem::exists(path_ + "-witness"));
  EXPECT_EQ(check_sqlite_log(path_ + "-none").outcome, Outcome::kNone);
  const std::string empty = (folder_.folder() / "empty").string();
  write_whole(empty, "");
  EXPECT_EQ(check_sqlite_log(empty).outcome, Outcome::kNone);
  EXPECT_EQ(std::filesystem::file_size(empty), 0U);
  std::filesystem::remove(path_ + "-wal");
  write_whole(path_, std::string(8192, 'x'));
  EXPECT_EQ(check_sqlite_log(path_).outcome, Outcome::kUnknown) << "nothing says that it was a log";
}

TEST_F(SqliteLogRepairTest, KeepsTheFingerprintOfTheIdKey) {
  using Outcome = LogFinding::Outcome;
  {
    SqliteLog log(path_, "one");
    ASSERT_EQ(replay_of(log).result.outcome, ReplayOutcome::kReplayed);
  }
  EXPECT_EQ(check_sqlite_log(path_, "one").outcome, Outcome::kWhole);
  EXPECT_EQ(check_sqlite_log(path_).outcome, Outcome::kWhole);
  const LogFinding other = check_sqlite_log(path_, "two");
  EXPECT_EQ(other.outcome, Outcome::kUnknown);
  EXPECT_THAT(other.complaint, HasSubstr("another id key"));
  std::string main = copied_file();
  const std::size_t row = main.rfind("Arow");
  main[row + 20] = static_cast<char>(main[row + 20] ^ 1);
  write_whole(path_, main);
  ASSERT_EQ(repair_sqlite_log(path_).outcome, RepairReport::Outcome::kRepaired);
  EXPECT_EQ(check_sqlite_log(path_, "one").outcome, Outcome::kWhole);
  EXPECT_EQ(check_sqlite_log(path_, "two").outcome, Outcome::kUnknown);
}

// The first page holds the schema: without it SQLite reads no table.
TEST_F(SqliteLogRepairTest, FindsTheFingerprintOfTheIdKeyAmongTheBytes) {
  {
    SqliteLog log(path_, "one");
    ASSERT_EQ(replay_of(log).result.outcome, ReplayOutcome::kReplayed);
  }
  std::string main = copied_file();
  std::fill_n(main.begin(), 4096, '\0');
  write_whole(path_, main);
  const RepairReport report = repair_sqlite_log(path_, {.id_key_fingerprint = "two"});
  ASSERT_EQ(report.outcome, RepairReport::Outcome::kRepaired) << report.complaint;
  EXPECT_FALSE(report.id_key_assumed);
  EXPECT_THAT(report.complaint, testing::Not(HasSubstr("fingerprint")));
  EXPECT_EQ(check_sqlite_log(path_, "one").outcome, LogFinding::Outcome::kWhole);
  EXPECT_EQ(check_sqlite_log(path_, "two").outcome, LogFinding::Outcome::kUnknown);
}

TEST_F(SqliteLogRepairTest, ALostFingerprintIsReplacedByTheConfiguredOneAndSaidSo) {
  std::size_t at = 0;
  ASSERT_NO_FATAL_FAILURE(damage_fingerprint(at));
  EXPECT_THAT(check_sqlite_log(path_).complaint, HasSubstr("damaged at byte " + std::to_string(at) + " ("));
  const RepairReport report = repair_sqlite_log(path_, {.id_key_fingerprint = "one"});
  ASSERT_EQ(report.outcome, RepairReport::Outcome::kRepaired) << report.complaint;
  EXPECT_TRUE(report.id_key_assumed);
  EXPECT_THAT(report.complaint, HasSubstr("the fingerprint of the id key is lost"));
  EXPECT_EQ(check_sqlite_log(path_, "one").outcome, LogFinding::Outcome::kWhole);
  EXPECT_EQ(check_sqlite_log(path_, "two").outcome, LogFinding::Outcome::kUnknown) << "the next key is noticed";
}

TEST_F(SqliteLogRepairTest, SaysNothingOfAFleetOrAnIdKeyThatNobodyHas) {
  const std::string whole = copied_file();
  for (const bool has_fleet : {false, true}) {
    std::string main = whole;
    const std::size_t state = main.rfind("Asta");
    main[state + 20] = static_cast<char>(main[state + 20] ^ 1);
    write_whole(path_, main);
    const RepairReport report = repair_sqlite_log(path_, {.has_fleet = has_fleet});
    ASSERT_TRUE(report.state_lost) << report.complaint;
    EXPECT_EQ(report.complaint.find("fleet") != std::string::npos, has_fleet) << report.complaint;
    EXPECT_THAT(report.complaint, testing::Not(HasSubstr("fingerprint")));
  }
}

TEST(SqliteLogRepairCounts, OneIsNoPluralAndNothingIsNotUpToNothing) {
  const LogFolder folder(LogFolder::Place::kMemory);
  const std::string path = folder.path();
  {
    SqliteLog log(path);
    ASSERT_EQ(replay_of(log).result.outcome, ReplayOutcome::kReplayed);
    append_and_wait(log, {record_of(1)});
  }
  EXPECT_THAT(repair_sqlite_log(path).complaint, testing::EndsWith("whole, 1 record"));
  std::string main = read_whole(path);
  const std::size_t state = main.rfind("Asta");
  ASSERT_NE(state, std::string::npos);
  main[state + 20] = static_cast<char>(main[state + 20] ^ 1);
  for (const bool has_witness : {true, false}) {
    write_whole(path, main);
    write_whole(path + "-wal", "");
    if (!has_witness) std::filesystem::remove(path + "-witness");
    const RepairReport report = repair_sqlite_log(path);
    ASSERT_EQ(report.outcome, RepairReport::Outcome::kRepaired) << report.complaint;
    EXPECT_THAT(report.complaint,
                HasSubstr(std::string("1 record read in their place, 0 revocations found among the bytes, 0 records ") +
                          (has_witness ? "lost;" : "known to be lost;")));
  }
}

TEST_F(SqliteLogRepairTest, ComparesTheIdKeyOfALogThatARunningProcessHas) {
  using Outcome = LogFinding::Outcome;
  const std::string fresh = (folder_.folder() / "fresh.db").string();
  for (const std::string& path : {path_, fresh}) {
    SqliteLog log(path, "one");
    ASSERT_EQ(replay_of(log).result.outcome, ReplayOutcome::kReplayed);
    const LogFinding same = check_sqlite_log(path, "one");
    EXPECT_EQ(same.outcome, Outcome::kInUse);
    EXPECT_THAT(same.complaint, HasSubstr("a running process has it"));
    EXPECT_THAT(same.complaint, HasSubstr("its id key is the one of [state]"));
    const LogFinding other = check_sqlite_log(path, "two");
    EXPECT_EQ(other.outcome, Outcome::kUnknown);
    EXPECT_THAT(other.complaint, HasSubstr("another id key"));
    EXPECT_THAT(other.complaint, HasSubstr("stop that one first"));
    EXPECT_TRUE(is_durable(append_and_wait(log, {record_of(901)}).outcome)) << "the process goes on";
  }
}

TEST_F(SqliteLogRepairTest, SaysThatAnIdKeyBesideARunningProcessCannotBeSeen) {
  SqliteLog log(path_);  // keeps no fingerprint
  ASSERT_EQ(replay_of(log).result.outcome, ReplayOutcome::kReplayed);
  const LogFinding finding = check_sqlite_log(path_, "one");
  EXPECT_EQ(finding.outcome, LogFinding::Outcome::kInUse);
  EXPECT_THAT(finding.complaint, HasSubstr("nor whether its id key is the one of [state]"));
}

TEST_F(SqliteLogRepairTest, ADamagedFingerprintIsDamage) {
  std::size_t at = 0;
  ASSERT_NO_FATAL_FAILURE(damage_fingerprint(at));
  const LogFinding finding = check_sqlite_log(path_, "a fingerprint");
  EXPECT_EQ(finding.outcome, LogFinding::Outcome::kDamaged);
  EXPECT_THAT(finding.complaint, HasSubstr("the fingerprint of the id key"));
  const RepairReport report = repair_sqlite_log(path_);
  EXPECT_EQ(report.outcome, RepairReport::Outcome::kRepaired);
  EXPECT_EQ(report.read_count, 200U);
  EXPECT_EQ(check_sqlite_log(path_, "a fingerprint").outcome, LogFinding::Outcome::kWhole);
}

TEST_F(SqliteLogRepairTest, FindsDamageAndWhoHasTheLog) {
  using Outcome = LogFinding::Outcome;
  {
    SqliteLog log(path_);
    ASSERT_EQ(replay_of(log).result.outcome, ReplayOutcome::kReplayed);
    const LogFinding finding = check_sqlite_log(path_);
    EXPECT_EQ(finding.outcome, Outcome::kInUse);
    EXPECT_THAT(finding.complaint, HasSubstr("running process"));
  }
  std::string main = copied_file();
  const std::size_t row = main.rfind("Arow");
  main[row + 20] = static_cast<char>(main[row + 20] ^ 1);
  write_whole(path_, main);
  const LogFinding finding = check_sqlite_log(path_);
  EXPECT_EQ(finding.outcome, Outcome::kDamaged);
  EXPECT_THAT(finding.complaint, HasSubstr("damaged at byte"));
  EXPECT_TRUE(read_whole(path_) == main);
}

TEST_F(SqliteLogRepairTest, KeepsACopyOfEachDamagedFile) {
  for (const char* number : {"1", "2"}) {
    std::string main = copied_file();
    const std::size_t row = main.rfind("Arow");
    main[row + 20] = static_cast<char>(main[row + 20] ^ 1);
    write_whole(path_, main);
    EXPECT_EQ(repair_sqlite_log(path_).kept_copy, path_ + ".damaged-" + number);
  }
}

}  // namespace
}  // namespace assay::store

#include "store/log_bytes.h"

#include <gtest/gtest.h>

#include "tests/store/log_fixture.h"

namespace assay::store {
namespace {

constexpr std::size_t kPieceBytes = std::size_t{1} << 20;  // of one reading

TEST(LogBytes, FindsBytesAcrossTheBordersOfItsReads) {
  const LogFolder folder(LogFolder::Place::kMemory);
  for (const std::size_t at : {std::size_t{0}, std::size_t{1000}, kPieceBytes - 3, kPieceBytes}) {
    write_whole(folder.path(), std::string(at, '.') + "needle" + std::string(500, '.'));
    EXPECT_EQ(offset_in_file(folder.path(), bytes_of("needle")), at);
  }
  EXPECT_EQ(offset_in_file(folder.path(), bytes_of("thread")), std::nullopt);
  EXPECT_EQ(offset_in_file(folder.path(), {}), std::nullopt);
}

std::vector<LoggedRecord> rows_in(const std::string& path) {
  std::vector<LoggedRecord> rows;
  carve_rows(path, [&rows](const LoggedRecord& entry) { rows.push_back(entry); });
  return rows;
}

std::string row_of(std::uint64_t number) {
  const RowBytes row = encode_row({record_of(number)});
  return {row.begin(), row.end()};
}

TEST(LogBytes, FindsEachWholeRowOnceWhereverItIs) {
  const LogFolder folder(LogFolder::Place::kMemory);
  std::string damaged = row_of(3);
  damaged[40] = static_cast<char>(damaged[40] ^ 1);
  const std::string bytes = row_of(1) + std::string(kPieceBytes - 140, '.') + row_of(2) + damaged + "ArowArow" +
                            row_of(4) + row_of(5).substr(0, kRowBytes - 1);
  write_whole(folder.path(), bytes);
  const std::vector<LoggedRecord> rows = rows_in(folder.path());
  ASSERT_EQ(rows.size(), 3U);
  EXPECT_EQ(rows[0].record.id, record_of(1).id);
  EXPECT_EQ(rows[1].record.id, record_of(2).id);
  EXPECT_EQ(rows[2].record.id, record_of(4).id);
  EXPECT_TRUE(rows_in(folder.path() + "-none").empty());
}

// A row of id_key as SQLite writes it.
std::string id_key_row(std::string_view fingerprint) {
  const std::string body = encode_checked(fingerprint);
  return std::string("\x03\0", 2) + static_cast<char>(12 + 2 * body.size()) + body;
}

TEST(LogBytes, FindsAFingerprintAcrossTheBordersOfItsReads) {
  const LogFolder folder(LogFolder::Place::kMemory);
  for (const std::size_t at : {std::size_t{0}, std::size_t{1000}, kPieceBytes - 3, kPieceBytes - 20, kPieceBytes}) {
    for (const std::size_t size : {std::size_t{1}, std::size_t{32}, std::size_t{49}}) {
      const std::string fingerprint(size, 'f');
      write_whole(folder.path(), std::string(at, '\3') + id_key_row(fingerprint) + std::string(at % 7, '\0'));
      EXPECT_EQ(carve_fingerprint(folder.path()), fingerprint) << at << ", " << size;
    }
  }
}

TEST(LogBytes, AFingerprintWithAnyByteChangedIsNone) {
  const LogFolder folder(LogFolder::Place::kMemory);
  const std::string row = id_key_row(std::string(32, 'f'));
  for (std::size_t i = 0; i < row.size(); ++i) {
    std::string changed = row;
    changed[i] = static_cast<char>(changed[i] ^ 1);
    write_whole(folder.path(), changed);
    EXPECT_EQ(carve_fingerprint(folder.path()), std::nullopt) << i;
  }
  write_whole(folder.path(), row.substr(0, row.size() - 1));
  EXPECT_EQ(carve_fingerprint(folder.path()), std::nullopt);
  write_whole(folder.path(), id_key_row(""));
  EXPECT_EQ(carve_fingerprint(folder.path()), std::nullopt);
  EXPECT_EQ(carve_fingerprint(folder.path() + "-none"), std::nullopt);
}

TEST(LogBytes, FindsTheFingerprintOfALogInUse) {
  const LogFolder folder(LogFolder::Place::kMemory);
  const std::string path = folder.path();
  SqliteLog log(path, "of this key");
  ASSERT_EQ(replay_of(log).result.outcome, ReplayOutcome::kReplayed);
  EXPECT_EQ(carve_fingerprint(path + "-wal"), "of this key");
}

}  // namespace
}  // namespace assay::store

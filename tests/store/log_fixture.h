// What the tests of the durable log share: a folder of their own, records by number, and appends that are waited for.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <future>
#include <iterator>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "store/big_endian.h"
#include "store/sqlite_log.h"

namespace assay::store {

// The record of a number. Its id depends on the number alone and its first bytes are spread.
inline RevocationRecord record_of(std::uint64_t number, RevocationOperation operation = RevocationOperation::kRevoke) {
  RevocationRecord record;
  put_u64(record.id.data(), number * 0x9e3779b97f4a7c15);
  put_u64(&record.id[24], number);
  record.kind = static_cast<RevocationKind>(number % kRevocationKindCount + 1);
  record.operation = operation;
  record.issuer_id = number / 3;
  record.issued_before_us = has_issued_before(record.kind) ? static_cast<std::int64_t>(number) : 0;
  return record;
}

inline RevocationRecord record_until(std::uint64_t number, std::int64_t forget_at_us) {
  RevocationRecord record = record_of(number);
  record.forget_at_us = forget_at_us;
  return record;
}

// A revocation of one subject's tokens that were issued before that time.
inline RevocationRecord record_before(std::int64_t issued_before_us, std::int64_t forget_at_us = kNeverForgotten) {
  constexpr std::uint64_t kOfThatKind = 6;
  RevocationRecord record = record_until(kOfThatKind, forget_at_us);
  EXPECT_EQ(record.kind, RevocationKind::kSubjectIssuedBefore);
  record.issued_before_us = issued_before_us;
  return record;
}

inline RevocationRecord lift_of(RevocationRecord record) {
  record.operation = RevocationOperation::kLift;
  return record;
}

// What another node wrote, or what this one did and has come back (origin kHere).
inline LoggedRecord fleet_record(const RevocationRecord& record, std::uint64_t time_ms,
                                 RecordOrigin origin = RecordOrigin::kFleet) {
  return {record, origin, {time_ms, 0}};
}

// A folder that is gone with the fixture: on a disk, or in memory where nothing depends on the disk and there is room.
class LogFolder {
 public:
  enum class Place : std::uint8_t { kDisk, kMemory };

  explicit LogFolder(Place place = Place::kDisk) {
    const std::filesystem::path memory = "/dev/shm";
    std::error_code ignored;
    const bool in_memory = place == Place::kMemory && std::filesystem::is_directory(memory, ignored);
    std::string name = ((in_memory ? memory : std::filesystem::temp_directory_path()) / "assay-log-XXXXXX").string();
    EXPECT_NE(::mkdtemp(name.data()), nullptr);
    folder_ = name;
  }
  ~LogFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }
  LogFolder(const LogFolder&) = delete;
  LogFolder& operator=(const LogFolder&) = delete;

  [[nodiscard]] std::string path() const { return (folder_ / "revocations.db").string(); }
  [[nodiscard]] const std::filesystem::path& folder() const { return folder_; }

 private:
  std::filesystem::path folder_;
};

inline AppendResult append_and_wait(RevocationLog& log, std::vector<RevocationRecord> records) {
  std::promise<AppendResult> promise;
  log.append(std::move(records), [&](const AppendResult& result) { promise.set_value(result); });
  return promise.get_future().get();
}

inline std::pair<AppendResult, std::vector<RevocationRecord>> apply_and_wait(SqliteLog& log, FleetUpdate update) {
  std::promise<std::pair<AppendResult, std::vector<RevocationRecord>>> promise;
  log.apply_fleet(std::move(update), [&](const AppendResult& result, std::span<const RevocationRecord> written) {
    promise.set_value({result, {written.begin(), written.end()}});
  });
  return promise.get_future().get();
}

inline std::vector<LoggedRecord> read_and_wait(SqliteLog& log, std::uint64_t after, std::size_t count_max) {
  std::promise<std::vector<LoggedRecord>> promise;
  log.read(after, count_max, [&](std::vector<LoggedRecord> rows, const std::string& complaint) {
    EXPECT_EQ(complaint, "");
    promise.set_value(std::move(rows));
  });
  return promise.get_future().get();
}

struct Replayed {
  ReplayResult result;
  std::map<DurableId, RevocationRecord> revoked;
};

// Replays `log` as an engine does: of each id the highest sequence counts.
inline Replayed replay_of(RevocationLog& log) {
  Replayed replayed;
  replayed.result = log.replay([&](std::span<const RevocationRecord> records) {
    for (const RevocationRecord& record : records) {
      RevocationRecord& kept = replayed.revoked[record.id];
      if (record.sequence > kept.sequence) kept = record;
    }
  });
  std::erase_if(replayed.revoked,
                [](const auto& entry) { return entry.second.operation == RevocationOperation::kLift; });
  return replayed;
}

inline Replayed replay_of(const std::string& path) {
  SqliteLog log(path);
  return replay_of(log);
}

inline std::string read_whole(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

inline void write_whole(const std::string& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary | std::ios::trunc) << bytes;
}

}  // namespace assay::store

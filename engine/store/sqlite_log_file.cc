#include "store/sqlite_log_file.h"

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <filesystem>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

#include "base/check.h"
#include "store/big_endian.h"

namespace assay::store {
namespace {

constexpr std::int64_t kApplicationId = 0x41737279;  // "Asry"
constexpr std::int64_t kFormatVersion = 1;

// Pages are not trusted to hold cells of a sane size; a database that others have prepared runs none of their code.
constexpr const char* kSettings =
    "PRAGMA locking_mode = EXCLUSIVE; PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 0;"
    "PRAGMA cache_size = -32768; PRAGMA journal_size_limit = 16777216; PRAGMA temp_store = MEMORY;"
    "PRAGMA cell_size_check = ON; PRAGMA trusted_schema = OFF;";

constexpr const char* kSchema =
    "CREATE TABLE record(sequence INTEGER PRIMARY KEY, id_head INTEGER NOT NULL, forget_at_us INTEGER,"
    " body BLOB NOT NULL);"
    "CREATE INDEX record_by_id ON record(id_head);"
    "CREATE INDEX record_by_forget ON record(forget_at_us) WHERE forget_at_us IS NOT NULL;"
    "CREATE TABLE state(only INTEGER PRIMARY KEY, body BLOB NOT NULL);"
    "PRAGMA application_id = 1098084985; PRAGMA user_version = 1;";

std::int64_t id_head_of(const RevocationRecord& record) noexcept {
  return static_cast<std::int64_t>(get_u64(record.id.data()));
}

// Gives a revocation of what was issued before a time the later times of `other`, one of the same id. Returns whether
// that changed it.
bool raise_times(RevocationRecord& record, const RevocationRecord& other) noexcept {
  const bool both_revoke =
      record.operation == RevocationOperation::kRevoke && other.operation == RevocationOperation::kRevoke;
  if (!both_revoke || record.kind != other.kind || !has_issued_before(record.kind)) return false;
  const RevocationRecord before = record;
  record.issued_before_us = std::max(record.issued_before_us, other.issued_before_us);
  record.forget_at_us = std::max(record.forget_at_us, other.forget_at_us);
  return record != before;
}

// A file's entry in its directory must survive a crash as well.
bool flush_directory_of(const std::string& path) {
  const std::filesystem::path parent = std::filesystem::path(path).parent_path();
  const int fd = ::open(parent.empty() ? "." : parent.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return false;
  const bool flushed = ::fsync(fd) == 0;
  ::close(fd);
  return flushed;
}

}  // namespace

FileFault SqliteLogFile::open() {
  const Witness::Hold hold = witness_.hold();
  if (hold == Witness::Hold::kTaken) {
    return {FileFault::Kind::kUnreadable, 0, path_ + ": another process uses it (" + witness_.path() + " is locked)"};
  }
  if (hold == Witness::Hold::kFailed) {
    return {FileFault::Kind::kUnreadable, 0, witness_.path() + ": " + system_text(errno)};
  }
  if (FileFault fault = find_or_make_file(); fault.is_fault()) return fault;
  if (FileFault fault = connection_.open(path_); fault.is_fault()) return fault;
  return configure();
}

FileFault SqliteLogFile::find_or_make_file() const {
  struct stat status {};
  const bool exists = ::lstat(path_.c_str(), &status) == 0;
  if (exists && !S_ISREG(status.st_mode)) {
    const char* const what = S_ISLNK(status.st_mode)   ? "a symbolic link, and its write-ahead log would be elsewhere: "
                                                         "name the file that it leads to"
                             : S_ISDIR(status.st_mode) ? "a directory: name a file in it"
                                                       : "no file: name one";
    return {FileFault::Kind::kUnreadable, 0, path_ + " is " + what};
  }
  if ((!exists || status.st_size == 0) && witness_.read()) {
    return damaged(std::nullopt, exists ? "the file is empty, and records were acknowledged"
                                        : "the file is gone, and records were acknowledged");
  }
  if (exists && (status.st_mode & (S_IWGRP | S_IWOTH)) != 0) {
    return {FileFault::Kind::kUnreadable, 0, path_ + ": others may write it, and so lift revocations: chmod 600"};
  }
  if (exists) return {};
  const int fd = ::open(path_.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, S_IRUSR | S_IWUSR);
  if (fd < 0) return {FileFault::Kind::kUnreadable, 0, path_ + ": " + system_text(errno)};
  ::close(fd);
  return {};
}

// Reads nothing of the file but its lock, its first page and the schema.
FileFault SqliteLogFile::configure() {
  const std::optional<Testimony> testimony = witness_.read();
  Statement tables;
  // The first reading takes the lock and recovers what the write-ahead log holds.
  if (connection_.run(kSettings)) tables = connection_.prepare("SELECT count(*) FROM sqlite_schema");
  if (!tables || tables.step() != Step::kRow) {
    FileFault fault = connection_.fault("cannot be opened");
    if (fault.kind != FileFault::Kind::kDamaged) return fault;
    if (testimony) {
      const std::optional<Place> end = early_end_place();
      return end ? damaged(end, fault.complaint) : damaged(Place{path_, 0}, "no SQLite database");
    }
    fault.kind = FileFault::Kind::kUnreadable;  // a stranger's file was never ours to repair
    return fault;
  }
  const bool is_empty = tables.number(0) == 0;
  tables = Statement();
  if (is_empty && testimony) return end_missing("the tables are gone, and records were acknowledged");
  if (is_empty) return initialise();
  return check_format(testimony);
}

FileFault SqliteLogFile::initialise() {
  LogState first;
  first.commit_number = 1;
  ASSAY_CHECK(::getrandom(&first.store_id, sizeof first.store_id, 0) == sizeof first.store_id);
  const std::string body = encode_state(first);
  if (!connection_.run("PRAGMA journal_mode = WAL; BEGIN IMMEDIATE") || !connection_.run(kSchema)) {
    return connection_.fault("cannot be prepared");
  }
  Statement insert = connection_.prepare("INSERT INTO state VALUES(1, ?1)");
  if (!insert) return connection_.fault("cannot be prepared");
  insert.bind(1, bytes_of(body));
  if (!insert.run() || !connection_.run("COMMIT")) return connection_.fault("cannot be prepared");
  if (!flush_directory_of(path_)) {
    return {FileFault::Kind::kFailing, 0, path_ + ": its directory cannot be flushed: " + system_text(errno)};
  }
  if (!witness_.write({first.store_id, first.commit_number, first.last_sequence})) {
    return {FileFault::Kind::kNoSpace, 0, witness_.path() + ": " + system_text(errno)};
  }
  return {};
}

FileFault SqliteLogFile::check_format(const std::optional<Testimony>& testimony) {
  const bool is_ours = connection_.number_of("PRAGMA application_id") == kApplicationId &&
                       connection_.number_of("PRAGMA user_version") == kFormatVersion;
  if (is_ours) return {};
  if (testimony) return damaged(std::nullopt, "the format is unknown");
  return {FileFault::Kind::kUnreadable, 0, path_ + ": no revocation log of format 1"};
}

FileFault SqliteLogFile::prepare_all() {
  if (!connection_.run("PRAGMA journal_mode = WAL")) return connection_.fault("cannot be written");
  find_by_id_ = connection_.prepare("SELECT sequence, body FROM record WHERE id_head = ?1");
  insert_ = connection_.prepare("INSERT INTO record VALUES(?1, ?2, ?3, ?4)");
  erase_ = connection_.prepare("DELETE FROM record WHERE sequence = ?1");
  find_forgotten_ =
      connection_.prepare("SELECT sequence, body FROM record WHERE forget_at_us <= ?1 ORDER BY forget_at_us LIMIT ?2");
  read_ = connection_.prepare("SELECT sequence, body FROM record WHERE sequence > ?1 ORDER BY sequence LIMIT ?2");
  write_state_ = connection_.prepare("UPDATE state SET body = ?1 WHERE only = 1");
  const bool ready = find_by_id_ && insert_ && erase_ && find_forgotten_ && read_ && write_state_;
  return ready ? FileFault{} : connection_.fault("cannot be used");
}

FileFault SqliteLogFile::adopt_id_key() {
  if (keeps_fingerprint_ || id_key_fingerprint_.empty()) return {};
  const std::string body = encode_checked(id_key_fingerprint_);
  bool written = connection_.run(
      "BEGIN IMMEDIATE; CREATE TABLE IF NOT EXISTS id_key(only INTEGER PRIMARY KEY, body BLOB NOT NULL)");
  Statement insert = written ? connection_.prepare("INSERT INTO id_key VALUES(1, ?1)") : Statement();
  if (insert) insert.bind(1, bytes_of(body));
  written = insert && insert.run() && connection_.run("COMMIT");
  if (!written) {
    FileFault fault = connection_.fault("cannot be written");
    roll_back();
    return fault;
  }
  keeps_fingerprint_ = true;
  return {};
}

FileFault SqliteLogFile::begin() {
  next_ = state_;
  ++next_.commit_number;
  return connection_.run("BEGIN IMMEDIATE") ? FileFault{} : connection_.fault("cannot be written");
}

// The file was whole when it was checked: what is wrong now is the disk. The place is left for check() to find, because
// reading the file past SQLite would give up SQLite's lock on it.
FileFault SqliteLogFile::unreadable_row(std::int64_t sequence) const {
  return {FileFault::Kind::kFailing, 0,
          path_ + ": the record with sequence " + std::to_string(sequence) + " cannot be read any more"};
}

FileFault SqliteLogFile::find_rivals(const LoggedRecord& entry) {
  rivals_.clear();
  find_by_id_.bind(1, id_head_of(entry.record));
  Step step = find_by_id_.step();
  for (; step == Step::kRow; step = find_by_id_.step()) {
    const std::optional<LoggedRecord> rival = decode_row(find_by_id_.bytes(1));
    if (!rival) break;
    if (rival->record.id == entry.record.id) rivals_.push_back(*rival);
  }
  FileFault fault;
  if (step == Step::kRow) {
    fault = unreadable_row(find_by_id_.number(0));
  } else if (step == Step::kFailed) {
    fault = connection_.fault("cannot be read");
  }
  find_by_id_.rewind();
  return fault;
}

FileFault SqliteLogFile::erase(const LoggedRecord& entry) {
  erase_.bind(1, static_cast<std::int64_t>(entry.record.sequence));
  if (!erase_.run()) return connection_.fault("cannot be written");
  --next_.row_count;
  next_.row_digest -= row_digest(encode_row(entry));
  return {};
}

FileFault SqliteLogFile::place(LoggedRecord& entry, Placed& placed) {
  if (FileFault fault = find_rivals(entry); fault.is_fault()) return fault;
  const auto outdoes = [&entry](const LoggedRecord& rival) {
    if (entry.stamp.is_zero()) return false;
    if (!rival.stamp.is_zero()) return rival.stamp >= entry.stamp;
    return entry.origin != RecordOrigin::kHere || entry.record.sequence != rival.record.sequence;
  };
  placed = rivals_.empty() ? Placed::kAdded : Placed::kReplaced;
  if (const auto later = std::find_if(rivals_.begin(), rivals_.end(), outdoes); later != rivals_.end()) {
    LoggedRecord raised = *later;
    // What comes back to an own later record was known when that one was made.
    const bool is_news = later->stamp.is_zero() && entry.origin == RecordOrigin::kFleet;
    placed = is_news && raise_times(raised.record, entry.record) ? Placed::kRaised : Placed::kOutdone;
    if (placed == Placed::kOutdone) return {};
    entry = raised;
  }
  for (const LoggedRecord& rival : rivals_) {
    static_cast<void>(raise_times(entry.record, rival.record));
    if (FileFault fault = erase(rival); fault.is_fault()) return fault;
  }
  entry.record.sequence = next_.last_sequence + 1;
  return restore(entry);
}

FileFault SqliteLogFile::restore(const LoggedRecord& entry) {
  const RowBytes row = encode_row(entry);
  insert_.bind(1, static_cast<std::int64_t>(entry.record.sequence));
  insert_.bind(2, id_head_of(entry.record));
  if (entry.record.forget_at_us == kNeverForgotten) {
    insert_.bind_null(3);
  } else {
    insert_.bind(3, entry.record.forget_at_us);
  }
  insert_.bind(4, row);
  if (!insert_.run()) return connection_.fault("cannot be written");
  next_.last_sequence = entry.record.sequence;
  ++next_.row_count;
  next_.row_digest += row_digest(row);
  return {};
}

FileFault SqliteLogFile::forget(std::int64_t now_us, std::size_t count_max, std::size_t& gone) {
  gone = 0;
  std::vector<LoggedRecord> entries;
  find_forgotten_.bind(1, now_us);
  find_forgotten_.bind(2, static_cast<std::int64_t>(count_max));
  Step step = find_forgotten_.step();
  for (; step == Step::kRow; step = find_forgotten_.step()) {
    const std::optional<LoggedRecord> entry = decode_row(find_forgotten_.bytes(1));
    if (entry && entry->record.forget_at_us <= now_us) entries.push_back(*entry);
  }
  FileFault fault = step == Step::kFailed ? connection_.fault("cannot be read") : FileFault{};
  find_forgotten_.rewind();
  if (fault.is_fault()) return fault;
  for (const LoggedRecord& entry : entries) {
    if (FileFault erased = erase(entry); erased.is_fault()) return erased;
  }
  gone = entries.size();
  return {};
}

FileFault SqliteLogFile::commit() {
  const std::string body = encode_state(next_);
  write_state_.bind(1, bytes_of(body));
  if (!write_state_.run() || !connection_.run("COMMIT")) return connection_.fault("cannot be written");
  state_ = next_;
  witness_fails_ = !witness_.write({state_.store_id, state_.commit_number, state_.last_sequence});
  return {};
}

void SqliteLogFile::roll_back() noexcept {
  if (connection_.in_transaction()) static_cast<void>(connection_.run("ROLLBACK"));
}

FileFault SqliteLogFile::read(std::uint64_t after, std::size_t count_max, std::vector<LoggedRecord>& entries) {
  entries.clear();
  read_.bind(1, static_cast<std::int64_t>(after));
  read_.bind(2, static_cast<std::int64_t>(count_max));
  FileFault fault;
  Step step = read_.step();
  for (; step == Step::kRow && !fault.is_fault(); step = read_.step()) {
    const std::optional<LoggedRecord> entry = decode_row(read_.bytes(1));
    if (entry) {
      entries.push_back(*entry);
    } else {
      fault = unreadable_row(read_.number(0));
    }
  }
  if (step == Step::kFailed) fault = connection_.fault("cannot be read");
  read_.rewind();
  return fault;
}

FileFault SqliteLogFile::checkpoint() {
  const int code =
      sqlite3_wal_checkpoint_v2(connection_.handle(), nullptr, SQLITE_CHECKPOINT_PASSIVE, nullptr, nullptr);
  if (code != SQLITE_OK) return connection_.fault("cannot be checkpointed");
  wal_pages_ = 0;
  return {};
}

}  // namespace assay::store

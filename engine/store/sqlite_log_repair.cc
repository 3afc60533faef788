#include "store/sqlite_log_repair.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <fcntl.h>
#include <filesystem>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string_view>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>
#include <utility>
#include <vector>

#include "store/log_bytes.h"
#include "store/sqlite_log_file.h"

namespace assay::store {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kRowsPerTransaction = 16384;
constexpr std::array<std::string_view, 3> kSuffixes = {"", "-wal", "-witness"};

// What was found of a log.
struct Salvage {
  std::map<std::uint64_t, LoggedRecord> by_sequence;
  std::set<std::uint64_t> carved;  // sequences of those that were not in their place
  std::optional<LogState> state;
  std::string id_key_fingerprint;  // empty: none could be read
};

std::string counted(std::uint64_t count, std::string_view noun) {
  return std::to_string(count) + " " + std::string(noun) + (count == 1 ? "" : "s");
}

RepairReport failed(RepairReport report, std::string complaint) {
  report.outcome = RepairReport::Outcome::kFailed;
  report.complaint = std::move(complaint);
  return report;
}

bool flush(const std::string& path, int flags) {
  const int fd = ::open(path.c_str(), flags | O_CLOEXEC);
  if (fd < 0) return false;
  const bool flushed = ::fsync(fd) == 0;
  ::close(fd);
  return flushed;
}

bool flush_directory_of(const std::string& path) {
  const fs::path parent = fs::path(path).parent_path();
  return flush(parent.empty() ? "." : parent.string(), O_RDONLY | O_DIRECTORY);
}

std::string unused_name(const std::string& path) {
  for (int number = 1;; ++number) {
    std::string name = path + ".damaged-" + std::to_string(number);
    std::error_code ignored;
    if (!fs::exists(name, ignored)) return name;
  }
}

// Copies the log's files to `copy`, and returns what went wrong, or nothing.
std::string keep_copy(const std::string& path, const std::string& copy) {
  for (const std::string_view suffix : kSuffixes) {
    const std::string from = path + std::string(suffix);
    const std::string to = copy + std::string(suffix);
    std::error_code error;
    if (!fs::exists(from, error)) continue;
    if (!fs::copy_file(from, to, error)) return to + ": " + error.message();
    if (!flush(to, O_RDONLY)) return to + ": " + system_text(errno);
  }
  return flush_directory_of(copy) ? "" : copy + ": its directory cannot be flushed";
}

// Takes the rows of `sql` until one of them cannot be read.
void read_rows(Connection& connection, const char* sql, Salvage& salvage) {
  Statement rows = connection.prepare(sql);
  if (!rows) return;
  while (rows.step() == Step::kRow) {
    const std::optional<LoggedRecord> entry = decode_row(rows.bytes(1));
    if (!entry || entry->record.sequence != static_cast<std::uint64_t>(rows.number(0))) continue;
    salvage.by_sequence.emplace(entry->record.sequence, *entry);
  }
}

// From both ends: a page that cannot be read ends a reading.
void read_tables(const std::string& path, Salvage& salvage) {
  // Beside an empty file SQLite would remove the write-ahead log, which may hold all that is left.
  std::error_code ignored;
  if (fs::is_empty(path, ignored)) return;
  Connection connection;
  if (connection.open(path).is_fault()) return;
  static_cast<void>(connection.run("PRAGMA locking_mode = EXCLUSIVE; PRAGMA trusted_schema = OFF"));
  read_rows(connection, "SELECT sequence, body FROM record ORDER BY sequence", salvage);
  read_rows(connection, "SELECT sequence, body FROM record ORDER BY sequence DESC", salvage);
  Statement state = connection.prepare("SELECT body FROM state WHERE only = 1");
  if (state && state.step() == Step::kRow) salvage.state = decode_state(state.bytes(0));
  std::string fingerprint;
  if (read_fingerprint(connection, fingerprint) == KeptFingerprint::kRead) salvage.id_key_fingerprint = fingerprint;
}

// Takes the revocations among the bytes of a file whose sequence nothing in its place has, and the fingerprint where
// its table has none to read.
void carve_file(const std::string& path, Salvage& salvage) {
  carve_rows(path, [&salvage](const LoggedRecord& entry) {
    if (entry.record.operation != RevocationOperation::kRevoke) return;
    const std::uint64_t sequence = entry.record.sequence;
    if (salvage.by_sequence.emplace(sequence, entry).second) salvage.carved.insert(sequence);
  });
  if (salvage.id_key_fingerprint.empty()) salvage.id_key_fingerprint = carve_fingerprint(path).value_or(std::string());
}

// The latest record of each id, in the order of their sequences.
std::vector<LoggedRecord> latest_of_each(const Salvage& salvage) {
  std::map<DurableId, std::uint64_t> latest;
  for (const auto& [sequence, entry] : salvage.by_sequence) latest[entry.record.id] = sequence;
  std::vector<LoggedRecord> entries;
  for (const auto& [sequence, entry] : salvage.by_sequence) {
    if (latest[entry.record.id] == sequence) entries.push_back(entry);
  }
  return entries;
}

FileFault write_new(SqliteLogFile& file, const std::vector<LoggedRecord>& entries, const LogState& state) {
  FileFault fault = file.open();
  if (!fault.is_fault()) fault = file.check([](std::span<const LoggedRecord>) {});
  if (!fault.is_fault()) fault = file.adopt_id_key();
  for (std::size_t from = 0; from < entries.size() && !fault.is_fault(); from += kRowsPerTransaction) {
    fault = file.begin();
    const std::size_t end = std::min(entries.size(), from + kRowsPerTransaction);
    for (std::size_t i = from; i < end && !fault.is_fault(); ++i) fault = file.restore(entries[i]);
    if (!fault.is_fault()) fault = file.commit();
  }
  if (!fault.is_fault()) fault = file.begin();
  if (fault.is_fault()) return fault;
  file.continue_after(state.last_sequence);
  file.set_fleet_position(state.fleet_position);
  file.raise_pushed_through(state.pushed_through);
  fault = file.commit();
  return fault.is_fault() ? fault : file.checkpoint();
}

void remove_all(const std::string& path) {
  for (const std::string_view suffix : kSuffixes) {
    std::error_code ignored;
    fs::remove(path + std::string(suffix), ignored);
  }
}

// Best effort: who may not give files away keeps them.
void give_to_owner_of(const std::string& original, const std::string& path) {
  struct stat status {};
  if (::stat(original.c_str(), &status) != 0) return;
  static_cast<void>(::chown(path.c_str(), status.st_uid, status.st_gid));
}

// Puts the new log in the place of the old one. The old write-ahead log goes first: beside the new file it would be
// read as the new file's.
std::string replace(const std::string& path, const std::string& made, const Witness& witness, const LogState& state) {
  std::error_code error;
  fs::remove(path + "-wal", error);
  if (error || !flush_directory_of(path)) return path + "-wal: cannot be removed";
  fs::rename(made, path, error);
  if (error || !flush_directory_of(path)) return path + ": " + error.message();
  if (!witness.clear() || !witness.write({state.store_id, state.commit_number, state.last_sequence})) {
    return witness.path() + ": " + system_text(errno);
  }
  return {};
}

// Of a log that a running process has, the id key alone can be compared: SQLite lets nobody in. The write-ahead log
// comes first, because what leaves it is in the file by then.
LogFinding check_taken(const std::string& path, const std::string& witness_path,
                       const std::string& id_key_fingerprint) {
  const std::string taken = "a running process has it (" + witness_path + " is locked)";
  if (id_key_fingerprint.empty()) return {LogFinding::Outcome::kInUse, 0, path + ": " + taken};
  std::optional<std::string> kept = carve_fingerprint(path + "-wal");
  if (!kept) kept = carve_fingerprint(path);
  if (kept && *kept != id_key_fingerprint) {
    return {LogFinding::Outcome::kUnknown, 0, other_key_complaint(path) + "; " + taken + ": stop that one first"};
  }
  return {LogFinding::Outcome::kInUse, 0,
          path + ": " + taken +
              (kept ? ": not checked, but its id key is the one of [state]"
                    : ": not checked, nor whether its id key is the one of [state], which cannot be read beside it")};
}

// Precondition: the file or its witness is there.
LogFinding check_existing(const std::string& path, bool is_empty, const std::string& id_key_fingerprint) {
  LogFinding finding;
  {
    Witness witness(path);
    if (witness.hold() == Witness::Hold::kTaken) return check_taken(path, witness.path(), id_key_fingerprint);
    // A start would begin with it.
    if (is_empty && !witness.read()) return {.outcome = LogFinding::Outcome::kNone};
  }
  SqliteLogFile file(path, id_key_fingerprint);
  FileFault fault = file.open();
  if (!fault.is_fault()) {
    fault = file.check([&](std::span<const LoggedRecord> rows) { finding.record_count += rows.size(); });
  }
  finding.complaint = fault.complaint;
  finding.outcome = !fault.is_fault()                         ? LogFinding::Outcome::kWhole
                    : fault.kind == FileFault::Kind::kDamaged ? LogFinding::Outcome::kDamaged
                                                              : LogFinding::Outcome::kUnknown;
  return finding;
}

// Where there is nothing to repair, why.
std::optional<RepairReport> examine(const std::string& path) {
  const LogFinding finding = check_sqlite_log(path);
  RepairReport report;
  switch (finding.outcome) {
    case LogFinding::Outcome::kDamaged: return std::nullopt;
    case LogFinding::Outcome::kNone: return failed(report, path + ": there is no revocation log");
    case LogFinding::Outcome::kInUse:
    case LogFinding::Outcome::kUnknown: return failed(report, finding.complaint);
    case LogFinding::Outcome::kWhole: break;
  }
  report.outcome = RepairReport::Outcome::kWhole;
  report.read_count = finding.record_count;
  report.complaint = path + ": whole, " + counted(report.read_count, "record");
  return report;
}

// What is lost, as far as anybody knows.
std::string lost(const RepairReport& report) {
  const std::string records = counted(report.missing_count, "record");
  if (report.missing_count > 0) return (report.state_lost ? "up to " : "") + records + " lost";
  return records + (report.end_known ? " lost" : " known to be lost");
}

std::string summary(const std::string& path, const RepairReport& report, const RepairFacts& facts) {
  std::string text = path + ": " + counted(report.read_count, "record") + " read in their place, " +
                     counted(report.carved_count, "revocation") + " found among the bytes, " + lost(report);
  if (report.state_lost && facts.has_fleet) text += "; the place in the fleet's stream is lost";
  if (report.id_key_assumed) {
    text +=
        "; the fingerprint of the id key is lost, and the log has that of the key that [state] gives now: if its "
        "revocations were made under another, none of them holds";
  }
  return text + "; the damaged log is kept as " + report.kept_copy;
}

// How many records were written up to `through` and are not there. What the state counts is known exactly; behind it
// every sequence stands for a record.
std::uint64_t count_missing(const Salvage& salvage, const LogState& state, std::uint64_t through) {
  std::set<DurableId> counted_ids;
  std::uint64_t later_count = 0;
  for (const auto& [sequence, entry] : salvage.by_sequence) {
    if (sequence > state.last_sequence) {
      ++later_count;
    } else {
      counted_ids.insert(entry.record.id);
    }
  }
  const std::uint64_t counted_missing = state.row_count - std::min<std::uint64_t>(state.row_count, counted_ids.size());
  return counted_missing + (through - state.last_sequence - later_count);
}

// What a new log begins with, and in `report` what is known to be missing.
LogState state_for_new(const Salvage& salvage, std::uint64_t said_through, RepairReport& report) {
  LogState state = salvage.state.value_or(LogState{});
  const std::uint64_t found_through = salvage.by_sequence.empty() ? 0 : salvage.by_sequence.rbegin()->first;
  const std::uint64_t through = std::max({found_through, state.last_sequence, said_through});
  report.missing_count = count_missing(salvage, state, through);
  state.last_sequence = through;
  if (report.missing_count + report.carved_count == 0) return state;
  // What is lost may be the fleet's, and what was found may never have reached it.
  state.fleet_position.clear();
  state.pushed_through = 0;
  return state;
}

RepairReport repair_held(const std::string& path, const Witness& witness, const RepairFacts& facts) {
  RepairReport report;
  report.kept_copy = unused_name(path);
  if (std::string error = keep_copy(path, report.kept_copy); !error.empty()) return failed(report, std::move(error));

  Salvage salvage;
  read_tables(report.kept_copy, salvage);
  carve_file(report.kept_copy, salvage);
  carve_file(report.kept_copy + "-wal", salvage);
  const std::vector<LoggedRecord> entries = latest_of_each(salvage);
  for (const LoggedRecord& entry : entries) report.carved_count += salvage.carved.count(entry.record.sequence);
  report.read_count = entries.size() - report.carved_count;
  report.state_lost = !salvage.state;
  const std::optional<Testimony> testimony = witness.read();
  report.end_known = testimony.has_value();
  const std::uint64_t said_through = testimony.value_or(Testimony{}).last_sequence;
  const LogState state = state_for_new(salvage, said_through, report);

  const bool has_fingerprint = !salvage.id_key_fingerprint.empty();
  report.id_key_assumed = !has_fingerprint && !facts.id_key_fingerprint.empty() && !entries.empty();

  const std::string made = path + ".repaired";
  remove_all(made);  // of a repair that was cut off
  LogState written;
  {
    SqliteLogFile file(made, has_fingerprint ? salvage.id_key_fingerprint : facts.id_key_fingerprint);
    if (const FileFault fault = write_new(file, entries, state); fault.is_fault()) {
      return failed(report, fault.complaint);
    }
    written = file.state();
  }
  give_to_owner_of(witness.path(), made);
  std::string error = replace(path, made, witness, written);
  remove_all(made);
  if (!error.empty()) return failed(report, std::move(error));
  report.outcome = RepairReport::Outcome::kRepaired;
  report.complaint = summary(path, report, facts);
  return report;
}

}  // namespace

LogFinding check_sqlite_log(const std::string& path, const std::string& id_key_fingerprint) {
  std::error_code error;
  // Not followed: a link that leads nowhere is there.
  const fs::file_status status = fs::symlink_status(path, error);
  if (status.type() == fs::file_type::none) {
    return {LogFinding::Outcome::kUnknown, 0, path + ": cannot be looked at: " + error.message()};
  }
  std::error_code ignored;
  const bool has_file = fs::exists(status);
  const bool has_witness = fs::exists(path + "-witness", ignored);
  if (!has_file && !has_witness) return {.outcome = LogFinding::Outcome::kNone};
  const bool is_empty = status.type() == fs::file_type::regular && fs::file_size(path, ignored) == 0;
  LogFinding finding = check_existing(path, is_empty, id_key_fingerprint);
  // It was made to be locked.
  if (!has_witness) fs::remove(path + "-witness", ignored);
  return finding;
}

RepairReport repair_sqlite_log(const std::string& path, const RepairFacts& facts) {
  if (std::optional<RepairReport> report = examine(path)) return *std::move(report);
  Witness witness(path);
  if (witness.hold() != Witness::Hold::kHeld) return failed({}, witness.path() + ": another process has it");
  return repair_held(path, witness, facts);
}

}  // namespace assay::store

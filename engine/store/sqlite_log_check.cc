// SqliteLogFile::check(): what must be true of a file before it is believed.
#include <algorithm>
#include <charconv>
#include <fstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "store/big_endian.h"
#include "store/log_bytes.h"
#include "store/sqlite_log_file.h"
#include "store/wal_extent.h"

namespace assay::store {
namespace {

constexpr std::size_t kRowsPerBatch = 4096;
constexpr std::uint64_t kPageBytes = 4096;
// The head of a file of SQLite: its mark, and how many pages it has, most significant byte first.
constexpr std::string_view kFileMark{"SQLite format 3\0", 16};
constexpr std::size_t kPageCountAt = 28;

// The first page that a line of quick_check names: "*** in database main *** Page 7: ..." or "On tree page 3 cell 5".
std::optional<std::uint64_t> offset_of_page_in(std::string_view line) {
  for (const std::string_view word : {"page ", "Page "}) {
    const std::size_t at = line.find(word);
    if (at == std::string_view::npos) continue;
    std::uint64_t page = 0;
    const char* begin = line.data() + at + word.size();
    if (std::from_chars(begin, line.data() + line.size(), page).ec == std::errc() && page > 0) {
      return (page - 1) * kPageBytes;
    }
  }
  return std::nullopt;
}

// Where the file ends, if that is before the last of the pages that its head counts.
std::optional<std::uint64_t> early_end_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::string head(kPageCountAt + sizeof(std::uint32_t), '\0');
  if (!file.read(head.data(), static_cast<std::streamsize>(head.size())) || !head.starts_with(kFileMark)) {
    return std::nullopt;
  }
  const std::uint64_t pages = get_u32(bytes_of(head).data() + kPageCountAt);
  const auto bytes = static_cast<std::uint64_t>(file.seekg(0, std::ios::end).tellg());
  return bytes < pages * kPageBytes ? std::optional(bytes) : std::nullopt;
}

std::string one_line(std::string_view text) {
  std::string line(text.substr(0, 200));
  std::replace(line.begin(), line.end(), '\n', ' ');
  return line;
}

}  // namespace

FileFault SqliteLogFile::damaged(const std::optional<Place>& place, const std::string& what) const {
  const std::string where =
      place ? place->file + ": damaged at byte " + std::to_string(place->offset) + " (" : path_ + ": damaged (";
  return {
      FileFault::Kind::kDamaged, place ? place->offset : 0,
      where + what + "): acknowledged revocations may be lost; `assay check-config --repair` saves what can be read"};
}

// SQLite has left out what the write-ahead log lost, and all that came behind that.
FileFault SqliteLogFile::end_missing(const std::string& what) const {
  const std::string wal = path_ + "-wal";
  const WalExtent extent = measure_wal(wal);
  if (extent.is_broken) return damaged(Place{wal, extent.whole_bytes}, what);
  const std::string end =
      extent.whole_bytes == 0 ? " is empty or gone" : " ends at byte " + std::to_string(extent.whole_bytes);
  return damaged(std::nullopt, what + "; " + wal + end);
}

// The file is read past SQLite, whose locks on it end with that: the witness is locked still, and a damaged file is not
// written any more.
std::optional<SqliteLogFile::Place> SqliteLogFile::find_place(std::span<const std::uint8_t> bytes) const {
  for (const std::string& file : {path_, path_ + "-wal"}) {
    if (const std::optional<std::uint64_t> offset = offset_in_file(file, bytes)) return Place{file, *offset};
  }
  return std::nullopt;
}

std::optional<SqliteLogFile::Place> SqliteLogFile::early_end_place() const {
  const std::optional<std::uint64_t> offset = early_end_of(path_);
  return offset ? std::optional(Place{path_, *offset}) : std::nullopt;
}

FileFault SqliteLogFile::check(const RowSink& sink) {
  if (FileFault fault = check_pages(); fault.is_fault()) return fault;
  Statement read_state = connection_.prepare("SELECT body FROM state WHERE only = 1");
  if (!read_state || read_state.step() != Step::kRow) return damaged(std::nullopt, "the state row is missing");
  const std::optional<LogState> state = decode_state(read_state.bytes(0));
  if (!state) {
    const std::vector<std::uint8_t> body(read_state.bytes(0).begin(), read_state.bytes(0).end());
    return damaged(find_place(body), "the state row");
  }
  state_ = *state;
  read_state = Statement();
  if (FileFault fault = check_testimony(witness_.read()); fault.is_fault()) return fault;
  if (FileFault fault = check_id_key(); fault.is_fault()) return fault;
  if (FileFault fault = check_rows(sink); fault.is_fault()) return fault;
  if (FileFault fault = prepare_all(); fault.is_fault()) return fault;
  sqlite3_wal_hook(
      connection_.handle(),
      [](void* pages, sqlite3*, const char*, int count) {
        *static_cast<int*>(pages) = count;
        return SQLITE_OK;
      },
      &wal_pages_);
  return {};
}

FileFault SqliteLogFile::check_pages() {
  Statement quick_check = connection_.prepare("PRAGMA quick_check(1)");
  if (!quick_check || quick_check.step() != Step::kRow) {
    const FileFault fault = connection_.fault("cannot be checked");
    return fault.kind == FileFault::Kind::kDamaged ? damaged(early_end_place(), fault.complaint) : fault;
  }
  const std::string_view line = quick_check.text(0);
  if (line == "ok") return {};
  const std::optional<std::uint64_t> offset = offset_of_page_in(line);
  return damaged(offset ? Place{path_, *offset} : early_end_place(), one_line(line));
}

KeptFingerprint read_fingerprint(Connection& connection, std::string& fingerprint) {
  if (connection.number_of("SELECT count(*) FROM sqlite_schema WHERE name = 'id_key'") == 0) {
    return KeptFingerprint::kNone;
  }
  Statement read = connection.prepare("SELECT body FROM id_key WHERE only = 1");
  const Step step = read ? read.step() : Step::kFailed;
  if (step == Step::kDone) return KeptFingerprint::kNone;
  const std::span<const std::uint8_t> body = step == Step::kRow ? read.bytes(0) : std::span<const std::uint8_t>();
  const std::optional<std::string> kept = decode_checked(body);
  fingerprint = kept ? *kept : std::string(body.begin(), body.end());
  return kept ? KeptFingerprint::kRead : KeptFingerprint::kDamaged;
}

std::string other_key_complaint(const std::string& path) {
  return path +
         ": its revocations were made under another id key than [state] id_key_file or id_key_env gives now (or under "
         "none), so none of them would hold: put the old key back; or, to begin without them, move " +
         path + ", " + path + "-wal and " + Witness(path).path() + " away and revoke anew";
}

// Under another key none of the ids would be any token's: the log would be whole, and nothing in it would hold.
FileFault SqliteLogFile::check_id_key() {
  std::string kept;
  switch (read_fingerprint(connection_, kept)) {
    case KeptFingerprint::kNone: return {};
    case KeptFingerprint::kDamaged: return damaged(find_place(bytes_of(kept)), "the fingerprint of the id key");
    case KeptFingerprint::kRead: break;
  }
  keeps_fingerprint_ = true;
  if (id_key_fingerprint_.empty() || kept == id_key_fingerprint_) return {};
  return {FileFault::Kind::kUnreadable, 0, other_key_complaint(path_)};
}

FileFault SqliteLogFile::check_testimony(const std::optional<Testimony>& testimony) const {
  if (!testimony) return {};
  if (testimony->store_id != state_.store_id) {
    return damaged(std::nullopt, witness_.path() + " belongs to another log");
  }
  if (testimony->commit_number <= state_.commit_number) return {};
  return end_missing("its end is missing: records up to sequence " + std::to_string(testimony->last_sequence) +
                     " were acknowledged, and it ends with " + std::to_string(state_.last_sequence));
}

FileFault SqliteLogFile::check_rows(const RowSink& sink) {
  Statement rows = connection_.prepare("SELECT sequence, id_head, forget_at_us, body FROM record ORDER BY sequence");
  if (!rows) return damaged(std::nullopt, "the table of records is missing");
  std::vector<LoggedRecord> batch;
  batch.reserve(kRowsPerBatch);
  std::uint64_t row_count = 0;
  std::uint64_t digest = 0;
  Step step = rows.step();
  for (; step == Step::kRow; step = rows.step()) {
    const std::optional<LoggedRecord> entry = decode_row(rows.bytes(3));
    const std::int64_t forget_at_us = rows.is_null(2) ? kNeverForgotten : rows.number(2);
    const auto sequence = static_cast<std::uint64_t>(rows.number(0));
    const bool agrees = entry && entry->record.sequence == sequence && sequence <= state_.last_sequence &&
                        get_u64(entry->record.id.data()) == static_cast<std::uint64_t>(rows.number(1)) &&
                        entry->record.forget_at_us == forget_at_us;
    if (!agrees) return damaged(find_place(rows.bytes(3)), "the record with sequence " + std::to_string(sequence));
    ++row_count;
    digest += row_digest(encode_row(*entry));
    batch.push_back(*entry);
    if (batch.size() < kRowsPerBatch) continue;
    sink(batch);
    batch.clear();
  }
  if (step == Step::kFailed) {
    const FileFault fault = connection_.fault("cannot be read");
    return fault.kind == FileFault::Kind::kDamaged ? damaged(early_end_place(), fault.complaint) : fault;
  }
  if (!batch.empty()) sink(batch);
  if (row_count == state_.row_count && digest == state_.row_digest) return {};
  return damaged(std::nullopt, "records there: " + std::to_string(row_count) +
                                   ", records written: " + std::to_string(state_.row_count));
}

}  // namespace assay::store

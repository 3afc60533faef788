// SqliteLogFile::check(): what must be true of a file before it is believed.
#include <algorithm>
#include <charconv>
#include <fstream>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "store/big_endian.h"
#include "store/sqlite_log_file.h"

namespace assay::store {
namespace {

constexpr std::size_t kRowsPerBatch = 4096;
constexpr std::uint64_t kPageBytes = 4096;
constexpr std::size_t kChunkBytes = std::size_t{1} << 20;

// The first page that a line of quick_check names: "*** in database main *** Page 7: ..." or "On tree page 3 cell 5".
std::uint64_t offset_of_page_in(std::string_view line) {
  for (const std::string_view word : {"page ", "Page "}) {
    const std::size_t at = line.find(word);
    if (at == std::string_view::npos) continue;
    std::uint64_t page = 0;
    const char* begin = line.data() + at + word.size();
    if (std::from_chars(begin, line.data() + line.size(), page).ec == std::errc() && page > 0) {
      return (page - 1) * kPageBytes;
    }
  }
  return 0;
}

std::string one_line(std::string_view text) {
  std::string line(text.substr(0, 200));
  std::replace(line.begin(), line.end(), '\n', ' ');
  return line;
}

}  // namespace

std::optional<std::uint64_t> offset_in_file(const std::string& path, std::span<const std::uint8_t> needle) {
  std::ifstream file(path, std::ios::binary);
  if (needle.empty()) return std::nullopt;
  const std::boyer_moore_horspool_searcher searcher(needle.begin(), needle.end());
  std::string window;
  std::uint64_t window_at = 0;
  std::string chunk(kChunkBytes, '\0');
  while (file.read(chunk.data(), static_cast<std::streamsize>(chunk.size())) || file.gcount() > 0) {
    window.append(chunk, 0, static_cast<std::size_t>(file.gcount()));
    const std::span<const std::uint8_t> seen = bytes_of(window);
    const auto found = std::search(seen.begin(), seen.end(), searcher);
    if (found != seen.end()) return window_at + static_cast<std::uint64_t>(found - seen.begin());
    const std::size_t kept = std::min(window.size(), needle.size() - 1);
    window_at += window.size() - kept;
    window.erase(0, window.size() - kept);
  }
  return std::nullopt;
}

FileFault SqliteLogFile::damaged(std::uint64_t offset, const std::string& what) const {
  return {FileFault::Kind::kDamaged, offset,
          path_ + ": damaged at byte " + std::to_string(offset) + " (" + what +
              "): acknowledged revocations may be lost; `assay check-config --repair` saves what can be read"};
}

// The file is read past SQLite, whose locks on it end with that: the witness is locked still, and a damaged file is not
// written any more.
FileFault SqliteLogFile::damaged_row(std::uint64_t sequence, std::span<const std::uint8_t> body) const {
  const std::string what = "the record with sequence " + std::to_string(sequence);
  if (const std::optional<std::uint64_t> offset = offset_in_file(path_, body)) return damaged(*offset, what);
  const std::optional<std::uint64_t> offset = offset_in_file(path_ + "-wal", body);
  return damaged(offset.value_or(0), what + (offset ? ", in " + path_ + "-wal" : ""));
}

FileFault SqliteLogFile::check(const RowSink& sink) {
  if (FileFault fault = check_pages(); fault.is_fault()) return fault;
  Statement read_state = connection_.prepare("SELECT body FROM state WHERE only = 1");
  if (!read_state || read_state.step() != Step::kRow) return damaged(0, "the state row is missing");
  const std::optional<LogState> state = decode_state(read_state.bytes(0));
  if (!state) {
    const std::vector<std::uint8_t> body(read_state.bytes(0).begin(), read_state.bytes(0).end());
    return damaged(offset_in_file(path_, body).value_or(0), "the state row");
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
    return fault.kind == FileFault::Kind::kDamaged ? damaged(0, fault.complaint) : fault;
  }
  const std::string_view line = quick_check.text(0);
  return line == "ok" ? FileFault{} : damaged(offset_of_page_in(line), one_line(line));
}

KeptFingerprint read_fingerprint(Connection& connection, std::string& fingerprint) {
  if (connection.number_of("SELECT count(*) FROM sqlite_schema WHERE name = 'id_key'") == 0) {
    return KeptFingerprint::kNone;
  }
  Statement read = connection.prepare("SELECT body FROM id_key WHERE only = 1");
  const Step step = read ? read.step() : Step::kFailed;
  if (step == Step::kDone) return KeptFingerprint::kNone;
  const std::optional<std::string> kept = step == Step::kRow ? decode_checked(read.bytes(0)) : std::nullopt;
  if (!kept) return KeptFingerprint::kDamaged;
  fingerprint = *kept;
  return KeptFingerprint::kRead;
}

// Under another key none of the ids would be any token's: the log would be whole, and nothing in it would hold.
FileFault SqliteLogFile::check_id_key() {
  std::string kept;
  switch (read_fingerprint(connection_, kept)) {
    case KeptFingerprint::kNone: return {};
    case KeptFingerprint::kDamaged: return damaged(0, "the fingerprint of the id key");
    case KeptFingerprint::kRead: break;
  }
  keeps_fingerprint_ = true;
  if (id_key_fingerprint_.empty() || kept == id_key_fingerprint_) return {};
  return {FileFault::Kind::kUnreadable, 0,
          path_ +
              ": its revocations were made under another id key than [state] id_key_file or id_key_env gives now "
              "(or under none), so none of them would hold: put the old key back; or, to begin without them, move " +
              path_ + ", " + path_ + "-wal and " + witness_.path() + " away and revoke anew"};
}

FileFault SqliteLogFile::check_testimony(const std::optional<Testimony>& testimony) const {
  if (!testimony) return {};
  if (testimony->store_id != state_.store_id) {
    return damaged(0, witness_.path() + " belongs to another log");
  }
  if (testimony->commit_number <= state_.commit_number) return {};
  return damaged(0, "its end is missing: records up to sequence " + std::to_string(testimony->last_sequence) +
                        " were acknowledged, and it ends with " + std::to_string(state_.last_sequence));
}

FileFault SqliteLogFile::check_rows(const RowSink& sink) {
  Statement rows = connection_.prepare("SELECT sequence, id_head, forget_at_us, body FROM record ORDER BY sequence");
  if (!rows) return damaged(0, "the table of records is missing");
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
    if (!agrees) return damaged_row(sequence, rows.bytes(3));
    ++row_count;
    digest += row_digest(encode_row(*entry));
    batch.push_back(*entry);
    if (batch.size() < kRowsPerBatch) continue;
    sink(batch);
    batch.clear();
  }
  if (step == Step::kFailed) {
    const FileFault fault = connection_.fault("cannot be read");
    return fault.kind == FileFault::Kind::kDamaged ? damaged(0, fault.complaint) : fault;
  }
  if (!batch.empty()) sink(batch);
  if (row_count == state_.row_count && digest == state_.row_digest) return {};
  return damaged(
      0, std::to_string(row_count) + " records are there, and " + std::to_string(state_.row_count) + " were written");
}

}  // namespace assay::store

#include "store/sqlite_log_connection.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <system_error>

namespace assay::store {
namespace {

// What a result code of SQLite means for the log, by its primary code.
struct Meaning {
  int code;
  FileFault::Kind kind;
};
constexpr std::array<Meaning, 8> kMeanings = {{
    {SQLITE_FULL, FileFault::Kind::kNoSpace},
    {SQLITE_CORRUPT, FileFault::Kind::kDamaged},
    {SQLITE_NOTADB, FileFault::Kind::kDamaged},
    {SQLITE_ERROR, FileFault::Kind::kDamaged},  // no such table or column: the statements themselves are right
    {SQLITE_BUSY, FileFault::Kind::kUnreadable},
    {SQLITE_PERM, FileFault::Kind::kUnreadable},
    {SQLITE_READONLY, FileFault::Kind::kUnreadable},
    {SQLITE_CANTOPEN, FileFault::Kind::kUnreadable},
}};

constexpr int primary(int code) noexcept { return code & 0xff; }

// Whether the system's errno says more. Of other codes it would be that of an earlier failure.
constexpr bool is_of_system(int code) noexcept {
  return primary(code) == SQLITE_IOERR || primary(code) == SQLITE_CANTOPEN;
}

FileFault::Kind kind_of(int code, int error_number) noexcept {
  if (code == SQLITE_IOERR_SHORT_READ) return FileFault::Kind::kDamaged;
  const bool full = error_number == ENOSPC || error_number == EDQUOT || error_number == EFBIG;
  if (is_of_system(code) && full) return FileFault::Kind::kNoSpace;
  const auto* found = std::find_if(kMeanings.begin(), kMeanings.end(),
                                   [code](const Meaning& meaning) { return meaning.code == primary(code); });
  return found == kMeanings.end() ? FileFault::Kind::kFailing : found->kind;
}

}  // namespace

std::string system_text(int error_number) { return std::system_category().message(error_number); }

Step Statement::step() noexcept {
  const int code = sqlite3_step(handle_.get());
  if (code == SQLITE_ROW) return Step::kRow;
  return code == SQLITE_DONE ? Step::kDone : Step::kFailed;
}

bool Statement::run() noexcept {
  const Step result = step();
  rewind();
  return result == Step::kDone;
}

std::span<const std::uint8_t> Statement::bytes(int column) const noexcept {
  // The order of the calls is SQLite's: the size is of what column_blob() made.
  const void* bytes = sqlite3_column_blob(handle_.get(), column);
  const int size = sqlite3_column_bytes(handle_.get(), column);
  if (bytes == nullptr) return {};
  return {static_cast<const std::uint8_t*>(bytes), static_cast<std::size_t>(size)};
}

std::string_view Statement::text(int column) const noexcept {
  const std::span<const std::uint8_t> read = bytes(column);
  return {reinterpret_cast<const char*>(read.data()), read.size()};
}

FileFault Connection::open(const std::string& path) {
  path_ = path;
  sqlite3* handle = nullptr;
  // "file:" would be read as a URI where SQLite was built so.
  const std::string name = path.starts_with("file:") ? "./" + path : path;
  const int code = sqlite3_open_v2(name.c_str(), &handle, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, nullptr);
  handle_.reset(handle);
  if (handle == nullptr) return {FileFault::Kind::kFailing, 0, path_ + ": SQLite has no memory"};
  sqlite3_extended_result_codes(handle, 1);
  if (code != SQLITE_OK) return fault("cannot be opened");
  sqlite3_db_config(handle, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
  return {};
}

bool Connection::run(const char* sql) noexcept {
  return sqlite3_exec(handle_.get(), sql, nullptr, nullptr, nullptr) == SQLITE_OK;
}

Statement Connection::prepare(const char* sql) noexcept {
  sqlite3_stmt* statement = nullptr;
  sqlite3_prepare_v3(handle_.get(), sql, -1, SQLITE_PREPARE_PERSISTENT, &statement, nullptr);
  return Statement(statement);
}

std::int64_t Connection::number_of(const char* sql) noexcept {
  Statement statement = prepare(sql);
  return statement && statement.step() == Step::kRow ? statement.number(0) : 0;
}

FileFault Connection::fault(std::string_view what) const {
  const int code = sqlite3_extended_errcode(handle_.get());
  // SQLite keeps no errno of a failed write (3.40); the system's is still there, as nothing has failed since.
  const int kept_errno = is_of_system(code) ? sqlite3_system_errno(handle_.get()) : 0;
  const int error_number = kept_errno == 0 && code == SQLITE_IOERR_WRITE ? errno : kept_errno;
  FileFault fault{kind_of(code, error_number), 0, path_};
  fault.complaint += ": ";
  fault.complaint += what;
  fault.complaint += ": ";
  if (primary(code) == SQLITE_BUSY) {
    fault.complaint += "another process uses it";
    return fault;
  }
  fault.complaint += sqlite3_errmsg(handle_.get());
  if (error_number != 0) fault.complaint += " (" + system_text(error_number) + ")";
  return fault;
}

}  // namespace assay::store

// SQLite as the durable log uses it: one connection of one thread at a time, and its errors in the log's words.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include <sqlite3.h>

#include "base/attributes.h"
#include "base/free_with.h"

namespace assay::store {

// What is wrong with the log's file.
struct FileFault {
  enum class Kind : std::uint8_t {
    kNone,
    kNoSpace,     // the disk is full, or a quota or a limit of the file's size is reached
    kFailing,     // the disk or SQLite fails
    kDamaged,     // bytes are not what was written
    kUnreadable,  // it cannot be opened as a log: permissions, another process, another format
  };
  Kind kind = Kind::kNone;
  std::uint64_t offset = 0;  // kDamaged: the byte in the file that the complaint names; 0 also where it is not known
  std::string complaint;     // one line for people; empty where kNone

  [[nodiscard]] bool is_fault() const noexcept { return kind != Kind::kNone; }
};

enum class Step : std::uint8_t { kRow, kDone, kFailed };

// A prepared statement. Parameters count from 1 and columns from 0, as in SQLite. Must not outlive its connection.
class Statement {
 public:
  Statement() = default;
  explicit Statement(sqlite3_stmt* handle) : handle_(handle) {}

  // False where SQL could not be prepared; then nothing else may be called.
  [[nodiscard]] explicit operator bool() const noexcept { return handle_ != nullptr; }

  void bind(int parameter, std::int64_t value) noexcept { sqlite3_bind_int64(handle_.get(), parameter, value); }
  void bind_null(int parameter) noexcept { sqlite3_bind_null(handle_.get(), parameter); }
  // The bytes are borrowed until the next rewind().
  void bind(int parameter, std::span<const std::uint8_t> bytes) noexcept {
    sqlite3_bind_blob64(handle_.get(), parameter, bytes.data(), bytes.size(), SQLITE_STATIC);
  }

  // Goes to the next row.
  [[nodiscard]] Step step() noexcept;

  // Makes the statement ready to be bound and stepped anew; ends its reading.
  void rewind() noexcept { sqlite3_reset(handle_.get()); }

  // Executes a statement without rows and rewinds it.
  [[nodiscard]] bool run() noexcept;

  [[nodiscard]] std::int64_t number(int column) const noexcept { return sqlite3_column_int64(handle_.get(), column); }
  [[nodiscard]] bool is_null(int column) const noexcept {
    return sqlite3_column_type(handle_.get(), column) == SQLITE_NULL;
  }
  // Both live until the next step() or rewind().
  [[nodiscard]] std::span<const std::uint8_t> bytes(int column) const noexcept ASSAY_LIFETIMEBOUND;
  [[nodiscard]] std::string_view text(int column) const noexcept ASSAY_LIFETIMEBOUND;

 private:
  std::unique_ptr<sqlite3_stmt, base::FreeWith<sqlite3_finalize>> handle_;
};

class Connection {
 public:
  // Opens an existing file for reading and writing. Closing does not checkpoint: a file that is not trusted yet stays
  // as it is found, its write-ahead log included.
  [[nodiscard]] FileFault open(const std::string& path);

  // Executes SQL without parameters; rows are ignored.
  [[nodiscard]] bool run(const char* sql) noexcept;

  // A statement for many uses; false where SQL or the file's schema are wrong.
  [[nodiscard]] Statement prepare(const char* sql) noexcept;

  // The first column of the first row; 0 where there is none.
  [[nodiscard]] std::int64_t number_of(const char* sql) noexcept;

  // The latest failure. `what` says what was tried, for people.
  [[nodiscard]] FileFault fault(std::string_view what) const;

  [[nodiscard]] bool in_transaction() const noexcept { return sqlite3_get_autocommit(handle_.get()) == 0; }
  [[nodiscard]] sqlite3* handle() const noexcept { return handle_.get(); }

 private:
  std::string path_;
  std::unique_ptr<sqlite3, base::FreeWith<sqlite3_close>> handle_;
};

// The system's words for an errno.
[[nodiscard]] std::string system_text(int error_number);

}  // namespace assay::store

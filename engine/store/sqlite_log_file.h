// The durable log's file: what is in it, how it is checked, and its transactions. It knows nothing of threads.
//
// A SQLite database in write-ahead mode, flushed with every transaction (synchronous = FULL), owned by one connection
// (locking_mode = EXCLUSIVE, so there is no shared-memory file). Beside PATH are PATH-wal and PATH-witness
// (store/witness.h). Three tables:
//
//   record  sequence, id_head (the first 8 bytes of the id), forget_at_us (null: never), body (store/log_row.h)
//           one row per id: a later record takes the place of the earlier one
//   state   one row: LogState
//   id_key  one row, once a process has come that says it: the fingerprint of the key under which the ids were made
//
// What finds which damage, at start and before anything is written:
//
//   a page that is no B-tree, keys out of order      PRAGMA quick_check
//   a changed row                                    its checksum; its columns against its body
//   a lost, doubled or outdated page of rows         row_count and row_digest of the state
//   the end of the write-ahead log cut off or        the witness: it has seen a later transaction
//   damaged, the file gone or put back from a copy
//
// A transaction that was not acknowledged may be there or not after a crash; both are fine and nothing is said.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "assay/revocation_log.h"
#include "store/log_row.h"
#include "store/sqlite_log_connection.h"
#include "store/witness.h"

namespace assay::store {

// Methods in this order: open(), check(), then transactions, reading and checkpoints as it comes. After a fault of
// open() or check() nothing but the destructor may follow. Every other fault leaves the file usable.
class SqliteLogFile {
 public:
  //   id_key_fingerprint   of the id key in use; empty: not looked at
  explicit SqliteLogFile(std::string path, std::string id_key_fingerprint = {})
      : path_(std::move(path)), id_key_fingerprint_(std::move(id_key_fingerprint)), witness_(path_) {}
  // Leaves the write-ahead log as it is.
  ~SqliteLogFile() = default;
  SqliteLogFile(const SqliteLogFile&) = delete;
  SqliteLogFile& operator=(const SqliteLogFile&) = delete;

  // Takes the file for this process; makes it (0600) where there is none and none was ever acknowledged.
  [[nodiscard]] FileFault open();

  // Reads everything once, hands over the rows in the order of their sequences, and believes the file only then. Rows
  // may have been handed over before a fault.
  //
  //   cost  about 1.5 us per row with a quick disk
  using RowSink = std::function<void(std::span<const LoggedRecord>)>;
  [[nodiscard]] FileFault check(const RowSink& sink);

  // Writes the fingerprint of the id key where the file has none: after check(), by a process that means to use it.
  [[nodiscard]] FileFault adopt_id_key();

  // What is durable.
  [[nodiscard]] const LogState& state() const noexcept { return state_; }

  // One transaction: begin(), any number of those below, then commit() or roll_back(). After a fault of any of them
  // roll_back() is the only next call.
  [[nodiscard]] FileFault begin();

  enum class Placed : std::uint8_t {
    kAdded,
    kReplaced,  // another row of its id is gone for it
    kOutdone,   // the row of its id has the same stamp or a later one: not written
    kRaised,    // the own row of its id is later and forbids less: written anew with the later times, in `entry`
  };
  // Gives the record its sequence and writes it. An own record without a stamp is later than all that have one, and
  // gets its stamp from the record of the same origin and sequence that comes back from the fleet.
  //
  // Of what was issued before a time the later time counts whatever the order, until it is lifted: a revocation takes
  // on the times of the revocation that it replaces. An own one that the fleet has not seen takes on those of what it
  // outdoes of other nodes as well, and becomes a new record, so that the fleet hears of it whether it has the old one
  // or not. Where a lift came between the two, unseen by the fleet too, that forbids more than was asked, never less.
  [[nodiscard]] FileFault place(LoggedRecord& entry, Placed& placed);

  // Writes a record under the sequence that it has, for putting a log together anew. Precondition: higher than every
  // sequence before, and no other row of its id.
  [[nodiscard]] FileFault restore(const LoggedRecord& entry);

  // No record placed from now on gets this sequence or a lower one.
  void continue_after(std::uint64_t sequence) noexcept {
    next_.last_sequence = std::max(next_.last_sequence, sequence);
  }

  // Deletes up to `count_max` rows whose forget_at_us is at or before `now_us`; `gone` says how many.
  [[nodiscard]] FileFault forget(std::int64_t now_us, std::size_t count_max, std::size_t& gone);

  // Precondition: at most kFleetPositionBytesMax bytes.
  void set_fleet_position(std::string position) { next_.fleet_position = std::move(position); }

  // What the next record placed gets, within a transaction.
  [[nodiscard]] std::uint64_t next_sequence() const noexcept { return next_.last_sequence + 1; }

  // A lower sequence than before changes nothing.
  void raise_pushed_through(std::uint64_t sequence) noexcept {
    next_.pushed_through = std::max(next_.pushed_through, sequence);
  }

  // Returns after the flush. The witness is written next; where it cannot be, witness_fails() says so.
  [[nodiscard]] FileFault commit();

  // Undoes what was begun; the file is as after the last commit().
  void roll_back() noexcept;

  [[nodiscard]] bool witness_fails() const noexcept { return witness_fails_; }
  [[nodiscard]] const std::string& witness_path() const noexcept { return witness_.path(); }

  // Up to `count_max` rows with a sequence above `after`, in their order.
  [[nodiscard]] FileFault read(std::uint64_t after, std::size_t count_max, std::vector<LoggedRecord>& entries);

  // Whether the write-ahead log is long enough to be copied into the file.
  [[nodiscard]] bool wants_checkpoint() const noexcept { return wal_pages_ >= kCheckpointPages; }

  // Copies it. A fault loses nothing: the write-ahead log stays and grows.
  [[nodiscard]] FileFault checkpoint();

 private:
  static constexpr int kCheckpointPages = 1000;

  [[nodiscard]] FileFault find_or_make_file() const;
  [[nodiscard]] FileFault configure();
  [[nodiscard]] FileFault initialise();
  [[nodiscard]] FileFault check_format(const std::optional<Testimony>& testimony);
  [[nodiscard]] FileFault check_pages();
  [[nodiscard]] FileFault check_id_key();
  [[nodiscard]] FileFault check_rows(const RowSink& sink);
  [[nodiscard]] FileFault check_testimony(const std::optional<Testimony>& testimony) const;
  [[nodiscard]] FileFault prepare_all();
  // Where damage is.
  struct Place {
    std::string file;
    std::uint64_t offset = 0;
  };
  // Without a place where nobody knows it.
  [[nodiscard]] FileFault damaged(const std::optional<Place>& place, const std::string& what) const;
  [[nodiscard]] FileFault end_missing(const std::string& what) const;
  // Where the bytes are in the file or in its write-ahead log.
  [[nodiscard]] std::optional<Place> find_place(std::span<const std::uint8_t> bytes) const;
  // The end of a file that has fewer pages than it says.
  [[nodiscard]] std::optional<Place> early_end_place() const;
  [[nodiscard]] FileFault unreadable_row(std::int64_t sequence) const;
  [[nodiscard]] FileFault find_rivals(const LoggedRecord& entry);
  [[nodiscard]] FileFault erase(const LoggedRecord& entry);

  std::string path_;
  std::string id_key_fingerprint_;
  bool keeps_fingerprint_ = false;
  Witness witness_;
  Connection connection_;
  Statement find_by_id_;
  Statement insert_;
  Statement erase_;
  Statement find_forgotten_;
  Statement read_;
  Statement write_state_;
  LogState state_;                    // durable
  LogState next_;                     // within a transaction
  std::vector<LoggedRecord> rivals_;  // rows of the id that place() is about
  int wal_pages_ = 0;
  bool witness_fails_ = false;
};

// Reads the fingerprint that the file keeps; where that is kDamaged, what is there in its place.
enum class KeptFingerprint : std::uint8_t { kRead, kNone, kDamaged };
[[nodiscard]] KeptFingerprint read_fingerprint(Connection& connection, std::string& fingerprint);

// What is said of the log at `path` where its fingerprint is that of another id key.
[[nodiscard]] std::string other_key_complaint(const std::string& path);

}  // namespace assay::store

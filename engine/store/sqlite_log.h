// Revocations on the local disk: the RevocationLog of one node, in SQLite, and what a fleet's log builds upon.
//
// Acknowledged means flushed. Requests queue; the log's thread takes all that wait, writes them in one transaction with
// one flush, and then calls their `done`. While it waits for the disk the next group gathers, so a busy log flushes
// seldom and an idle one at once.
//
// Disk full: the append ends with kNoSpace and nothing of it is kept; what was acknowledged before stays. From then on
// the log tries once a second whether it can write again, so it recovers by itself.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "assay/revocation_log.h"
#include "store/log_queue.h"
#include "store/log_row.h"

namespace assay::store {

// Thread-safe, but for replay(), which comes first. Callbacks run on the log's thread without a lock held: they may
// call any method, must not block for long (every other append waits) and must not destroy the log.
//
//   files        PATH, PATH-wal and PATH-witness, readable by their owner alone; under 200 bytes per id. Space of rows
//                that are gone is used again, and not given back to the system
//   replay       kUnreadable: no permission, another process has it, no revocation log, or others may write the file;
//                kDamaged: see store/sqlite_log_file.h; the files are then left as they are (store/sqlite_log_repair.h)
//                cost: about 1.5 us per record
//   append       before replay() or after a failed one: kFailed
//   destructor   writes what is queued; appends from its last callbacks end with kClosed
class SqliteLog final : public RevocationLog {
 public:
  // Touches no file yet.
  //   id_key_fingerprint   of EngineOptions::revocation_id_key: a log that was written under another one is
  //   kUnreadable,
  //                        and one that has none yet takes it on; empty: not looked at
  explicit SqliteLog(std::string path, std::string id_key_fingerprint = {});
  ~SqliteLog() override;
  SqliteLog(const SqliteLog&) = delete;
  SqliteLog& operator=(const SqliteLog&) = delete;

  [[nodiscard]] ReplayResult replay(const ReplaySink& sink) override;
  void append(std::vector<RevocationRecord> records, AppendDone done) override;
  void follow(FollowSink sink) override;
  void forget(std::int64_t now_us) override;
  [[nodiscard]] RevocationLogHealth health() const override;

  // For a log that adds a fleet: writes the fleet's records and the position that they lead to in one transaction,
  // after every earlier request. A record is left out where the row of its id has the same stamp or a later one, or is
  // an own one without a stamp: that one comes after it in the fleet's order and counts everywhere once it is pushed.
  // Its later times are kept all the same: see SqliteLogFile::place().
  //
  //   done  as in append(); its records are those that were written and change what is forbidden here
  //   Precondition: a position has at most kFleetPositionBytesMax bytes
  void apply_fleet(FleetUpdate update, FleetDone done);

  // Where this node is in the fleet, as it is durable.
  struct FleetMark {
    std::uint64_t store_id = 0;  // random, from the file's creation
    std::uint64_t last_sequence = 0;
    std::uint64_t row_count = 0;
    std::string position;  // empty: nowhere yet
    std::uint64_t pushed_through = 0;
  };
  [[nodiscard]] FleetMark fleet_mark() const;

  // Reads up to `count_max` rows with a sequence above `after`, lifts included, after every earlier request.
  void read(std::uint64_t after, std::size_t count_max, RowsDone done);

  // Transactions since the file was made: each has cost one flush.
  [[nodiscard]] std::uint64_t commit_count() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace assay::store

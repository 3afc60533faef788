// Looks at a revocation log, and saves what can be read of a damaged one. For people; the engine never repairs by
// itself, because what is lost is a token that passes again.
#pragma once

#include <cstdint>
#include <string>

namespace assay::store {

// How a log would be found at a start.
struct LogFinding {
  enum class Outcome : std::uint8_t {
    kNone,  // there is none: a start makes it
    kWhole,
    kDamaged,
    kInUse,    // a running process has it: no more is known than what `complaint` says of the id key
    kUnknown,  // it cannot be opened as a log: permissions, another format, another id key
  };
  Outcome outcome = Outcome::kUnknown;
  std::uint64_t record_count = 0;  // kWhole
  std::string complaint = {};      // one line for people; empty where kNone and kWhole. Of damage it names file and
                                   // byte where they are known
};

// Checks the log at `path` as a start does, and changes nothing. Leaves no file behind that was not there.
//
//   cost  as the replay of a start
//   id_key_fingerprint   as SqliteLog's: under another one the log is kUnknown, also where a running process has it
[[nodiscard]] LogFinding check_sqlite_log(const std::string& path, const std::string& id_key_fingerprint = {});

// What the configuration says of the node.
struct RepairFacts {
  std::string id_key_fingerprint = {};  // as SqliteLog's
  bool has_fleet = false;
};

struct RepairReport {
  enum class Outcome : std::uint8_t {
    kWhole,     // nothing is wrong with it; nothing was changed
    kRepaired,  // a new log with the records that could be read is in its place
    kFailed,    // nothing was changed, or the copy is complete and the log is still damaged
  };
  Outcome outcome = Outcome::kFailed;
  std::uint64_t read_count = 0;     // records that were in their place
  std::uint64_t carved_count = 0;   // revocations that were found among the bytes alone
  std::uint64_t missing_count = 0;  // records that were written and are gone; where `state_lost` also those that others
                                    // had taken the place of
  bool state_lost = false;          // where this node was in the fleet is unknown: it begins anew
  bool end_known = false;           // the witness says which record was the last
  bool id_key_assumed = false;      // no fingerprint was left: the log has that of RepairFacts
  std::string kept_copy;            // the damaged file, beside its -wal and -witness
  std::string complaint;            // what happened, one line for people
};

// Puts the log at `path` together anew, from the rows of its tables and, where those cannot be reached, from whatever
// of its bytes and of its write-ahead log is a row with the right checksum.
//
// Errs on the side of refusing: a lift counts only where it is in its place, so a revocation whose lift is lost, or was
// never acknowledged, holds again. Sequences stay as they were. Where anything is missing or was found among the bytes,
// the node begins anew in its fleet, which gives it what it lacks.
//
// The fingerprint of the id key is kept where it can be read or is found among the bytes. Where neither is so, the log
// gets that of `facts`, and the report says so: nothing in a record tells under which key it was made, and without a
// fingerprint the next start would take any key.
//
// The new files belong to the owner of the damaged ones, as far as this process may give them away.
//
//   errors  kFailed: a running process has the log, there is none, no space for a copy and a new file
//   cost    memory of about 200 bytes per record
[[nodiscard]] RepairReport repair_sqlite_log(const std::string& path, const RepairFacts& facts = {});

}  // namespace assay::store

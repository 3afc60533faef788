// Where revocations are kept so that they outlive the process, and how they reach other nodes. An embedder may bring
// their own; assay::store has one on SQLite and one that adds a fleet through Redis.
// The engine enforces from memory alone and never reads the log while deciding. Of each durable id the record with the
// highest sequence counts, whatever the order of the sequences of other ids. A revocation of what was issued before a
// time never moves that time back, but by a lift: a log that keeps one record of each id gives it the latest times.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <span>
#include <string>
#include <vector>

namespace assay {

// What a revocation forbids. The numbers are part of every durable id, of files and of streams: never renumbered.
enum class RevocationKind : std::uint8_t {
  kToken = 1,                // one token: an opaque token's text, or the signing input of a JWT without jti
  kJti = 2,                  // one JWT by its jti
  kSubject = 3,              // every token of a subject
  kClient = 4,               // every token of a client
  kSession = 5,              // every token of a session (sid)
  kSigningKey = 6,           // every token signed with a key (kid)
  kSubjectIssuedBefore = 7,  // every token of a subject that was issued before a time
  kIssuerIssuedBefore = 8,   // every token of an issuer that was issued before a time
};

// Kinds are 1 .. kRevocationKindCount: a table by kind has one more place.
inline constexpr std::size_t kRevocationKindCount = 8;

// Whether a revocation of this kind forbids only what was issued before its time.
[[nodiscard]] constexpr bool has_issued_before(RevocationKind kind) noexcept {
  return kind == RevocationKind::kSubjectIssuedBefore || kind == RevocationKind::kIssuerIssuedBefore;
}

// SHA-256, or HMAC-SHA-256 under the fleet's id key, of kind, issuer and value. All that disks and streams see: no
// token, no subject and no issuer can be read from it.
using DurableId = std::array<std::uint8_t, 32>;

// The `forget_at_us` of what is never forgotten by itself.
inline constexpr std::int64_t kNeverForgotten = std::numeric_limits<std::int64_t>::max();

enum class RevocationOperation : std::uint8_t {
  kRevoke = 1,
  kLift = 2,  // ends the revocation of the same id
};

// One line of the log. Times are microseconds since 1970 of the wall clock.
struct RevocationRecord {
  DurableId id{};
  RevocationKind kind = RevocationKind::kToken;
  RevocationOperation operation = RevocationOperation::kRevoke;
  std::uint64_t issuer_id = 0;        // first 8 bytes of SHA-256 of the issuer's identifier, big-endian
  std::int64_t issued_before_us = 0;  // where has_issued_before(kind): forbids iat < issued_before_us; 0 otherwise
  std::int64_t forget_at_us = kNeverForgotten;  // from then on nothing that it forbids can still be alive
  std::uint64_t sequence = 0;                   // position in this log, from 1; the log gives it, append() ignores it

  friend bool operator==(const RevocationRecord&, const RevocationRecord&) = default;
};

enum class ReplayOutcome : std::uint8_t {
  kReplayed,    // every acknowledged record was handed over
  kDamaged,     // acknowledged records cannot be read: the engine must not start
  kUnreadable,  // the store cannot be opened: permissions, another owner, an unknown format
};

struct ReplayResult {
  ReplayOutcome outcome = ReplayOutcome::kUnreadable;
  std::uint64_t last_sequence = 0;  // the highest handed over; 0: none
  std::uint64_t damaged_at = 0;     // kDamaged: byte offset in the file that `complaint` names; 0 also where unknown
  std::string complaint;            // one line for people: file, offset, what to do; empty where kReplayed
};

enum class AppendOutcome : std::uint8_t {
  kDurable,      // on disk after a crash, and on its way to every node where there is a fleet
  kDurableHere,  // on disk after a crash; the fleet cannot be reached and gets it later
  kNoSpace,      // nothing of the batch is kept: the disk is full
  kFailed,       // nothing of the batch is kept: the store or its disk fails
  kClosed,       // nothing of the batch is kept: the log ended first
};

// Whether a caller may be told that the batch will survive a crash.
[[nodiscard]] constexpr bool is_durable(AppendOutcome outcome) noexcept {
  return outcome == AppendOutcome::kDurable || outcome == AppendOutcome::kDurableHere;
}

struct AppendResult {
  AppendOutcome outcome = AppendOutcome::kFailed;
  std::uint64_t last_sequence = 0;  // of the batch's last record, where is_durable(outcome)
  std::string complaint;            // one line for people; empty where kDurable
};

// How the log and its fleet are. A copy: stale as soon as it is made.
struct RevocationLogHealth {
  enum class Fleet : std::uint8_t {
    kNone,       // this log is one node's
    kFollowing,  // records of other nodes arrive
    kCutOff,     // the fleet cannot be reached
    kHealing,    // a gap was found and is being closed
  };
  bool accepts_appends = false;     // false: the disk is full or failing; the latest append or probe said so
  std::uint64_t last_sequence = 0;  // the highest durable one
  std::uint64_t queued_count = 0;   // records taken by append() and not yet settled
  std::uint64_t dropped_count = 0;  // records that the log has forgotten since it was opened: forget() and supersession
  Fleet fleet = Fleet::kNone;
  std::uint64_t unpropagated_count = 0;  // durable here and not yet in the fleet
  std::int64_t fleet_seen_us = 0;        // wall clock of the latest word from the fleet; 0: none yet
  std::string fleet_position;            // where this node is in the fleet's stream, in its own notation; may be empty
  std::string complaint;                 // one line for people; empty where all is well
};

using ReplaySink = std::function<void(std::span<const RevocationRecord>)>;
using AppendDone = std::function<void(AppendResult)>;
using FollowSink = std::function<void(std::span<const RevocationRecord>)>;

// Order of calls: replay() once, follow() at most once, then the others. Implementations own their threads.
class RevocationLog {
 public:
  // Settles every append that is still under way (kClosed where it was not written), then ends its threads. No callback
  // runs once the destructor has returned.
  virtual ~RevocationLog() = default;

  // Hands over the records that count, in batches of any size and in the order of their sequences; ids whose latest
  // record is a lift, and records past their `forget_at_us`, may be left out. Blocks; for start-up alone. `sink` is
  // called on this thread, borrows the records for the call, and is not called again after replay() returned.
  //
  //   errors   outcome and complaint; records may have been handed over before, and the caller drops them
  [[nodiscard]] virtual ReplayResult replay(const ReplaySink& sink) = 0;

  // Begins to write `records` in their order, after those of every earlier append(), and returns at once: no disk and
  // no network on the calling thread. `done` is called exactly once, on any thread, after the batch survives a crash of
  // the machine or is known not to be kept; a batch is kept whole or not at all. Several batches may share one flush.
  // Thread-safe. Precondition: records is not empty.
  virtual void append(std::vector<RevocationRecord> records, AppendDone done) = 0;

  // From now on hands over what other nodes have revoked and lifted, and own records that take on their later times, in
  // the order in which this log made it durable here. `sink` is called on any thread, one call at a time, borrows the
  // records for the call and must not block. Records that arrived before follow() and after replay() are handed over
  // first. A log without a fleet never calls it.
  virtual void follow(FollowSink sink) = 0;

  // Allows the log to drop records whose `forget_at_us` is at or before `now_us`, when it suits. A lift is dropped no
  // earlier than what it lifts could still arrive from elsewhere: it carries that record's `forget_at_us`. Returns at
  // once; thread-safe.
  virtual void forget(std::int64_t now_us) = 0;

  // Thread-safe; does not wait for the disk or the network.
  [[nodiscard]] virtual RevocationLogHealth health() const = 0;
};

}  // namespace assay

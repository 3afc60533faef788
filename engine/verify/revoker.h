// Changes of what is revoked, between whoever asks for them, the table that workers read and the log that keeps them.
//
// A revocation is enforced when it is asked for, a lift when it is on disk. Local changes and those of other nodes may
// cross on their way: while any local change of an id is under way, revocations of it are applied at once and lifts
// wait; when the last one has landed, the record with the highest sequence counts, as it will after a restart.
//
// Concurrency
//   writers    submit(), step(): any thread; the log's threads through its callbacks
//   readers    status(), list(), complaints(): any thread. Workers read the table by themselves
//   locks      order_mutex_ makes the order of the log that of the submissions; State::mutex makes the table's one
//              writer and guards what is under way. order_mutex_ is taken first where both are. No callback of others
//              runs under State::mutex
//   invariant  I1 a change that was submitted and has not landed has a Flight for each of its ids
//              I2 State outlives the engine where the log does: its callbacks share it
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"

#include "assay/control.h"
#include "assay/expected.h"
#include "assay/revocation_log.h"
#include "base/mutex.h"
#include "state/revocation_table.h"
#include "verify/feed_watch.h"
#include "verify/revocation_stage.h"

namespace assay::verify {

class Revoker {
 public:
  // Knows nothing of what the log holds: open() makes one that does.
  Revoker(RevocationLog* log, std::string id_key, FeedRule feed_rule = {})
      : log_(log), id_key_(std::move(id_key)), feed_(feed_rule) {}

  // Replays `log` into a table; without one (null) the table stays empty. The log must outlive the revoker. Blocks.
  //   complaint  where the log's words go if it cannot be replayed; may be null
  //   errors     bad_revocation_log (offset = of the damage in the store's file, at most 2^32 - 1)
  [[nodiscard]] static Expected<std::unique_ptr<Revoker>> open(RevocationLog* log, std::string id_key,
                                                               std::string* complaint, FeedRule feed_rule = {});

  [[nodiscard]] RevocationSource source() noexcept {
    return {.table = state_->table, .id_key = id_key_, .feed = feed_};
  }
  [[nodiscard]] std::string_view id_key() const noexcept { return id_key_; }
  [[nodiscard]] bool has_log() const noexcept { return log_ != nullptr; }
  [[nodiscard]] const FeedWatch& feed() const noexcept { return feed_; }

  // Gives the records to the log, all of one operation. Revocations among them are enforced when it returns. Several
  // records of one id are one too many: the later one counts.
  //   done   called exactly once, on any thread, under no lock that readers take
  // Preconditions: has_log(), records is not empty.
  void submit(std::vector<RevocationRecord> records, RevocationDone done);

  // Looks after the fleet's feed and sweeps a little of the table, as far as it is due. Cost: under 1 ms, see
  // RevocationTable::step_sweep.
  void step(Now now);
  // When step() has something to do, in ns of the monotonic clock.
  [[nodiscard]] std::int64_t next_due_ns() const;

  [[nodiscard]] RevocationStatus status() const;
  [[nodiscard]] std::vector<RevocationInfo> list(const std::optional<RevocationInfo::Id>& after,
                                                 std::size_t count_max) const;
  // One line for each thing that is not well with the log; empty where all is.
  [[nodiscard]] std::vector<std::string> complaints() const;

 private:
  // What is under way for one id.
  struct Flight {
    std::size_t count = 0;                   // local records that have not landed
    std::optional<RevocationRecord> latest;  // of those that have, and of other nodes': the highest sequence
    bool lost_revocation = false;            // the log did not keep one of them: it is enforced all the same
  };

  struct State {
    void take_off(std::span<RevocationRecord> records) ABSL_LOCKS_EXCLUDED(mutex);
    void land(std::span<const RevocationRecord> records, const AppendResult& result) ABSL_LOCKS_EXCLUDED(mutex);
    // What other nodes have done.
    void follow(std::span<const RevocationRecord> records) ABSL_LOCKS_EXCLUDED(mutex);

    mutable base::Mutex mutex;
    state::RevocationTable table;  // readers apart: mutex makes the one writer
    absl::flat_hash_map<DurableId, Flight> flights ABSL_GUARDED_BY(mutex);
    std::int64_t next_sweep_ns ABSL_GUARDED_BY(mutex) = 0;
    std::int64_t next_forget_ns ABSL_GUARDED_BY(mutex) = 0;
    std::int64_t next_feed_ns ABSL_GUARDED_BY(mutex) = 0;
  };

  RevocationLog* const log_;
  const std::string id_key_;
  FeedWatch feed_;
  const std::shared_ptr<State> state_ = std::make_shared<State>();
  base::Mutex order_mutex_;  // guards the order of calls of log_->append()
};

}  // namespace assay::verify

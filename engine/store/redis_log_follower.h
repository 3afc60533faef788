// One node in its fleet: reads the stream into the local log, pushes the local log's own records, and closes gaps. All
// of it on the thread that calls run().
//
// Order. Of two records of one id the one with the higher stamp counts, and a stamp is the place in the stream. It goes
// with the record for good, so it does not matter in which order, how often or in which life of the stream a record
// comes. An own record gets its stamp when it comes back; until then it is later than everything.
//
// Gap. The entry up to which this node has read is gone: the stream was flushed, failed over to a replica that lagged,
// or has forgotten it. Then the node
//   1. reads the stream from its beginning,
//   2. offers everything it holds that it did not see there, stamps included, its turn taken,
//   3. where the stream has forgotten its own beginning, asks the others, who then offer what the stream does not hold.
// The union of what all nodes hold, by the highest stamp, is the state. A new node begins the same way.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <set>
#include <span>
#include <string>

#include "absl/container/flat_hash_map.h"

#include "store/backoff.h"
#include "store/fleet_entry.h"
#include "store/redis_log_stream.h"
#include "store/redis_url.h"
#include "store/sqlite_log.h"

namespace assay::store {

struct FleetPush {
  std::uint64_t through = 0;  // own records up to this sequence are in the stream
  std::uint64_t record_count = 0;
  bool is_all = false;  // no own record is left
};

// What the follower tells. Called on its thread, one call at a time.
struct FollowerEvents {
  FollowSink hand_over;                       // records of other nodes, durable here
  std::function<void(std::uint64_t)> outbox;  // once, first: own records that an earlier life has left unpushed
  std::function<void(const FleetPush&)> pushed;
  std::function<void()> cut_off;  // nothing can be pushed for now
  std::function<void()> turn;     // at least about twice a second while connected
  std::function<void(RevocationLogHealth::Fleet, const std::string& complaint)> state;
  std::function<void(const std::string& position)> heard;  // the fleet has answered
};

class FleetFollower {
 public:
  // `local` must outlive this object. `wake_fd` is an eventfd: readable when there is something to push or `stops`
  // says true.
  // `id_key_fingerprint` as RedisStream::open().
  FleetFollower(const RedisSettings& settings, std::string id_key_fingerprint, SqliteLog& local, int wake_fd,
                std::function<bool()> stops, FollowerEvents events);

  // Returns when `stops` says true, within about two reply_timeout.
  void run();

 private:
  // What this node offers, and to whom.
  struct Offer {
    std::uint64_t through = 0;  // of the local sequences: later ones are in the stream anyway
    std::uint64_t cursor = 0;
    FleetStamp stream_begins = {};  // an answer: what has a stamp from here on is in the stream; zero: own gap
    absl::flat_hash_map<DurableId, FleetStamp> seen = {};  // in the stream since the offer is due
  };

  void count_outbox();
  [[nodiscard]] bool follow_stream();
  [[nodiscard]] bool wait_for_page(StreamPage& page, StreamStep& step);
  [[nodiscard]] bool take_page(const StreamPage& page);
  void take_entry(const FleetEntry& entry, FleetUpdate& update);
  void take_answer(const std::string& node);
  [[nodiscard]] bool agrees_on_id_key();
  [[nodiscard]] bool join();
  [[nodiscard]] bool apply(FleetUpdate update);
  [[nodiscard]] bool read_local(std::uint64_t after, std::vector<LoggedRecord>& rows);
  [[nodiscard]] static bool is_unpushed(const LoggedRecord& row);
  [[nodiscard]] bool has_outbox() const { return caught_up_ && cursor_ < local_.fleet_mark().last_sequence; }
  [[nodiscard]] bool push_page();
  [[nodiscard]] bool push_rows(const std::vector<LoggedRecord>& rows);
  [[nodiscard]] bool answer_ask();
  [[nodiscard]] bool step_offer();
  [[nodiscard]] bool find_rows_to_offer(std::vector<LoggedRecord>& rows);
  [[nodiscard]] bool end_offer();
  [[nodiscard]] bool ask_again();
  [[nodiscard]] std::uint64_t stamped_through() const;
  void wait_until(std::int64_t until_ns);
  void drain_wake() const;
  [[nodiscard]] bool fail(const std::string& complaint);
  void show();

  const RedisSettings settings_;
  const std::string id_key_fingerprint_;
  SqliteLog& local_;
  const int wake_fd_;
  const std::function<bool()> stops_;
  const FollowerEvents events_;
  const std::string node_;

  std::optional<RedisStream> stream_;
  FleetPosition position_;
  bool caught_up_ = false;            // has read to the stream's end since it connected or joined
  std::uint64_t cursor_ = 0;          // own rows up to this sequence were pushed
  std::set<std::uint64_t> unechoed_;  // own sequences that were pushed and have not come back
  std::optional<Offer> offer_;
  bool is_asked_ = false;          // another node asks, and nobody has answered
  std::int64_t ask_again_ns_ = 0;  // 0: this node asks for nothing
  std::int64_t ask_interval_ns_ = 0;
  std::uint64_t strange_count_ = 0;
  Backoff backoff_;
  std::string complaint_;
};

}  // namespace assay::store

// Where a fleet shares introspection answers, so that a new token that one node has asked about is answered on the
// others without another call. An embedder may bring their own place; assay::store has one in Redis.
//
// The place sees neither tokens nor answers: keys are digests and values are sealed by the engine, which believes
// nothing that it cannot open. Whatever fails there, the engine asks the issuer as if there were no place.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>

#include "assay/limits.h"

namespace assay {

// HMAC-SHA-256, under a key that the fleet's nodes have, of an issuer's settings and a token.
using SharedKey = std::array<std::uint8_t, 32>;

// Longest value that the engine writes, in bytes: the largest answer, sealed.
inline constexpr std::size_t kSharedValueBytesMax = kIntrospectionBytesMax + 1024;

// What is under a key.
struct SharedValue {
  enum class Outcome : std::uint8_t {
    kFound,
    kNotFound,
    kFailed,  // the place cannot be reached, has too much to do, or did not answer in time
  };
  Outcome outcome = Outcome::kFailed;
  std::string bytes;          // where kFound; of a value over kSharedValueBytesMax more than that many, but not all
  std::int64_t until_ns = 0;  // where kFound: when the place drops it, CLOCK_MONOTONIC; in the past if it never does
};

// A value to keep.
struct SharedWrite {
  SharedKey key{};
  // What find() brought, empty where nothing. If something else is there by now, that stays: another node was faster,
  // or an erasure came in between.
  std::string seen;
  std::string bytes;          // not empty
  std::int64_t until_ns = 0;  // CLOCK_MONOTONIC: the place drops it then
  // Whether the answer's token is active. Whoever invents tokens can have the other kind written without end: a place
  // that runs short of room takes none of those.
  bool is_active = true;
};

// Forgetting a value.
struct SharedErasure {
  SharedKey key{};
  std::string mark;  // takes the value's place for mark_life, so that no write that saw what was there before succeeds
  std::chrono::milliseconds mark_life{0};
  std::chrono::milliseconds try_for{0};  // while the place cannot be reached, it is tried again for so long
};

// How the place is. A copy: stale as soon as it is made. Counts are since it was made.
struct SharedAnswersHealth {
  bool is_reachable = false;
  std::uint64_t written = 0;     // writes that were done
  std::uint64_t superseded = 0;  // writes that found something else than they had seen
  std::uint64_t held_back = 0;   // writes that were not tried, because the place is running short of room
  std::uint64_t failed = 0;      // writes that came to nothing otherwise
  std::uint64_t erasures_waiting = 0;
  std::uint64_t erasures_lost = 0;  // given up: try_for has passed, or too many wait
  std::string complaint;            // one line for people; empty where all is well
};

using FindDone = std::function<void(SharedValue)>;
using EraseDone = std::function<void(bool is_erased)>;

// Thread-safe; no method waits for the network. Implementations own their threads.
class SharedAnswers {
 public:
  // Settles every find() and erase() that is under way, then ends its threads. No callback runs once it has returned.
  virtual ~SharedAnswers() = default;

  // Looks for a value. `done` is called exactly once, on any thread, this one included; after `give_up_ns`
  // (CLOCK_MONOTONIC) the question need not be sent any more.
  virtual void find(const SharedKey& key, std::int64_t give_up_ns, FindDone done) = 0;

  // Writes a value, or does not: health() counts what came of it.
  virtual void write(SharedWrite write) = 0;

  // Erases a value. From the call on find() of this key on this node brings nothing that was there before. `done` is
  // called exactly once, on any thread, this one included: true where the value is gone for every node; false where
  // the first try failed and it is tried again, or is lost.
  virtual void erase(SharedErasure erasure, EraseDone done) = 0;

  [[nodiscard]] virtual SharedAnswersHealth health() const = 0;
};

}  // namespace assay

// The key set of one issuer, shared by all workers.
//
// Concurrency
//   writers    publish(), reclaim(): the control thread
//   readers    all workers, through observe()
//   publish    Snapshot::publish() of the next state; [P1] [P2] [P3] of base/snapshot.h
//   reclaim    a state whose last pin has ended is freed by the next publish() or reclaim(), and its key set with the
//              last state that names it
//   staleness  a worker may use the old keys for the rest of its batch: its checks had arrived before the publish
//   invariant  I1 a state never changes after publish()
//              I2 a state whose `set` is null carries the reason in `last_error`, but for the first one of all
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "base/snapshot.h"
#include "keys/key_set.h"
#include "keys/kid_doubt.h"

namespace assay::keys {

// What workers see of one issuer's keys.
struct KeyState {
  std::shared_ptr<const KeySet> set;  // null: no keys yet, or too stale to serve
  std::uint64_t generation = 0;       // grows with every change of `set`
  FetchFacts facts;                   // what to say where no key of `set` answers to a token
  std::int64_t fetched_us = 0;        // wall clock at the end of the latest good fetch; 0 where there was none
  std::string last_error;             // for readiness; empty after a good fetch
};

class KeyCache {
 public:
  KeyCache() : state_(std::make_unique<const KeyState>()) {}

  using Pin = base::Snapshot<KeyState>::Pin;
  [[nodiscard]] Pin observe(base::ReaderIndex reader) noexcept { return state_.observe(reader); }
  void publish(std::unique_ptr<const KeyState> next) { state_.publish(std::move(next)); }
  // Frees old states that nobody pins any more; returns how many are still waiting.
  std::size_t reclaim() { return state_.reclaim(); }

 private:
  base::Snapshot<KeyState> state_;
};

}  // namespace assay::keys

// The key set of one issuer, shared by all workers.
//
// Concurrency
//   writers    the control thread alone, through publish()
//   readers    all workers, through observe(); the guarantees are those of base/snapshot.h
//   invariant  I1 a state never changes after publish()
//              I2 a state whose `set` is null carries the reason in `last_error`
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "base/snapshot.h"
#include "keys/key_set.h"

namespace assay::keys {

// What workers see of one issuer's keys.
struct KeyState {
  std::shared_ptr<const KeySet> set;    // null: no keys yet, or too stale to serve
  std::uint64_t generation = 0;         // grows with every change of `set`
  std::int64_t fetched_ns = 0;          // monotonic time of the fetch that brought `set`
  bool last_fetch_failed = false;       // the latest attempt failed: an unknown kid is then keys_unavailable
  std::string last_error;               // for readiness; empty after a good fetch
};

class KeyCache {
 public:
  KeyCache() : state_(std::make_unique<const KeyState>()) {}

  using Pin = base::Snapshot<KeyState>::Pin;
  [[nodiscard]] Pin observe(base::ReaderIndex reader) noexcept { return state_.observe(reader); }
  void publish(std::unique_ptr<const KeyState> next) { state_.publish(std::move(next)); }

 private:
  base::Snapshot<KeyState> state_;
};

}  // namespace assay::keys

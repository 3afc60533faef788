// What an engine remembers of the security event tokens that it was given: which have acted, and what became of all.
//
// Concurrency
//   writers    and readers: any thread, the revocation log's included
//   locks      mutex_, held for one look-up or insert; nothing is called under it
//   lifetime   shared with every revocation that is under way, so one may be settled after the engine is gone
#pragma once

#include <array>
#include <cstdint>
#include <functional>

#include "absl/base/thread_annotations.h"

#include "assay/control.h"
#include "assay/limits.h"
#include "assay/security_event.h"
#include "base/mutex.h"
#include "state/event_memory.h"

namespace assay::verify {

class EventLedger {
 public:
  [[nodiscard]] bool has_acted(const base::Hash128& id, std::int64_t now_us) const ABSL_LOCKS_EXCLUDED(mutex_);
  // The token has done what it asks for: until `until_us` it does not act again.
  void remember(const base::Hash128& id, std::int64_t until_us, std::int64_t now_us) ABSL_LOCKS_EXCLUDED(mutex_);
  void count(EventOutcome outcome) ABSL_LOCKS_EXCLUDED(mutex_);
  void visit_metrics(const std::function<void(const Metric&)>& visit) const ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  mutable base::Mutex mutex_;
  state::EventMemory acted_ ABSL_GUARDED_BY(mutex_){kEventsRememberedMax};
  std::array<std::uint64_t, kEventOutcomeCount> counts_ ABSL_GUARDED_BY(mutex_){};
};

}  // namespace assay::verify

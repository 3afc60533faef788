#include "state/event_memory.h"

namespace assay::state {

bool EventMemory::contains(const base::Hash128& token, std::int64_t now_us) const noexcept {
  const auto found = by_token_.find(token);
  return found != by_token_.end() && found->second->first > now_us;
}

void EventMemory::insert(const base::Hash128& token, std::int64_t end_us, std::int64_t now_us) {
  while (!by_end_.empty() && by_end_.begin()->first <= now_us) drop(by_end_.begin());
  if (const auto found = by_token_.find(token); found != by_token_.end()) {
    if (found->second->first >= end_us) return;
    drop(found->second);
  }
  if (by_token_.size() == entries_max_) drop(by_end_.begin());
  by_token_.emplace(token, by_end_.emplace(end_us, token));
}

void EventMemory::drop(ByEnd::iterator entry) {
  by_token_.erase(entry->second);
  by_end_.erase(entry);
}

}  // namespace assay::state

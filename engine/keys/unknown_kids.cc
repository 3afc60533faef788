#include "keys/unknown_kids.h"

namespace assay::keys {

void UnknownKids::insert(const base::Hash128& kid, std::int64_t until_ns) noexcept {
  Entry& entry = entries_[place_of(kid)];
  entry.until_ns.store(0, std::memory_order_relaxed);  // [K2]
  // Release, so that whoever sees the hash sees that the old end is gone.
  entry.hash_high.store(kid.high, std::memory_order_release);  // [K1]
  entry.until_ns.store(until_ns, std::memory_order_release);   // [K1]
}

bool UnknownKids::contains(const base::Hash128& kid, std::int64_t now_ns) const noexcept {
  const Entry& entry = entries_[place_of(kid)];
  const std::int64_t until_ns = entry.until_ns.load(std::memory_order_acquire);  // [K1]
  if (until_ns <= now_ns) return false;
  if (entry.hash_high.load(std::memory_order_acquire) != kid.high) return false;  // [K1]
  return entry.until_ns.load(std::memory_order_acquire) == until_ns;              // [K1]
}

}  // namespace assay::keys

// Which security event tokens have been here, so that none acts twice. RFC 8417 sec 2.2 (jti).
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>

#include "absl/container/flat_hash_map.h"

#include "base/keyed_hash.h"

namespace assay::state {

// Names each token by the keyed hash of issuer and jti, until it would be too old anyway. Bounded: where it is full,
// the one that ends first makes room, and could act once more. Times are us since 1970. Not thread-safe.
class EventMemory {
 public:
  // `entries_max` is at least 1.
  explicit EventMemory(std::size_t entries_max) : entries_max_(entries_max) {}

  [[nodiscard]] bool contains(const base::Hash128& token, std::int64_t now_us) const noexcept;
  // Remembers `token` until `end_us`, or for longer if it is remembered for longer. Drops what has ended by `now_us`.
  // Cost: logarithmic in the entries, and as much for each that is dropped.
  void insert(const base::Hash128& token, std::int64_t end_us, std::int64_t now_us);

  [[nodiscard]] std::size_t size() const noexcept { return by_token_.size(); }

 private:
  using ByEnd = std::multimap<std::int64_t, base::Hash128>;
  void drop(ByEnd::iterator entry);

  const std::size_t entries_max_;
  ByEnd by_end_;
  absl::flat_hash_map<base::Hash128, ByEnd::iterator> by_token_;
};

}  // namespace assay::state

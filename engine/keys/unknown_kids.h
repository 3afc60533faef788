// Kids that a fetched key set was found not to have: a table of fixed size, from which nothing good can be evicted.
//
// Concurrency
//   writers    insert(): the control thread
//   readers    all workers, through contains()
//   publish    insert() stores the entry's end 0, then its hash, then its new end, release                     [K1]
//   observe    contains() loads end, hash and end again, acquire: a hash of another insert comes with another end [K1]
//   staleness  a worker may miss the latest entries: its check then asks for keys once more
//   invariant  I1 an entry that is found was inserted as it is: a mix of two inserts is no entry
//   unpaired   relaxed: the writer's own stores before the one that publishes                                   [K2]
#pragma once

#include <array>
#include <atomic>
#include <cstdint>

#include "assay/limits.h"
#include "base/keyed_hash.h"

namespace assay::keys {

// Kids are named by their keyed hash, so nobody can aim at a place of the table. Two that fall on one place replace
// each other: the earlier one may be asked for again, within the budget of fetches.
class UnknownKids {
 public:
  // Remembers `kid` as unknown until `until_ns`, monotonic and above 0.
  void insert(const base::Hash128& kid, std::int64_t until_ns) noexcept;
  // Whether it is remembered as unknown at `now_ns`.
  [[nodiscard]] bool contains(const base::Hash128& kid, std::int64_t now_ns) const noexcept;

 private:
  struct Entry {
    std::atomic<std::int64_t> until_ns{0};    // 0: no entry
    std::atomic<std::uint64_t> hash_high{0};  // the low half chooses the place
  };
  [[nodiscard]] static std::size_t place_of(const base::Hash128& kid) noexcept { return kid.low % kUnknownKidsMax; }

  std::array<Entry, kUnknownKidsMax> entries_;
};

}  // namespace assay::keys

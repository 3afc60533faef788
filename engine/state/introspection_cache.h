// Remembered introspection answers, shared by all workers.
//
// Concurrency
//   writers    the control thread alone: insert(), erase(), sweep()
//   readers    all workers, through find(); per shard an immutable map behind base/snapshot.h
//   invariant  I1 an answer is never changed after insert()
//              I2 an expired entry is a miss, swept or not
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "absl/container/flat_hash_map.h"
#include "base/keyed_hash.h"
#include "base/snapshot.h"

namespace assay::state {

// `Answer` is issuer::IntrospectionAnswer in the engine; siblings do not see each other, so it is a parameter here.
template <typename Answer>
class IntrospectionCache {
 public:
  explicit IntrospectionCache(std::size_t bytes_max);

  // Which token, asked of which issuer. The whole token is compared on a hit: no digest alone decides.
  struct Key {
    std::uint64_t issuer = 0;  // differs by issuer and by policy: a reloaded policy starts with no answers
    std::string_view token;
  };

  // An answer found, or null. Costs one keyed hash, one look-up and one comparison; takes a reference on the answer.
  [[nodiscard]] std::shared_ptr<const Answer> find(const Key& key, std::int64_t now_ns,
                                                   base::ReaderIndex reader) noexcept;

  // Remembers an answer until `expires_ns` (monotonic). Over the byte budget nothing new is kept until entries expire.
  void insert(const Key& key, std::shared_ptr<const Answer> answer, std::int64_t expires_ns);
  void erase(const Key& key);
  // Drops expired entries of the next shard in turn: O(one shard).
  void sweep(std::int64_t now_ns);

  [[nodiscard]] std::size_t entry_count() const noexcept;
  [[nodiscard]] std::size_t bytes() const noexcept;
};

}  // namespace assay::state

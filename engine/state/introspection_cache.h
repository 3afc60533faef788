// Remembered introspection answers, shared by all workers.
//
// Concurrency
//   writers    insert(), erase(), sweep(): any control thread; serialised by writer_mutex_
//   readers    find(): all workers; per shard an immutable map behind base/snapshot.h, pinned for the length of one
//              look-up. Stores to shared lines: the reference count of an answer that is found; of a stale one, once a
//              second, the time when it is asked anew
//   publish    Snapshot::publish() of the shard's next map; [P1] [P2] [P3] of base/snapshot.h
//   account    entry_count(), bytes(), not_kept_count(): written under writer_mutex_, read by any thread; each stands
//              alone, so relaxed is enough                                                         [N1]
//   ask        an entry's next_refresh_ns: readers move it on by compare-exchange, relaxed, for it guards nothing: who
//              succeeds asks the issuer anew, once a second                                        [N1]
//   staleness  a find that began before insert() or erase() returned may miss its effect, one that began after does
//              not; the counts may lag
//   invariant  I1 an answer is never changed after insert()
//              I2 an expired entry is a miss, swept or not
//              I3 after insert() no older answer of that key is found, whether the new one was kept or not
#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"

#include "base/check.h"
#include "base/keyed_hash.h"
#include "base/mutex.h"
#include "base/snapshot.h"

namespace assay::state {

// `Answer` is issuer::IntrospectionAnswer in the engine; siblings do not see each other, so it is a parameter here. It
// has active() and bytes(), both constant.
//
//   memory   kShardCount snapshots (8 KiB each) beside the byte budget; a reader that sleeps inside a look-up keeps one
//            shard's old map alive, whose entries are then no longer counted
template <typename Answer>
class IntrospectionCache {
 public:
  // Changes the budget. Entries over a smaller one stay until they expire; nothing new is kept meanwhile.
  void set_bytes_max(std::size_t bytes_max) {
    const base::MutexLock lock(writer_mutex_);
    inactive_bytes_max_ = bytes_max / 8;
    active_bytes_max_ = bytes_max - bytes_max / 8;
  }

  // Which token, asked of which issuer. The whole token is compared on a hit: no digest alone decides.
  struct Key {
    std::uint64_t issuer = 0;  // differs by issuer and by policy: a reloaded policy starts with no answers
    std::string_view token;
  };
  using Hash = base::Hash128 (*)(const Key&) noexcept;

  // `bytes_max` bounds answers, tokens and their places in the table. An eighth of it is for inactive answers and the
  // rest for active ones: whoever sends bad tokens cannot push out or keep out good ones.
  // Another `hash` is for tests that want collisions: of keys that collide the latest one is remembered.
  explicit IntrospectionCache(std::size_t bytes_max, Hash hash = &hash_of_key)
      : hash_of_(hash), inactive_bytes_max_(bytes_max / 8), active_bytes_max_(bytes_max - bytes_max / 8) {}

  // How long an answer serves, in monotonic nanoseconds.
  struct Life {
    std::int64_t fresh_until_ns = 0;
    std::int64_t expires_ns = 0;  // not before fresh_until_ns; in between it is stale: it serves, and is asked anew
  };

  struct Found {
    std::shared_ptr<const Answer> answer;  // null if nothing is remembered
    bool refresh_due = false;              // it is stale, and this finder is the one to ask anew
  };

  // An answer that expires later than `now_ns` (monotonic). Costs one keyed hash, one look-up and one comparison; takes
  // a reference on the answer, no memory. Whoever lets go of the last reference frees the answer.
  [[nodiscard]] Found find(const Key& key, std::int64_t now_ns, base::ReaderIndex reader) noexcept {
    const base::Hash128 hash = hash_of_(key);
    const auto pin = shard_of(hash).observe(reader);
    const Entry* entry = find_entry(*pin, hash, key);
    if (entry == nullptr || entry->life.expires_ns <= now_ns) return {};
    const bool is_stale = entry->life.fresh_until_ns <= now_ns;
    return {.answer = entry->answer, .refresh_due = is_stale && takes_turn_to_refresh(*entry, now_ns)};
  }

  // Remembers an answer for `life`; the key's older answer is forgotten. Over the budget of its
  // kind nothing new is kept until entries expire: those that had at the latest sweep() make room here, in the key's
  // shard and the next one in turn. Precondition: `answer` is not null. Cost: copies the key's shard, O(entries /
  // kShardCount).
  void insert(const Key& key, std::shared_ptr<const Answer> answer, const Life& life) {
    ASSAY_CHECK(answer != nullptr);
    const base::Hash128 hash = hash_of_(key);
    const base::MutexLock lock(writer_mutex_);
    auto entry = std::make_shared<const Entry>(key, std::move(answer), life);
    auto next = std::make_unique<Map>(shard_of(hash).latest());
    forget(*next, hash);
    if (!fits(*entry)) {
      drop_expired(*next, swept_ns_);
      if (next_swept_ == shard_index(hash)) advance_turn();
      sweep_next(swept_ns_);
    }
    if (fits(*entry)) {
      account(*entry, Change::kAdded);
      next->emplace(hash, std::move(entry));
    } else {
      not_kept_count_.store(not_kept_count() + 1, std::memory_order_relaxed);  // [N1]
    }
    shard_of(hash).publish(std::move(next));
  }

  // Forgets the key's answer; does nothing where there is none. Cost: as insert() where there is one.
  void erase(const Key& key) {
    const base::Hash128 hash = hash_of_(key);
    const base::MutexLock lock(writer_mutex_);
    if (find_entry(shard_of(hash).latest(), hash, key) == nullptr) return;
    auto next = std::make_unique<Map>(shard_of(hash).latest());
    forget(*next, hash);
    shard_of(hash).publish(std::move(next));
  }

  // Drops what has expired at `now_ns` (monotonic) from the next shard in turn, and frees old maps that a sleeping
  // reader kept. kShardCount calls visit every entry. Cost: O(one shard).
  void sweep(std::int64_t now_ns) {
    const base::MutexLock lock(writer_mutex_);
    swept_ns_ = now_ns;
    sweep_next(now_ns);
  }

  // Entries, expired ones that are not swept included.
  [[nodiscard]] std::size_t entry_count() const noexcept {
    return entry_count_.load(std::memory_order_relaxed);  // [N1]
  }
  // What counts against the budget, in bytes.
  [[nodiscard]] std::size_t bytes() const noexcept {
    return active_bytes_.load(std::memory_order_relaxed) + inactive_bytes_.load(std::memory_order_relaxed);  // [N1]
  }
  // Answers that insert() did not keep for want of room.
  [[nodiscard]] std::uint64_t not_kept_count() const noexcept {
    return not_kept_count_.load(std::memory_order_relaxed);  // [N1]
  }

  // More shards make insert() cheaper (12 us at 100,000 entries; 65 us with 64 shards) and the empty cache larger.
  static constexpr std::size_t kShardCount = 256;

 private:
  struct Entry {
    Entry(const Key& key, std::shared_ptr<const Answer> kept, const Life& kept_for)
        : issuer(key.issuer), token(key.token), answer(std::move(kept)), life(kept_for) {}

    std::uint64_t issuer;
    std::string token;
    std::shared_ptr<const Answer> answer;
    Life life;
    mutable std::atomic<std::int64_t> next_refresh_ns{0};  // see Concurrency: ask
  };
  using Map = absl::flat_hash_map<base::Hash128, std::shared_ptr<const Entry>>;
  struct Shard {
    base::Snapshot<Map> map{std::make_unique<const Map>()};
  };

  // Between two tries to have one stale answer asked anew.
  static constexpr std::int64_t kRefreshPeriodNs = 1'000'000'000;

  [[nodiscard]] static bool takes_turn_to_refresh(const Entry& entry, std::int64_t now_ns) noexcept {
    std::int64_t due_ns = entry.next_refresh_ns.load(std::memory_order_relaxed);  // [N1]
    if (due_ns > now_ns) return false;
    return entry.next_refresh_ns.compare_exchange_strong(due_ns, now_ns + kRefreshPeriodNs,
                                                         std::memory_order_relaxed);  // [N1]
  }

  // The entry, its control block, and its place in a table that is between 7/16 and 7/8 full.
  static constexpr std::size_t kEntryOverheadBytes = sizeof(Entry) + 32 + 2 * (sizeof(typename Map::value_type) + 1);

  [[nodiscard]] static base::Hash128 hash_of_key(const Key& key) noexcept {
    return base::keyed_hash(key.issuer, key.token);
  }
  // By the half of the hash that the maps do not use.
  [[nodiscard]] static std::size_t shard_index(const base::Hash128& hash) noexcept { return hash.high % kShardCount; }
  [[nodiscard]] base::Snapshot<Map>& shard_of(const base::Hash128& hash) noexcept {
    return shards_[shard_index(hash)].map;
  }

  [[nodiscard]] static const Entry* find_entry(const Map& map, const base::Hash128& hash, const Key& key) noexcept {
    const auto found = map.find(hash);
    if (found == map.end()) return nullptr;
    const Entry& entry = *found->second;
    return entry.issuer == key.issuer && entry.token == key.token ? &entry : nullptr;
  }

  [[nodiscard]] static std::size_t bytes_of(const Entry& entry) noexcept {
    return entry.answer->bytes() + entry.token.size() + kEntryOverheadBytes;
  }
  [[nodiscard]] std::atomic<std::size_t>& bytes_like(const Entry& entry) noexcept {
    return entry.answer->active() ? active_bytes_ : inactive_bytes_;
  }
  [[nodiscard]] bool fits(const Entry& entry) noexcept ABSL_EXCLUSIVE_LOCKS_REQUIRED(writer_mutex_) {
    const std::size_t bytes_max = entry.answer->active() ? active_bytes_max_ : inactive_bytes_max_;
    const std::size_t used = bytes_like(entry).load(std::memory_order_relaxed);  // [N1]
    return bytes_of(entry) <= bytes_max - used;
  }

  enum class Change : std::uint8_t { kAdded, kRemoved };

  void account(const Entry& entry, Change change) noexcept ABSL_EXCLUSIVE_LOCKS_REQUIRED(writer_mutex_) {
    // Modular: adding the complement subtracts.
    const std::size_t sign = change == Change::kAdded ? std::size_t{1} : ~std::size_t{0};
    std::atomic<std::size_t>& used = bytes_like(entry);
    used.store(used.load(std::memory_order_relaxed) + sign * bytes_of(entry), std::memory_order_relaxed);  // [N1]
    entry_count_.store(entry_count() + sign, std::memory_order_relaxed);                                   // [N1]
  }

  void forget(Map& next, const base::Hash128& hash) ABSL_EXCLUSIVE_LOCKS_REQUIRED(writer_mutex_) {
    const auto found = next.find(hash);
    if (found == next.end()) return;
    account(*found->second, Change::kRemoved);
    next.erase(found);
  }

  void drop_expired(Map& next, std::int64_t now_ns) ABSL_EXCLUSIVE_LOCKS_REQUIRED(writer_mutex_) {
    for (auto entry = next.begin(); entry != next.end();) {
      const auto candidate = entry++;
      if (candidate->second->life.expires_ns > now_ns) continue;
      account(*candidate->second, Change::kRemoved);
      next.erase(candidate);
    }
  }

  void advance_turn() noexcept ABSL_EXCLUSIVE_LOCKS_REQUIRED(writer_mutex_) {
    next_swept_ = (next_swept_ + 1) % kShardCount;
  }

  // Sweeps the shard whose turn it is; publishes only where something goes.
  void sweep_next(std::int64_t now_ns) ABSL_EXCLUSIVE_LOCKS_REQUIRED(writer_mutex_);

  const Hash hash_of_;
  const std::unique_ptr<Shard[]> shards_ = std::make_unique<Shard[]>(kShardCount);
  std::size_t inactive_bytes_max_ ABSL_GUARDED_BY(writer_mutex_);
  std::size_t active_bytes_max_ ABSL_GUARDED_BY(writer_mutex_);

  // From here on written by the control plane: away from the line that every find() reads.
  alignas(base::kCacheLineBytes) base::Mutex writer_mutex_;
  std::size_t next_swept_ ABSL_GUARDED_BY(writer_mutex_) = 0;  // index of the shard that sweep() visits next
  std::int64_t swept_ns_ ABSL_GUARDED_BY(writer_mutex_) = 0;   // `now_ns` of the latest sweep(); 0: none yet
  std::atomic<std::size_t> entry_count_{0};                    // see Concurrency: account
  std::atomic<std::size_t> active_bytes_{0};
  std::atomic<std::size_t> inactive_bytes_{0};
  std::atomic<std::uint64_t> not_kept_count_{0};
};

template <typename Answer>
void IntrospectionCache<Answer>::sweep_next(std::int64_t now_ns) {
  base::Snapshot<Map>& shard = shards_[next_swept_].map;
  advance_turn();
  const auto is_expired = [now_ns](const auto& item) { return item.second->life.expires_ns <= now_ns; };
  if (std::none_of(shard.latest().begin(), shard.latest().end(), is_expired)) {
    shard.reclaim();
    return;
  }
  auto next = std::make_unique<Map>(shard.latest());
  drop_expired(*next, now_ns);
  shard.publish(std::move(next));
}

}  // namespace assay::state

// What is revoked: every worker asks it for every token, and the control thread alone changes it.
//
// Extendible hashing: a directory of 2^depth words leads to shards of at most 13,312 entries. A shard that is full is
// rebuilt a fifth larger, or split in two when it is as large as a shard may be, and its word is exchanged. So whatever
// the table's size, one change costs at most the rebuilding of one shard, and readers never wait for it.
//
// Measured against maps published whole: a read costs one word of tags per id and, where nothing is revoked, hardly
// ever more (bench/revocation_bench.cc prints it beside a random read of memory).
//
// Concurrency
//   writers    one: the control thread
//   readers    Reader::find(): all workers, wait-free but for observe() of base/snapshot.h; no stores to shared lines
//   publish    within a shard: [R1] of revocation_shard.h
//              a rebuilt shard: its word in the directory, release                                  [T1]
//              a larger directory: Snapshot::publish() of an era; [P1] [P2] [P3] of base/snapshot.h
//   observe    the word of the directory, acquire: the block behind it is whole                     [T1]
//   reclaim    blocks and directories that were replaced during an era wait in its bag; the bag is freed when its era
//   and
//              every earlier one are dropped. A reader pins the era that is current when it begins. What it can reach
//              was replaced in that era or later, because the exchange of an era shows it all that happened before
//              [P1]; its own era is not dropped while pinned, so none of those bags is freed a reader that sleeps
//              inside find() keeps the bags since then, and delays nobody
//   unpaired   which kinds have entries: relaxed; a reader that an apply() happened before sees its bits     [T2]
//   staleness  a find() that began before apply() returned may miss its effect, one that began after does not
//   invariant  I1 an id has at most one entry, in the one shard that its position leads to
//              I2 a rebuilt shard holds every live entry of the old one before its word is exchanged
//              I3 a kind's bit is set before its first entry is added, and cleared after its last one is gone
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "assay/limits.h"
#include "assay/revocation_log.h"
#include "base/page_block.h"
#include "base/snapshot.h"
#include "state/revocation_shard.h"
#include "state/token_id.h"

namespace assay::state {

// Every method but those of Reader and holds() belongs to the control thread.
//
//   memory   33 bytes per slot, of which 13/16 at most and about 3/4 on average are entries; 8 bytes of directory per
//            shard. Shards that lose their entries shrink; the directory keeps its size.
class RevocationTable {
 public:
  RevocationTable();
  // Precondition: no Reader is inside find() or will call it again.
  ~RevocationTable() = default;
  RevocationTable(const RevocationTable&) = delete;
  RevocationTable& operator=(const RevocationTable&) = delete;

  // One worker's way to ask. Thread-confined; the table must outlive it.
  class Reader {
   public:
    // Precondition: no other live Reader of the table has this index.
    Reader(RevocationTable& table, base::ReaderIndex index) noexcept : table_(&table), index_(index) {}

    // Says of each token by which kind it is revoked, or nothing where it is not: the first such kind in the order of
    // their numbers. An issued-before revocation forbids tokens whose iat is earlier, and those without one.
    //
    //   tokens    any number; all of a batch at once, so that their memory is brought in together
    //   revoked   as many as tokens
    //   cost      without allocation: see bench/revocation_bench.cc; kinds without entries cost nothing
    void find(std::span<const TokenTargets> tokens, std::span<std::optional<RevocationKind>> revoked) noexcept;

    // TokenTargets::bit_of() of each kind that holds() says has entries.
    [[nodiscard]] std::uint32_t kinds_held() const noexcept { return table_->kinds_held(); }

   private:
    RevocationTable* table_;
    base::ReaderIndex index_;
  };

  // Whether any entry of this kind is there: where not, a token's id of this kind need not be computed for now. Any
  // thread. A token remembered without that id must be looked at again once it is.
  [[nodiscard]] bool holds(RevocationKind kind) const noexcept {
    return (kinds_held() & TokenTargets::bit_of(kind)) != 0;
  }

  // Gives a record of what was issued before a time the later times of what is there under its id, as apply() will: for
  // the log, which keeps of each id the last record alone.
  void raise_times(RevocationRecord& record) const noexcept;

  // Applies records in their order: of one id the later one counts, but a revocation never moves a bound back. Enforced
  // when it returns; what it replaced is freed here or by a later call. Precondition: the kinds are kinds (a log's
  // records are checked where they are read).
  //
  //   cost   about 0.2 us per record in a small table and 0.45 us at 10 million entries, rebuilding included; one
  //   record
  //          may have to rebuild or split a shard
  void apply(std::span<const RevocationRecord> records);

  // Drops entries that may be forgotten at `now_us` (wall clock) from at most one shard, after passing over shards that
  // have none. Frees what no reader holds any more. Returns whether it has come to the end of a round of all shards.
  //
  //   cost   bounded whatever the size: at most kShardsPassedPerStep looks and one shard's visit and rebuilding, under
  //          1 ms
  bool step_sweep(std::int64_t now_us);

  // The entries after `after` (nothing: from the beginning) in the order of the table, `count_max` at most. Going on
  // from the last one's id until fewer than `count_max` come visits every entry that is there all the while, once,
  // whatever is added, lifted or swept between the calls. The order belongs to this process.
  //
  //   cost   a visit of each shard that it reads from
  [[nodiscard]] std::vector<RevocationEntry> list(const std::optional<TargetId>& after, std::size_t count_max) const;

  // Entries, those included that may be forgotten and are not swept.
  [[nodiscard]] std::size_t entry_count() const noexcept { return entry_count_; }
  [[nodiscard]] std::size_t entry_count(RevocationKind kind) const noexcept {
    return counts_[static_cast<std::size_t>(kind)];
  }
  // No entry may be forgotten before this; kNeverForgotten where none ever may. Cost: a look at each shard.
  [[nodiscard]] std::int64_t earliest_forget_us() const noexcept;
  // Memory of shards and directory, and what waits for readers.
  [[nodiscard]] std::size_t bytes() const noexcept { return live_bytes_ + waiting_bytes_; }
  [[nodiscard]] std::size_t waiting_bytes() const noexcept { return waiting_bytes_; }

  // Shards without anything to forget that one step_sweep() passes over.
  static constexpr std::size_t kShardsPassedPerStep = 1024;

 private:
  // 2^depth words; the upper bits of a position are the index.
  struct Directory {
    explicit Directory(unsigned depth_bits)
        : depth(depth_bits), words(std::make_unique<std::atomic<ShardView::Word>[]>(std::size_t{1} << depth_bits)) {}
    [[nodiscard]] std::size_t size() const noexcept { return std::size_t{1} << depth; }
    [[nodiscard]] std::size_t bytes() const noexcept { return size() * sizeof(ShardView::Word); }
    [[nodiscard]] std::size_t index_of(std::uint64_t position) const noexcept {
      return static_cast<std::size_t>(position >> 1 >> (63 - depth));
    }
    [[nodiscard]] ShardView observe_shard(std::uint64_t position) const noexcept {
      return ShardView(words[index_of(position)].load(std::memory_order_acquire));  // [T1]
    }
    void publish_shard(std::size_t index, ShardView view) noexcept {
      words[index].store(view.word(), std::memory_order_release);  // [T1]
    }

    unsigned depth;
    std::unique_ptr<std::atomic<ShardView::Word>[]> words;
  };

  // What was replaced while one era was current.
  struct Bag {
    bool is_era_dropped = false;
    std::vector<base::PageBlock> blocks;
    std::vector<std::unique_ptr<Directory>> directories;
    std::size_t bytes = 0;
  };

  // What readers pin. Made and dropped by the control thread alone.
  struct Era {
    Era(const Directory& shown, Bag& filled) noexcept : directory(&shown), bag(&filled) {}
    ~Era() { bag->is_era_dropped = true; }
    Era(const Era&) = delete;
    Era& operator=(const Era&) = delete;

    const Directory* directory;
    Bag* bag;
  };

  // A shard and the range of the directory that leads to it: 2^(depth of the directory - depth) words.
  struct Place {
    RevocationShard shard;
    unsigned depth = 0;
    std::uint64_t prefix = 0;  // the upper `depth` bits of the positions that it holds
  };

  [[nodiscard]] std::uint32_t kinds_held() const noexcept {
    return kinds_held_.load(std::memory_order_relaxed);  // [T2]
  }
  void count(RevocationKind kind, std::ptrdiff_t change) noexcept;

  [[nodiscard]] Place& place_of(std::uint64_t position) noexcept {
    return places_[place_by_index_[directory_->index_of(position)]];
  }
  [[nodiscard]] const Place& place_of(std::uint64_t position) const noexcept {
    return places_[place_by_index_[directory_->index_of(position)]];
  }
  void revoke(const RevocationEntry& entry, std::uint64_t position);
  void lift(const TargetId& id, std::uint64_t position) noexcept;

  // Makes room in the shard of `position`: a larger block, or two shards.
  void grow(std::uint64_t position);
  void split(std::size_t place);
  void double_directory();
  void rebuild(Place& place, std::size_t room);
  void exchange_shard(Place& place, RevocationShard next);
  void sweep_place(Place& place, std::int64_t now_us);

  // Ends the era if it replaced anything, and frees the bags that no reader can need.
  void turn_era();
  // Counts `bytes` into the current bag, which is returned.
  Bag& retire(std::size_t bytes) noexcept;

  const PositionHash position_of_;
  std::deque<Bag> bags_;  // one per era that is not known to be dropped; the last is the current one's
  std::unique_ptr<Directory> directory_;
  base::Snapshot<Era> eras_;

  std::vector<std::uint32_t> place_by_index_;  // of the directory
  std::vector<Place> places_;
  std::size_t next_swept_ = 0;  // the place that step_sweep() looks at next
  std::size_t entry_count_ = 0;
  std::array<std::size_t, kRevocationKindCount + 1> counts_{};  // by kind
  std::size_t live_bytes_ = 0;
  std::size_t waiting_bytes_ = 0;

  // Alone on its line: every find() reads it, and it changes with the first and the last entry of a kind.
  alignas(base::kCacheLineBytes) std::atomic<std::uint32_t> kinds_held_{0};
};

}  // namespace assay::state

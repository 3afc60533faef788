// One part of the revocation table: open addressing over tags and slots in one block of pages.
//
//   block   | tags: 64 bytes per line ... | slots: 64 of 32 bytes per line ... |
//   tag     0: free, ends every search; 1: gone; 2 .. 255: eight bits of the position of the slot's id
//   slot    | id.high | id.low | issued_before_us | forget_at in seconds << 8, kind |    8 bytes each
//
// A search begins at one word of eight tags and goes on from word to word until one has a free tag. Tags are the
// filter: an id that is not there costs one word of them, and now and then (eight chances in 254) a slot.
//
// Concurrency
//   writers    the control thread
//   readers    find() of ShardView: all workers, wait-free, no stores
//   publish    put() fills a slot, then stores its word of tags, release                            [R1]
//   observe    a search loads each word of tags, acquire: the slots that it names are whole         [R1]
//   unpaired   relaxed: slot words, which [R1] orders; issued_before_us and forget_at of an entry that is revoked anew,
//              each one word on its own; what the writer itself stored last                         [R2]
//   reclaim    the owner of the block's: revocation_table.h
//   staleness  a search under way may miss a put() or an erase(); one that begins after they returned does not
//   invariant  I1 a slot's id is written once in the life of its block, before its tag: a gone slot is not used again
//              I2 a tag changes from free to an id's, from an id's to gone, and never back
//              I3 every block has a free tag: every search ends
#pragma once

#include <array>
#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "assay/revocation_log.h"
#include "base/page_block.h"
#include "state/token_id.h"

namespace assay::state {

// What is known of one revocation.
struct RevocationEntry {
  TargetId id;
  RevocationKind kind = RevocationKind::kToken;
  std::int64_t issued_before_us = 0;  // where has_issued_before(kind)
  std::int64_t forget_at_us = kNeverForgotten;

  friend bool operator==(const RevocationEntry&, const RevocationEntry&) = default;
};

// Where ids lie: a strongly universal hash (multiply, add, take the upper half) under random words of this process.
// Whoever finds many ids alike by hashing values cannot tell which of them meet in one shard, word or tag.
class PositionHash {
 public:
  PositionHash() noexcept;

  // Cost: about 1.5 ns.
  [[nodiscard]] std::uint64_t operator()(const TargetId& id) const noexcept {
    return static_cast<std::uint64_t>((high_factor_ * id.high + low_factor_ * id.low + addend_) >> 64);
  }

 private:
  __extension__ using Wide = unsigned __int128;
  Wide high_factor_, low_factor_, addend_;
};

// A shard as readers see it: the address of its block and its size in one word that can be stored at once.
class ShardView {
 public:
  using Word = std::uintptr_t;
  using Cell = std::atomic<std::uint64_t>;

  static constexpr std::size_t kTagsPerWord = 8;
  static constexpr std::size_t kWordsPerLine = 8;
  static constexpr std::size_t kSlotsPerLine = kTagsPerWord * kWordsPerLine;
  static constexpr std::size_t kCellsPerSlot = 4;
  static constexpr std::size_t kLineBytes = sizeof(std::uint64_t) * (kWordsPerLine + kSlotsPerLine * kCellsPerSlot);
  // Lines of the largest shard: rebuilding it takes a fraction of a millisecond.
  static constexpr std::size_t kLinesMax = 256;
  static_assert(kLinesMax < base::kPageBytes);

  // Of a block of `line_count` lines that begins at `block`, a multiple of kPageBytes.
  ShardView(const void* block, std::size_t line_count) noexcept
      : word_(reinterpret_cast<Word>(block) | static_cast<Word>(line_count)) {}
  explicit ShardView(Word word) noexcept : word_(word) {}

  [[nodiscard]] Word word() const noexcept { return word_; }
  [[nodiscard]] std::size_t line_count() const noexcept { return word_ % base::kPageBytes; }
  [[nodiscard]] std::size_t tag_word_count() const noexcept { return line_count() * kWordsPerLine; }
  [[nodiscard]] Cell* cells() const noexcept { return reinterpret_cast<Cell*>(word_ - line_count()); }
  [[nodiscard]] Cell* slot_cells(std::size_t slot) const noexcept {
    return cells() + tag_word_count() + slot * kCellsPerSlot;
  }

  // The word of tags with which the search for `position` begins.
  [[nodiscard]] std::size_t first_tag_word(std::uint64_t position) const noexcept {
    return static_cast<std::size_t>((position & 0xffff'ffff) * tag_word_count() >> 32);
  }
  // The tag of `position` in all eight bytes.
  [[nodiscard]] static std::uint64_t tags_alike(std::uint64_t position) noexcept {
    const std::uint64_t tag = position >> 32 & 0xff;
    return (tag < kFirstTag ? tag + kFirstTag : tag) * kEachByte;
  }

  // One word of tags, and with it the slots that it names.
  [[nodiscard]] std::uint64_t tags(std::size_t tag_word) const noexcept {
    return cells()[tag_word].load(std::memory_order_acquire);  // [R1]
  }
  // The slot of the lowest marked tag of a word; `marks` is a result of zero_bytes() other than 0.
  [[nodiscard]] static std::size_t first_slot(std::size_t tag_word, std::uint64_t marks) noexcept {
    return tag_word * kTagsPerWord + static_cast<std::size_t>(std::countr_zero(marks)) / 8;
  }
  // The slot that holds `id` among the marked tags of a word; nothing where none does.
  [[nodiscard]] std::optional<std::size_t> find_in_word(std::size_t tag_word, std::uint64_t marks,
                                                        const TargetId& id) const noexcept {
    for (; marks != 0; marks &= marks - 1) {
      const std::size_t slot = first_slot(tag_word, marks);
      if (holds(slot, id)) return slot;
    }
    return std::nullopt;
  }

  // The slot of `id`, whose hash is `position`; nothing where it is not there.
  [[nodiscard]] std::optional<std::size_t> find(const TargetId& id, std::uint64_t position) const noexcept {
    const std::uint64_t alike = tags_alike(position);
    for (std::size_t at = first_tag_word(position);; at = tag_word_after(at)) {
      const std::uint64_t here = tags(at);
      const std::optional<std::size_t> slot = find_in_word(at, zero_bytes(here ^ alike), id);
      if (slot || zero_bytes(here) != 0) return slot;
    }
  }
  [[nodiscard]] std::size_t tag_word_after(std::size_t at) const noexcept {
    return at + 1 == tag_word_count() ? 0 : at + 1;
  }

  // The entry's time; 0 where its kind has none.
  [[nodiscard]] std::int64_t issued_before_us(std::size_t slot) const noexcept {
    return static_cast<std::int64_t>(slot_cells(slot)[2].load(std::memory_order_relaxed));  // [R2]
  }

  // The top bit of each byte that is zero; above the lowest such byte it may also be set for a byte of one. So it says
  // exactly whether there is a zero byte and where the lowest is, and a match is compared anyway.
  [[nodiscard]] static std::uint64_t zero_bytes(std::uint64_t word) noexcept {
    return (word - kEachByte) & ~word & (kEachByte << 7);
  }

  static constexpr std::uint64_t kGoneTag = 1;
  static constexpr std::uint64_t kFirstTag = 2;

 private:
  static constexpr std::uint64_t kEachByte = 0x0101'0101'0101'0101;

  [[nodiscard]] bool holds(std::size_t slot, const TargetId& id) const noexcept {
    const Cell* cells = slot_cells(slot);
    return cells[0].load(std::memory_order_relaxed) == id.high &&  // [R2]
           cells[1].load(std::memory_order_relaxed) == id.low;     // [R2]
  }

  Word word_;
};

// A shard as the control thread owns it. An empty one takes no memory.
class RevocationShard {
 public:
  RevocationShard() noexcept;

  // An empty shard with room for `room` entries at once and a fifth more; at most the room of kLinesMax lines.
  explicit RevocationShard(std::size_t room);

  [[nodiscard]] ShardView view() const noexcept { return view_; }
  // Entries.
  [[nodiscard]] std::size_t live_count() const noexcept { return live_count_; }
  // Entries that a block of this size takes, gone ones included; 0 for a shard without memory.
  [[nodiscard]] std::size_t room() const noexcept { return room_of(block_lines_); }
  [[nodiscard]] bool is_full() const noexcept { return used_count_ == room(); }
  [[nodiscard]] std::size_t bytes() const noexcept { return block_.bytes(); }
  // No entry may be forgotten before: kNeverForgotten where there is none. A bound: lifts do not raise it.
  [[nodiscard]] std::int64_t earliest_forget_us() const noexcept { return earliest_forget_us_; }

  // The most entries that any shard takes.
  static constexpr std::size_t kRoomMax = ShardView::kLinesMax * ShardView::kSlotsPerLine * 13 / 16;

  // Replaces what is remembered of an id that is there; returns the kind that it had, or nothing where it is not there.
  std::optional<RevocationKind> replace(const RevocationEntry& entry, std::uint64_t position) noexcept;

  // `entry`, but with the later times of what is there under its id, where it forbids what was issued before a time: a
  // bound never moves back, in whatever order revocations arrive.
  [[nodiscard]] RevocationEntry with_later_times(const RevocationEntry& entry, std::uint64_t position) const noexcept;

  // Adds an id that is not there. Preconditions: not is_full(); replace() has just found nothing.
  void add(const RevocationEntry& entry, std::uint64_t position) noexcept;

  // Forgets an id; returns its kind, or nothing where it is not there.
  std::optional<RevocationKind> erase(const TargetId& id, std::uint64_t position) noexcept;

  // Calls visit(slot, entry) for each entry. Entries may be erased meanwhile by erase_slot().
  template <typename Visit>
  void for_each(Visit&& visit) const {
    const std::size_t words = block_lines_ * ShardView::kWordsPerLine;
    for (std::size_t at = 0; at < words; ++at) {
      const std::uint64_t tags = view_.cells()[at].load(std::memory_order_relaxed);  // [R2]
      for (std::size_t i = 0; i < ShardView::kTagsPerWord; ++i) {
        if ((tags >> 8 * i & 0xff) < ShardView::kFirstTag) continue;
        const std::size_t slot = at * ShardView::kTagsPerWord + i;
        visit(slot, entry_at(slot));
      }
    }
  }
  void erase_slot(std::size_t slot) noexcept;

  // Says that no entry may be forgotten before `forget_us`, where a visit of all of them has shown it.
  void note_earliest_forget(std::int64_t forget_us) noexcept { earliest_forget_us_ = forget_us; }

  // Gives the block to whoever frees it when no reader can be using it; this shard is empty then.
  [[nodiscard]] base::PageBlock release_block() noexcept;

 private:
  [[nodiscard]] static std::size_t room_of(std::size_t line_count) noexcept {
    return line_count * ShardView::kSlotsPerLine * 13 / 16;
  }
  [[nodiscard]] RevocationEntry entry_at(std::size_t slot) const noexcept;
  void set_times(std::size_t slot, const RevocationEntry& entry) noexcept;

  base::PageBlock block_;
  std::size_t block_lines_ = 0;  // 0: no block, and view_ shows one line of free tags
  ShardView view_;
  std::size_t live_count_ = 0;
  std::size_t used_count_ = 0;  // live and gone
  std::int64_t earliest_forget_us_ = kNeverForgotten;
};

}  // namespace assay::state

#include "state/revocation_shard.h"

#include <algorithm>

#include "base/check.h"
#include "base/keyed_hash.h"

namespace assay::state {
namespace {

using Cell = ShardView::Cell;
static_assert(Cell::is_always_lock_free && sizeof(Cell) == sizeof(std::uint64_t));

// What an empty shard shows: one line of free tags. No slot of it is ever read or written.
alignas(base::kPageBytes) constinit std::array<Cell, ShardView::kWordsPerLine> empty_line{};

// forget_at and kind share a word: seconds, rounded up, above the kind.
constexpr std::int64_t kMicrosecondsPerSecond = 1'000'000;
constexpr std::uint64_t kNeverSeconds = ~std::uint64_t{0} >> 8;

std::uint64_t pack(std::int64_t forget_at_us, RevocationKind kind) noexcept {
  const std::int64_t from_zero_us = std::max<std::int64_t>(forget_at_us, 0);
  const std::uint64_t seconds = forget_at_us == kNeverForgotten
                                    ? kNeverSeconds
                                    : static_cast<std::uint64_t>(from_zero_us / kMicrosecondsPerSecond) +
                                          static_cast<std::uint64_t>(from_zero_us % kMicrosecondsPerSecond != 0);
  return seconds << 8 | static_cast<std::uint64_t>(kind);
}

std::int64_t unpack_forget_at_us(std::uint64_t packed) noexcept {
  const std::uint64_t seconds = packed >> 8;
  constexpr auto kLast = static_cast<std::uint64_t>(kNeverForgotten / kMicrosecondsPerSecond);
  return seconds > kLast ? kNeverForgotten : static_cast<std::int64_t>(seconds) * kMicrosecondsPerSecond;
}

}  // namespace

PositionHash::PositionHash() noexcept {
  const auto draw = [](std::string_view name) {
    const base::Hash128 words = base::keyed_hash(name);
    return static_cast<Wide>(words.high) << 64 | words.low;
  };
  high_factor_ = draw("revocation position: high factor");
  low_factor_ = draw("revocation position: low factor");
  addend_ = draw("revocation position: addend");
}

RevocationShard::RevocationShard() noexcept : view_(empty_line.data(), 1) {}

RevocationShard::RevocationShard(std::size_t room) : view_(empty_line.data(), 1) {
  const std::size_t line_room = room_of(1);
  const std::size_t with_spare = room + room / 5 + 1;
  block_lines_ = std::min((with_spare + line_room - 1) / line_room, ShardView::kLinesMax);
  block_ = base::PageBlock(block_lines_ * ShardView::kLineBytes);
  view_ = ShardView(block_.start(), block_lines_);
}

RevocationEntry RevocationShard::entry_at(std::size_t slot) const noexcept {
  const Cell* cells = view_.slot_cells(slot);
  const std::uint64_t packed = cells[3].load(std::memory_order_relaxed);  // [R2]
  return {.id = {.high = cells[0].load(std::memory_order_relaxed),        // [R2]
                 .low = cells[1].load(std::memory_order_relaxed)},        // [R2]
          .kind = static_cast<RevocationKind>(packed & 0xff),
          .issued_before_us = view_.issued_before_us(slot),
          .forget_at_us = unpack_forget_at_us(packed)};
}

void RevocationShard::set_times(std::size_t slot, const RevocationEntry& entry) noexcept {
  Cell* cells = view_.slot_cells(slot);
  cells[2].store(static_cast<std::uint64_t>(entry.issued_before_us), std::memory_order_relaxed);  // [R2]
  cells[3].store(pack(entry.forget_at_us, entry.kind), std::memory_order_relaxed);                // [R2]
  earliest_forget_us_ = std::min(earliest_forget_us_, entry.forget_at_us);
}

std::optional<RevocationKind> RevocationShard::replace(const RevocationEntry& entry, std::uint64_t position) noexcept {
  const std::optional<std::size_t> slot = view_.find(entry.id, position);
  if (!slot) return std::nullopt;
  const RevocationKind had = entry_at(*slot).kind;
  set_times(*slot, entry);
  return had;
}

RevocationEntry RevocationShard::with_later_times(const RevocationEntry& entry, std::uint64_t position) const noexcept {
  const std::optional<std::size_t> slot = has_issued_before(entry.kind) ? view_.find(entry.id, position) : std::nullopt;
  if (!slot) return entry;
  const RevocationEntry there = entry_at(*slot);
  if (there.kind != entry.kind) return entry;
  RevocationEntry later = entry;
  later.issued_before_us = std::max(entry.issued_before_us, there.issued_before_us);
  later.forget_at_us = std::max(entry.forget_at_us, there.forget_at_us);
  return later;
}

void RevocationShard::add(const RevocationEntry& entry, std::uint64_t position) noexcept {
  ASSAY_DCHECK(!is_full());
  std::size_t at = view_.first_tag_word(position);
  std::uint64_t tags = view_.cells()[at].load(std::memory_order_relaxed);  // [R2]
  while (ShardView::zero_bytes(tags) == 0) {
    at = view_.tag_word_after(at);
    tags = view_.cells()[at].load(std::memory_order_relaxed);  // [R2]
  }
  const std::size_t slot = ShardView::first_slot(at, ShardView::zero_bytes(tags));
  const std::size_t shift = slot % ShardView::kTagsPerWord * 8;
  Cell* cells = view_.slot_cells(slot);
  cells[0].store(entry.id.high, std::memory_order_relaxed);  // [R2]
  cells[1].store(entry.id.low, std::memory_order_relaxed);   // [R2]
  set_times(slot, entry);
  const std::uint64_t tag = ShardView::tags_alike(position) & 0xff;
  view_.cells()[at].store(tags | tag << shift, std::memory_order_release);  // [R1]
  ++live_count_;
  ++used_count_;
}

std::optional<RevocationKind> RevocationShard::erase(const TargetId& id, std::uint64_t position) noexcept {
  const std::optional<std::size_t> slot = view_.find(id, position);
  if (!slot) return std::nullopt;
  const RevocationKind kind = entry_at(*slot).kind;
  erase_slot(*slot);
  return kind;
}

void RevocationShard::erase_slot(std::size_t slot) noexcept {
  Cell& word = view_.cells()[slot / ShardView::kTagsPerWord];
  const std::size_t shift = slot % ShardView::kTagsPerWord * 8;
  const std::uint64_t tags = word.load(std::memory_order_relaxed);  // [R2]
  word.store((tags & ~(std::uint64_t{0xff} << shift)) | ShardView::kGoneTag << shift,
             std::memory_order_release);  // [R1]
  --live_count_;
}

base::PageBlock RevocationShard::release_block() noexcept {
  base::PageBlock block = std::move(block_);
  *this = RevocationShard();
  return block;
}

}  // namespace assay::state

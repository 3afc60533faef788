#include "state/verified_cache.h"

#include <algorithm>
#include <bit>
#include <cstdint>
#include <cstring>
#include <memory>
#include <type_traits>

#include "assay/limits.h"

namespace assay::state {
namespace {

// 24 bytes of a signature: as good as random for whoever has no key, and whoever has one gains nothing from a collision
// but a miss.
constexpr std::size_t kHashedBytes = 32;

// Of a budget: one slot per this many bytes, and four places for tokens that were offered once. Real entries have about
// 2 KiB.
constexpr std::size_t kBytesPerSlot = 1024;
constexpr std::size_t kBytesPerOfferedMarks = 2048;
constexpr std::size_t kIndexShare = 64;
static_assert(8.0 / kBytesPerSlot + 16.0 / kBytesPerOfferedMarks <= 1.0 / kIndexShare, "one part of so many is enough");

std::uint32_t mark_of(const base::Hash128& hash) noexcept { return static_cast<std::uint32_t>(hash.high >> 32); }

bool lies_in(std::string_view text, std::string_view whole) noexcept {
  const auto begin = reinterpret_cast<std::uintptr_t>(text.data());
  const auto whole_begin = reinterpret_cast<std::uintptr_t>(whole.data());
  return begin >= whole_begin && begin + text.size() <= whole_begin + whole.size();
}

std::size_t bytes_of_lists(const jose::Claims& claims) noexcept {
  return claims.audiences.size_bytes() + claims.scope_texts.size_bytes() + claims.members.size_bytes();
}

// Calls `visit` with every text of the claims.
template <typename Visit>
void for_each_text(const jose::Claims& claims, const Visit& visit) noexcept {
  for (const std::string_view text : {claims.iss, claims.sub, claims.jti, claims.client, claims.status.uri})
    visit(text);
  for (const std::string_view text : claims.audiences) visit(text);
  for (const std::string_view text : claims.scope_texts) visit(text);
  for (const Claim& member : claims.members) {
    visit(member.name);
    visit(member.text);
  }
}

// Bytes of an entry behind its fixed part.
std::size_t variable_bytes(const VerifiedEntry& entry) noexcept {
  std::size_t bytes = bytes_of_lists(entry.claims) + entry.compact.size() + entry.payload.size() + entry.key_id.size();
  for_each_text(entry.claims, [&](std::string_view text) {
    if (!lies_in(text, entry.payload)) bytes += text.size();
  });
  return bytes;
}

// Copies what an entry's views show, and turns the views to the copies. The lists and the token, which every hit reads,
// stand next to the entry; the list of members, which few need, at the end:
//
//   | audiences | scope texts | token | key id | payload | texts of no payload |  | members |
class EntryCopier {
 public:
  // `room` has variable_bytes() of the entry; it begins and ends where a list may.
  EntryCopier(std::span<std::byte> room, std::string_view payload) noexcept
      : at_(room.data()), end_(room.data() + room.size()), source_(payload) {}

  void copy(VerifiedEntry& entry) noexcept {
    jose::Claims& claims = entry.claims;
    const std::span<std::string_view> audiences = copy_list(claims.audiences, at_);
    at_ += audiences.size_bytes();
    const std::span<std::string_view> scope_texts = copy_list(claims.scope_texts, at_);
    at_ += scope_texts.size_bytes();
    const std::span<Claim> members = copy_list(claims.members, end_ - claims.members.size_bytes());
    claims.members = members;
    claims.audiences = audiences;
    claims.scope_texts = scope_texts;

    copy_text(entry.compact);
    copy_text(entry.key_id);
    copy_text(entry.payload);
    payload_ = entry.payload.data();
    for (std::string_view* text : {&claims.iss, &claims.sub, &claims.jti, &claims.client, &claims.status.uri}) {
      turn(*text);
    }
    for (std::string_view& text : audiences) turn(text);
    for (std::string_view& text : scope_texts) turn(text);
    for (Claim& member : members) {
      turn(member.name);
      turn(member.text);
    }
  }

 private:
  template <typename T>
  [[nodiscard]] static std::span<T> copy_list(std::span<const T> list, std::byte* room) noexcept {
    T* const copy = reinterpret_cast<T*>(room);
    std::uninitialized_copy(list.begin(), list.end(), copy);
    return {copy, list.size()};
  }

  void copy_text(std::string_view& text) noexcept {
    char* const copy = reinterpret_cast<char*>(at_);
    if (!text.empty()) std::memcpy(copy, text.data(), text.size());
    at_ += text.size();
    text = {copy, text.size()};
  }

  void turn(std::string_view& text) noexcept {
    if (lies_in(text, source_)) {
      text = {payload_ + (text.data() - source_.data()), text.size()};
    } else {
      copy_text(text);
    }
  }

  std::byte* at_;
  std::byte* end_;
  std::string_view source_;
  const char* payload_ = nullptr;
};

static_assert(std::is_trivially_destructible_v<VerifiedEntry>);
static_assert(sizeof(VerifiedEntry) % alignof(Claim) == 0 && alignof(Claim) == alignof(std::string_view));

}  // namespace

base::Hash128 hash_of_token(std::string_view compact) noexcept {
  return base::keyed_hash(compact.substr(compact.size() - std::min(compact.size(), kHashedBytes)));
}

VerifiedCache::VerifiedCache(std::size_t bytes_max, Hash hash)
    : hash_(hash), memory_(bytes_max < kVerifiedCacheBytesMin ? 0 : bytes_max - bytes_max / kIndexShare) {
  lines_ = memory_.take<Line>(std::min<std::size_t>(memory_.size() / kLineBytes, UINT32_MAX - 1));
  line_count_ = static_cast<std::uint32_t>(lines_.size());
  if (!keeps_any()) return;
  buckets_.resize(std::bit_floor(bytes_max / kBytesPerSlot / kWays));
  offered_.resize(std::bit_floor(bytes_max / kBytesPerOfferedMarks));
  make_free(0, line_count_);
}

VerifiedCache::Slot* VerifiedCache::find_slot(const base::Hash128& hash, std::string_view compact) noexcept {
  const std::uint32_t mark = mark_of(hash);
  for (Slot& slot : bucket_of(hash)) {
    const bool may_be = slot.piece_plus_one != 0 && slot.mark == mark;
    if (may_be && entry_at(slot.piece_plus_one - 1).compact == compact) return &slot;
  }
  return nullptr;
}

base::Hash128 VerifiedCache::seek(std::string_view compact) noexcept {
  const base::Hash128 hash = hash_(compact);
  __builtin_prefetch(bucket_of(hash).data());
  return hash;
}

void VerifiedCache::fetch(const base::Hash128& hash) noexcept {
  const std::uint32_t mark = mark_of(hash);
  for (const Slot& slot : bucket_of(hash)) {
    if (slot.piece_plus_one == 0 || slot.mark != mark) continue;
    const std::uint32_t line = slot.piece_plus_one - 1;
    const std::uint32_t lines = std::min(kFetchedLines, line_count_ - line);
    for (std::uint32_t i = 0; i < lines; ++i) __builtin_prefetch(&lines_[line + i]);
    return;
  }
}

const VerifiedEntry* VerifiedCache::find(const base::Hash128& hash, std::string_view compact) noexcept {
  const Slot* const slot = find_slot(hash, compact);
  if (slot == nullptr) return nullptr;
  const std::uint32_t line = slot->piece_plus_one - 1;
  Piece& piece = piece_at(line);
  piece.batch = batch_;
  if (piece.credit < kCreditMax) ++piece.credit;
  return &entry_at(line);
}

void VerifiedCache::forget(const VerifiedEntry& entry) noexcept {
  const std::size_t line = line_of(entry);
  // Two checks of one batch may have found it.
  if (piece_at(line).slot_plus_one != 0) drop(static_cast<std::uint32_t>(line));
}

void VerifiedCache::note_targets(const VerifiedEntry& entry, const TokenTargets& targets) noexcept {
  entry_at(line_of(entry)).targets = targets;
}

void VerifiedCache::offer(const VerifiedEntry& entry) noexcept {
  if (!keeps_any()) return;
  const base::Hash128 hash = hash_(entry.compact);
  if (find_slot(hash, entry.compact) != nullptr || !take_offered(hash)) return;
  constexpr std::size_t kFixedBytes = kLineBytes + sizeof(VerifiedEntry);
  const std::size_t bytes = kFixedBytes + variable_bytes(entry);
  const std::size_t lines = (bytes + kLineBytes - 1) / kLineBytes;
  if (lines > line_count_ / 2) return;
  const std::optional<std::uint32_t> room = make_room(static_cast<std::uint32_t>(lines));
  if (!room) return;
  make_free(*room, static_cast<std::uint32_t>(lines));
  Slot* const slot = free_slot(hash);
  if (slot == nullptr) return;

  *slot = {.mark = mark_of(hash), .piece_plus_one = *room + 1};
  const std::size_t way = static_cast<std::size_t>(slot - bucket_of(hash).data());
  piece_at(*room).slot_plus_one = static_cast<std::uint32_t>(bucket_index(hash) * kWays + way) + 1;
  VerifiedEntry& kept = *std::construct_at(&entry_at(*room), entry);
  const std::span<std::byte> piece = std::as_writable_bytes(lines_.subspan(*room, lines));
  EntryCopier(piece.subspan(kFixedBytes), entry.payload).copy(kept);
  ++entry_count_;
  kept_lines_ += lines;
}

// Whether the token is marked, which it no longer is then. Otherwise it is from now on, until four others that share
// its place have come.
bool VerifiedCache::take_offered(const base::Hash128& hash) noexcept {
  OfferedMarks& marks = offered_[hash.high & (offered_.size() - 1)];
  const auto found = std::find(marks.begin(), marks.end(), mark_of(hash));
  if (found != marks.end()) {
    *found = 0;
    return true;
  }
  std::copy_backward(marks.begin(), marks.end() - 1, marks.end());
  marks.front() = mark_of(hash);
  return false;
}

// Frees a row of pieces of `lines` or more, starting at the hand, and returns where; nothing if that takes too long.
// What is left of the row behind `lines` is a piece of its own.
std::optional<std::uint32_t> VerifiedCache::make_room(std::uint32_t lines) noexcept {
  if (hand_ == line_count_) hand_ = 0;
  std::uint32_t start = hand_;
  std::uint32_t found = 0;
  for (std::size_t steps = 0; found < lines; ++steps) {
    if (hand_ == line_count_ || steps == kStepsMax) {
      make_free(start, found);
      if (steps == kStepsMax) return std::nullopt;
      hand_ = start = found = 0;
    }
    Piece& piece = piece_at(hand_);
    const std::uint32_t piece_lines = piece.lines;
    if (piece.slot_plus_one == 0 || may_go(piece)) {
      if (piece.slot_plus_one != 0) drop(hand_);
      found += piece_lines;
    } else {
      if (piece.credit != 0) --piece.credit;
      make_free(start, found);
      start = hand_ + piece_lines;
      found = 0;
    }
    hand_ += piece_lines;
  }
  hand_ = start + lines;
  make_free(hand_, found - lines);
  return start;
}

// A slot of the hash's bucket; if all are taken, one whose entry may go. Null if none may.
VerifiedCache::Slot* VerifiedCache::free_slot(const base::Hash128& hash) noexcept {
  const std::span<Slot> bucket = bucket_of(hash);
  for (Slot& slot : bucket) {
    if (slot.piece_plus_one == 0) return &slot;
  }
  for (Slot& slot : bucket) {
    if (!may_go(piece_at(slot.piece_plus_one - 1))) continue;
    drop(slot.piece_plus_one - 1);
    return &slot;
  }
  return nullptr;
}

// Frees a kept piece.
void VerifiedCache::drop(std::uint32_t line) noexcept {
  Piece& piece = piece_at(line);
  const std::uint32_t slot = piece.slot_plus_one - 1;
  buckets_[slot / kWays].slots[slot % kWays] = Slot{};
  piece.slot_plus_one = 0;
  --entry_count_;
  kept_lines_ -= piece.lines;
}

// Makes one free piece of `lines` lines, if there are any.
void VerifiedCache::make_free(std::uint32_t line, std::uint32_t lines) noexcept {
  if (lines == 0) return;
  std::construct_at(&piece_at(line), Piece{.batch = 0, .lines = lines, .slot_plus_one = 0, .credit = 0});
}

}  // namespace assay::state

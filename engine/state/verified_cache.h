// JWTs that one worker has verified: the same bytes need not be decoded and verified again.
//
// What is remembered is what the token says and under what it was verified, never what a policy made of it: whoever
// finds an entry compares the generation and makes every other check again.
//
// A look-up is three steps, each for all tokens of a batch before the next, so that they wait for memory together: far
// more is remembered than the processor's own caches hold, and each step needs what the one before has brought.
//
//   seek    the token's hash; asks for the slots among which its own would be
//   fetch   asks for the entry that the slots show
//   find    compares the whole token
//
// Memory is one block of lines of 64 bytes, cut into pieces without a gap; a hand goes round:
//
//   | kept | kept | free | kept |        free        |
//                 ^ hand
//
// A new entry takes the first row of pieces from the hand on that is long enough. On its way the hand frees what was
// not found since it came by last, and passes over what was, with one credit less.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "base/arena.h"
#include "base/keyed_hash.h"
#include "jose/claims.h"
#include "state/token_id.h"

namespace assay::state {

// Under what a token was verified: both numbers never come again.
struct VerifiedUnder {
  std::uint64_t issuer = 0;  // differs by issuer and by policy
  std::uint64_t keys = 0;    // differs by key set of that issuer

  friend bool operator==(const VerifiedUnder&, const VerifiedUnder&) = default;
};

// A token whose signature was verified and whose claims were accepted once.
struct VerifiedEntry {
  std::string_view compact;  // the whole token
  std::string_view payload;  // the claims' JSON text
  std::string_view key_id;   // of the key that verified the signature
  jose::Claims claims;
  VerifiedUnder under;
  TokenTargets targets;            // as far as they were needed until now
  std::uint32_t issuer_index = 0;  // in the policy of `under`
};

// The token's hash under which it is kept: of its last bytes, which belong to the signature and differ by token.
[[nodiscard]] base::Hash128 hash_of_token(std::string_view compact) noexcept;

// Thread-confined. Views of an entry that was found or offered in a batch live until the next begin_batch().
//
//   memory   `bytes_max` at most, claimed at construction and touched where used; nothing is allocated later
//   admission  a token enters when it is offered a second time: tokens that are seen once push out nothing
class VerifiedCache {
 public:
  using Hash = base::Hash128 (*)(std::string_view) noexcept;

  // A budget below kVerifiedCacheBytesMin keeps nothing. `hash` is another one in tests alone.
  explicit VerifiedCache(std::size_t bytes_max, Hash hash = hash_of_token);

  [[nodiscard]] bool keeps_any() const noexcept { return line_count_ != 0; }

  // Ends the lives of views that were handed out before.
  void begin_batch() noexcept { ++batch_; }

  // Costs one keyed hash of a few bytes.
  [[nodiscard]] base::Hash128 seek(std::string_view compact) noexcept;

  // `hash` is of seek(). May be left out: find() gives the same without it.
  void fetch(const base::Hash128& hash) noexcept;

  // The entry of exactly these bytes, whose seek() gave `hash`; null if there is none. Costs one comparison of the
  // whole token.
  [[nodiscard]] const VerifiedEntry* find(const base::Hash128& hash, std::string_view compact) noexcept;

  // Drops an entry that find() returned in this batch. Its bytes stay until the next offer().
  void forget(const VerifiedEntry& entry) noexcept;

  // Keeps more of the targets of an entry that find() returned in this batch.
  void note_targets(const VerifiedEntry& entry, const TokenTargets& targets) noexcept;

  // Copies the entry, if its token was offered before not long ago and there is room. Precondition: the token was
  // accepted; its claims' views are into `payload`, or of any other memory.
  //   cost   one copy of token, payload and claims; looks at kStepsMax pieces at most
  void offer(const VerifiedEntry& entry) noexcept;

  [[nodiscard]] std::size_t entry_count() const noexcept { return entry_count_; }
  // Of kept entries, in bytes.
  [[nodiscard]] std::size_t bytes() const noexcept { return kept_lines_ * kLineBytes; }

  static constexpr std::size_t kStepsMax = 32;

 private:
  static constexpr std::size_t kLineBytes = 64;
  static constexpr std::size_t kWays = 8;
  // The entry's own lines, its lists if they are short, and enough of the token that the processor reads ahead.
  static constexpr std::uint32_t kFetchedLines = 12;
  static constexpr std::uint8_t kCreditMax = 3;

  struct alignas(std::max_align_t) Line {
    std::byte bytes[kLineBytes];
  };
  // The first line of every piece.
  struct Piece {
    std::uint64_t batch = 0;          // in which it was found last
    std::uint32_t lines = 0;          // of the piece, this one included
    std::uint32_t slot_plus_one = 0;  // over all buckets; 0: the piece is free
    std::uint8_t credit = 0;          // how often the hand passes over it
  };
  static_assert(sizeof(Piece) <= kLineBytes);
  struct Slot {
    std::uint32_t mark = 0;  // of the hash: most tokens that are not here are never compared
    std::uint32_t piece_plus_one = 0;
  };
  // One line of the processor's caches.
  struct alignas(kLineBytes) Bucket {
    std::array<Slot, kWays> slots;
  };
  static_assert(sizeof(Bucket) == kLineBytes);

  using OfferedMarks = std::array<std::uint32_t, 4>;  // the latest first

  [[nodiscard]] std::size_t line_of(const VerifiedEntry& entry) const noexcept {
    return static_cast<std::size_t>(reinterpret_cast<const Line*>(&entry) - lines_.data()) - 1;
  }
  [[nodiscard]] Piece& piece_at(std::size_t line) noexcept { return *reinterpret_cast<Piece*>(&lines_[line]); }
  [[nodiscard]] VerifiedEntry& entry_at(std::size_t line) noexcept {
    return *reinterpret_cast<VerifiedEntry*>(&lines_[line + 1]);
  }
  [[nodiscard]] std::size_t bucket_index(const base::Hash128& hash) const noexcept {
    return hash.low & (buckets_.size() - 1);
  }
  [[nodiscard]] std::span<Slot> bucket_of(const base::Hash128& hash) noexcept {
    return buckets_[bucket_index(hash)].slots;
  }
  [[nodiscard]] Slot* find_slot(const base::Hash128& hash, std::string_view compact) noexcept;
  [[nodiscard]] bool take_offered(const base::Hash128& hash) noexcept;
  [[nodiscard]] bool may_go(const Piece& piece) const noexcept { return piece.batch != batch_ && piece.credit == 0; }
  [[nodiscard]] std::optional<std::uint32_t> make_room(std::uint32_t lines) noexcept;
  [[nodiscard]] Slot* free_slot(const base::Hash128& hash) noexcept;
  void drop(std::uint32_t line) noexcept;
  void make_free(std::uint32_t line, std::uint32_t lines) noexcept;

  Hash hash_;
  base::Arena memory_;  // lines_ alone
  std::span<Line> lines_;
  std::uint32_t line_count_ = 0;
  std::uint32_t hand_ = 0;             // always at the start of a piece, or line_count_
  std::vector<Bucket> buckets_{1};     // a power of two of them; one that stays empty where nothing is kept
  std::vector<OfferedMarks> offered_;  // of tokens that were offered once and have not entered, by hash
  std::uint64_t batch_ = 1;
  std::size_t entry_count_ = 0;
  std::size_t kept_lines_ = 0;
};

}  // namespace assay::state

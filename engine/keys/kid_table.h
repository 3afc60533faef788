// Where the keys of one set are, by kid: one open-addressed table, so that finding a key reads one cache line.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "assay/error.h"
#include "assay/limits.h"
#include "base/keyed_hash.h"
#include "keys/key.h"

namespace assay::keys {

// What a look-up found: at most kKeysTriedMax keys, or why there are none.
struct Candidates {
  std::array<const Key*, kKeysTriedMax> keys{};
  std::size_t count = 0;
  ErrorCode code = ErrorCode::kNone;  // kUnknownKey, kAlgKeyMismatch or kWeakKey where count is 0
};

// Keys that `alg` asks for among those offered one by one: fit, and strong enough for it.
class Selection {
 public:
  explicit Selection(Alg alg) noexcept : alg_(alg) {}
  void consider(const Key& key) noexcept;
  [[nodiscard]] const Candidates& finish() noexcept;

 private:
  Alg alg_;
  bool any_seen_ = false;
  bool any_fits_ = false;
  Candidates found_;
};

// One kid and its keys. Two slots share a cache line.
struct alignas(32) KidSlot {
  base::Hash128 kid;           // its keyed_hash, which stands for the kid
  const Key* first = nullptr;  // that has this kid; null: the slot is empty
  std::uint16_t fits = 0;      // of `first`, a bit for each Alg
  std::uint16_t strong = 0;    // the same: fits and is strong enough
  bool has_more = false;       // further keys have this kid: Key::next_of_kid
};
static_assert(sizeof(KidSlot) == 32 && kAlgCount <= 16);

// A view of a KidTable; dies with it. A default-made one has no kid.
class KidView {
 public:
  KidView() = default;
  // `slots`: a power of two, at least one of them empty.
  explicit KidView(std::span<const KidSlot> slots) noexcept
      : slots_(slots.data()), mask_(static_cast<std::uint32_t>(slots.size() - 1)) {}

  [[nodiscard]] bool has_kids() const noexcept { return slots_ != nullptr; }
  // Asks for the line that finding this kid begins with.
  void prefetch(const base::Hash128& kid) const noexcept {
    if (slots_ != nullptr) __builtin_prefetch(slots_ + (kid.low & mask_));
  }
  [[nodiscard]] bool contains(const base::Hash128& kid) const noexcept { return find_slot(kid) != nullptr; }
  // Keys with this kid that fit `alg`.
  //   codes  unknown_key: no key has the kid; weak_key: one that fits has, but it is unusable; alg_key_mismatch: none
  //          fits
  [[nodiscard]] Candidates find(const base::Hash128& kid, Alg alg) const noexcept;

 private:
  [[nodiscard]] const KidSlot* find_slot(const base::Hash128& kid) const noexcept {
    if (slots_ == nullptr) return nullptr;
    for (std::uint64_t i = kid.low;; ++i) {
      const KidSlot& slot = slots_[i & mask_];
      if (slot.first == nullptr) return nullptr;
      if (slot.kid == kid) return &slot;
    }
  }

  const KidSlot* slots_ = nullptr;
  std::uint32_t mask_ = 0;
};

// A kid is known by its keyed hash of 128 bits: nobody can aim at one, and a key taken for its namesake would still be
// one of the same issuer.
class KidTable {
 public:
  // Of keys that stay where they are for as long as the table lives; links those of one kid, in their order.
  explicit KidTable(std::span<Key> keys);

  [[nodiscard]] KidView view() const noexcept { return KidView(slots_); }

 private:
  std::vector<KidSlot> slots_;  // at most half of them full
};

}  // namespace assay::keys

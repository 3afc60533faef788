#include "keys/kid_table.h"

#include <algorithm>
#include <bit>

namespace assay::keys {
namespace {

bool has_alg(std::uint16_t algs, Alg alg) noexcept { return (algs >> static_cast<unsigned>(alg) & 1U) != 0; }

void set_first(KidSlot& slot, const Key& key) noexcept {
  slot.first = &key;
  slot.has_more = key.next_of_kid != nullptr;
  slot.fits = 0;
  slot.strong = 0;
  for (unsigned i = 0; i < kAlgCount; ++i) {
    const auto alg = static_cast<Alg>(i);
    if (!key.fits(alg)) continue;
    slot.fits = static_cast<std::uint16_t>(slot.fits | 1U << i);
    if (key.strong_enough(alg)) slot.strong = static_cast<std::uint16_t>(slot.strong | 1U << i);
  }
}

}  // namespace

void Selection::consider(const Key& key) noexcept {
  any_seen_ = true;
  if (!key.fits(alg_)) return;
  any_fits_ = true;
  if (key.strong_enough(alg_) && found_.count < found_.keys.size()) found_.keys[found_.count++] = &key;
}

const Candidates& Selection::finish() noexcept {
  if (found_.count == 0) {
    found_.code = !any_seen_ ? ErrorCode::kUnknownKey : !any_fits_ ? ErrorCode::kAlgKeyMismatch : ErrorCode::kWeakKey;
  }
  return found_;
}

KidTable::KidTable(std::span<Key> keys) : slots_(std::bit_ceil(2 * keys.size() + 1)) {
  const std::uint64_t mask = slots_.size() - 1;
  // From the last to the first, so that each kid's list ends up in the keys' order.
  for (auto key = keys.rbegin(); key != keys.rend(); ++key) {
    if (!key->kid) continue;
    const base::Hash128 kid = base::keyed_hash(*key->kid);
    std::uint64_t i = kid.low & mask;
    while (slots_[i].first != nullptr && slots_[i].kid != kid) i = (i + 1) & mask;
    slots_[i].kid = kid;
    key->next_of_kid = slots_[i].first;
    set_first(slots_[i], *key);
  }
}

Candidates KidView::find(const base::Hash128& kid, Alg alg) const noexcept {
  Candidates found;
  const KidSlot* const slot = find_slot(kid);
  if (slot == nullptr) {
    found.code = ErrorCode::kUnknownKey;
  } else if (slot->has_more) {
    Selection selection(alg);
    for (const Key* key = slot->first; key != nullptr; key = key->next_of_kid) selection.consider(*key);
    found = selection.finish();
  } else if (has_alg(slot->strong, alg)) {
    found.keys[found.count++] = slot->first;
  } else {
    found.code = has_alg(slot->fits, alg) ? ErrorCode::kWeakKey : ErrorCode::kAlgKeyMismatch;
  }
  return found;
}

}  // namespace assay::keys

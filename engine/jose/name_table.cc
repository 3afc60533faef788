#include "jose/name_table.h"

#include <algorithm>

#include "base/keyed_hash.h"

namespace assay::jose {

bool NameTable::insert(const NamesSoFar& names, Member member, std::string_view name) noexcept {
  if (used_.empty()) {
    used_ = room_.first(slot_count(document_bytes_));
    std::fill(used_.begin(), used_.end(), Slot{});
  }
  const std::size_t mask = used_.size() - 1;
  // The odd constant spreads one name of many objects; what nobody can predict is the process key in the hash.
  const std::uint64_t hash = base::keyed_hash64(name) + member.object * std::uint64_t{0x9e3779b97f4a7c15};
  std::size_t at = hash & mask;
  for (; used_[at].member_plus_one != 0; at = (at + 1) & mask) {
    const Slot slot = used_[at];
    if (slot.object == member.object && names.name_of(slot.object, slot.member_plus_one - 1) == name) return false;
  }
  used_[at] = {.object = member.object, .member_plus_one = member.index + 1};
  return true;
}

}  // namespace assay::jose

// Equality of short texts.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "base/attributes.h"

namespace assay::base {

// Whether both are the same bytes, as == says. Without a call, which costs more than comparing what names, issuers and
// audiences have: a few words. Leaks by its time where they differ: for public data.
ASSAY_ALWAYS_INLINE bool same_text(std::string_view left, std::string_view right) noexcept {
  if (left.size() != right.size()) return false;
  const char* const a = left.data();
  const char* const b = right.data();
  const std::size_t size = left.size();
  const auto difference = [a, b]<typename Word>(std::size_t at, Word) {
    Word of_a, of_b;
    std::memcpy(&of_a, a + at, sizeof(Word));
    std::memcpy(&of_b, b + at, sizeof(Word));
    return static_cast<std::uint64_t>(of_a ^ of_b);
  };
  // Two words at a time; the last ones overlap those before them.
  constexpr std::uint64_t kLong = 0;
  constexpr std::uint32_t kShort = 0;
  if (size >= 16) {
    for (std::size_t at = 0; at + 16 < size; at += 16) {
      if ((difference(at, kLong) | difference(at + 8, kLong)) != 0) return false;
    }
    return (difference(size - 16, kLong) | difference(size - 8, kLong)) == 0;
  }
  if (size >= 8) return (difference(0, kLong) | difference(size - 8, kLong)) == 0;
  if (size >= 4) return (difference(0, kShort) | difference(size - 4, kShort)) == 0;
  for (std::size_t at = 0; at < size; ++at) {
    if (a[at] != b[at]) return false;
  }
  return true;
}

}  // namespace assay::base

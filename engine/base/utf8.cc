#include "base/utf8.h"

#include <cstddef>

namespace assay::base {
namespace {

// What a lead byte asks of the bytes behind it: how many there are, and the range of the first of them. All others are
// 0x80 .. 0xBF.
struct Tail {
  std::size_t count = 0;
  unsigned char first_min = 0x80;
  unsigned char first_max = 0xBF;
};

constexpr std::size_t kNoLead = 4;

constexpr Tail tail_of(unsigned char lead) noexcept {
  if (lead < 0x80) return {.count = 0};
  if (lead >= 0xC2 && lead <= 0xDF) return {.count = 1};
  if (lead == 0xE0) return {.count = 2, .first_min = 0xA0};
  if (lead == 0xED) return {.count = 2, .first_max = 0x9F};
  if (lead >= 0xE1 && lead <= 0xEF) return {.count = 2};
  if (lead == 0xF0) return {.count = 3, .first_min = 0x90};
  if (lead >= 0xF1 && lead <= 0xF3) return {.count = 3};
  if (lead == 0xF4) return {.count = 3, .first_max = 0x8F};
  return {.count = kNoLead};
}

}  // namespace

bool is_utf8(std::string_view text) noexcept {
  const auto byte_at = [text](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  for (std::size_t i = 0; i < text.size();) {
    const Tail tail = tail_of(byte_at(i));
    if (tail.count == kNoLead || text.size() - i <= tail.count) return false;
    if (tail.count > 0 && (byte_at(i + 1) < tail.first_min || byte_at(i + 1) > tail.first_max)) return false;
    for (std::size_t k = 2; k <= tail.count; ++k) {
      if ((byte_at(i + k) & 0xC0) != 0x80) return false;
    }
    i += tail.count + 1;
  }
  return true;
}

}  // namespace assay::base

// The grammar of JSON's tokens: what may stand between two structural characters. RFC 8259 sec 2, 6 and 7.
#pragma once

#include <string_view>

#include "assay/expected.h"
#include "base/arena.h"
#include "base/attributes.h"
#include "jose/digits.h"

namespace assay::jose {

// Insignificant white space. RFC 8259 sec 2.
[[nodiscard]] constexpr bool is_json_blank(char c) noexcept { return c == ' ' || c == '\n' || c == '\t' || c == '\r'; }

// Whether the whole of `text` is 8 to 16 digits without a leading zero: nearly every number of a token, which is a
// date.
[[nodiscard]] ASSAY_ALWAYS_INLINE bool is_plain_integer(std::string_view text) noexcept {
  if (text.size() < 8 || text.size() > 16 || text[0] == '0') return false;
  const std::uint64_t first = load_eight(text.data());
  const std::uint64_t last = load_eight(text.data() + text.size() - 8);
  return ((non_digits(first) | non_digits(last)) & kHighBits) == 0;
}

// Whether the whole of `text` is a number: no sign but a leading minus, no leading zero, digits around the point.
//   cost      one pass; the size of the number does not matter
[[nodiscard]] bool is_json_number(std::string_view text) noexcept;

// Resolves the escapes of a string.
//
//   body      what stands between the quotes: valid UTF-8 without raw quotes and control characters
//   arena     takes the result, at most body.size() bytes
//   errors    bad_json: an escape that RFC 8259 sec 7 does not list, or a surrogate without its other half
//             overloaded: `arena` is full
//   cost      one pass
[[nodiscard]] Expected<std::string_view> unescape_json(std::string_view body, base::Arena& arena) noexcept;

}  // namespace assay::jose

// Where the tokens of a JSON text begin.
#pragma once

#include <cstddef>
#include <cstdint>

namespace assay::kernel {

// Results of find_json_tokens are written by whole vectors: room for so many more offsets than there are characters.
inline constexpr std::size_t kJsonTokenSlack = 64;

// Lists the offset of every brace, bracket, comma, colon, opening quote and first byte of a scalar, in order:
//
//   {"a":[1, true ]}     offsets 0 1 4 5 6 7 9 14 15
//
//   text      `bytes` bytes, fewer than 2^32
//   offsets   room for bytes + kJsonTokenSlack
//   returns   how many there are; 0 for a text that is not plain: with a byte outside ASCII or below 0x20, a
//             backslash, or a string without an end. What it spells is for another reader to judge
[[nodiscard]] std::size_t find_json_tokens_avx512vbmi2(const char* text, std::size_t bytes,
                                                       std::uint32_t* offsets) noexcept;

}  // namespace assay::kernel

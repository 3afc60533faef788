// Where the dots of a text are.
#pragma once

#include <cstddef>

namespace assay::kernel {

// As many as are looked for: a compact JWS has two.
inline constexpr std::size_t kDotsMax = 3;

// Finds the first dots of a text.
//
//   text      `characters` bytes; may be 0
//   dots      takes their offsets, in order
//   returns   how many were found, kDotsMax at most
//   timing    public data only
//
// The portable variant is for every processor, and the specification of the others. kernel/kernel.h chooses one.
[[nodiscard]] std::size_t find_dots_portable(const char* text, std::size_t characters,
                                             std::size_t (&dots)[kDotsMax]) noexcept;
[[nodiscard]] std::size_t find_dots_avx512bw(const char* text, std::size_t characters,
                                             std::size_t (&dots)[kDotsMax]) noexcept;

}  // namespace assay::kernel

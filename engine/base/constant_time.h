// Comparison of secrets that tells nothing of them by the time it takes.
#pragma once

#include <algorithm>
#include <cstddef>
#include <string_view>

namespace assay::base {

// Whether `given` is `secret`, byte for byte.
//
//   returns  1 or 0: an integer, so that several answers can be joined without a branch
//   cost     one pass over `given`, whose size is all that the time depends on; neither the size of `secret` nor the
//            place of the first difference shows. No allocation
[[nodiscard]] inline unsigned equals_in_constant_time(std::string_view given, std::string_view secret) noexcept {
  constexpr char kNothing = '\0';
  const char* const bytes = secret.empty() ? &kNothing : secret.data();
  const std::size_t last = std::max<std::size_t>(secret.size(), 1) - 1;
  std::size_t difference = given.size() ^ secret.size();
  for (std::size_t i = 0; i < given.size(); ++i) {
    difference |= static_cast<unsigned char>(given[i] ^ bytes[std::min(i, last)]);
    // The compiler must not see that nothing but zero matters, or it could leave the loop early.
    __asm__("" : "+r"(difference));
  }
  return difference == 0 ? 1U : 0U;
}

}  // namespace assay::base

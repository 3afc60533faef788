// Upper and lower case of ASCII letters, whatever the locale; every other byte stays as it is.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace assay::base {

[[nodiscard]] constexpr char to_lower(char c) noexcept {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
}

[[nodiscard]] inline std::string to_lower(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) c = to_lower(c);
  return lower;
}

// Compares as RFC 9110 sec 5.1 asks of names and tokens: letters without regard to case. No allocation.
[[nodiscard]] constexpr bool equals_ignoring_case(std::string_view left, std::string_view right) noexcept {
  if (left.size() != right.size()) return false;
  for (std::size_t i = 0; i < left.size(); ++i) {
    if (to_lower(left[i]) != to_lower(right[i])) return false;
  }
  return true;
}

}  // namespace assay::base

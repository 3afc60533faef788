// Hexadecimal digits of text that is read. RFC 4648 sec 8, in either case.
#pragma once

namespace assay::base {

// The value of a hexadecimal digit, 0 .. 15; -1 for every other byte.
[[nodiscard]] constexpr int hex_digit(char c) noexcept {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// The byte that two hexadecimal digits stand for, 0 .. 255; -1 if either is none.
[[nodiscard]] constexpr int hex_byte(char high, char low) noexcept {
  const int high_digit = hex_digit(high);
  const int low_digit = hex_digit(low);
  return high_digit < 0 || low_digit < 0 ? -1 : high_digit * 16 + low_digit;
}

}  // namespace assay::base

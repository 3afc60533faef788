// Hexadecimal digits. RFC 4648 sec 8: read in either case, written in the one that the place asks for.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

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

// The two digits of a byte, the high one first.
[[nodiscard]] constexpr std::array<char, 2> lower_hex(std::uint8_t byte) noexcept {
  constexpr std::string_view kDigits = "0123456789abcdef";
  return {kDigits[byte >> 4], kDigits[byte & 0xf]};
}
[[nodiscard]] constexpr std::array<char, 2> upper_hex(std::uint8_t byte) noexcept {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  return {kDigits[byte >> 4], kDigits[byte & 0xf]};
}

inline void append_lower_hex(std::string& text, char byte) {
  const std::array<char, 2> digits = lower_hex(static_cast<std::uint8_t>(byte));
  text.append(digits.data(), digits.size());
}
inline void append_upper_hex(std::string& text, char byte) {
  const std::array<char, 2> digits = upper_hex(static_cast<std::uint8_t>(byte));
  text.append(digits.data(), digits.size());
}

// All bytes in their order, in lower case.
[[nodiscard]] inline std::string hex_text(std::string_view bytes) {
  std::string text;
  text.reserve(2 * bytes.size());
  for (const char byte : bytes) append_lower_hex(text, byte);
  return text;
}
[[nodiscard]] inline std::string hex_text(std::span<const std::uint8_t> bytes) {
  return hex_text({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
}

// Sixteen digits, the highest first, in lower case.
[[nodiscard]] inline std::string hex_text(std::uint64_t number) {
  std::string text;
  for (int shift = 56; shift >= 0; shift -= 8) append_lower_hex(text, static_cast<char>(number >> shift & 0xff));
  return text;
}

}  // namespace assay::base

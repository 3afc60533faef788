// The bytes of HTTP/1.1: which may stand where. RFC 9110 sec 5.5, 5.6.2; RFC 9112 sec 3.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace assay::server {

// What a byte may be part of; a set of bits.
enum ByteClass : std::uint8_t {
  kTokenByte = 1,    // tchar: method and field name
  kTextByte = 2,     // field value: tab, 0x20-0x7E
  kObsTextByte = 4,  // field value of those fields that may hold 0x80-0xFF
  kTargetByte = 8,   // request target: 0x21-0x7E without "#"
  kHostByte = 16,    // Host: reg-name, IP literal and port, without blanks, "/", "@", "?", "#", "\"
};

namespace detail {

constexpr std::array<std::uint8_t, 256> make_byte_classes() noexcept {
  constexpr std::string_view kTokenMarks = "!#$%&'*+-.^_`|~";
  constexpr std::string_view kHostMarks = "-._~%!$&'()*+,;=:[]";
  std::array<std::uint8_t, 256> classes{};
  for (unsigned byte = 0; byte < 256; ++byte) {
    const char c = static_cast<char>(byte);
    const bool alnum = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
    unsigned bits = 0;
    if (alnum || (c != '\0' && kTokenMarks.find(c) != std::string_view::npos)) bits |= kTokenByte;
    if (alnum || (c != '\0' && kHostMarks.find(c) != std::string_view::npos)) bits |= kHostByte;
    if (byte == '\t' || (byte >= 0x20 && byte <= 0x7E)) bits |= kTextByte;
    if (byte >= 0x80) bits |= kObsTextByte;
    if (byte >= 0x21 && byte <= 0x7E && byte != '#') bits |= kTargetByte;
    classes[byte] = static_cast<std::uint8_t>(bits);
  }
  return classes;
}

inline constexpr std::array<std::uint8_t, 256> kByteClasses = make_byte_classes();

}  // namespace detail

[[nodiscard]] constexpr bool is_byte_of(char c, unsigned classes) noexcept {
  return (detail::kByteClasses[static_cast<unsigned char>(c)] & classes) != 0;
}

// Whether every byte of `text` is of one of the classes (a union of ByteClass bits). True for the empty text.
[[nodiscard]] constexpr bool is_made_of(std::string_view text, unsigned classes) noexcept {
  for (const char c : text) {
    if (!is_byte_of(c, classes)) return false;
  }
  return true;
}

// Whether one of the eight bytes at `bytes` may be < 0x20, > 0x7E or `also`. "No" is certain; "yes" may be said for a
// plain neighbour of such a byte too, so that a table must decide.
[[nodiscard]] inline bool may_be_special(const char* bytes, char also = '\x7f') noexcept {
  constexpr std::uint64_t kOnes = 0x0101010101010101U;
  constexpr std::uint64_t kHigh = 0x8080808080808080U;
  std::uint64_t word = 0;
  std::memcpy(&word, bytes, sizeof word);
  const std::uint64_t del = word ^ (0x7F * kOnes);
  const std::uint64_t other = word ^ (static_cast<unsigned char>(also) * kOnes);
  return ((word | (word - 0x20 * kOnes) | (del - kOnes) | (other - kOnes)) & kHigh) != 0;
}

// As is_made_of, for field values: eight plain bytes (0x20-0x7E) at once. `classes` include kTextByte.
[[nodiscard]] inline bool is_field_value(std::string_view value, unsigned classes) noexcept {
  std::size_t i = 0;
  for (; i + sizeof(std::uint64_t) <= value.size(); i += sizeof(std::uint64_t)) {
    if (may_be_special(value.data() + i) && !is_made_of(value.substr(i, sizeof(std::uint64_t)), classes)) {
      return false;
    }
  }
  return is_made_of(value.substr(i), classes);
}

}  // namespace assay::server

#include "jose/json_grammar.h"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <span>

namespace assay::jose {

namespace {

constexpr std::uint32_t kNoCodePoint = 0xffffffff;

bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }

const char* skip_digits(const char* at, const char* end) noexcept {
  while (end - at >= 8 && are_eight_digits(load_eight(at))) at += 8;
  while (at != end && is_digit(*at)) ++at;
  return at;
}

// What the two-character escape `\c` stands for; NUL if it is none. RFC 8259 sec 7.
char short_escape(char c) noexcept {
  switch (c) {
    case '"':
    case '\\':
    case '/': return c;
    case 'b': return '\b';
    case 'f': return '\f';
    case 'n': return '\n';
    case 'r': return '\r';
    case 't': return '\t';
    default: return '\0';
  }
}

// Reads four hexadecimal digits at `at`; kNoCodePoint if they are not there.
std::uint32_t read_hex4(std::string_view text, std::size_t at) noexcept {
  if (text.size() < at + 4) return kNoCodePoint;
  std::uint32_t value = 0;
  for (const char c : text.substr(at, 4)) {
    const char letter = static_cast<char>(c | 0x20);
    if (is_digit(c)) {
      value = value << 4 | static_cast<std::uint32_t>(c - '0');
    } else if (letter >= 'a' && letter <= 'f') {
      value = value << 4 | static_cast<std::uint32_t>(letter - 'a' + 10);
    } else {
      return kNoCodePoint;
    }
  }
  return value;
}

// Reads the escape whose `u` stands at `at`, and the low half that a high surrogate needs; moves `at` behind it.
// kNoCodePoint for bad digits and surrogates that do not pair.
std::uint32_t read_unicode_escape(std::string_view text, std::size_t& at) noexcept {
  const std::uint32_t unit = read_hex4(text, at + 1);
  at += 5;
  if (unit == kNoCodePoint || unit < 0xd800 || unit > 0xdfff) return unit;
  if (unit > 0xdbff || text.substr(std::min(at, text.size()), 2) != "\\u") return kNoCodePoint;
  const std::uint32_t low = read_hex4(text, at + 2);
  at += 6;
  if (low < 0xdc00 || low > 0xdfff) return kNoCodePoint;
  return 0x10000 + ((unit - 0xd800) << 10) + (low - 0xdc00);
}

// Writes `code_point` as UTF-8 and returns the number of bytes: never more than its escape has characters.
std::size_t write_utf8(std::uint32_t code_point, char* bytes) noexcept {
  const auto continuation = [code_point](unsigned shift) {
    return static_cast<char>(0x80 | ((code_point >> shift) & 0x3f));
  };
  if (code_point < 0x80) {
    bytes[0] = static_cast<char>(code_point);
    return 1;
  }
  if (code_point < 0x800) {
    bytes[0] = static_cast<char>(0xc0 | code_point >> 6);
    bytes[1] = continuation(0);
    return 2;
  }
  if (code_point < 0x10000) {
    bytes[0] = static_cast<char>(0xe0 | code_point >> 12);
    bytes[1] = continuation(6);
    bytes[2] = continuation(0);
    return 3;
  }
  bytes[0] = static_cast<char>(0xf0 | code_point >> 18);
  bytes[1] = continuation(12);
  bytes[2] = continuation(6);
  bytes[3] = continuation(0);
  return 4;
}

}  // namespace

bool is_json_number(std::string_view text) noexcept {
  const char* at = text.data();
  const char* const end = at + text.size();
  if (at != end && *at == '-') ++at;

  const char* const integer = at;
  at = skip_digits(at, end);
  if (at == integer || (*integer == '0' && at - integer > 1)) return false;

  if (at != end && *at == '.') {
    const char* const fraction = ++at;
    at = skip_digits(at, end);
    if (at == fraction) return false;
  }
  if (at != end && (*at == 'e' || *at == 'E')) {
    ++at;
    if (at != end && (*at == '+' || *at == '-')) ++at;
    const char* const exponent = at;
    at = skip_digits(at, end);
    if (at == exponent) return false;
  }
  return at == end;
}

Expected<std::string_view> unescape_json(std::string_view body, base::Arena& arena) noexcept {
  const std::span<char> room = arena.take<char>(body.size());
  if (room.size() != body.size()) return fail(ErrorCode::kOverloaded);
  std::size_t written = 0;
  for (std::size_t at = 0; at < body.size();) {
    const std::size_t plain_end = std::min(body.find('\\', at), body.size());
    std::memcpy(room.data() + written, body.data() + at, plain_end - at);
    written += plain_end - at;
    at = plain_end + 1;
    if (plain_end == body.size()) break;
    if (at == body.size()) return fail(ErrorCode::kBadJson);

    if (const char plain = short_escape(body[at]); plain != '\0') {
      room[written++] = plain;
      ++at;
      continue;
    }
    const std::uint32_t code_point = body[at] == 'u' ? read_unicode_escape(body, at) : kNoCodePoint;
    if (code_point == kNoCodePoint) return fail(ErrorCode::kBadJson);
    written += write_utf8(code_point, room.data() + written);
  }
  const std::span<char> text = arena.shrink(room, written);
  return std::string_view(text.data(), text.size());
}

}  // namespace assay::jose

#include "server/basic_credentials.h"

#include <cstddef>
#include <cstdint>
#include <span>

#include "server/form_body.h"
#include "server/http.h"

namespace assay::server {
namespace {

constexpr std::string_view kScheme = "Basic";

// The six bits of a character; -1 if it is none of the alphabet. RFC 4648 sec 4.
constexpr int sextet_of(char c) noexcept {
  if (c >= 'A' && c <= 'Z') return c - 'A';
  if (c >= 'a' && c <= 'z') return c - 'a' + 26;
  if (c >= '0' && c <= '9') return c - '0' + 52;
  if (c == '+') return 62;
  if (c == '/') return 63;
  return -1;
}

std::optional<std::string_view> decode_base64(std::string_view text, base::Arena& arena) noexcept {
  if (text.empty() || text.size() % 4 != 0) return std::nullopt;
  const std::size_t padding = text.ends_with("==") ? 2 : text.ends_with("=") ? 1 : 0;
  const std::string_view characters = text.substr(0, text.size() - padding);
  const std::span<char> octets = arena.take<char>(text.size() / 4 * 3 - padding);
  if (octets.empty()) return std::nullopt;
  std::uint32_t bits = 0;
  std::size_t bit_count = 0;
  std::size_t written = 0;
  for (const char c : characters) {
    const int sextet = sextet_of(c);
    if (sextet < 0) return std::nullopt;
    bits = bits << 6 | static_cast<std::uint32_t>(sextet);
    bit_count += 6;
    if (bit_count < 8) continue;
    bit_count -= 8;
    octets[written++] = static_cast<char>(bits >> bit_count & 0xFF);
  }
  // RFC 4648 sec 3.5: the bits that the last character has too many are zero.
  if ((bits & ((1U << bit_count) - 1)) != 0) return std::nullopt;
  return std::string_view(octets.data(), octets.size());
}

}  // namespace

bool is_basic(std::string_view authorization) noexcept {
  return equals_ignoring_case(authorization.substr(0, authorization.find(' ')), kScheme);
}

std::optional<BasicCredentials> parse_basic(std::string_view authorization, base::Arena& arena) noexcept {
  if (!is_basic(authorization)) return std::nullopt;
  const std::size_t start = authorization.find_first_not_of(' ', kScheme.size());
  if (start == std::string_view::npos) return std::nullopt;
  const std::optional<std::string_view> octets = decode_base64(authorization.substr(start), arena);
  if (!octets) return std::nullopt;
  const std::size_t colon = octets->find(':');
  if (colon == std::string_view::npos) return std::nullopt;
  const auto id = decode_form_text(octets->substr(0, colon), arena);
  const auto secret = decode_form_text(octets->substr(colon + 1), arena);
  if (!id || !secret) return std::nullopt;
  return BasicCredentials{.id = *id, .secret = *secret};
}

}  // namespace assay::server

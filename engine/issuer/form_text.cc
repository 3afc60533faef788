#include "issuer/form_text.h"

#include <cstddef>
#include <cstdint>

#include "base/hex.h"

namespace assay::issuer {
namespace {

constexpr std::string_view kBase64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::string_view kBase64url = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

bool is_form_literal(char c) noexcept {
  const bool is_letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
  return is_letter || (c >= '0' && c <= '9') || c == '*' || c == '-' || c == '.' || c == '_';
}

// The characters of whole and partial groups of three octets, without padding.
std::string encode(std::string_view octets, std::string_view alphabet) {
  std::string text;
  for (std::size_t i = 0; i < octets.size(); i += 3) {
    const std::string_view group = octets.substr(i, 3);
    std::uint32_t bits = 0;
    for (std::size_t k = 0; k < 3; ++k)
      bits = bits << 8 | (k < group.size() ? static_cast<unsigned char>(group[k]) : 0u);
    for (std::size_t k = 0; k <= group.size(); ++k) text += alphabet[bits >> (18 - 6 * k) & 63];
  }
  return text;
}

}  // namespace

void append_form_encoded(std::string& out, std::string_view text) {
  for (const char c : text) {
    if (is_form_literal(c)) {
      out += c;
    } else if (c == ' ') {
      out += '+';
    } else {
      out += '%';
      base::append_upper_hex(out, c);
    }
  }
}

void append_form_member(std::string& out, std::string_view name, std::string_view value) {
  if (!out.empty()) out += '&';
  out.append(name) += '=';
  append_form_encoded(out, value);
}

std::string base64_encode(std::string_view octets) {
  std::string text = encode(octets, kBase64);
  while (text.size() % 4 != 0) text += '=';
  return text;
}

std::string base64url_encode(std::string_view octets) { return encode(octets, kBase64url); }

std::string json_string(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    const auto octet = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      (out += '\\') += c;
    } else if (octet < 0x20) {
      out += "\\u00";
      base::append_upper_hex(out, c);
    } else {
      out += c;
    }
  }
  return out += '"';
}

}  // namespace assay::issuer

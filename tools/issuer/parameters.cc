#include "issuer/parameters.h"

#include <cstddef>

#include "base/arena.h"
#include "jose/json.h"

namespace assay::development {
namespace {

constexpr std::size_t kJsonBodyBytesMax = std::size_t{64} * 1024;
constexpr std::string_view kHexDigits = "0123456789ABCDEF";

// The value of one hexadecimal digit; negative if it is none.
int hex_value(char digit) {
  if (digit >= '0' && digit <= '9') return digit - '0';
  if (digit >= 'a' && digit <= 'f') return digit - 'a' + 10;
  if (digit >= 'A' && digit <= 'F') return digit - 'A' + 10;
  return -1;
}

bool is_unreserved(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' || c == '.' ||
         c == '_' || c == '~';
}

}  // namespace

std::optional<std::string> decode_form_text(std::string_view text) {
  std::string decoded;
  decoded.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '+') {
      decoded += ' ';
    } else if (text[i] != '%') {
      decoded += text[i];
    } else {
      if (text.size() - i < 3) return std::nullopt;
      const int high = hex_value(text[i + 1]);
      const int low = hex_value(text[i + 2]);
      if (high < 0 || low < 0) return std::nullopt;
      decoded += static_cast<char>(high * 16 + low);
      i += 2;
    }
  }
  return decoded;
}

std::string encode_query_text(std::string_view text) {
  std::string encoded;
  for (const char c : text) {
    if (is_unreserved(c)) {
      encoded += c;
    } else {
      const auto octet = static_cast<unsigned char>(c);
      encoded += '%';
      encoded += kHexDigits[octet >> 4];
      encoded += kHexDigits[octet & 15U];
    }
  }
  return encoded;
}

std::optional<Parameters> Parameters::parse_form(std::string_view text) {
  Parameters parameters;
  while (!text.empty()) {
    const std::size_t end = text.find('&');
    const std::string_view pair = text.substr(0, end);
    text = end == std::string_view::npos ? std::string_view{} : text.substr(end + 1);
    if (pair.empty()) continue;
    const std::size_t equals = pair.find('=');
    auto name = decode_form_text(pair.substr(0, equals));
    auto value = decode_form_text(equals == std::string_view::npos ? std::string_view{} : pair.substr(equals + 1));
    if (!name || !value || !parameters.add(*std::move(name), *std::move(value))) return std::nullopt;
  }
  return parameters;
}

std::optional<Parameters> Parameters::parse_json(std::string_view text) {
  if (text.size() > kJsonBodyBytesMax) return std::nullopt;
  std::string padded(text);
  padded.append(jose::kJsonPaddingBytes, ' ');
  base::Arena arena(2 * kJsonBodyBytesMax);
  jose::JsonReader reader(kJsonBodyBytesMax);
  const auto root = reader.read(std::string_view(padded).substr(0, text.size()), arena);
  if (!root) return std::nullopt;
  Parameters parameters;
  for (const jose::JsonValue member : *root) {
    if (member.kind() != JsonKind::kString) return std::nullopt;
    if (!parameters.add(std::string(member.name()), std::string(member.text()))) return std::nullopt;
  }
  return parameters;
}

std::string_view Parameters::get(std::string_view name) const {
  for (const auto& [candidate, value] : values_) {
    if (candidate == name) return value;
  }
  return {};
}

bool Parameters::add(std::string name, std::string value) {
  for (const auto& [candidate, unused] : values_) {
    if (candidate == name) return false;
  }
  values_.emplace_back(std::move(name), std::move(value));
  return true;
}

bool Parameters::merge(const Parameters& other) {
  for (const auto& [name, value] : other.values_) {
    if (!add(name, value)) return false;
  }
  return true;
}

}  // namespace assay::development

#include "issuer/parameters.h"

#include <cstddef>

#include "base/arena.h"
#include "base/hex.h"
#include "jose/json.h"
#include "server/form_body.h"

namespace assay::development {
namespace {

constexpr std::size_t kJsonBodyBytesMax = std::size_t{64} * 1024;

bool is_unreserved(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' || c == '.' ||
         c == '_' || c == '~';
}

}  // namespace

std::string encode_query_text(std::string_view text) {
  std::string encoded;
  for (const char c : text) {
    if (is_unreserved(c)) {
      encoded += c;
    } else {
      encoded += '%';
      base::append_upper_hex(encoded, c);
    }
  }
  return encoded;
}

std::optional<Parameters> Parameters::parse_form(std::string_view text) {
  base::Arena arena(server::form_scratch_bytes(text.size()));
  const auto form = server::Form::parse(text, arena);
  if (!form) return std::nullopt;
  Parameters parameters;
  for (const server::FormParameter& parameter : form->parameters()) {
    parameters.values_.emplace_back(parameter.name, parameter.value);
  }
  return parameters;
}

std::optional<Parameters> Parameters::parse_json(std::string_view text) {
  if (text.size() > kJsonBodyBytesMax) return std::nullopt;
  std::string padded(text);
  padded.append(jose::kJsonPaddingBytes, ' ');
  base::Arena arena(2 * kJsonBodyBytesMax);
  jose::JsonReader reader(kJsonBodyBytesMax);
  const auto root = reader.read({padded.data(), text.size()}, arena);
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

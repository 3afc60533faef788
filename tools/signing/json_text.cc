#include "signing/json_text.h"

#include "base/hex.h"

namespace assay::signing {

std::string json_string(std::string_view text) {
  std::string json = "\"";
  json.reserve(text.size() + 2);
  for (const char c : text) {
    const auto octet = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      json += '\\';
      json += c;
    } else if (octet < 0x20 || octet == 0x7f) {
      json += "\\u00";
      base::append_lower_hex(json, c);
    } else {
      json += c;
    }
  }
  json += '"';
  return json;
}

JsonObject& JsonObject::add(std::string_view name, std::string_view value) {
  return add_json(name, json_string(value));
}

JsonObject& JsonObject::add(std::string_view name, std::int64_t value) { return add_json(name, std::to_string(value)); }

JsonObject& JsonObject::add(std::string_view name, bool value) { return add_json(name, value ? "true" : "false"); }

JsonObject& JsonObject::add_json(std::string_view name, std::string_view json) {
  if (!members_.empty()) members_ += ',';
  members_ += json_string(name);
  members_ += ':';
  members_ += json;
  return *this;
}

std::string JsonObject::text() const { return "{" + members_ + "}"; }

}  // namespace assay::signing

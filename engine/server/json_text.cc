#include "server/json_text.h"

namespace assay::server {

void append_json_string(std::string& json, std::string_view text) {
  constexpr std::string_view kHexDigits = "0123456789abcdef";
  json += '"';
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      json += '\\';
      json += c;
    } else if (byte < 0x20) {
      json += "\\u00";
      json += kHexDigits[byte >> 4];
      json += kHexDigits[byte & 0xf];
    } else {
      json += c;
    }
  }
  json += '"';
}

}  // namespace assay::server

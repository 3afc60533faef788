#include "server/json_text.h"

#include "base/hex.h"

namespace assay::server {

void append_json_string(std::string& json, std::string_view text) {
  json += '"';
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      json += '\\';
      json += c;
    } else if (static_cast<unsigned char>(c) < 0x20) {
      json += "\\u00";
      base::append_lower_hex(json, c);
    } else {
      json += c;
    }
  }
  json += '"';
}

}  // namespace assay::server

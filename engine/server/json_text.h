// Writes JSON strings: the one place of the server that escapes. RFC 8259 sec 7.
#pragma once

#include <string>
#include <string_view>

namespace assay::server {

// Appends `text` as a JSON string with its quotes. '"', '\' and control bytes are escaped; everything else is copied,
// so UTF-8 stays UTF-8.
void append_json_string(std::string& json, std::string_view text);

}  // namespace assay::server

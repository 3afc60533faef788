// What a request says its body is. RFC 9110 sec 8.3.
#pragma once

#include <string_view>

#include "base/http_field.h"
#include "server/http.h"
#include "server/http1_syntax.h"

namespace assay::server {

// Whether the one Content-Type field has this media type, whatever its parameters. No allocation.
[[nodiscard]] inline bool has_media_type(const HttpRequest& request, std::string_view media_type) noexcept {
  if (request.count_field("content-type") != 1) return false;
  const std::string_view value = *request.find_field("content-type");
  return equals_ignoring_case(base::trim_blanks(value.substr(0, value.find(';'))), media_type);
}

}  // namespace assay::server

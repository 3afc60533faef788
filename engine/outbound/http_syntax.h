// What of RFC 9110 the fetcher checks itself before libcurl sees it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "assay/fetcher.h"

namespace assay::outbound {

// Whether a byte of 0x00 to 0x20 or 0x7F occurs.
[[nodiscard]] bool has_blank_or_control(std::string_view text);

// Whether every name is a token and no value holds a control byte: nothing can start another header.
// RFC 9110 sec 5.1, RFC 9110 sec 5.5
[[nodiscard]] bool headers_are_sound(const std::vector<HttpHeader>& headers);

// At most 400 bytes and without control bytes: error texts may quote what a server sent.
[[nodiscard]] std::string one_line(std::string text);

}  // namespace assay::outbound

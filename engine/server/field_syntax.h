// The two smallest productions of HTTP's grammar that more than one file of the decision side asks for.
#pragma once

#include <algorithm>
#include <string_view>

namespace assay::server {

// Whether `c` may occur in a token. RFC 9110 sec 5.6.2.
[[nodiscard]] constexpr bool is_tchar(char c) noexcept {
  const bool alphanumeric = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
  return alphanumeric || std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
}

// Whether `text` is a token: a field name, a method, a cookie name. RFC 9110 sec 5.6.2, RFC 6265 sec 4.1.1.
[[nodiscard]] constexpr bool is_http_token(std::string_view text) noexcept {
  return !text.empty() && std::all_of(text.begin(), text.end(), is_tchar);
}

// Whether every byte is printable ASCII other than the blank: 0x21-0x7E.
[[nodiscard]] constexpr bool is_visible_ascii(std::string_view text) noexcept {
  return std::all_of(text.begin(), text.end(), [](char c) { return c > 0x20 && c < 0x7f; });
}

}  // namespace assay::server

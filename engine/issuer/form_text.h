// Texts of requests to an authorization server: forms and base64.
#pragma once

#include <string>
#include <string_view>

namespace assay::issuer {

// Appends any bytes as a value of application/x-www-form-urlencoded. RFC 6749 appendix B.
void append_form_encoded(std::string& out, std::string_view text);

// Appends "&name=value", without the "&" where `out` is empty; the value is encoded, `name` is taken as it is.
void append_form_member(std::string& out, std::string_view name, std::string_view value);

// Padded base64 of any bytes, as HTTP Basic wants it. RFC 4648 sec 4.
[[nodiscard]] std::string base64_encode(std::string_view octets);

// Base64url of any bytes, without padding. RFC 7515 sec 2.
[[nodiscard]] std::string base64url_encode(std::string_view octets);

// A JSON string with its quotes. `text` is UTF-8 or is none, as it was; control characters and quotes are escaped.
[[nodiscard]] std::string json_string(std::string_view text);

}  // namespace assay::issuer

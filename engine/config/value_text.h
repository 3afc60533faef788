// The small languages inside configuration strings: durations, addresses, token places, URLs, names.
//
// parse_ functions take a whole string or nothing; format_ functions write what parse_ reads.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "assay/policy.h"
#include "assay/settings.h"

namespace assay::config {

// "500ms", "30s", "2m", "24h": up to nine digits and a unit.
[[nodiscard]] std::optional<std::chrono::milliseconds> parse_duration(std::string_view text);
[[nodiscard]] std::string format_duration(std::chrono::microseconds duration);
inline constexpr std::string_view kDurationForm = "a string like \"500ms\", \"30s\", \"2m\" or \"24h\"";

// "tcp://127.0.0.1:8181", "tcp://[::1]:8181", "unix:/run/assay/check.sock". Hosts are numeric; a socket's path is
// absolute and at most 107 bytes (sockaddr_un).
[[nodiscard]] std::optional<Address> parse_address(std::string_view text);
[[nodiscard]] std::string format_address(const Address& address);
inline constexpr std::string_view kAddressForm =
    "\"tcp://127.0.0.1:8181\", \"tcp://[::1]:8181\" (numeric hosts) or \"unix:/run/assay/check.sock\" (an absolute "
    "path)";

// Whether only this machine reaches it: a Unix socket, or an address of 127.0.0.0/8 or ::1.
[[nodiscard]] bool is_local(const Address& address);

// "bearer", "header:NAME", "cookie:NAME", "query:NAME". Header names come out in lower case; Authorization is refused:
// it is "bearer".
[[nodiscard]] std::optional<TokenPlace> parse_token_place(std::string_view text);
[[nodiscard]] std::string format_token_place(const TokenPlace& place);
inline constexpr std::string_view kTokenPlaceForm =
    "\"bearer\", \"header:NAME\" (but Authorization), \"cookie:NAME\" or \"query:NAME\"";

// RFC 7518 sec 3.1 and RFC 8037 sec 3.1 names.
[[nodiscard]] std::optional<Alg> parse_algorithm(std::string_view text);
[[nodiscard]] std::string_view format_algorithm(Alg alg);
[[nodiscard]] bool is_hmac(Alg alg);

// What is wrong with a URL that requests go to; empty if nothing. It must be absolute, of a scheme that is allowed,
// with a host, without user information and fragment, in printable ASCII.
enum class PlainHttp : std::uint8_t { kForbidden, kAllowed };
[[nodiscard]] std::string url_fault(std::string_view url, PlainHttp plain_http);

// RFC 9110 sec 5.6.2.
[[nodiscard]] bool is_http_token(std::string_view text);

// "127.0.0.1" or "::1".
[[nodiscard]] bool is_numeric_host(const std::string& text);

// An issuer's name: 1 to 64 of A-Z a-z 0-9 . _ -
[[nodiscard]] bool is_issuer_name(std::string_view text);
inline constexpr std::string_view kIssuerNameForm = "1 to 64 letters, digits, dots, underscores and hyphens";

// A route's path: "/..." of printable ASCII without "?", "#", "%", "\", an empty or dot segment; "*" only as a final
// "/*".
[[nodiscard]] bool is_route_path(std::string_view text);
inline constexpr std::string_view kRoutePathForm =
    "\"/exact/path\" or \"/prefix/*\", in printable ASCII without ?, #, %, \\, empty segments, \".\" and \"..\"";

}  // namespace assay::config

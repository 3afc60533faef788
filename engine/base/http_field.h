// Values of HTTP fields that more than one part of the engine reads. Every reader is total: what it cannot read counts
// as absent.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "assay/fetcher.h"

namespace assay::base {

// `text` without the spaces and tabs around it. RFC 9110 sec 5.6.3.
[[nodiscard]] constexpr std::string_view trim_blanks(std::string_view text) noexcept {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

// The first field of that name without blanks around it; nothing if there is none. `name` in lower case. The view dies
// with `headers`.
[[nodiscard]] std::optional<std::string_view> find_field(std::span<const HttpHeader> headers,
                                                         std::string_view name) noexcept;

// A larger number of seconds counts as this one.
inline constexpr std::int64_t kDeltaSecondsMax = std::int64_t{1} << 31;

// Digits alone, at least one, as a number of at most kDeltaSecondsMax; nothing for any other text.
//   spec  RFC 9111 sec 1.2.2
[[nodiscard]] std::optional<std::int64_t> parse_delta_seconds(std::string_view text) noexcept;

// Seconds since the epoch of an IMF-fixdate, "Sun, 06 Nov 1994 08:49:37 GMT"; nothing for any other text.
//   spec  RFC 9110 sec 5.6.7
[[nodiscard]] std::optional<std::int64_t> parse_http_date(std::string_view text) noexcept;

// The date in a field of that name; nothing where there is none.
[[nodiscard]] std::optional<std::int64_t> find_date(std::span<const HttpHeader> headers,
                                                    std::string_view name) noexcept;

// How long Retry-After asks to wait, in nanoseconds, in either of its forms. A date is measured from the answer's own
// Date, so that no two clocks are compared; 0 where the field is absent, unreadable, or a date without a Date.
//   spec  RFC 9110 sec 10.2.3
[[nodiscard]] std::int64_t read_retry_after_ns(std::span<const HttpHeader> headers) noexcept;

}  // namespace assay::base

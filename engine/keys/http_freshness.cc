#include "keys/http_freshness.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>

namespace assay::keys {
namespace {

constexpr std::int64_t kNsPerSecond = 1'000'000'000;
// A larger number of seconds counts as this one (RFC 9111 sec 1.2.2 has the same rule).
constexpr std::int64_t kDeltaSecondsMax = std::int64_t{1} << 31;

std::string_view trimmed(std::string_view text) noexcept {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

bool equal_ignoring_case(std::string_view a, std::string_view lower) noexcept {
  return a.size() == lower.size() && std::equal(a.begin(), a.end(), lower.begin(), [](char x, char y) {
           return (x >= 'A' && x <= 'Z' ? static_cast<char>(x - 'A' + 'a') : x) == y;
         });
}

// Digits alone, at least one.
std::optional<std::int64_t> parse_digits(std::string_view text) noexcept {
  if (text.empty() || !std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; })) {
    return std::nullopt;
  }
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc()) return kDeltaSecondsMax;
  return std::min(value, kDeltaSecondsMax);
}

std::optional<std::string_view> find(std::span<const HttpHeader> headers, std::string_view name) noexcept {
  const auto found = std::find_if(headers.begin(), headers.end(), [&](const HttpHeader& h) { return h.name == name; });
  if (found == headers.end()) return std::nullopt;
  return trimmed(found->value);
}

std::optional<std::int64_t> find_date(std::span<const HttpHeader> headers, std::string_view name) noexcept {
  const std::optional<std::string_view> text = find(headers, name);
  return text ? parse_http_date(*text) : std::nullopt;
}

struct CacheControl {
  bool never_fresh = false;
  std::optional<std::int64_t> max_age_s;
};

void read_directive(std::string_view directive, CacheControl& out) noexcept {
  const std::size_t equals = directive.find('=');
  const std::string_view name = trimmed(directive.substr(0, equals));
  if (equal_ignoring_case(name, "no-store") || equal_ignoring_case(name, "no-cache")) out.never_fresh = true;
  if (!equal_ignoring_case(name, "max-age") || equals == std::string_view::npos) return;
  std::string_view value = trimmed(directive.substr(equals + 1));
  if (value.size() >= 2 && value.front() == '"' && value.back() == '"') value = value.substr(1, value.size() - 2);
  const std::optional<std::int64_t> seconds = parse_digits(value);
  // Of several the shortest counts.
  if (seconds) out.max_age_s = std::min(out.max_age_s.value_or(*seconds), *seconds);
}

CacheControl read_cache_control(std::span<const HttpHeader> headers) noexcept {
  CacheControl out;
  for (const HttpHeader& header : headers) {
    if (header.name != "cache-control") continue;
    std::string_view rest = header.value;
    while (!rest.empty()) {
      const std::size_t comma = std::min(rest.find(','), rest.size());
      read_directive(rest.substr(0, comma), out);
      rest.remove_prefix(std::min(comma + 1, rest.size()));
    }
  }
  return out;
}

std::optional<std::int64_t> read_fresh_for_ns(std::span<const HttpHeader> headers) noexcept {
  const CacheControl control = read_cache_control(headers);
  if (control.never_fresh) return 0;
  if (control.max_age_s) {
    const std::optional<std::string_view> age = find(headers, "age");
    const std::int64_t age_s = age ? parse_digits(*age).value_or(0) : 0;
    return std::max<std::int64_t>(0, *control.max_age_s - age_s) * kNsPerSecond;
  }
  if (!find(headers, "expires")) return std::nullopt;
  const std::optional<std::int64_t> expires_s = find_date(headers, "expires");
  if (!expires_s) return 0;
  const std::optional<std::int64_t> date_s = find_date(headers, "date");
  if (!date_s) return std::nullopt;
  return std::clamp<std::int64_t>(*expires_s - *date_s, 0, kDeltaSecondsMax) * kNsPerSecond;
}

std::int64_t read_retry_after_ns(std::span<const HttpHeader> headers) noexcept {
  const std::optional<std::string_view> text = find(headers, "retry-after");
  if (!text) return 0;
  if (const std::optional<std::int64_t> seconds = parse_digits(*text)) return *seconds * kNsPerSecond;
  const std::optional<std::int64_t> until_s = parse_http_date(*text);
  const std::optional<std::int64_t> date_s = find_date(headers, "date");
  if (!until_s || !date_s) return 0;
  return std::clamp<std::int64_t>(*until_s - *date_s, 0, kDeltaSecondsMax) * kNsPerSecond;
}

// Visible ASCII: anything else could not be sent back as one header.
bool is_sendable(std::string_view text) noexcept {
  return text.size() <= kValidatorBytesMax &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= 0x20 && c < 0x7F; });
}

// Two digits at `at`, within bounds; -1 otherwise.
int two_digits(std::string_view text, std::size_t at, int lowest, int highest) noexcept {
  const std::optional<std::int64_t> value = parse_digits(text.substr(at, 2));
  return value && *value >= lowest && *value <= highest ? static_cast<int>(*value) : -1;
}

}  // namespace

std::optional<std::int64_t> parse_http_date(std::string_view text) noexcept {
  constexpr std::array<std::string_view, 12> kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                        "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  // "Sun, 06 Nov 1994 08:49:37 GMT": the separators stand at fixed places.
  constexpr std::string_view kForm = "???, ?? ??? ???? ??:??:?? GMT";
  if (text.size() != kForm.size()) return std::nullopt;
  for (std::size_t i = 0; i < kForm.size(); ++i) {
    if (kForm[i] != '?' && kForm[i] != text[i]) return std::nullopt;
  }
  const auto month = std::find(kMonths.begin(), kMonths.end(), text.substr(8, 3));
  const std::optional<std::int64_t> year = parse_digits(text.substr(12, 4));
  const int day = two_digits(text, 5, 1, 31);
  const int hour = two_digits(text, 17, 0, 23);
  const int minute = two_digits(text, 20, 0, 59);
  const int second = two_digits(text, 23, 0, 60);
  if (month == kMonths.end() || !year || day < 0 || hour < 0 || minute < 0 || second < 0) return std::nullopt;
  const std::chrono::year_month_day date(std::chrono::year(static_cast<int>(*year)),
                                         std::chrono::month(static_cast<unsigned>(month - kMonths.begin()) + 1),
                                         std::chrono::day(static_cast<unsigned>(day)));
  if (!date.ok()) return std::nullopt;
  const std::int64_t days = std::chrono::sys_days(date).time_since_epoch().count();
  return ((days * 24 + hour) * 60 + minute) * 60 + second;
}

HttpFreshness read_http_freshness(std::span<const HttpHeader> headers) {
  HttpFreshness out;
  out.fresh_for_ns = read_fresh_for_ns(headers);
  out.retry_after_ns = read_retry_after_ns(headers);
  const std::string_view etag = find(headers, "etag").value_or("");
  if (is_sendable(etag)) out.etag = etag;
  const std::string_view modified = find(headers, "last-modified").value_or("");
  if (parse_http_date(modified)) out.last_modified = modified;
  return out;
}

}  // namespace assay::keys

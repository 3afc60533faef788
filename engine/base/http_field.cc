#include "base/http_field.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>

namespace assay::base {
namespace {

constexpr std::int64_t kNsPerSecond = 1'000'000'000;

// Two digits at `at`, within bounds; -1 otherwise.
int two_digits(std::string_view text, std::size_t at, int lowest, int highest) noexcept {
  const std::optional<std::int64_t> value = parse_delta_seconds(text.substr(at, 2));
  return value && *value >= lowest && *value <= highest ? static_cast<int>(*value) : -1;
}

}  // namespace

std::optional<std::string_view> find_field(std::span<const HttpHeader> headers, std::string_view name) noexcept {
  const auto found = std::find_if(headers.begin(), headers.end(), [&](const HttpHeader& h) { return h.name == name; });
  if (found == headers.end()) return std::nullopt;
  return trim_blanks(found->value);
}

std::optional<std::int64_t> parse_delta_seconds(std::string_view text) noexcept {
  if (text.empty() || !std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; })) {
    return std::nullopt;
  }
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc()) return kDeltaSecondsMax;
  return std::min(value, kDeltaSecondsMax);
}

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
  const std::optional<std::int64_t> year = parse_delta_seconds(text.substr(12, 4));
  const int day = two_digits(text, 5, 1, 31);
  const int hour = two_digits(text, 17, 0, 23);
  const int minute = two_digits(text, 20, 0, 59);
  const int second = two_digits(text, 23, 0, 60);
  if (month == kMonths.end() || !year || day < 0 || hour < 0 || minute < 0 || second < 0) return std::nullopt;
  const std::chrono::year_month_day date(std::chrono::year(static_cast<int>(*year)),
                                         std::chrono::month(static_cast<unsigned>(month - kMonths.begin()) + 1),
                                         std::chrono::day(static_cast<unsigned>(day)));
  if (!date.ok()) return std::nullopt;
  const std::int64_t days = std::chrono::sys_days{date}.time_since_epoch().count();
  return ((days * 24 + hour) * 60 + minute) * 60 + second;
}

std::optional<std::int64_t> find_date(std::span<const HttpHeader> headers, std::string_view name) noexcept {
  const std::optional<std::string_view> text = find_field(headers, name);
  return text ? parse_http_date(*text) : std::nullopt;
}

std::int64_t read_retry_after_ns(std::span<const HttpHeader> headers) noexcept {
  const std::optional<std::string_view> text = find_field(headers, "retry-after");
  if (!text) return 0;
  if (const std::optional<std::int64_t> seconds = parse_delta_seconds(*text)) return *seconds * kNsPerSecond;
  const std::optional<std::int64_t> until_s = parse_http_date(*text);
  const std::optional<std::int64_t> date_s = find_date(headers, "date");
  if (!until_s || !date_s) return 0;
  return std::clamp<std::int64_t>(*until_s - *date_s, 0, kDeltaSecondsMax) * kNsPerSecond;
}

}  // namespace assay::base

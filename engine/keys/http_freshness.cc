#include "keys/http_freshness.h"

#include <algorithm>

#include "base/http_field.h"
#include "base/letter_case.h"

namespace assay::keys {
namespace {

constexpr std::int64_t kNsPerSecond = 1'000'000'000;

struct CacheControl {
  bool never_fresh = false;
  std::optional<std::int64_t> max_age_s;
};

void read_directive(std::string_view directive, CacheControl& out) noexcept {
  const std::size_t equals = directive.find('=');
  const std::string_view name = base::trim_blanks(directive.substr(0, equals));
  if (base::equals_ignoring_case(name, "no-store") || base::equals_ignoring_case(name, "no-cache"))
    out.never_fresh = true;
  if (!base::equals_ignoring_case(name, "max-age") || equals == std::string_view::npos) return;
  std::string_view value = base::trim_blanks(directive.substr(equals + 1));
  if (value.size() >= 2 && value.front() == '"' && value.back() == '"') value = value.substr(1, value.size() - 2);
  const std::optional<std::int64_t> seconds = base::parse_delta_seconds(value);
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
    const std::optional<std::string_view> age = base::find_field(headers, "age");
    const std::int64_t age_s = age ? base::parse_delta_seconds(*age).value_or(0) : 0;
    return std::max<std::int64_t>(0, *control.max_age_s - age_s) * kNsPerSecond;
  }
  if (!base::find_field(headers, "expires")) return std::nullopt;
  const std::optional<std::int64_t> expires_s = base::find_date(headers, "expires");
  if (!expires_s) return 0;
  const std::optional<std::int64_t> date_s = base::find_date(headers, "date");
  if (!date_s) return std::nullopt;
  return std::clamp<std::int64_t>(*expires_s - *date_s, 0, base::kDeltaSecondsMax) * kNsPerSecond;
}

// Visible ASCII: anything else could not be sent back as one header.
bool is_sendable(std::string_view text) noexcept {
  return text.size() <= kValidatorBytesMax &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= 0x20 && c < 0x7F; });
}

}  // namespace

HttpFreshness read_http_freshness(std::span<const HttpHeader> headers) {
  HttpFreshness out;
  out.fresh_for_ns = read_fresh_for_ns(headers);
  out.retry_after_ns = base::read_retry_after_ns(headers);
  const std::string_view etag = base::find_field(headers, "etag").value_or("");
  if (is_sendable(etag)) out.etag = etag;
  const std::string_view modified = base::find_field(headers, "last-modified").value_or("");
  if (base::parse_http_date(modified)) out.last_modified = modified;
  return out;
}

}  // namespace assay::keys

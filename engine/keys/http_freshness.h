// What the headers of a fetched document say of its freshness, its validators and when to come back.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "assay/fetcher.h"

namespace assay::keys {

// Every time is a length, in nanoseconds: the issuer's clock is compared with nothing but itself (its Date header).
struct HttpFreshness {
  // From Cache-Control max-age less Age, else Expires less Date; 0: stale at once (no-store, no-cache, an Expires that
  // is no date). Nothing: the answer does not say.
  std::optional<std::int64_t> fresh_for_ns;
  // base::read_retry_after_ns()
  std::int64_t retry_after_ns = 0;
  std::string etag;           // empty if absent or over kValidatorBytesMax
  std::string last_modified;  // empty if absent or no date
};

// Longest ETag that is sent back, in bytes.
inline constexpr std::size_t kValidatorBytesMax = 256;

// Reads response headers, names in lower case. What cannot be read counts as absent.
//   spec  RFC 9111 sec 4.2.1, 5.1, 5.2.2, 5.3; RFC 9110 sec 8.8, 10.2.3
[[nodiscard]] HttpFreshness read_http_freshness(std::span<const HttpHeader> headers);

}  // namespace assay::keys

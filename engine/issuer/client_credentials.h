// A bearer token of Assay's own, for introspection endpoints that want one: the request and the answer.
// RFC 6749 sec 4.4.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "assay/fetcher.h"
#include "assay/policy.h"

namespace assay::issuer {

// Builds the POST to policy.token_url, without the client's authentication and with allow_plain_http false.
[[nodiscard]] FetchRequest make_token_request(const OpaquePolicy& policy);

struct OwnToken {
  std::string text;
  std::optional<std::int64_t> life_us;  // since the answer; nothing if the server does not say
};

// Reads a token endpoint's answer; nothing if it holds no token that can be sent: no JSON object, `access_token` no
// b64token of at most kOwnTokenBytesMax, `token_type` not Bearer (RFC 6749 sec 7.1; case does not matter), or
// `expires_in` no number of seconds.
[[nodiscard]] std::optional<OwnToken> parse_token_answer(std::string_view body);

// How long a token is used after it came, in nanoseconds: until a quarter of its life, but at most 30 s, is left; five
// minutes where nobody says how long it lives; at most a day.
[[nodiscard]] std::int64_t use_of_own_token_ns(const OwnToken& token) noexcept;

}  // namespace assay::issuer

// Reads the credentials of HTTP Basic as OAuth clients send them. RFC 7617 sec 2, RFC 6749 sec 2.3.1.
#pragma once

#include <optional>
#include <string_view>

#include "base/arena.h"

namespace assay::server {

struct BasicCredentials {
  std::string_view id;
  std::string_view secret;
};

// Whether an Authorization field is of the scheme Basic, in any case.
[[nodiscard]] bool is_basic(std::string_view authorization) noexcept;

// Undoes base64 (padded, in its one form: no stray bits, nothing behind the padding), splits at the first ":" and
// undoes the form encoding of both sides.
//
//   arena    takes at most 3/4 of the field's size for the octets and as much again for what was escaped
//   returns  views of `arena`; nothing if the field is not such credentials or `arena` has no room
//   cost     one pass, no allocation
[[nodiscard]] std::optional<BasicCredentials> parse_basic(std::string_view authorization, base::Arena& arena) noexcept;

}  // namespace assay::server

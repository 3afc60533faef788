// Finds the token of a request where its listener says that one may be.
//
// Exactly one token is looked for, never the first of several: what one program of a chain reads as the first, the next
// reads as the last. Only the listener's own places are looked at.
//
//   bearer   the Authorization field's credentials where the scheme is Bearer, in any case, followed by one or more
//            blanks (RFC 7235 sec 2.1). Another scheme is no token
//   header   the whole value of the field
//   cookie   the value of the cookie, taken as it is. The Cookie field must read as pairs separated by "; "
//            (RFC 6265 sec 4.2.1), and a value that opens a double quote must close it before the next ";"
//   query    the value of the parameter. Parts end at "&" and ";"; "%XX" is decoded in names and in the value;
//            "+" stays what it is, because a token has no blanks
//
// An empty value is no token. A field, cookie or parameter that occurs twice is refused even so.
#pragma once

#include <span>
#include <string_view>

#include "assay/expected.h"
#include "assay/settings.h"
#include "base/arena.h"
#include "server/http.h"

namespace assay::server {

// Where a token is looked for.
struct TokenSource {
  std::span<const HttpField> fields;  // of the request itself, whatever the listener's mode
  std::string_view target;            // of the judged request: a query token is part of what is judged
};

// Finds the one token. Its alphabet and length are the engine's business; here it is bytes between delimiters.
//
//   places    the listener's; at least one, none twice
//   scratch   takes at most kTokenBytesMax bytes for each query place, only where a value has "%"
//   returns   1 or more bytes of `source` or of `scratch`
//   errors    kMissingToken    no place has one
//             kMultipleTokens  two places have one; a field, cookie or parameter repeats; a value is a comma list
//             kMalformedToken  "Bearer" is not followed by a blank; the Cookie field is none; "%" without two hex
//             digits kTokenTooLong    more than kTokenBytesMax bytes once "%XX" is decoded kOverloaded      `scratch`
//             is used up
//   cost      linear in the fields and the query for each place, no allocation
//   spec      RFC 6750 sec 2
[[nodiscard]] Expected<std::string_view> find_token(const TokenSource& source, std::span<const TokenPlace> places,
                                                    base::Arena& scratch) noexcept;

}  // namespace assay::server

// Authorization server metadata: which URLs to ask and what the answer must say. RFC 8414, OpenID Connect
// Discovery 1.0.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "assay/expected.h"

namespace assay::issuer {

// The URLs where an issuer's metadata may be, best first (RFC 8414 sec 3.1 inserts the well-known part before the
// issuer's path; OpenID appends it):
//   https://a.example/t1 -> https://a.example/.well-known/oauth-authorization-server/t1
//                           https://a.example/t1/.well-known/openid-configuration
//                           https://a.example/.well-known/openid-configuration/t1
//                           https://a.example/t1/.well-known/oauth-authorization-server
// Empty if `issuer` is no http(s) URL, or has a query or fragment.
[[nodiscard]] std::vector<std::string> metadata_urls(std::string_view issuer);

// Whether a text is an absolute URL of the scheme https or http in lower case, with a host, without user name and
// password, and of the characters that a URL may have. RFC 3986 sec 2, sec 3
[[nodiscard]] bool is_http_url(std::string_view text) noexcept;

struct Metadata {
  std::string jwks_uri;
};

// Reads a metadata document.
//   errors   bad_metadata: no JSON object, `issuer` is not byte for byte `expected_issuer` (RFC 8414 sec 3.3), or
//            `jwks_uri` is absent or no URL of an allowed scheme
[[nodiscard]] Expected<Metadata> parse_metadata(std::string_view document, std::string_view expected_issuer);

// What parse_metadata refuses about the document, for people; empty where it refuses nothing. Of the document it quotes
// the issuer alone, in printable ASCII.
[[nodiscard]] std::string describe_bad_metadata(std::string_view document, std::string_view expected_issuer);

}  // namespace assay::issuer

#include "issuer/discovery.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "assay/limits.h"
#include "base/arena.h"
#include "jose/json.h"

namespace assay::issuer {

namespace {

// An http(s) URL cut where the well-known part goes. Views into the URL.
struct UrlParts {
  std::string_view origin;  // "https://a.example:8443"
  std::string_view rest;    // path, query and fragment: "/t1?x"; may be empty
};

// The characters of RFC 3986 sec 2 that may stand in a URL.
bool is_url_character(char c) noexcept {
  static constexpr std::string_view kNever = "\"<>\\^`{|}";
  return c > ' ' && c <= '~' && kNever.find(c) == std::string_view::npos;
}

// Nothing unless `url` is absolute with the scheme https or http in lower case, a host, and no user name or password.
std::optional<UrlParts> split_http_url(std::string_view url) noexcept {
  std::size_t authority_start = 0;
  for (const std::string_view scheme : {std::string_view("https://"), std::string_view("http://")}) {
    if (url.starts_with(scheme)) authority_start = scheme.size();
  }
  if (authority_start == 0 || !std::all_of(url.begin(), url.end(), is_url_character)) return std::nullopt;
  const std::size_t authority_end = std::min(url.find_first_of("/?#", authority_start), url.size());
  const std::string_view authority = url.substr(authority_start, authority_end - authority_start);
  if (authority.empty() || authority.front() == ':' || authority.find('@') != std::string_view::npos) {
    return std::nullopt;
  }
  return UrlParts{.origin = url.substr(0, authority_end), .rest = url.substr(authority_end)};
}

std::string joined(std::string_view a, std::string_view b, std::string_view c) {
  std::string text;
  text.reserve(a.size() + b.size() + c.size());
  return text.append(a).append(b).append(c);
}

// A member that is an http(s) URL; nothing if it is absent or anything else.
std::optional<std::string> read_url(jose::JsonValue root, std::string_view name) {
  const jose::JsonValue::Found member = root.find(name);
  if (!member) return std::nullopt;
  if (member.value.kind() != JsonKind::kString || !split_http_url(member.value.text())) return std::nullopt;
  return std::string(member.value.text());
}

}  // namespace

std::vector<std::string> metadata_urls(std::string_view issuer) {
  static constexpr std::string_view kOauth = "/.well-known/oauth-authorization-server";
  static constexpr std::string_view kOpenid = "/.well-known/openid-configuration";
  const std::optional<UrlParts> parts = split_http_url(issuer);
  if (!parts || parts->rest.find_first_of("?#") != std::string_view::npos) return {};
  std::string_view path = parts->rest;
  if (path.ends_with('/')) path.remove_suffix(1);  // RFC 8414 sec 3.1
  std::vector<std::string> urls{joined(parts->origin, kOauth, path), joined(parts->origin, path, kOpenid)};
  if (!path.empty()) {
    urls.push_back(joined(parts->origin, kOpenid, path));
    urls.push_back(joined(parts->origin, path, kOauth));
  }
  return urls;
}

Expected<Metadata> parse_metadata(std::string_view document, std::string_view expected_issuer) {
  if (document.size() > kMetadataBytesMax) return fail(ErrorCode::kBadMetadata, kMetadataBytesMax);
  std::string text;
  text.reserve(document.size() + jose::kJsonPaddingBytes);
  text.append(document).append(jose::kJsonPaddingBytes, '\0');
  base::Arena arena(document.size());
  jose::JsonReader reader(document.size());
  const Expected<jose::JsonValue> root = reader.read(std::string_view{text}.substr(0, document.size()), arena);
  if (!root) return fail(ErrorCode::kBadMetadata, root.error().offset);
  const jose::JsonValue::Found issuer = root->find("issuer");
  const bool is_expected = issuer && issuer.value.kind() == JsonKind::kString && issuer.value.text() == expected_issuer;
  if (!is_expected) return fail(ErrorCode::kBadMetadata);
  std::optional<std::string> jwks_uri = read_url(*root, "jwks_uri");
  if (!jwks_uri) return fail(ErrorCode::kBadMetadata);
  return Metadata{.jwks_uri = std::move(*jwks_uri)};
}

}  // namespace assay::issuer

#include "issuer/discovery.h"

#include <algorithm>
#include <cstdint>
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

// What is wrong with a metadata document, the first in this order.
enum class MetadataFault : std::uint8_t { kNone, kTooLong, kNoJson, kNoIssuer, kOtherIssuer, kNoJwksUri, kBadJwksUri };

struct MetadataFinding {
  MetadataFault fault = MetadataFault::kNone;
  std::uint32_t offset = 0;  // kTooLong, kNoJson
  std::string issuer;        // the document's, where it has one
  std::string jwks_uri;      // likewise
};

// The text of a string member; nothing if it is absent or anything else.
std::optional<std::string> read_text(jose::JsonValue root, std::string_view name) {
  const jose::JsonValue::Found member = root.find(name);
  if (!member || member.value.kind() != JsonKind::kString) return std::nullopt;
  return std::string(member.value.text());
}

void read_members(jose::JsonValue root, std::string_view expected_issuer, MetadataFinding& finding) {
  const std::optional<std::string> issuer = read_text(root, "issuer");
  const std::optional<std::string> jwks_uri = read_text(root, "jwks_uri");
  finding.issuer = issuer.value_or("");
  finding.jwks_uri = jwks_uri.value_or("");
  if (!issuer) {
    finding.fault = MetadataFault::kNoIssuer;
  } else if (*issuer != expected_issuer) {
    finding.fault = MetadataFault::kOtherIssuer;
  } else if (!jwks_uri) {
    finding.fault = MetadataFault::kNoJwksUri;
  } else if (!is_http_url(*jwks_uri)) {
    finding.fault = MetadataFault::kBadJwksUri;
  }
}

MetadataFinding no_document(MetadataFault fault, std::size_t offset) {
  MetadataFinding finding;
  finding.fault = fault;
  finding.offset = static_cast<std::uint32_t>(offset);
  return finding;
}

MetadataFinding read_metadata(std::string_view document, std::string_view expected_issuer) {
  if (document.size() > kMetadataBytesMax) return no_document(MetadataFault::kTooLong, kMetadataBytesMax);
  std::string text;
  text.reserve(document.size() + jose::kJsonPaddingBytes);
  text.append(document).append(jose::kJsonPaddingBytes, '\0');
  base::Arena arena(document.size());
  jose::JsonReader reader(document.size());
  const Expected<jose::JsonValue> root = reader.read(std::string_view{text}.substr(0, document.size()), arena);
  if (!root) return no_document(MetadataFault::kNoJson, root.error().offset);
  MetadataFinding finding;
  read_members(*root, expected_issuer, finding);
  return finding;
}

// What a server sent, fit to be shown: at most 200 bytes of printable ASCII in quotation marks.
std::string quoted(std::string_view text) {
  static constexpr std::size_t kShownBytesMax = 200;
  std::string shown = "\"";
  for (const char c : text.substr(0, kShownBytesMax)) shown += c >= ' ' && c <= '~' ? c : '?';
  return shown + (text.size() > kShownBytesMax ? "...\"" : "\"");
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

bool is_http_url(std::string_view text) noexcept { return split_http_url(text).has_value(); }

Expected<Metadata> parse_metadata(std::string_view document, std::string_view expected_issuer) {
  MetadataFinding finding = read_metadata(document, expected_issuer);
  if (finding.fault != MetadataFault::kNone) return fail(ErrorCode::kBadMetadata, finding.offset);
  return Metadata{.jwks_uri = std::move(finding.jwks_uri)};
}

std::string describe_bad_metadata(std::string_view document, std::string_view expected_issuer) {
  const MetadataFinding finding = read_metadata(document, expected_issuer);
  switch (finding.fault) {
    case MetadataFault::kNone: return {};
    case MetadataFault::kTooLong: return "longer than " + std::to_string(kMetadataBytesMax) + " bytes";
    case MetadataFault::kNoJson: return "no JSON object (byte " + std::to_string(finding.offset) + ")";
    case MetadataFault::kNoIssuer: return "it has no issuer";
    case MetadataFault::kOtherIssuer:
      return "its issuer is " + quoted(finding.issuer) + ", not " + quoted(expected_issuer);
    case MetadataFault::kNoJwksUri: return "it has no jwks_uri";
    case MetadataFault::kBadJwksUri: return "its jwks_uri is no absolute http(s) URL without user information";
  }
  return {};
}

}  // namespace assay::issuer

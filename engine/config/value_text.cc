#include "config/value_text.h"

#include <algorithm>
#include <arpa/inet.h>
#include <array>
#include <charconv>
#include <utility>

#include "base/letter_case.h"

namespace assay::config {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr std::size_t kDurationDigitsMax = 9;
constexpr std::size_t kUnixPathBytesMax = 107;
constexpr std::size_t kUrlBytesMax = 2048;
constexpr std::size_t kIssuerNameBytesMax = 64;

constexpr std::array<std::pair<std::string_view, milliseconds>, 4> kUnits{
    {{"h", hours(1)}, {"m", minutes(1)}, {"s", seconds(1)}, {"ms", milliseconds(1)}}};

constexpr std::array<std::string_view, kAlgCount> kAlgorithmNames{"RS256", "RS384", "RS512", "PS256", "PS384",
                                                                  "PS512", "ES256", "ES384", "ES512", "EdDSA",
                                                                  "HS256", "HS384", "HS512"};

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_alphanumeric(char c) { return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_unreserved(char c) { return is_alphanumeric(c) || c == '-' || c == '.' || c == '_' || c == '~'; }
bool is_visible(char c) { return c > 0x20 && c < 0x7f; }

bool all_of(std::string_view text, bool (*accepts)(char)) { return std::all_of(text.begin(), text.end(), accepts); }

std::optional<std::uint16_t> parse_port(std::string_view text) {
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return port;
}

bool is_address_of(int family, const std::string& text) {
  std::array<unsigned char, sizeof(in6_addr)> bytes{};
  return inet_pton(family, text.c_str(), bytes.data()) == 1;
}

std::optional<Address> parse_tcp_address(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  const std::optional<std::uint16_t> port = parse_port(text.substr(colon + 1));
  std::string_view host = text.substr(0, colon);
  const bool bracketed = host.size() > 2 && host.front() == '[' && host.back() == ']';
  if (bracketed) host = host.substr(1, host.size() - 2);
  if (!port || !is_address_of(bracketed ? AF_INET6 : AF_INET, std::string(host))) return std::nullopt;
  Address address;
  address.kind = Address::Kind::kTcp;
  address.host = host;
  address.port = *port;
  return address;
}

bool drop_prefix(std::string_view& text, std::string_view prefix) {
  if (!text.starts_with(prefix)) return false;
  text.remove_prefix(prefix.size());
  return true;
}

std::optional<TokenPlace> named_place(TokenPlace::Kind kind, std::string name) {
  const bool names_bearer = kind == TokenPlace::Kind::kHeader && name == "authorization";
  if (!is_http_token(name) || names_bearer) return std::nullopt;
  return TokenPlace{.kind = kind, .name = std::move(name)};
}

bool is_plain_segment(std::string_view segment) { return !segment.empty() && segment != "." && segment != ".."; }

}  // namespace

std::optional<milliseconds> parse_duration(std::string_view text) {
  const auto unit_at = static_cast<std::size_t>(std::find_if_not(text.begin(), text.end(), is_digit) - text.begin());
  if (unit_at == 0 || unit_at > kDurationDigitsMax) return std::nullopt;
  std::int64_t count = 0;
  std::from_chars(text.data(), text.data() + unit_at, count);
  for (const auto& [name, unit] : kUnits) {
    if (text.substr(unit_at) == name) return count * unit;
  }
  return std::nullopt;
}

std::string format_duration(std::chrono::microseconds duration) {
  const auto whole = std::chrono::duration_cast<milliseconds>(duration);
  if (whole.count() == 0) return "0s";
  for (const auto& [name, unit] : kUnits) {
    if (whole % unit == milliseconds(0)) return std::to_string(whole / unit).append(name);
  }
  return "";
}

std::optional<Address> parse_address(std::string_view text) {
  if (drop_prefix(text, "tcp://")) return parse_tcp_address(text);
  if (!drop_prefix(text, "unix:")) return std::nullopt;
  if (!text.starts_with('/') || text.size() > kUnixPathBytesMax || !all_of(text, is_visible)) return std::nullopt;
  Address address;
  address.kind = Address::Kind::kUnix;
  address.path = text;
  return address;
}

std::string format_address(const Address& address) {
  if (address.kind == Address::Kind::kUnix) return "unix:" + address.path;
  const bool is_v6 = address.host.find(':') != std::string::npos;
  return "tcp://" + (is_v6 ? "[" + address.host + "]" : address.host) + ":" + std::to_string(address.port);
}

bool is_local(const Address& address) {
  if (address.kind == Address::Kind::kUnix || address.host.starts_with("127.")) return true;
  in6_addr v6{};
  return inet_pton(AF_INET6, address.host.c_str(), &v6) == 1 && IN6_IS_ADDR_LOOPBACK(&v6);
}

std::optional<TokenPlace> parse_token_place(std::string_view text) {
  if (text == "bearer") return TokenPlace{};
  if (drop_prefix(text, "header:")) return named_place(TokenPlace::Kind::kHeader, base::to_lower(text));
  if (drop_prefix(text, "cookie:")) return named_place(TokenPlace::Kind::kCookie, std::string(text));
  // Names that need no percent-encoding: RFC 3986 sec 2.3.
  if (drop_prefix(text, "query:") && all_of(text, is_unreserved)) {
    return named_place(TokenPlace::Kind::kQuery, std::string(text));
  }
  return std::nullopt;
}

std::string format_token_place(const TokenPlace& place) {
  switch (place.kind) {
    case TokenPlace::Kind::kBearer: return "bearer";
    case TokenPlace::Kind::kHeader: return "header:" + place.name;
    case TokenPlace::Kind::kCookie: return "cookie:" + place.name;
    case TokenPlace::Kind::kQuery: return "query:" + place.name;
  }
  return "";
}

std::optional<Alg> parse_algorithm(std::string_view text) {
  const auto* const found = std::find(kAlgorithmNames.begin(), kAlgorithmNames.end(), text);
  if (found == kAlgorithmNames.end()) return std::nullopt;
  return static_cast<Alg>(found - kAlgorithmNames.begin());
}

std::string_view format_algorithm(Alg alg) { return kAlgorithmNames[static_cast<std::size_t>(alg)]; }

bool is_hmac(Alg alg) { return alg == Alg::kHS256 || alg == Alg::kHS384 || alg == Alg::kHS512; }

std::string url_fault(std::string_view url, PlainHttp plain_http) {
  if (url.size() > kUrlBytesMax || !all_of(url, is_visible)) return "holds blanks or other bytes that no URL has";
  if (url.starts_with("http://") && plain_http == PlainHttp::kForbidden) {
    return "is plain http, which needs allow_plain_http = true (development only)";
  }
  if (!drop_prefix(url, "https://") && !drop_prefix(url, "http://")) return "is no https URL";
  if (url.find('#') != std::string_view::npos) return "holds a fragment (#)";
  const std::string_view authority = url.substr(0, url.find_first_of("/?"));
  if (authority.find('@') != std::string_view::npos) return "holds user information (@)";
  if (authority.empty() || authority.front() == ':') return "has no host";
  return "";
}

bool is_http_token(std::string_view text) {
  return !text.empty() && all_of(text, [](char c) {
    constexpr std::string_view kMarks = "!#$%&'*+-.^_`|~";
    return is_alphanumeric(c) || kMarks.find(c) != std::string_view::npos;
  });
}

bool is_numeric_host(const std::string& text) { return is_address_of(AF_INET, text) || is_address_of(AF_INET6, text); }

bool is_issuer_name(std::string_view text) {
  return !text.empty() && text.size() <= kIssuerNameBytesMax &&
         all_of(text, [](char c) { return is_alphanumeric(c) || c == '.' || c == '_' || c == '-'; });
}

bool is_route_path(std::string_view text) {
  if (!text.starts_with('/') || !all_of(text, is_visible)) return false;
  if (text == "/" || text == "/*") return true;
  if (text.ends_with("/*")) text.remove_suffix(2);
  if (text.find_first_of("?#%\\*") != std::string_view::npos) return false;
  if (text.size() > 1 && text.ends_with('/')) text.remove_suffix(1);
  while (!text.empty()) {
    text.remove_prefix(1);
    const std::string_view segment = text.substr(0, text.find('/'));
    if (!is_plain_segment(segment)) return false;
    text.remove_prefix(segment.size());
  }
  return true;
}

}  // namespace assay::config

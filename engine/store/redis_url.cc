#include "store/redis_url.h"

#include <algorithm>
#include <charconv>

#include "base/hex.h"

namespace assay::store {
namespace {

constexpr std::string_view kScheme = "redis://";
constexpr std::string_view kTlsScheme = "rediss://";
constexpr std::uint32_t kDatabaseMax = 9999;

// The text before the first `mark`, which is taken off `rest` together with the mark.
std::string_view cut_at(std::string_view& rest, char mark) {
  const std::size_t at = std::min(rest.find(mark), rest.size());
  const std::string_view head = rest.substr(0, at);
  rest.remove_prefix(std::min(at + 1, rest.size()));
  return head;
}

template <class Number>
std::optional<Number> number_of(std::string_view text) {
  Number number{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (text.empty() || error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

bool decode_percent(std::string_view text, std::string& decoded) {
  decoded.clear();
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      decoded.push_back(text[i]);
      continue;
    }
    const int byte = text.size() - i < 3 ? -1 : base::hex_byte(text[i + 1], text[i + 2]);
    if (byte < 0) return false;
    decoded.push_back(static_cast<char>(byte));
    i += 2;
  }
  return true;
}

std::optional<RedisServer> server_of(std::string_view text) {
  RedisServer server;
  const std::size_t host_end = text.starts_with('[') ? text.find(']') : text.find(':');
  if (text.starts_with('[')) {
    if (host_end == std::string_view::npos) return std::nullopt;
    server.host = text.substr(1, host_end - 1);
    text.remove_prefix(host_end + 1);
  } else {
    server.host = text.substr(0, host_end);
    text.remove_prefix(server.host.size());
  }
  if (server.host.empty()) return std::nullopt;
  if (text.empty()) return server;
  const std::optional<std::uint16_t> port = number_of<std::uint16_t>(text.substr(1));
  if (text.front() != ':' || !port || *port == 0) return std::nullopt;
  server.port = *port;
  return server;
}

const char* read_credentials(std::string_view text, RedisSettings& settings) {
  const std::string_view user = cut_at(text, ':');
  if (!decode_percent(user, settings.user) || !decode_percent(text, settings.password)) {
    return "user or password has a '%' that two hexadecimal digits do not follow";
  }
  return nullptr;
}

const char* read_servers(std::string_view text, RedisSettings& settings) {
  do {
    const std::optional<RedisServer> server = server_of(cut_at(text, ','));
    if (!server) return "a server is HOST, HOST:PORT or [IPV6]:PORT";
    settings.servers.push_back(*server);
  } while (!text.empty());
  return nullptr;
}

const char* read_path(std::string_view text, RedisSettings& settings) {
  if (text.empty()) return nullptr;
  std::string_view rest = text;
  const std::string_view first = cut_at(rest, '/');
  if (const auto database = number_of<std::uint32_t>(first); database) {
    if (*database > kDatabaseMax) return "the database is 0 to 9999";
    settings.database = *database;
    text = rest;
  }
  if (text.empty()) return nullptr;
  if (text.find('/') != std::string_view::npos) return "the path is /DATABASE, /PREFIX or /DATABASE/PREFIX";
  const bool fits = decode_percent(text, settings.prefix) && settings.prefix.size() <= kRedisPrefixBytesMax;
  return fits ? nullptr : "the prefix has at most 128 bytes, and two hexadecimal digits after each '%'";
}

const char* read_url(std::string_view url, RedisSettings& settings) {
  if (url.starts_with(kTlsScheme)) {
    return "rediss:// asks for TLS, which this build has not: use redis:// over a private network or a tunnel";
  }
  if (!url.starts_with(kScheme)) return "it begins with redis://";
  url.remove_prefix(kScheme.size());
  if (url.find_first_of("?# ") != std::string_view::npos) return "it has no query, no fragment and no blanks";
  std::string_view authority = cut_at(url, '/');
  if (const std::size_t at = authority.rfind('@'); at != std::string_view::npos) {
    if (const char* fault = read_credentials(authority.substr(0, at), settings); fault != nullptr) return fault;
    authority.remove_prefix(at + 1);
  }
  if (const char* fault = read_servers(authority, settings); fault != nullptr) return fault;
  return read_path(url, settings);
}

}  // namespace

std::optional<RedisSettings> parse_redis_url(std::string_view url, std::string& complaint) {
  RedisSettings settings;
  if (const char* fault = read_url(url, settings); fault != nullptr) {
    complaint = fault;
    return std::nullopt;
  }
  complaint.clear();
  return settings;
}

}  // namespace assay::store

// Where a fleet's Redis is and how this node presents itself to it.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace assay::store {

struct RedisServer {
  std::string host;
  std::uint16_t port = 6379;

  friend bool operator==(const RedisServer&, const RedisServer&) = default;
};

struct RedisSettings {
  std::vector<RedisServer> servers;  // tried in this order whenever a connection is made
  std::string user;                  // empty: Redis's default user
  std::string password;              // empty: none is sent
  std::uint32_t database = 0;
  std::string prefix = "assay";  // of every key
  // How long a connection, and the answer to any command, may take; an append waits for the fleet at most about twice
  // as long.
  std::chrono::milliseconds reply_timeout{1000};
  // The stream keeps about this many entries, or twice as many as this node holds records, whichever is more.
  std::uint64_t stream_length_min = 1'000'000;
};

inline constexpr std::size_t kRedisPrefixBytesMax = 128;

// Reads redis://[USER[:PASSWORD]@]HOST[:PORT][,HOST[:PORT]...][/DATABASE][/PREFIX]. User, password and prefix may be
// percent-encoded; a host is a name, an IPv4 address or an IPv6 address in brackets. A first segment of the path that
// is a number is the database. rediss:// is refused: this build reaches Redis without TLS alone.
//
//   returns  nothing where `url` is wrong; then `complaint` says why, and repeats no part of `url`, for it may hold a
//            password
[[nodiscard]] std::optional<RedisSettings> parse_redis_url(std::string_view url, std::string& complaint);

}  // namespace assay::store

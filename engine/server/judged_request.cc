#include "server/judged_request.h"

#include <algorithm>
#include <arpa/inet.h>
#include <array>
#include <netinet/in.h>
#include <optional>

#include "server/http1_syntax.h"

namespace assay::server {
namespace {

using Judged = tl::expected<JudgedRequest, Refusal>;

struct ForwardedFields {
  std::string_view method;
  std::string_view target;
};

tl::unexpected<Refusal> refuse(ErrorCode code, std::string_view detail) noexcept {
  return tl::unexpected<Refusal>(Refusal{.code = code, .detail = detail});
}

// The address as getnameinfo spells it, IPv4-mapped IPv6 as IPv4; nothing if it is no address.
std::optional<std::string> canonical_address(const std::string& address) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  in_addr v4{};
  if (inet_pton(AF_INET, address.c_str(), &v4) == 1) {
    return inet_ntop(AF_INET, &v4, text.data(), static_cast<socklen_t>(text.size()));
  }
  in6_addr v6{};
  if (inet_pton(AF_INET6, address.c_str(), &v6) != 1) return std::nullopt;
  if (IN6_IS_ADDR_V4MAPPED(&v6)) {
    constexpr std::size_t kMappedPrefixBytes = 12;
    return inet_ntop(AF_INET, v6.s6_addr + kMappedPrefixBytes, text.data(), static_cast<socklen_t>(text.size()));
  }
  return inet_ntop(AF_INET6, &v6, text.data(), static_cast<socklen_t>(text.size()));
}

// The two views, checked: what the engine is told about never holds a byte that a proxy and a backend may read apart.
Judged check_judged(JudgedRequest judged) noexcept {
  if (judged.method.empty() || !is_made_of(judged.method, kTokenByte)) {
    return refuse(ErrorCode::kAmbiguousPath, "the judged method is no token");
  }
  if (!judged.target.starts_with('/') || !is_made_of(judged.target, kTargetByte)) {
    return refuse(ErrorCode::kAmbiguousPath, "the judged target is no path");
  }
  return judged;
}

Judged read_forwarded(const HttpRequest& request, const PeerTrust& trust, const ForwardedFields& names) noexcept {
  if (!trust.trusts(request.peer)) return refuse(ErrorCode::kNoRoute, "the peer is not one of trusted_peers");
  if (request.count_field(names.method) != 1) {
    return refuse(ErrorCode::kAmbiguousPath, "the proxy must send the method in exactly one field");
  }
  if (request.count_field(names.target) != 1) {
    return refuse(ErrorCode::kAmbiguousPath, "the proxy must send the URI in exactly one field");
  }
  return check_judged({.method = *request.find_field(names.method), .target = *request.find_field(names.target)});
}

}  // namespace

tl::expected<PeerTrust, std::string> PeerTrust::parse(std::span<const std::string> trusted_peers) {
  PeerTrust trust;
  for (const std::string& entry : trusted_peers) {
    if (entry == "unix") {
      trust.unix_ = true;
      continue;
    }
    std::optional<std::string> address = canonical_address(entry);
    if (!address) {
      return tl::unexpected<std::string>("trusted_peers: \"" + entry + "\" is neither a numeric address nor \"unix\"");
    }
    trust.addresses_.push_back(std::move(*address));
  }
  return trust;
}

bool PeerTrust::trusts(const Peer& peer) const noexcept {
  switch (peer.kind) {
    case Peer::Kind::kUnix: return unix_;
    case Peer::Kind::kTcp: return std::find(addresses_.begin(), addresses_.end(), peer.address) != addresses_.end();
  }
  return false;
}

tl::expected<JudgedRequest, Refusal> read_judged_request(const HttpRequest& request, ListenerMode mode,
                                                         const PeerTrust& trust) noexcept {
  switch (mode) {
    case ListenerMode::kExtAuthz: return check_judged({.method = request.method, .target = request.target});
    case ListenerMode::kAuthRequest:
      return read_forwarded(request, trust, {.method = "x-original-method", .target = "x-original-uri"});
    case ListenerMode::kForwardAuth:
      return read_forwarded(request, trust, {.method = "x-forwarded-method", .target = "x-forwarded-uri"});
    case ListenerMode::kIntrospection:
    case ListenerMode::kEvents: break;
  }
  return refuse(ErrorCode::kNoRoute, "the listener's mode judges no requests");
}

}  // namespace assay::server

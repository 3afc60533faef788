// What the sidecar is told beside the policy: listeners, admin, limits of the front end. Plain data.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "assay/limits.h"

namespace assay {

// "tcp://127.0.0.1:8181", "tcp://[::1]:8181" or "unix:/run/assay/check.sock".
struct Address {
  enum class Kind : std::uint8_t { kTcp, kUnix };
  Kind kind = Kind::kTcp;
  std::string host = {};   // kTcp: numeric IPv4 or IPv6, without brackets
  std::uint16_t port = 0;  // 0: any free one
  std::string path = {};   // kUnix
};

// What comes in by a listener: checks, and then whose method and path are judged (docs/sidecar.md), or something else.
enum class ListenerMode : std::uint8_t {
  kExtAuthz,
  kAuthRequest,
  kForwardAuth,
  kIntrospection,  // clients ask about tokens. RFC 7662
  kEvents,         // issuers push security event tokens. RFC 8935
};

// A place of a request where a token may be.
struct TokenPlace {
  enum class Kind : std::uint8_t { kBearer, kHeader, kCookie, kQuery };
  Kind kind = Kind::kBearer;
  std::string name = {};  // kHeader in lower case, kCookie, kQuery
};

// A program that calls the sidecar in its own name. RFC 6749 sec 2.3.1.
struct ClientCredentials {
  std::string id;
  std::string secret;
};

// An identity header beyond the fixed ones: the claim's text.
struct ClaimHeader {
  std::string claim;
  std::string header;
};

struct ListenerSettings {
  Address address = {};
  ListenerMode mode = ListenerMode::kExtAuthz;
  std::vector<TokenPlace> token_places{TokenPlace{}};
  std::uint32_t entrance = 0;                   // index into Policy::entrances; kIntrospection: one without routes
  std::vector<std::string> trusted_peers = {};  // numeric addresses, or "unix"
  std::vector<ClaimHeader> claim_headers = {};
  bool client_detail = false;                   // put code and detail into the body of a refusal
  std::string realm = {};                       // of the challenge; empty: none
  std::vector<ClientCredentials> clients = {};  // kIntrospection alone: who may ask
};

// Bounds of the HTTP front end. Crossing one closes the connection with a 4xx where one can still be sent.
struct HttpLimits {
  std::size_t head_bytes_max = 32 * 1024;
  std::size_t headers_max = 100;
  std::size_t body_bytes_max = 64 * 1024;
  std::size_t connections_max = 16 * 1024;         // of one worker
  std::chrono::milliseconds idle_timeout{60'000};  // between requests
  std::chrono::milliseconds head_timeout{5'000};   // first byte to end of head, absolute
  std::chrono::milliseconds body_timeout{10'000};
  std::chrono::milliseconds drain_timeout{10'000};  // SIGTERM to exit
};

enum class PollerChoice : std::uint8_t { kAuto, kIoUring, kEpoll };

// Who may change state by the admin listener, and see claims: whoever shows the secret, or a token that is accepted at
// the entrance. Nobody may where neither is there.
struct AdminSettings {
  Address address;
  std::string secret = {};                               // empty: none
  std::optional<std::uint32_t> entrance = std::nullopt;  // index into Policy::entrances; nothing: no token may
  std::vector<ClientCredentials> clients = {};           // who may revoke the tokens issued to them. RFC 7009 sec 2.1
};

struct Settings {
  std::uint32_t workers = 0;  // 0: one per core
  PollerChoice poller = PollerChoice::kAuto;
  std::uint32_t recheck_one_in = kRecheckOneInDefault;            // EngineOptions::recheck_one_in
  std::size_t verified_cache_bytes = kVerifiedCacheBytesDefault;  // EngineOptions::verified_cache_bytes
  std::vector<ListenerSettings> listeners;
  std::optional<AdminSettings> admin;
  HttpLimits http;
};

}  // namespace assay

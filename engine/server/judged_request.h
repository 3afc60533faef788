// Whose method and path a check is about (docs/sidecar.md).
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "assay/expected.h"
#include "assay/settings.h"
#include "server/http.h"
#include "server/refusal.h"

namespace assay::server {

// The peers whose forwarded fields are believed. Empty: none.
class PeerTrust {
 public:
  // `trusted_peers` are numeric IPv4 or IPv6 addresses in any spelling, or "unix" for every client of a Unix socket.
  // The error is a sentence that names the first entry that is neither.
  [[nodiscard]] static tl::expected<PeerTrust, std::string> parse(std::span<const std::string> trusted_peers);

  // Cost: one comparison per trusted address.
  [[nodiscard]] bool trusts(const Peer& peer) const noexcept;

 private:
  std::vector<std::string> addresses_;  // as Peer::address spells them
  bool unix_ = false;
};

// What is judged. Views of the request's bytes.
struct JudgedRequest {
  std::string_view method;  // a token
  std::string_view target;  // starts with "/", visible ASCII, no "#"; may have a query
};

// Reads what is judged from `request`, by mode:
//
//   kExtAuthz     its own method and target; forwarded fields are not looked at
//   kAuthRequest  X-Original-Method and X-Original-URI, of a trusted peer
//   kForwardAuth  X-Forwarded-Method and X-Forwarded-Uri, of a trusted peer. X-Forwarded-Host is not looked at:
//                 routes have no hosts
//
// Only these spellings are read: a field with "_" or "." in place of "-" is another field.
//
//   errors   kNoRoute        the mode needs a trusted peer and this one is not: judging the check's own path instead
//                            would decide about another request than the proxy lets through
//            kAmbiguousPath  a forwarded field is missing, repeats or is malformed; the target has no path
//   cost     linear in the fields, no allocation
[[nodiscard]] tl::expected<JudgedRequest, Refusal> read_judged_request(const HttpRequest& request, ListenerMode mode,
                                                                       const PeerTrust& trust) noexcept;

}  // namespace assay::server

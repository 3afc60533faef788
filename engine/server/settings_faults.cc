#include "server/settings_faults.h"

#include <algorithm>
#include <array>

#include "base/letter_case.h"
#include "server/admin.h"
#include "server/http1_syntax.h"
#include "server/identity_headers.h"
#include "server/judged_request.h"
#include "server/listening_socket.h"

namespace assay::server {
namespace {

// Set by the sidecar in some answer, or by HTTP itself.
constexpr std::array<std::string_view, 11> kTakenNames{
    "x-assay-code", "x-assay-status",    "www-authenticate", "cache-control", "content-type", "retry-after",
    "connection",   "transfer-encoding", "content-length",   "keep-alive",    "upgrade"};

// One listener's faults, each opened by its address.
class Complaints {
 public:
  Complaints(const ListenerSettings& listener, std::vector<std::string>& faults)
      : prefix_("listener " + address_text(listener.address) + ": "), faults_(faults) {}
  void add(std::string_view fault) { faults_.push_back(prefix_ + std::string(fault)); }

 private:
  std::string prefix_;
  std::vector<std::string>& faults_;
};

bool is_token(std::string_view text) { return !text.empty() && is_made_of(text, kTokenByte); }

// The name as a backend may see it that folds case and takes "_" and "." for "-".
std::string folded(std::string_view name) {
  std::string text;
  for (const char c : name) {
    if (c == '_' || c == '.') {
      text += '-';
    } else {
      text += base::to_lower(c);
    }
  }
  return text;
}

// Whether two places are the same one.
bool is_same_place(const TokenPlace& left, const TokenPlace& right) {
  if (left.kind != right.kind) return false;
  return left.kind == TokenPlace::Kind::kHeader ? equals_ignoring_case(left.name, right.name) : left.name == right.name;
}

bool has_sound_name(const TokenPlace& place) {
  switch (place.kind) {
    case TokenPlace::Kind::kBearer: return true;
    case TokenPlace::Kind::kHeader:
    case TokenPlace::Kind::kCookie: return is_token(place.name);
    case TokenPlace::Kind::kQuery: return !place.name.empty();
  }
  return false;
}

void check_places(const std::vector<TokenPlace>& places, Complaints& complaints) {
  if (places.empty()) complaints.add("no token place is given");
  for (std::size_t i = 0; i < places.size(); ++i) {
    if (!has_sound_name(places[i])) complaints.add("token place \"" + places[i].name + "\" is no name of its kind");
    for (std::size_t j = 0; j < i; ++j) {
      if (is_same_place(places[i], places[j])) {
        complaints.add("token place \"" + places[i].name + "\" is given twice: every token would count as two");
      }
    }
  }
}

void check_trust(const ListenerSettings& listener, Complaints& complaints) {
  const tl::expected<PeerTrust, std::string> trust = PeerTrust::parse(listener.trusted_peers);
  if (!trust) complaints.add(trust.error());
  const bool believes_proxy =
      listener.mode == ListenerMode::kAuthRequest || listener.mode == ListenerMode::kForwardAuth;
  if (believes_proxy && listener.trusted_peers.empty()) {
    complaints.add("this mode judges what the proxy forwards, so trusted_peers must name the proxy");
  }
}

// Nobody can ask, or whoever knows nothing can.
void check_clients(const ListenerSettings& listener, Complaints& complaints) {
  const bool takes_clients = listener.mode == ListenerMode::kIntrospection;
  if (takes_clients && listener.clients.empty()) complaints.add("this mode answers clients alone, and none is given");
  if (!takes_clients && !listener.clients.empty()) complaints.add("this mode has no use for clients");
  for (const ClientCredentials& client : listener.clients) {
    if (client.id.empty() || client.secret.empty()) complaints.add("a client has no id or no secret");
  }
}

void check_claim_headers(const ListenerSettings& listener, Complaints& complaints) {
  std::vector<std::string> seen(kTakenNames.begin(), kTakenNames.end());
  for (const std::string_view fixed : IdentityWriter::field_names({})) seen.push_back(folded(fixed));
  for (const ClaimHeader& header : listener.claim_headers) {
    const std::string name = folded(header.header);
    if (!is_token(header.header)) complaints.add("claim header \"" + header.header + "\" is no field name");
    if (header.claim.empty()) complaints.add("claim header \"" + header.header + "\" has no claim");
    if (std::find(seen.begin(), seen.end(), name) != seen.end()) {
      complaints.add("claim header \"" + header.header + "\" is set already, in this spelling or another");
    }
    seen.push_back(name);
  }
}

void check_admin(const Settings& settings, std::vector<std::string>& faults) {
  const std::string& secret = settings.admin->secret;
  const bool fits_bearer =
      std::all_of(secret.begin(), secret.end(), [](char c) { return c > ' ' && c <= '~' && c != ','; });
  if (!fits_bearer) faults.emplace_back("admin: the secret has a byte that no Bearer credentials have: a blank, \",\"");
  if (admin_decides(*settings.admin) && settings.workers >= kWorkersMax) {
    faults.emplace_back(
        "admin: with a scope or clients the admin thread is a worker as well, so workers must be below " +
        std::to_string(kWorkersMax));
  }
}

}  // namespace

std::vector<std::string> settings_faults(const Settings& settings) {
  std::vector<std::string> faults;
  const bool has_checks = std::any_of(settings.listeners.begin(), settings.listeners.end(),
                                      [](const auto& listener) { return listener.mode != ListenerMode::kEvents; });
  if (settings.listeners.empty()) {
    faults.emplace_back("no listener is given");
  } else if (!has_checks) {
    faults.emplace_back("no listener takes checks");
  }
  for (const ListenerSettings& listener : settings.listeners) {
    if (listener.mode == ListenerMode::kEvents) continue;
    Complaints complaints(listener, faults);
    check_places(listener.token_places, complaints);
    check_trust(listener, complaints);
    check_clients(listener, complaints);
    check_claim_headers(listener, complaints);
  }
  if (settings.admin) check_admin(settings, faults);
  return faults;
}

}  // namespace assay::server

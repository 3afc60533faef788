// policy_faults (assay/policy.h): every contradiction of a policy in words.
#include <algorithm>
#include <chrono>
#include <set>
#include <string>

#include "assay/policy.h"
#include "issuer/discovery.h"
#include "jose/alg.h"
#include "jose/scope.h"
#include "verify/compiled_policy.h"
#include "verify/evp_sign.h"
#include "verify/routes.h"

namespace assay {
namespace {

using Faults = std::vector<std::string>;

bool is_hmac(Alg alg) { return jose::facts_of(alg).family == jose::AlgFamily::kHmac; }

bool contains(const std::vector<std::string>& list, std::string_view text) {
  return std::find(list.begin(), list.end(), text) != list.end();
}

// In the duration's own unit: a conversion could overflow.
template <typename Duration>
bool is_duration(Duration duration) {
  return duration.count() >= 0 && duration <= kDurationMax;
}

void find_key_source_faults(const IssuerPolicy& issuer, const std::string& where, Faults& faults) {
  const KeySource& keys = issuer.keys;
  const bool has_url =
      (keys.kind == KeySource::Kind::kDiscovery && !keys.text.empty()) || keys.kind == KeySource::Kind::kJwksUrl;
  if (has_url && !verify::is_allowed_url(keys.text, issuer))
    faults.push_back(where + "the key URL must start with https://");
  const bool is_issuer_url =
      verify::is_allowed_url(issuer.issuer, issuer) && !issuer::metadata_urls(issuer.issuer).empty();
  if (keys.kind == KeySource::Kind::kDiscovery && !is_issuer_url) {
    faults.push_back(where + "discovery needs an issuer that is an https:// URL without query and fragment");
  }
  if (keys.kind == KeySource::Kind::kSecret &&
      (keys.text.size() < kHmacSecretBytesMin || keys.text.size() > kHmacSecretBytesMax)) {
    faults.push_back(where + "the HMAC secret must have 32 to 1024 bytes");
  }
  const bool by_secret = keys.kind == KeySource::Kind::kSecret;
  for (const Alg alg : issuer.algorithms) {
    // RFC 7518 sec 3.2: a secret at least as long as the digest, which is as long as the signature.
    if (by_secret && is_hmac(alg) && keys.text.size() < jose::facts_of(alg).signature_bytes) {
      faults.push_back(where + "the HMAC secret is too short for " + std::string(jose::facts_of(alg).name));
    }
    if (is_hmac(alg) == by_secret) continue;
    faults.push_back(where + std::string(jose::facts_of(alg).name) +
                     (by_secret ? " cannot be used with a secret; only HS256, HS384 and HS512 can"
                                : " needs a secret and no other key"));
  }
  if (issuer.algorithms.empty()) faults.push_back(where + "no algorithm is allowed");
}

void find_jwt_faults(const IssuerPolicy& issuer, const std::string& where, Faults& faults) {
  find_key_source_faults(issuer, where, faults);
  if (issuer.audiences.empty() != issuer.audience_unchecked) {
    faults.push_back(where + "give audiences, or say that the audience is unchecked, but not both");
  }
  if (issuer.exp_optional && !issuer.max_token_life) {
    faults.push_back(where + "an optional exp needs max_token_life");
  }
}

void find_event_faults(const IssuerPolicy& issuer, const std::string& where, Faults& faults) {
  const EventsPolicy& events = *issuer.events;
  if (issuer.keys.kind == KeySource::Kind::kNone) faults.push_back(where + "events are signed: they need keys");
  if (issuer.issuer.empty()) faults.push_back(where + "events name their issuer: it needs an issuer identifier");
  if (events.audience.empty()) faults.push_back(where + "events need an audience");
  if (events.max_age.count() <= 0 || !is_duration(events.max_age)) {
    faults.push_back(where + "the greatest age of events must be positive and at most 366 days");
  }
}

void find_status_list_faults(const IssuerPolicy& issuer, const std::string& where, Faults& faults) {
  const StatusListPolicy& lists = *issuer.status_list;
  if (issuer.keys.kind == KeySource::Kind::kNone) faults.push_back(where + "status lists are signed: they need keys");
  if (lists.urls.empty() || lists.urls.size() > kStatusListsPerIssuerMax) {
    faults.push_back(where + "give the URLs of 1 to 256 status lists");
  }
  std::set<std::string> urls;
  for (const std::string& url : lists.urls) {
    if (!verify::is_allowed_url(url, issuer))
      faults.push_back(where + "the URL of a status list must start with https://");
    if (!urls.insert(url).second) faults.push_back((where + "the status list ").append(url).append(" is there twice"));
  }
  if (lists.timeout.count() <= 0 || !is_duration(lists.timeout)) {
    faults.push_back(where + "the timeout of status lists must be positive and at most 366 days");
  }
  const std::chrono::microseconds ceiling = lists.ceiling_in_effect();
  for (const std::chrono::microseconds duration : {lists.refresh, lists.floor_in_effect(), ceiling, lists.max_stale}) {
    if (duration.count() > 0 && is_duration(duration)) continue;
    faults.push_back(where +
                     "the refresh of status lists, its bounds and max_stale must be positive and at most 366 days");
    break;
  }
  if (lists.floor_in_effect() > ceiling || ceiling < lists.refresh) {
    faults.push_back(where + "the refresh of status lists must lie between its floor and its ceiling");
  }
  if (lists.max_stale < ceiling) {
    faults.push_back(where +
                     "the max_stale of status lists is shorter than refresh: they would lapse between two fetches");
  }
  if (lists.token_bytes_max == 0 || lists.token_bytes_max > kStatusTokenBytesMax) {
    faults.push_back(where + "a status list must be allowed 1 byte to 16 MiB as it is fetched");
  }
  if (lists.list_bytes_max == 0 || lists.list_bytes_max > kStatusListBytesMax) {
    faults.push_back(where + "a status list must be allowed 1 byte to 64 MiB decompressed");
  }
}

void find_refresh_faults(const IssuerPolicy& issuer, const std::string& where, Faults& faults) {
  const RefreshPolicy& refresh = issuer.refresh;
  const std::chrono::microseconds ceiling = refresh.ceiling_in_effect();
  const std::chrono::microseconds floor = refresh.floor_in_effect();
  for (const std::chrono::microseconds duration :
       {refresh.interval, floor, ceiling, refresh.max_stale, refresh.forced_fetch_every}) {
    if (duration.count() > 0 && is_duration(duration)) continue;
    faults.push_back(where +
                     "refresh, its bounds, max_stale and forced_fetch_every must be positive and at most 366 days");
    break;
  }
  if (issuer.fetch_timeout.count() <= 0 || !is_duration(issuer.fetch_timeout)) {
    faults.push_back(where + "fetch_timeout must be positive and at most 366 days");
  }
  if (!is_duration(refresh.unknown_kid_wait)) faults.push_back(where + "unknown_kid_wait must be 0 to 366 days");
  if (refresh.forced_fetch_burst > kForcedFetchBurstMax) {
    faults.push_back(where + "forced_fetch_burst must be at most " + std::to_string(kForcedFetchBurstMax));
  }
  if (floor > ceiling || ceiling < refresh.interval) {
    faults.push_back(where + "refresh must lie between its floor and its ceiling");
  }
  if (refresh.max_stale < ceiling) {
    faults.push_back(where + "max_stale is shorter than refresh: the keys would lapse between two good fetches");
  }
}

void find_client_faults(const IssuerPolicy& issuer, const std::string& where, Faults& faults) {
  const OpaquePolicy& opaque = *issuer.opaque;
  if (!opaque.token_url.empty() && !verify::is_allowed_url(opaque.token_url, issuer)) {
    faults.push_back(where + "the token URL must start with https://");
  }
  if (opaque.token_url.empty() && !opaque.token_scope.empty()) {
    faults.push_back(where + "token_scope has no effect without token_url");
  }
  const bool signs = opaque.authentication == ClientAuthentication::kPrivateKeyJwt;
  if (signs == opaque.private_key_pem.empty()) {
    faults.push_back(where + "a private key and authentication by private_key_jwt go together");
  } else if (signs && !verify::Signer::make(opaque.private_key_pem, opaque.private_key_alg)) {
    faults.push_back(where + "the private key must be one unencrypted key in PEM that " +
                     std::string(jose::facts_of(opaque.private_key_alg).name) + " takes");
  }
}

void find_opaque_faults(const IssuerPolicy& issuer, const std::string& where, Faults& faults) {
  const OpaquePolicy& opaque = *issuer.opaque;
  if (!verify::is_allowed_url(opaque.introspection_url, issuer)) {
    faults.push_back(where + "the introspection URL must start with https://");
  }
  if (opaque.client_id.empty()) faults.push_back(where + "introspection needs a client_id");
  find_client_faults(issuer, where, faults);
  if (!is_duration(opaque.ttl) || !is_duration(opaque.ttl_min) || !is_duration(opaque.inactive_ttl) ||
      !is_duration(opaque.stale)) {
    faults.push_back(where + "a life time of answers must be 0 to 366 days");
  }
  if (opaque.calls_per_second == 0 || opaque.calls_per_second > kCallsPerSecondMax) {
    faults.push_back(where + "calls_per_second must be 1 to 1000000");
  }
  if (opaque.pending_max > kPendingMax) faults.push_back(where + "pending_max must be at most 1024");
  if (opaque.timeout.count() <= 0 || !is_duration(opaque.timeout)) {
    faults.push_back(where + "the introspection timeout must be positive and at most 366 days");
  }
}

void find_issuer_faults(const Policy& policy, Faults& faults) {
  if (policy.issuers.empty()) faults.emplace_back("the policy has no issuer");
  if (policy.issuers.size() > kIssuersMax) faults.emplace_back("the policy has more than 1024 issuers");
  std::set<std::string> names;
  for (const IssuerPolicy& issuer : policy.issuers) {
    const std::string where = "issuer " + issuer.name + ": ";
    if (issuer.name.empty()) faults.emplace_back("an issuer has no name");
    if (!names.insert(issuer.name).second) faults.push_back(where + "the name is used twice");
    const bool has_jwt = issuer.keys.kind != KeySource::Kind::kNone;
    if (!has_jwt && !issuer.opaque) faults.push_back(where + "it has neither keys nor introspection");
    if (has_jwt) find_jwt_faults(issuer, where, faults);
    if (issuer.opaque) find_opaque_faults(issuer, where, faults);
    if (issuer.events) find_event_faults(issuer, where, faults);
    if (issuer.status_list) find_status_list_faults(issuer, where, faults);
    if (issuer.leeway.count() < 0 || issuer.leeway > kLeewayMax) {
      faults.push_back(where + "the leeway must be 0 to 24 hours");
    }
    if (issuer.max_token_life && issuer.max_token_life->count() <= 0) {
      faults.push_back(where + "max_token_life must be positive");
    }
    find_refresh_faults(issuer, where, faults);
  }
}

void find_unknown_issuers(const Policy& policy, const std::vector<std::string>& names, const std::string& where,
                          Faults& faults) {
  for (const std::string& name : names) {
    const bool known = std::any_of(policy.issuers.begin(), policy.issuers.end(),
                                   [&](const IssuerPolicy& issuer) { return issuer.name == name; });
    if (known) continue;
    faults.push_back(where);
    faults.back().append("there is no issuer ").append(name);
  }
}

void find_scope_faults(const Policy& policy, const std::vector<std::string>& scopes,
                       const std::vector<std::string>& issuer_names, const std::string& where, Faults& faults) {
  for (const IssuerPolicy& issuer : policy.issuers) {
    if (!issuer_names.empty() && !contains(issuer_names, issuer.name)) continue;
    for (const std::string& scope : scopes) {
      if (jose::RequiredScope::parse(scope, issuer.scope.grammar)) continue;
      faults.push_back(where);
      faults.back().append("the scope \"").append(scope).append("\" is not one value in the grammar of issuer ");
      faults.back().append(issuer.name);
    }
  }
}

void find_entrance_faults(const Policy& policy, Faults& faults) {
  if (policy.entrances.empty()) faults.emplace_back("the policy has no entrance");
  for (std::size_t i = 0; i < policy.entrances.size(); ++i) {
    const EntrancePolicy& entrance = policy.entrances[i];
    const std::string where = "entrance " + std::to_string(i) + ": ";
    find_unknown_issuers(policy, entrance.issuers, where, faults);
    find_scope_faults(policy, entrance.scopes, entrance.issuers, where, faults);
    if (entrance.uses_routes && !entrance.scopes.empty()) {
      faults.push_back(where + "it asks for scopes of its own, so it cannot use routes");
    }
    std::size_t opaque_count = 0;
    std::multiset<std::string> jwt_issuers;
    for (const IssuerPolicy& issuer : policy.issuers) {
      if (!entrance.issuers.empty() && !contains(entrance.issuers, issuer.name)) continue;
      if (issuer.opaque) ++opaque_count;
      if (issuer.keys.kind != KeySource::Kind::kNone) jwt_issuers.insert(issuer.issuer);
    }
    if (opaque_count > 1)
      faults.push_back(where + "more than one issuer of opaque tokens; a token is sent to one only");
    for (auto it = jwt_issuers.begin(); it != jwt_issuers.end(); it = jwt_issuers.upper_bound(*it)) {
      if (jwt_issuers.count(*it) > 1) faults.push_back(where + "more than one issuer has iss \"" + *it + "\"");
    }
  }
}

void find_route_issuer_faults(const Policy& policy, const RoutePolicy& route, const std::string& where,
                              Faults& faults) {
  if (route.issuers.empty() && policy.issuers.size() > 1) {
    faults.push_back(where + "say which issuers may come here, for there is more than one");
  }
  find_unknown_issuers(policy, route.issuers, where, faults);
  find_scope_faults(policy, route.scopes, route.issuers, where, faults);
  find_scope_faults(policy, route.any_scopes, route.issuers, where, faults);
}

void find_route_faults(const Policy& policy, Faults& faults) {
  if (policy.routes.size() > kRoutesMax) faults.emplace_back("the policy has more than 4096 routes");
  std::set<std::pair<std::string, std::string>> seen;
  for (const RoutePolicy& route : policy.routes) {
    const std::string where = "route " + route.path + ": ";
    std::string_view path = route.path;
    if (path.ends_with("/*")) path.remove_suffix(1);
    if (!verify::check_path(path) || path.find_first_of("%*?") != std::string_view::npos) {
      faults.push_back(where + "the path must start with /, have one reading only, and hold * only as a last segment");
    }
    std::vector<std::string> methods = route.methods;
    if (methods.empty()) methods.emplace_back();
    if (contains(route.methods, "")) faults.push_back(where + "a method is empty");
    for (const std::string& method : methods) {
      if (!seen.insert({route.path, method}).second) faults.push_back(where + "the path and method are there twice");
    }
    find_route_issuer_faults(policy, route, where, faults);
  }
}

}  // namespace

std::vector<std::string> policy_faults(const Policy& policy) {
  Faults faults;
  find_issuer_faults(policy, faults);
  find_entrance_faults(policy, faults);
  find_route_faults(policy, faults);
  if (policy.max_token_bytes == 0 || policy.max_token_bytes > kTokenBytesMax) {
    faults.emplace_back("max_token_bytes must be 1 to 16384");
  }
  return faults;
}

}  // namespace assay

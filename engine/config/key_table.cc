#include "config/key_table.h"

#include <algorithm>
#include <utility>

namespace assay::config {
namespace {

constexpr KnownKey kKnownKeys[] = {
    {"", "server"},
    {"", "listener"},
    {"", "admin"},
    {"", "client"},
    {"", "state"},
    {"", "outbound"},
    {"", "issuer"},
    {"", "route"},
    {"", "routes"},

    {"server", "workers"},
    {"server", "poller"},
    {"server", "max_token_bytes"},
    {"server", "introspection_cache_bytes"},
    {"server", "verified_cache_bytes"},
    {"server", "recheck_one_in"},
    {"server", "head_bytes_max"},
    {"server", "headers_max"},
    {"server", "body_bytes_max"},
    {"server", "connections_max"},
    {"server", "idle_timeout"},
    {"server", "head_timeout"},
    {"server", "body_timeout"},
    {"server", "drain_timeout"},

    {"listener", "address"},
    {"listener", "mode"},
    {"listener", "token"},
    {"listener", "issuers"},
    {"listener", "trusted_peers"},
    {"listener", "claim_headers"},
    {"listener", "client_detail"},
    {"listener", "realm"},
    {"listener", "clients"},

    {"admin", "address"},
    {"admin", "secret_file"},
    {"admin", "secret_env"},
    {"admin", "scope"},
    {"admin", "issuers"},
    {"admin", "clients"},

    {"client", "id"},
    {"client", "secret_file"},
    {"client", "secret_env"},

    {"state", "revocations"},
    {"state", "id_key_file"},
    {"state", "id_key_env"},
    {"state", "fleet"},
    {"state", "fleet_password_file"},
    {"state", "fleet_password_env"},
    {"state", "fleet_timeout"},
    {"state", "fleet_stream_length"},
    {"state", "max_feed_lag"},
    {"state", "past_max_feed_lag"},
    {"state", "share_answers"},
    {"state", "share_wait"},

    {"outbound", "ca_file"},
    {"outbound", "proxy"},
    {"outbound", "proxy_credentials_file"},
    {"outbound", "client_certificate"},
    {"outbound", "client_key"},

    {"issuer", "name"},
    {"issuer", "issuer"},
    {"issuer", "tenants"},
    {"issuer", "discovery"},
    {"issuer", "jwks"},
    {"issuer", "public_key"},
    {"issuer", "secret_file"},
    {"issuer", "opaque"},
    {"issuer", "events"},
    {"issuer", "status_list"},
    {"issuer", "audiences"},
    {"issuer", "algorithms"},
    {"issuer", "types"},
    {"issuer", "leeway"},
    {"issuer", "exp"},
    {"issuer", "max_token_life"},
    {"issuer", "require_claims"},
    {"issuer", "scope"},
    {"issuer", "refresh"},
    {"issuer", "refresh_floor"},
    {"issuer", "refresh_ceiling"},
    {"issuer", "max_stale"},
    {"issuer", "forced_fetch_every"},
    {"issuer", "forced_fetch_burst"},
    {"issuer", "unknown_kid_wait"},
    {"issuer", "fetch_timeout"},
    {"issuer", "allow_plain_http"},

    {"issuer.opaque", "introspect"},
    {"issuer.opaque", "client_id"},
    {"issuer.opaque", "auth"},
    {"issuer.opaque", "client_secret_file"},
    {"issuer.opaque", "client_secret_env"},
    {"issuer.opaque", "private_key_file"},
    {"issuer.opaque", "private_key_alg"},
    {"issuer.opaque", "private_key_id"},
    {"issuer.opaque", "assertion_audience"},
    {"issuer.opaque", "token_endpoint"},
    {"issuer.opaque", "token_scope"},
    {"issuer.opaque", "ttl"},
    {"issuer.opaque", "ttl_min"},
    {"issuer.opaque", "inactive_ttl"},
    {"issuer.opaque", "stale"},
    {"issuer.opaque", "timeout"},
    {"issuer.opaque", "calls_per_second"},
    {"issuer.opaque", "pending_max"},

    {"issuer.events", "audience"},
    {"issuer.events", "max_age"},

    {"issuer.status_list", "urls"},
    {"issuer.status_list", "required"},
    {"issuer.status_list", "refresh"},
    {"issuer.status_list", "refresh_floor"},
    {"issuer.status_list", "refresh_ceiling"},
    {"issuer.status_list", "max_stale"},
    {"issuer.status_list", "timeout"},
    {"issuer.status_list", "max_fetched_bytes"},
    {"issuer.status_list", "max_list_bytes"},

    {"issuer.scope", "grammar"},
    {"issuer.scope", "wildcard"},

    {"route", "path"},
    {"route", "methods"},
    {"route", "issuers"},
    {"route", "scopes"},
    {"route", "any_scopes"},
    {"route", "require_claims"},

    {"routes", "unmatched"},
};

// Levenshtein distance: how many single letters to insert, drop or replace.
std::size_t edit_distance(std::string_view from, std::string_view to) {
  std::vector<std::size_t> row(to.size() + 1);
  for (std::size_t column = 0; column <= to.size(); ++column) row[column] = column;
  for (std::size_t i = 0; i < from.size(); ++i) {
    std::size_t diagonal = std::exchange(row[0], i + 1);
    for (std::size_t j = 0; j < to.size(); ++j) {
      const std::size_t replaced = diagonal + (from[i] == to[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({replaced, diagonal + 1, row[j] + 1});
    }
  }
  return row.back();
}

}  // namespace

std::span<const KnownKey> known_keys() { return kKnownKeys; }

bool is_known(const KnownKey& wanted) {
  return std::any_of(std::begin(kKnownKeys), std::end(kKnownKeys),
                     [&](const KnownKey& known) { return known.table == wanted.table && known.key == wanted.key; });
}

std::string list_keys(std::string_view table) {
  std::string list;
  for (const KnownKey& known : kKnownKeys) {
    if (known.table != table) continue;
    if (!list.empty()) list += ", ";
    list += known.key;
  }
  return list;
}

std::string_view nearest_key(const KnownKey& unknown) {
  // A third of the letters, at least two, may differ: beyond that a suggestion misleads.
  std::size_t distance_min = std::max<std::size_t>(2, unknown.key.size() / 3) + 1;
  std::string_view nearest;
  for (const KnownKey& known : kKnownKeys) {
    if (known.table != unknown.table) continue;
    const std::size_t distance = edit_distance(unknown.key, known.key);
    if (distance < distance_min) {
      distance_min = distance;
      nearest = known.key;
    }
  }
  return nearest;
}

}  // namespace assay::config

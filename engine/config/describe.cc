#include <utility>

#include "base/hex.h"
#include "config/config.h"
#include "config/value_text.h"

namespace assay::config {
namespace {

// A TOML basic string.
std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out.append({'\\', c});
    } else if (byte < 0x20 || byte == 0x7f) {
      out += "\\u00";
      base::append_upper_hex(out, c);
    } else {
      out += c;
    }
  }
  return out + "\"";
}

std::string quoted_list(const std::vector<std::string>& texts) {
  std::string list;
  for (const std::string& text : texts) list.append(list.empty() ? "" : ", ").append(quoted(text));
  return "[" + list + "]";
}

std::string_view word_for(bool value) { return value ? "true" : "false"; }

// Writes "key = value" lines.
class Lines {
 public:
  void table(std::string_view header) { text_.append(text_.empty() ? "" : "\n").append(header).append("\n"); }
  void raw(std::string_view key, const std::string& value) {
    text_.append(key).append(" = ").append(value).append("\n");
  }
  void text(std::string_view key, const std::string& value) { raw(key, quoted(value)); }
  void text_if_any(std::string_view key, const std::string& value) {
    if (!value.empty()) text(key, value);
  }
  void list_if_any(std::string_view key, const std::vector<std::string>& values) {
    if (!values.empty()) raw(key, quoted_list(values));
  }
  void count(std::string_view key, std::size_t value) { raw(key, std::to_string(value)); }
  void duration(std::string_view key, std::chrono::microseconds value) { text(key, format_duration(value)); }
  [[nodiscard]] std::string take() { return std::move(text_); }

 private:
  std::string text_;
};

std::string poller_word(PollerChoice poller) {
  switch (poller) {
    case PollerChoice::kAuto: return "auto";
    case PollerChoice::kIoUring: return "io_uring";
    case PollerChoice::kEpoll: return "epoll";
  }
  return "";
}

std::string mode_word(ListenerMode mode) {
  switch (mode) {
    case ListenerMode::kExtAuthz: return "ext_authz";
    case ListenerMode::kAuthRequest: return "auth_request";
    case ListenerMode::kForwardAuth: return "forward_auth";
    case ListenerMode::kIntrospection: return "introspection";
    case ListenerMode::kEvents: return "events";
  }
  return "";
}

std::string grammar_word(ScopeGrammar grammar) {
  switch (grammar) {
    case ScopeGrammar::kSpace: return "space";
    case ScopeGrammar::kComma: return "comma";
    case ScopeGrammar::kBracketed: return "bracketed";
  }
  return "";
}

std::string wildcard_value(ScopeWildcard wildcard) {
  switch (wildcard) {
    case ScopeWildcard::kOff: return "false";
    case ScopeWildcard::kLastSegment: return "true";
    case ScopeWildcard::kAll: return "\"all\"";
  }
  return "";
}

std::string past_max_word(FeedRule::PastMax past_max) {
  switch (past_max) {
    case FeedRule::PastMax::kGoOn: return "go_on";
    case FeedRule::PastMax::kRefuse: return "refuse";
  }
  return "";
}

void describe_server(const Configuration& configuration, Lines& lines) {
  const HttpLimits& http = configuration.settings.http;
  lines.table("[server]");
  lines.count("workers", configuration.settings.workers);
  lines.text("poller", poller_word(configuration.settings.poller));
  lines.count("max_token_bytes", configuration.policy.max_token_bytes);
  lines.count("introspection_cache_bytes", configuration.policy.introspection_cache_bytes);
  lines.count("verified_cache_bytes", configuration.settings.verified_cache_bytes);
  lines.count("recheck_one_in", configuration.settings.recheck_one_in);
  lines.count("head_bytes_max", http.head_bytes_max);
  lines.count("headers_max", http.headers_max);
  lines.count("body_bytes_max", http.body_bytes_max);
  lines.count("connections_max", http.connections_max);
  lines.duration("idle_timeout", http.idle_timeout);
  lines.duration("head_timeout", http.head_timeout);
  lines.duration("body_timeout", http.body_timeout);
  lines.duration("drain_timeout", http.drain_timeout);
}

std::vector<std::string> ids_of(const std::vector<ClientCredentials>& clients) {
  std::vector<std::string> ids;
  ids.reserve(clients.size());
  for (const ClientCredentials& client : clients) ids.push_back(client.id);
  return ids;
}

void describe_listener(const ListenerSettings& listener, const EntrancePolicy& entrance, Lines& lines) {
  lines.table("[[listener]]");
  lines.text("address", format_address(listener.address));
  lines.text("mode", mode_word(listener.mode));
  lines.list_if_any("issuers", entrance.issuers);
  lines.list_if_any("clients", ids_of(listener.clients));
  if (listener.mode == ListenerMode::kIntrospection || listener.mode == ListenerMode::kEvents) return;
  std::vector<std::string> places;
  for (const TokenPlace& place : listener.token_places) places.push_back(format_token_place(place));
  lines.list_if_any("token", places);
  lines.raw("trusted_peers", quoted_list(listener.trusted_peers));
  std::string headers;
  for (const ClaimHeader& header : listener.claim_headers) {
    headers.append(headers.empty() ? "" : ", ").append(quoted(header.claim) + " = " + quoted(header.header));
  }
  if (!headers.empty()) lines.raw("claim_headers", "{ " + headers + " }");
  lines.raw("client_detail", std::string(word_for(listener.client_detail)));
  lines.text_if_any("realm", listener.realm);
}

// The secret's keys are `name` with "_file" and "_env".
void describe_secret(const std::string& name, const SecretSource& source, Lines& lines) {
  lines.text_if_any(name + "_file", source.file);
  lines.text_if_any(name + "_env", source.variable);
}

void describe_state(const StateSettings& state, Lines& lines) {
  lines.table("[state]");
  lines.text("revocations", "sqlite:" + state.log_path);
  describe_secret("id_key", state.id_key_source, lines);
  if (state.fleet.text.empty()) return;
  lines.text("fleet", state.fleet.text);
  describe_secret("fleet_password", state.fleet_password_source, lines);
  lines.duration("fleet_timeout", state.fleet_timeout);
  lines.count("fleet_stream_length", state.fleet_stream_length);
  lines.duration("max_feed_lag", state.feed_rule.lag_max);
  lines.text("past_max_feed_lag", past_max_word(state.feed_rule.past_max));
  lines.raw("share_answers", std::string(word_for(state.shares_answers)));
  if (state.shares_answers) lines.duration("share_wait", state.share_wait);
}

void describe_admin(const Configuration& configuration, Lines& lines) {
  const AdminSettings& admin = *configuration.settings.admin;
  lines.table("[admin]");
  lines.text("address", format_address(admin.address));
  describe_secret("secret", configuration.admin_secret, lines);
  if (admin.entrance) {
    const EntrancePolicy& entrance = configuration.policy.entrances[*admin.entrance];
    for (const std::string& scope : entrance.scopes) lines.text("scope", scope);
    lines.list_if_any("issuers", entrance.issuers);
  }
  lines.list_if_any("clients", ids_of(admin.clients));
}

void describe_keys(const IssuerPolicy& issuer, const IssuerSources& sources, Lines& lines) {
  switch (issuer.keys.kind) {
    case KeySource::Kind::kNone: return;
    case KeySource::Kind::kDiscovery:
      lines.raw("discovery", issuer.keys.text.empty() ? "true" : quoted(issuer.keys.text));
      return;
    case KeySource::Kind::kJwksUrl: return lines.text("jwks", issuer.keys.text);
    case KeySource::Kind::kJwksText:
      return lines.text("jwks", sources.keys_file.empty() ? issuer.keys.text : "file:" + sources.keys_file);
    case KeySource::Kind::kPem:
    case KeySource::Kind::kPemFolder: return lines.text("public_key", "file:" + sources.keys_file);
    case KeySource::Kind::kSecret: return lines.text("secret_file", sources.keys_file);
  }
}

std::string client_value(const OpaquePolicy& opaque, const IssuerSources& sources) {
  switch (opaque.authentication) {
    case ClientAuthentication::kBasic:
    case ClientAuthentication::kPost: {
      const std::string auth = opaque.authentication == ClientAuthentication::kBasic ? "basic" : "post";
      const SecretSource& secret = sources.client_secret;
      return "auth = " + quoted(auth) +
             (secret.variable.empty() ? ", client_secret_file = " + quoted(secret.file)
                                      : ", client_secret_env = " + quoted(secret.variable));
    }
    case ClientAuthentication::kPrivateKeyJwt: break;
  }
  std::string text = "auth = \"private_key_jwt\", private_key_file = " + quoted(sources.private_key_file) +
                     ", private_key_alg = " + quoted(format_algorithm(opaque.private_key_alg));
  if (!opaque.private_key_id.empty()) text += ", private_key_id = " + quoted(opaque.private_key_id);
  if (!opaque.assertion_audience.empty()) text += ", assertion_audience = " + quoted(opaque.assertion_audience);
  return text;
}

std::string opaque_value(const OpaquePolicy& opaque, const IssuerSources& sources) {
  std::string text = "{ introspect = " + quoted(opaque.introspection_url) +
                     ", client_id = " + quoted(opaque.client_id) + ", " + client_value(opaque, sources);
  if (!opaque.token_url.empty()) text += ", token_endpoint = " + quoted(opaque.token_url);
  if (!opaque.token_scope.empty()) text += ", token_scope = " + quoted(opaque.token_scope);
  text += ", ttl = " + quoted(format_duration(opaque.ttl)) + ", ttl_min = " + quoted(format_duration(opaque.ttl_min)) +
          ", inactive_ttl = " + quoted(format_duration(opaque.inactive_ttl)) +
          ", stale = " + quoted(format_duration(opaque.stale)) +
          ", timeout = " + quoted(format_duration(opaque.timeout)) +
          ", calls_per_second = " + std::to_string(opaque.calls_per_second);
  if (opaque.pending_max != 0) text += ", pending_max = " + std::to_string(opaque.pending_max);
  return text + " }";
}

std::string status_list_value(const StatusListPolicy& lists) {
  std::string text = "{ urls = " + quoted_list(lists.urls) + ", required = " + std::string(word_for(lists.required)) +
                     ", refresh = " + quoted(format_duration(lists.refresh));
  if (lists.refresh_floor) text += ", refresh_floor = " + quoted(format_duration(*lists.refresh_floor));
  if (lists.refresh_ceiling) text += ", refresh_ceiling = " + quoted(format_duration(*lists.refresh_ceiling));
  return text + ", max_stale = " + quoted(format_duration(lists.max_stale)) +
         ", timeout = " + quoted(format_duration(lists.timeout)) +
         ", max_fetched_bytes = " + std::to_string(lists.token_bytes_max) +
         ", max_list_bytes = " + std::to_string(lists.list_bytes_max) + " }";
}

void describe_refresh(const RefreshPolicy& refresh, Lines& lines) {
  lines.duration("refresh", refresh.interval);
  if (refresh.floor) lines.duration("refresh_floor", *refresh.floor);
  if (refresh.ceiling) lines.duration("refresh_ceiling", *refresh.ceiling);
  lines.duration("max_stale", refresh.max_stale);
  lines.duration("forced_fetch_every", refresh.forced_fetch_every);
  lines.count("forced_fetch_burst", refresh.forced_fetch_burst);
  lines.duration("unknown_kid_wait", refresh.unknown_kid_wait);
}

void describe_issuer(const IssuerPolicy& issuer, const IssuerSources& sources, Lines& lines) {
  const bool has_keys = issuer.keys.kind != KeySource::Kind::kNone;
  const bool fetched = issuer.keys.kind == KeySource::Kind::kDiscovery ||
                       issuer.keys.kind == KeySource::Kind::kJwksUrl || !issuer.keys.file.empty();
  lines.table("[[issuer]]");
  lines.text("name", issuer.name);
  if (has_keys || !issuer.issuer.empty()) lines.text("issuer", issuer.issuer);
  describe_keys(issuer, sources, lines);
  if (issuer.opaque) lines.raw("opaque", opaque_value(*issuer.opaque, sources));
  if (issuer.events) {
    lines.raw("events", "{ audience = " + quoted(issuer.events->audience) +
                            ", max_age = " + quoted(format_duration(issuer.events->max_age)) + " }");
  }
  if (issuer.status_list) lines.raw("status_list", status_list_value(*issuer.status_list));
  lines.raw("audiences", issuer.audience_unchecked ? "\"unchecked\"" : quoted_list(issuer.audiences));
  std::vector<std::string> algorithms;
  for (const Alg alg : issuer.algorithms) algorithms.emplace_back(format_algorithm(alg));
  if (has_keys) lines.raw("algorithms", quoted_list(algorithms));
  lines.list_if_any("types", issuer.token_types);
  lines.duration("leeway", issuer.leeway);
  lines.text("exp", issuer.exp_optional ? "optional" : "required");
  if (issuer.max_token_life) lines.duration("max_token_life", *issuer.max_token_life);
  lines.list_if_any("require_claims", issuer.required_claims);
  lines.raw("scope", "{ grammar = " + quoted(grammar_word(issuer.scope.grammar)) +
                         ", wildcard = " + wildcard_value(issuer.scope.wildcard) + " }");
  if (fetched) {
    describe_refresh(issuer.refresh, lines);
    lines.duration("fetch_timeout", issuer.fetch_timeout);
  }
  lines.raw("allow_plain_http", std::string(word_for(issuer.allow_plain_http)));
}

void describe_route(const RoutePolicy& route, Lines& lines) {
  lines.table("[[route]]");
  lines.text("path", route.path);
  lines.list_if_any("methods", route.methods);
  lines.list_if_any("issuers", route.issuers);
  lines.list_if_any("scopes", route.scopes);
  lines.list_if_any("any_scopes", route.any_scopes);
  lines.list_if_any("require_claims", route.required_claims);
}

}  // namespace

std::string describe(const Configuration& configuration) {
  const Policy& policy = configuration.policy;
  Lines lines;
  describe_server(configuration, lines);
  for (const ListenerSettings& listener : configuration.settings.listeners) {
    describe_listener(listener, policy.entrances[listener.entrance], lines);
  }
  if (configuration.settings.admin) describe_admin(configuration, lines);
  for (const NamedClient& client : configuration.clients) {
    lines.table("[[client]]");
    lines.text("id", client.credentials.id);
    describe_secret("secret", client.secret, lines);
  }
  if (configuration.state) describe_state(*configuration.state, lines);
  lines.table("[outbound]");
  lines.text_if_any("ca_file", configuration.outbound.ca_file);
  lines.text_if_any("proxy", configuration.outbound.proxy);
  lines.text_if_any("proxy_credentials_file", configuration.outbound.proxy_credentials_file);
  lines.text_if_any("client_certificate", configuration.outbound.client_certificate);
  lines.text_if_any("client_key", configuration.outbound.client_key);
  for (std::size_t i = 0; i < policy.issuers.size(); ++i) {
    describe_issuer(policy.issuers[i], configuration.sources[i], lines);
  }
  for (const RoutePolicy& route : policy.routes) describe_route(route, lines);
  lines.table("[routes]");
  lines.text("unmatched", policy.unmatched_authenticated ? "authenticated" : "refuse");
  return lines.take();
}

}  // namespace assay::config

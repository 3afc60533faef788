#include "issuer/issuer.h"

#include <charconv>
#include <optional>
#include <utility>

#include "issuer/credentials_grant.h"
#include "signing/json_text.h"

namespace assay::development {
namespace {

using signing::JsonObject;

constexpr std::string_view kEchoPrefix = "/echo";

// A whole number among the parameters, `otherwise` where it is absent; nothing if the text is no number.
std::optional<std::int64_t> number_of(const Parameters& parameters, std::string_view name, std::int64_t otherwise) {
  const std::string_view text = parameters.get(name);
  if (text.empty()) return otherwise;
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::optional<SignatureKind> signature_kind(std::string_view name) {
  if (name.empty() || name == "good") return SignatureKind::kGood;
  if (name == "tampered") return SignatureKind::kTampered;
  if (name == "foreign_key") return SignatureKind::kForeignKey;
  return std::nullopt;
}

// The parameters of a control: query and form body together.
std::optional<Parameters> control_parameters(const Request& request) {
  auto parameters = Parameters::parse_form(request.query);
  const auto form = Parameters::parse_form(request.body);
  if (!parameters || !form || !parameters->merge(*form)) return std::nullopt;
  return parameters;
}

// The claim `status` of a token that a status list has a place for.
std::string status_claim(std::int64_t index, std::string_view uri) {
  const std::string list = JsonObject().add("idx", index).add("uri", uri).text();
  return JsonObject().add_json("status_list", list).text();
}

Answer bad_control(std::string_view what) { return oauth_error(400, "invalid_request", what); }
Answer done() { return json_answer(200, R"({"done":true})"); }

// What a protected resource saw: for tests of a proxy in front of it. The path is shown without /echo.
Answer echo(const Request& request) {
  std::string fields;
  for (const Field& field : request.fields) {
    if (!fields.empty()) fields += ',';
    fields += "[" + signing::json_string(field.name) + "," + signing::json_string(field.value) + "]";
  }
  return json_answer(200, JsonObject()
                              .add("method", request.method)
                              .add("path", request.path.substr(kEchoPrefix.size()))
                              .add("query", request.query)
                              .add_json("headers", "[" + fields + "]")
                              .add("body_bytes", static_cast<std::int64_t>(request.body.size()))
                              .text());
}

}  // namespace

Issuer::Issuer(const IssuerOptions& options)
    : hub_(options.base_url, options.kid, options.tokens_per_minute),
      bookings_(options.tokens_per_minute),
      credicorp_(options.base_url, options.kid, options.tokens_per_minute) {
  hub_.clients().add({.id = options.hub_client.id,
                      .secret = options.hub_client.secret,
                      .scopes = {"identity:read", "identity:write", "ledger:read", "partners:*"}});
  bookings_.clients().add({.id = options.bookings_client.id,
                           .secret = options.bookings_client.secret,
                           .scopes = {"bookings:create", "bookings:delete"}});
  credicorp_.clients().add({.id = options.credicorp_client.id,
                            .secret = options.credicorp_client.secret,
                            .scopes = {"applications:write", "decisions:read"}});
  hubrise_.clients().add({.id = options.hubrise_client.id, .secret = options.hubrise_client.secret, .scopes = {}});
  introspection_callers_.add(
      {.id = options.introspection_client.id, .secret = options.introspection_client.secret, .scopes = {}});
  add_system_endpoints();
  add_controls();
}

void Issuer::add(std::string name, std::string method, std::string path,
                 std::function<Answer(const Request&, Now)> serve) {
  endpoints_.push_back(
      {.name = std::move(name), .method = std::move(method), .path = std::move(path), .serve = std::move(serve)});
}

void Issuer::add_system_endpoints() {
  add("hub.token", "POST", "/oauth/token", [this](const Request& r, Now now) { return hub_.token(r, now); });
  add("hub.jwks", "GET", "/.well-known/jwks.json", [this](const Request&, Now) { return hub_.jwks(); });
  add("bookings.token", "POST", "/api/oauth/token",
      [this](const Request& r, Now now) { return bookings_.token(r, now); });
  add("credicorp.token", "POST", "/partner/v1/oauth/token",
      [this](const Request& r, Now now) { return credicorp_.token(r, now); });
  add("credicorp.jwks", "GET", "/partner/v1/oauth/jwks", [this](const Request&, Now) { return credicorp_.jwks(); });
  // The document names the bare well-known path, RFC 8414 sec 3.1 inserts it before the issuer's path, and many
  // libraries append it.
  for (const char* path :
       {"/.well-known/oauth-authorization-server", "/.well-known/oauth-authorization-server/partner/v1",
        "/partner/v1/.well-known/oauth-authorization-server"}) {
    add("credicorp.metadata", "GET", path, [this](const Request&, Now) { return credicorp_.metadata(); });
  }
  add("credicorp.introspect", "POST", "/partner/v1/oauth/introspect",
      [this](const Request& r, Now now) { return credicorp_.introspect(r, introspection_callers_, now); });
  add("credicorp.status_list", "GET", "/partner/v1/statuslists/1",
      [this](const Request&, Now now) { return credicorp_.status_list().serve(credicorp_.keys(), now); });
  add("hubrise.authorize", "GET", "/oauth2/v1/authorize",
      [this](const Request& r, Now now) { return hubrise_.authorize(r, now); });
  add("hubrise.token", "POST", "/oauth2/v1/token",
      [this](const Request& r, Now now) { return hubrise_.token(r, now); });
  add("hubrise.introspect", "POST", "/oauth2/v1/introspect",
      [this](const Request& r, Now) { return hubrise_.introspect(r, introspection_callers_); });
}

void Issuer::add_controls() {
  const auto add_control = [this](const char* path, auto member) {
    add("dev", "POST", path, [this, member](const Request& request, Now now) {
      const auto parameters = control_parameters(request);
      if (!parameters) return bad_control("the parameters are malformed or repeated");
      if constexpr (std::is_invocable_v<decltype(member), Issuer*, const Parameters&, Now>) {
        return (this->*member)(*parameters, now);
      } else {
        return (this->*member)(*parameters);
      }
    });
  };
  add_control("/dev/mint", &Issuer::mint);
  add_control("/dev/rotate", &Issuer::rotate);
  add_control("/dev/spares", &Issuer::make_spares);
  add_control("/dev/revoke", &Issuer::revoke);
  add_control("/dev/outage", &Issuer::set_outage);
  add_control("/dev/rate", &Issuer::set_rate);
  add_control("/dev/status", &Issuer::set_status);
  add_control("/dev/user", &Issuer::set_user);
  add("dev", "GET", "/dev/counters", [this](const Request&, Now) { return counters(); });
  add("dev", "GET", "/dev/bookings.pem", [this](const Request&, Now) {
    return Answer{
        .status = 200, .fields = {{"Content-Type", "application/x-pem-file"}}, .body = bookings_.keys().public_pem()};
  });
}

Answer Issuer::answer(const Request& request, Now now) {
  if (request.path == kEchoPrefix || request.path.starts_with("/echo/")) return echo(request);
  const Endpoint* other_method = nullptr;
  for (Endpoint& endpoint : endpoints_) {
    if (endpoint.path != request.path) continue;
    if (endpoint.method != request.method) {
      other_method = &endpoint;
      continue;
    }
    ++endpoint.request_count;
    if (endpoint.outage_retry_after_s > 0) return retry_later(503, endpoint.outage_retry_after_s);
    return endpoint.serve(request, now);
  }
  if (other_method == nullptr) return oauth_error(404, "not_found", "no endpoint has this path");
  Answer answer = oauth_error(405, "invalid_request", "this endpoint has another method");
  answer.fields.push_back({"Allow", other_method->method});
  return answer;
}

JwtSystem* Issuer::find_system(std::string_view name) {
  if (name == "hub") return &hub_;
  if (name == "bookings") return &bookings_;
  return name == "credicorp" ? &credicorp_ : nullptr;
}

Answer Issuer::mint(const Parameters& parameters, Now now) {
  JwtSystem* system = find_system(parameters.get("system"));
  if (system == nullptr) return bad_control("system is hub, bookings or credicorp");
  const auto expires_in_s = number_of(parameters, "expires_in", kTokenLifeS);
  const auto not_before_s = number_of(parameters, "not_before", 0);
  const auto signature = signature_kind(parameters.get("signature"));
  if (!expires_in_s || !not_before_s) return bad_control("expires_in and not_before are whole seconds");
  if (!signature) return bad_control("signature is good, tampered or foreign_key");
  const Client& client = system->clients().clients().front();
  TokenSpec spec;
  spec.client_id = client.id;
  spec.expires_in_s = *expires_in_s;
  spec.not_before_s = *not_before_s;
  spec.issuer = parameters.get("iss");
  spec.audience = parameters.get("aud");
  spec.subject = parameters.get("sub");
  spec.signature = *signature;
  if (parameters.has("status_index")) {
    const auto index = number_of(parameters, "status_index", 0);
    if (system != &credicorp_ || !index)
      return bad_control("status_index is a whole number; credicorp alone has lists");
    const std::string_view uri = parameters.get("status_uri");
    spec.status_json = status_claim(*index, uri.empty() ? credicorp_.status_list().url() : uri);
  }
  // Any scope at all: a test wants wrong ones.
  spec.scope = parameters.get("scope");
  if (spec.scope.empty()) spec.scope = grant_scope(client, "").value();
  return json_answer(200, JsonObject().add("access_token", system->mint(spec, now)).text());
}

Answer Issuer::rotate(const Parameters& parameters) {
  JwtSystem* system = find_system(parameters.get("system"));
  if (system == nullptr) return bad_control("system is hub, bookings or credicorp");
  const std::string_view old_keys = parameters.get("old_keys");
  if (old_keys != "published" && old_keys != "withdrawn") return bad_control("old_keys is published or withdrawn");
  system->keys().rotate(old_keys == "published" ? OldKeys::kPublished : OldKeys::kWithdrawn);
  return done();
}

Answer Issuer::make_spares(const Parameters& parameters) {
  constexpr std::int64_t kSparesMax = 100;
  JwtSystem* system = find_system(parameters.get("system"));
  const auto count = number_of(parameters, "count", 0);
  if (system == nullptr || !count || *count < 1 || *count > kSparesMax) {
    return bad_control("system is hub, bookings or credicorp; count is 1 to 100");
  }
  system->keys().make_spares(static_cast<std::size_t>(*count));
  return done();
}

Answer Issuer::revoke(const Parameters& parameters) {
  const std::string_view compact = parameters.get("token");
  const bool known = hubrise_.revoke(compact) || credicorp_.revoke(compact);
  return known ? done() : bad_control("token is none that HubRise or Credicorp issued");
}

Answer Issuer::set_outage(const Parameters& parameters) {
  const auto retry_after_s = number_of(parameters, "retry_after", 0);
  if (!retry_after_s || *retry_after_s < 0) return bad_control("retry_after is whole seconds; 0 ends the outage");
  bool found = false;
  for (Endpoint& endpoint : endpoints_) {
    if (endpoint.name != parameters.get("endpoint") || endpoint.name == "dev") continue;
    endpoint.outage_retry_after_s = *retry_after_s;
    found = true;
  }
  return found ? done() : bad_control("endpoint is one of those that /dev/counters lists");
}

Answer Issuer::set_rate(const Parameters& parameters) {
  JwtSystem* system = find_system(parameters.get("system"));
  const auto per_minute = number_of(parameters, "per_minute", 0);
  if (system == nullptr || !per_minute || *per_minute < 1) {
    return bad_control("system is hub, bookings or credicorp; per_minute is at least 1");
  }
  system->limiter().set_per_minute(*per_minute);
  return done();
}

Answer Issuer::set_status(const Parameters& parameters) {
  const auto index = number_of(parameters, "index", 0);
  const auto status = number_of(parameters, "status", 0);
  const auto form = find_status_list_form(parameters.has("form") ? parameters.get("form") : "good");
  const bool is_in_range =
      index && *index >= 0 && *index < StatusPublisher::kSize && status && *status >= 0 && *status <= 3;
  if (!is_in_range || !form) {
    return bad_control(
        "index is 0 to 4095, status 0 to 3; form is good, garbage, foreign_key, wrong_sub, wrong_type, "
        "torn or expired");
  }
  if (parameters.has("index")) credicorp_.status_list().set(*index, *status);
  credicorp_.status_list().set_form(*form);
  return done();
}

Answer Issuer::set_user(const Parameters& parameters) {
  const std::string_view approval = parameters.get("approval");
  if (approval != "granted" && approval != "denied") return bad_control("approval is granted or denied");
  hubrise_.set_approval(approval == "granted" ? Approval::kGranted : Approval::kDenied);
  return done();
}

Answer Issuer::counters() const {
  std::map<std::string, std::int64_t> counts;
  for (const Endpoint& endpoint : endpoints_) {
    if (endpoint.name != "dev") counts[endpoint.name] += endpoint.request_count;
  }
  JsonObject body;
  for (const auto& [name, count] : counts) body.add(name, count);
  return json_answer(200, body.text());
}

}  // namespace assay::development

#include "issuer/jwt_systems.h"

#include <array>
#include <cstdio>

#include "issuer/random_text.h"
#include "signing/json_text.h"

namespace assay::development {
namespace {

using signing::JsonObject;

constexpr std::string_view kHubAudience = "partner-connect-hub";
constexpr std::string_view kCredicorpAudience = "partner/v1";
constexpr std::size_t kIssuedMax = 100'000;

std::string_view either(std::string_view wanted, std::string_view otherwise) {
  return wanted.empty() ? otherwise : wanted;
}

// A NumericDate with six decimals, as Bookings prints it.
std::string fractional(std::int64_t us) {
  std::array<char, 40> text{};
  std::snprintf(text.data(), text.size(), "%lld.%06lld", static_cast<long long>(us / 1'000'000),
                static_cast<long long>(us % 1'000'000));
  return text.data();
}

std::string scope_array(std::string_view scope) {
  std::string elements;
  while (!scope.empty()) {
    const std::size_t end = scope.find(' ');
    if (!elements.empty()) elements += ',';
    elements += signing::json_string(scope.substr(0, end));
    scope = end == std::string_view::npos ? std::string_view{} : scope.substr(end + 1);
  }
  return "[" + elements + "]";
}

Answer token_answer(std::string_view compact, const TokenSpec& spec) {
  return json_answer(200, JsonObject()
                              .add("access_token", compact)
                              .add("token_type", "Bearer")
                              .add("expires_in", spec.expires_in_s)
                              .add("scope", spec.scope)
                              .text());
}

}  // namespace

Answer PartnerConnectHub::token(const Request& request, Now now) {
  const auto spec = grant_from_form(request, now);
  return spec ? token_answer(mint(*spec, now), *spec) : spec.error();
}

std::string PartnerConnectHub::mint(const TokenSpec& spec, Now now) {
  const TokenTimes times = times_of(spec, now);
  return keys().sign(JsonObject()
                         .add("iss", either(spec.issuer, issuer_))
                         .add("sub", either(spec.subject, spec.client_id))
                         .add("aud", either(spec.audience, kHubAudience))
                         .add("client_id", spec.client_id)
                         .add("scope", spec.scope)
                         .add("iat", times.iat_s)
                         .add("nbf", times.nbf_s)
                         .add("exp", times.exp_s)
                         .add("jti", random_hex(32))
                         .text(),
                     spec.signature);
}

Answer Bookings::token(const Request& request, Now now) {
  const std::string_view type = request.field("content-type");
  const auto parameters =
      type.substr(0, type.find(';')) == "application/json" ? Parameters::parse_json(request.body) : std::nullopt;
  if (!parameters) {
    return oauth_error(400, "invalid_request", "the body is not an application/json object of strings");
  }
  const auto spec = grant(request, *parameters, now);
  if (!spec) return spec.error();
  return json_answer(200, JsonObject()
                              .add("token_type", "Bearer")
                              .add("expires_in", spec->expires_in_s)
                              .add("access_token", mint(*spec, now))
                              .text());
}

std::string Bookings::mint(const TokenSpec& spec, Now now) {
  const TokenTimes times = times_of(spec, now);
  const std::int64_t fraction_us = now.wall_us % 1'000'000;
  return keys().sign(JsonObject()
                         .add("aud", either(spec.audience, spec.client_id))
                         .add("jti", random_hex(80))
                         .add_json("iat", fractional(times.iat_s * 1'000'000 + fraction_us))
                         .add_json("nbf", fractional(times.nbf_s * 1'000'000 + fraction_us))
                         .add_json("exp", fractional(times.exp_s * 1'000'000 + fraction_us))
                         .add("sub", spec.subject)
                         .add_json("scopes", scope_array(spec.scope))
                         .add("user_id", "842902db-54e5-4614-b348-002e8ce5da12")
                         .add("partner_id", "f31120ee-b5cb-41c4-9529-288d02e91cd6")
                         .add("is_test", false)
                         .text(),
                     spec.signature);
}

Answer Credicorp::token(const Request& request, Now now) {
  const auto spec = grant_from_form(request, now);
  return spec ? token_answer(mint(*spec, now), *spec) : spec.error();
}

std::string Credicorp::mint(const TokenSpec& spec, Now now) {
  const TokenTimes times = times_of(spec, now);
  JsonObject members;
  members.add("iss", either(spec.issuer, issuer_))
      .add("sub", either(spec.subject, spec.client_id))
      .add("aud", either(spec.audience, kCredicorpAudience))
      .add("client_id", spec.client_id)
      .add("scope", spec.scope)
      .add("iat", times.iat_s)
      .add("nbf", times.nbf_s)
      .add("exp", times.exp_s)
      .add("jti", random_hex(32));
  if (!spec.status_json.empty()) members.add_json("status", spec.status_json);
  const std::string claims = members.text();
  std::string compact = keys().sign(claims, spec.signature);
  if (spec.signature == SignatureKind::kGood) {
    if (issued_.size() >= kIssuedMax) issued_.clear();
    issued_[compact] = {.claims_json = claims, .exp_s = times.exp_s};
  }
  return compact;
}

Answer Credicorp::metadata() const {
  return {
      .status = 200,
      .fields = {{"Content-Type", "application/json"}},
      .body = JsonObject()
                  .add("issuer", issuer_)
                  .add("token_endpoint", issuer_ + "/oauth/token")
                  .add("jwks_uri", issuer_ + "/oauth/jwks")
                  .add("introspection_endpoint", issuer_ + "/oauth/introspect")
                  .add_json("grant_types_supported", R"(["client_credentials"])")
                  .add_json("response_types_supported", "[]")
                  .add_json("scopes_supported", R"(["applications:write","decisions:read"])")
                  .add_json("token_endpoint_auth_methods_supported", R"(["client_secret_basic","client_secret_post"])")
                  .add_json("introspection_endpoint_auth_methods_supported",
                            R"(["client_secret_basic","client_secret_post"])")
                  .text()};
}

Answer Credicorp::introspect(const Request& request, const ClientRegistry& callers, Now now) {
  const auto parameters = read_form(request);
  if (!parameters) return oauth_error(400, "invalid_request", "the body is no form or repeats a parameter");
  const auto own_client = clients().authenticate(request, *parameters);
  if (!own_client) {
    const auto caller = callers.authenticate(request, *parameters);
    if (!caller) return caller.error();
  }
  if (!parameters->has("token")) return oauth_error(400, "invalid_request", "token is missing");
  const auto found = issued_.find(parameters->get("token"));
  if (found == issued_.end() || found->second.exp_s <= now.wall_us / 1'000'000) {
    return json_answer(200, R"({"active":false})");
  }
  std::string claims = found->second.claims_json;
  return json_answer(200, R"({"active":true,"token_type":"Bearer",)" + claims.substr(1));
}

}  // namespace assay::development

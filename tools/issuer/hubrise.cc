#include "issuer/hubrise.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/arena.h"
#include "issuer/credentials_grant.h"
#include "issuer/random_text.h"
#include "jose/scope.h"
#include "signing/json_text.h"

namespace assay::development {
namespace {

constexpr std::int64_t kCodeLifeNs = std::int64_t{600} * 1'000'000'000;
constexpr std::size_t kGrantsMax = 10'000;
constexpr std::size_t kSecretDigits = 26;  // of a code and of a token, as the document prints them
constexpr std::string_view kOutOfBand = "urn:ietf:wg:oauth:2.0:oob";

// Loopback targets may be plain (RFC 8252 sec 7.3); others not.
bool is_redirect_target(std::string_view uri) {
  if (uri.find('#') != std::string_view::npos || uri.find_first_of(" \r\n\t\"<>") != std::string_view::npos)
    return false;
  return uri.starts_with("https://") || uri.starts_with("http://127.0.0.1") || uri.starts_with("http://localhost");
}

Answer page(int status, std::string_view text) {
  return {.status = status,
          .fields = {{"Content-Type", "text/html; charset=utf-8"}, {"Cache-Control", "no-store"}},
          .body = "<!doctype html><title>HubRise (development)</title><p>" + std::string(text) + "</p>\n"};
}

// Tells the client through the user's browser, or the user where no client can be reached.
Answer tell_client(const Parameters& parameters, std::string_view name, std::string_view value) {
  const std::string_view redirect_uri = parameters.get("redirect_uri");
  if (redirect_uri == kOutOfBand) {
    return page(name == "code" ? 200 : 400, std::string(name) + ": <code>" + std::string(value) + "</code>");
  }
  std::string location(redirect_uri);
  location += redirect_uri.find('?') == std::string_view::npos ? '?' : '&';
  location += std::string(name) + "=" + encode_query_text(value);
  if (parameters.has("state")) location += "&state=" + encode_query_text(parameters.get("state"));
  return {.status = 302, .fields = {{"Location", location}, {"Cache-Control", "no-store"}}, .body = {}};
}

bool is_account_scope(std::string_view scope) {
  return scope.starts_with("account[") || scope.find(",account[") != scope.npos;
}

}  // namespace

bool is_hubrise_scope(std::string_view scope) {
  static constexpr std::array<std::string_view, 5> kResources = {"orders", "customer_list", "all_customer_lists",
                                                                 "catalog", "all_catalogs"};
  base::Arena arena(64 * 1024);
  const std::array<std::string_view, 1> texts = {scope};
  const auto values = jose::parse_granted_scope(texts, false, ScopeGrammar::kBracketed, arena);
  if (!values || values->empty()) return false;
  return std::all_of(values->begin(), values->end(), [](const jose::ScopeValue& value) {
    if (value.level.empty()) return value.permission == "profile" || value.permission == "profile_with_email";
    if (value.level != "location" && value.level != "account") return false;
    if (value.permission.empty()) return true;
    const std::size_t dot = value.permission.find('.');
    const std::string_view rights = dot == std::string_view::npos ? "" : value.permission.substr(dot + 1);
    return (rights == "read" || rights == "write") &&
           std::find(kResources.begin(), kResources.end(), value.permission.substr(0, dot)) != kResources.end();
  });
}

Answer Hubrise::authorize(const Request& request, Now now) {
  const auto parameters = Parameters::parse_form(request.query);
  if (!parameters) return page(400, "The query is malformed or repeats a parameter.");
  // Errors about who asks are shown to the user and never sent to an address that nobody vouches for
  // (RFC 6749 sec 4.1.2.1).
  if (clients_.find(parameters->get("client_id")) == nullptr) return page(400, "The client_id is not registered.");
  const std::string_view redirect_uri = parameters->get("redirect_uri");
  if (redirect_uri != kOutOfBand && !is_redirect_target(redirect_uri)) {
    return page(400, "The redirect_uri is missing or not allowed.");
  }
  const std::string_view scope = parameters->get("scope");
  if (!is_hubrise_scope(scope)) return tell_client(*parameters, "error", "invalid_scope");
  if (approval_ == Approval::kDenied) return tell_client(*parameters, "error", "access_denied");
  Grant grant;
  grant.client_id = parameters->get("client_id");
  grant.scope = scope;
  grant.device_id = parameters->get("device_id");
  grant.place = place_of(*parameters);
  return tell_client(*parameters, "code", issue_code(std::move(grant), now));
}

Answer Hubrise::token(const Request& request, Now now) {
  const auto parameters = read_form(request);
  if (!parameters) return oauth_error(400, "invalid_request", "the body is no form or repeats a parameter");
  const auto client = clients_.authenticate(request, *parameters);
  if (!client) return client.error();
  const std::string_view grant_type = parameters->get("grant_type");
  if (!grant_type.empty() && grant_type != "authorization_code") {
    return oauth_error(400, "unsupported_grant_type", "only authorization codes are exchanged");
  }
  const auto found = grants_.find(parameters->get("code"));
  if (found == grants_.end() || found->second.client_id != (*client)->id) {
    return oauth_error(400, "invalid_grant", "the code is unknown, was used, or belongs to another client");
  }
  const Grant grant = std::move(found->second);
  grants_.erase(found);
  if (grant.expires_ns <= now.monotonic_ns) return oauth_error(400, "invalid_grant", "the code has expired");
  signing::JsonObject body;
  body.add("access_token", connect(grant)).add("account_id", grant.place.account_id);
  if (!is_account_scope(grant.scope)) body.add("location_id", grant.place.location_id);
  body.add("catalog_id", grant.place.catalog_id).add("customer_list_id", grant.place.customer_list_id);
  body.add("account_name", grant.place.account_name);
  if (!is_account_scope(grant.scope)) body.add("location_name", grant.place.location_name);
  body.add("catalog_name", grant.place.catalog_name).add("customer_list_name", grant.place.customer_list_name);
  return json_answer(200, body.text());
}

Answer Hubrise::introspect(const Request& request, const ClientRegistry& callers) const {
  const auto parameters = read_form(request);
  if (!parameters) return oauth_error(400, "invalid_request", "the body is no form or repeats a parameter");
  const auto caller = callers.authenticate(request, *parameters);
  if (!caller) return caller.error();
  if (!parameters->has("token")) return oauth_error(400, "invalid_request", "token is missing");
  const auto found = connections_.find(parameters->get("token"));
  if (found == connections_.end() || !found->second.active) return json_answer(200, R"({"active":false})");
  const Connection& connection = found->second;
  const bool whole_account = is_account_scope(connection.scope);
  signing::JsonObject body;
  body.add("active", true).add("scope", connection.scope).add("client_id", connection.client_id);
  body.add("sub", whole_account ? connection.place.account_id : connection.place.location_id);
  body.add("account_id", connection.place.account_id);
  if (!whole_account) body.add("location_id", connection.place.location_id);
  if (!connection.device_id.empty()) body.add("device_id", connection.device_id);
  return json_answer(200, body.text());
}

bool Hubrise::revoke(std::string_view access_token) {
  const auto found = connections_.find(access_token);
  if (found == connections_.end()) return false;
  found->second.active = false;
  return true;
}

const Hubrise::Place& Hubrise::place_of(const Parameters& parameters) {
  const bool named = parameters.has("account_name");
  const std::string account = named ? std::string(parameters.get("account_name")) : "Bella Pizza";
  const std::string location = parameters.has("location_name") ? std::string(parameters.get("location_name")) : "Paris";
  const auto [entry, is_new] = places_.try_emplace({account, location});
  if (!is_new) return entry->second;
  Place& place = entry->second;
  place = {.account_id = "3r4s3",
           .account_name = account,
           .location_id = "",
           .location_name = location,
           .catalog_id = "psmlf",
           .catalog_name = account,
           .customer_list_id = "xab66",
           .customer_list_name = account};
  const auto same_account = std::find_if(places_.begin(), places_.end(), [&place, &account](const auto& other) {
    return &other.second != &place && other.first.first == account;
  });
  if (same_account != places_.end()) {
    place.account_id = same_account->second.account_id;
    place.catalog_id = same_account->second.catalog_id;
    place.customer_list_id = same_account->second.customer_list_id;
  } else if (account != "Bella Pizza") {
    place.account_id = random_hex(6);
    place.catalog_id = random_hex(6);
    place.customer_list_id = random_hex(6);
  }
  const auto locations = std::count_if(places_.begin(), places_.end(),
                                       [&account](const auto& other) { return other.first.first == account; });
  place.location_id = place.account_id + "-" + std::to_string(locations);
  return place;
}

std::string Hubrise::issue_code(Grant grant, Now now) {
  std::erase_if(grants_, [now](const auto& entry) { return entry.second.expires_ns <= now.monotonic_ns; });
  if (grants_.size() >= kGrantsMax) grants_.clear();
  grant.expires_ns = now.monotonic_ns + kCodeLifeNs;
  std::string code = random_hex(kSecretDigits);
  grants_.emplace(code, std::move(grant));
  return code;
}

const std::string& Hubrise::connect(const Grant& grant) {
  const std::string& bound_to = is_account_scope(grant.scope) ? grant.place.account_id : grant.place.location_id;
  const auto [entry, is_new] = tokens_.try_emplace({grant.client_id, bound_to, grant.device_id});
  if (is_new) entry->second = random_hex(kSecretDigits);
  connections_[entry->second] = {.client_id = grant.client_id,
                                 .scope = grant.scope,
                                 .device_id = grant.device_id,
                                 .place = grant.place,
                                 .active = true};
  return entry->second;
}

}  // namespace assay::development

#include "config/listener_reader.h"

#include <algorithm>
#include <array>
#include <map>
#include <utility>

#include "base/letter_case.h"
#include "config/client_reader.h"
#include "config/issuer_names.h"
#include "config/value_text.h"

namespace assay::config {
namespace {

constexpr std::size_t kListenersMax = 64;
constexpr std::string_view kTrustedPeersForm = "numeric addresses like \"127.0.0.1\", or \"unix\" for Unix sockets";
constexpr std::string_view kClaimHeadersForm = "a table like { email = \"X-Email\" } from claims to header names";

constexpr std::array<Choice<ListenerMode>, 5> kModeChoices{{{"ext_authz", ListenerMode::kExtAuthz},
                                                            {"auth_request", ListenerMode::kAuthRequest},
                                                            {"forward_auth", ListenerMode::kForwardAuth},
                                                            {"introspection", ListenerMode::kIntrospection},
                                                            {"events", ListenerMode::kEvents}}};

void read_token_places(TableReader& reader, ListenerSettings& listener) {
  const std::vector<PlacedText> texts = reader.read_strings("token");
  if (!texts.empty()) listener.token_places.clear();
  for (const PlacedText& text : texts) {
    const std::optional<TokenPlace> place = parse_token_place(text.text);
    if (place) listener.token_places.push_back(*place);
    if (!place) {
      reader.complain_at(text.place, "token",
                         "\"" + text.text + "\" is no token place; accepted: " + std::string(kTokenPlaceForm));
    }
  }
}

void read_trusted_peers(TableReader& reader, ListenerSettings& listener) {
  const TomlValue* array = reader.take("trusted_peers");
  // An empty list says the same as none: nobody is trusted.
  const bool lists_none = array != nullptr && array->kind == TomlValue::Kind::kArray && array->elements.empty();
  if (array != nullptr && !lists_none) {
    for (PlacedText& peer : reader.read_strings("trusted_peers")) {
      if (peer.text != "unix" && !is_numeric_host(peer.text)) {
        reader.complain_at(peer.place, "trusted_peers",
                           "\"" + peer.text + "\" is no numeric address; accepted: " + std::string(kTrustedPeersForm));
      }
      listener.trusted_peers.push_back(std::move(peer.text));
    }
  } else if (listener.mode != ListenerMode::kExtAuthz) {
    reader.complain("trusted_peers",
                    "this mode judges forwarded headers and believes only these peers; accepted: one or more " +
                        std::string(kTrustedPeersForm));
  }
}

// Every header once: two claims in one header would be one claim's word for another's.
void read_claim_headers(TableReader& reader, ListenerSettings& listener) {
  const TomlValue* table = reader.read_table("claim_headers");
  if (table == nullptr) return;
  std::vector<std::string> seen;
  for (const TomlMember& member : table->members) {
    const TomlValue& header = member.value;
    if (header.kind != TomlValue::Kind::kString || !is_http_token(header.text) || member.key.empty()) {
      reader.complain_at(header.place, "claim_headers",
                         "does not map a claim to a header name; accepted: " + std::string(kClaimHeadersForm));
      continue;
    }
    const std::string lower = base::to_lower(header.text);
    if (lower.starts_with("x-assay-") || std::find(seen.begin(), seen.end(), lower) != seen.end()) {
      reader.complain_at(header.place, "claim_headers",
                         "\"" + header.text + "\" is taken; accepted: each header once, none of X-Assay-...");
    }
    seen.push_back(lower);
    listener.claim_headers.push_back({.claim = member.key, .header = header.text});
  }
}

void read_realm(TableReader& reader, ListenerSettings& listener) {
  const TomlValue* realm = reader.read_string("realm");
  if (realm == nullptr) return;
  listener.realm = realm->text;
  const bool quotable = std::all_of(realm->text.begin(), realm->text.end(),
                                    [](char c) { return c >= 0x20 && c < 0x7f && c != '"' && c != '\\'; });
  if (!quotable) reader.complain_value("realm", *realm, "printable ASCII without quotes and backslashes");
}

// A token goes to one issuer only: which one must follow from the token's shape and `iss`.
void check_unambiguous(TableReader& reader, const std::vector<const IssuerPolicy*>& issuers) {
  std::map<std::string_view, const IssuerPolicy*> by_iss;
  const IssuerPolicy* opaque = nullptr;
  for (const IssuerPolicy* issuer : issuers) {
    if (issuer->opaque && opaque != nullptr) {
      reader.complain("issuers", opaque->name + " and " + issuer->name +
                                     " both take opaque tokens; accepted: at most one of them at an address");
    }
    if (issuer->opaque) opaque = issuer;
    if (issuer->keys.kind == KeySource::Kind::kNone) continue;
    const auto [other, is_new] = by_iss.emplace(issuer->issuer, issuer);
    if (is_new) continue;
    reader.complain("issuers", other->second->name + " and " + issuer->name + " both take tokens with issuer = \"" +
                                   issuer->issuer + "\"; accepted: at most one of them at an address");
  }
}

bool takes_issuer(const EntrancePolicy& entrance, const std::string& name) {
  const std::vector<std::string>& names = entrance.issuers;
  return names.empty() || std::find(names.begin(), names.end(), name) != names.end();
}

void check_some_issuer_has_events(TableReader& reader, const EntrancePolicy& entrance, const Configuration& out) {
  const auto& issuers = out.policy.issuers;
  const bool has_some = std::any_of(issuers.begin(), issuers.end(), [&](const IssuerPolicy& issuer) {
    return issuer.events.has_value() && takes_issuer(entrance, issuer.name);
  });
  if (has_some) return;
  reader.complain("mode", "no issuer of this listener has events; accepted: an events table in one of its issuers");
}

// Keys of the modes in which proxies ask.
void read_check_keys(TableReader& reader, ListenerSettings& listener) {
  read_token_places(reader, listener);
  read_trusted_peers(reader, listener);
  read_claim_headers(reader, listener);
  reader.read_boolean("client_detail", listener.client_detail);
  read_realm(reader, listener);
  reader.refuse_without_effect("clients", "proxies ask in this mode, and they do not authenticate");
}

// Keys of the mode in which clients ask.
void read_introspection_keys(TableReader& reader, Configuration& out, ListenerSettings& listener) {
  for (const std::string_view key : {"token", "trusted_peers", "claim_headers", "client_detail", "realm"}) {
    reader.refuse_without_effect(key, "in this mode clients ask, and the token is in the form");
  }
  reader.require("clients", "ids of [[client]]: who may ask");
  listener.clients = read_client_list(reader, out);
}

// Keys of the mode in which issuers push events.
void read_event_keys(TableReader& reader, const Configuration& out, const EntrancePolicy& entrance) {
  for (const std::string_view key : {"token", "trusted_peers", "claim_headers", "client_detail", "realm", "clients"}) {
    reader.refuse_without_effect(key, "no checks come in where mode is \"events\"");
  }
  check_some_issuer_has_events(reader, entrance, out);
}

void read_listener(const TomlValue& table, Faults& faults, Configuration& out) {
  TableReader reader(table, "listener", faults);
  ListenerSettings listener;
  listener.entrance = static_cast<std::uint32_t>(out.settings.listeners.size());
  listener.address = read_address(reader, out.settings);
  reader.read_choice<ListenerMode>("mode", kModeChoices, listener.mode);
  EntrancePolicy entrance = read_entrance(reader, out);
  entrance.uses_routes = listener.mode != ListenerMode::kIntrospection;
  switch (listener.mode) {
    case ListenerMode::kExtAuthz:
    case ListenerMode::kAuthRequest:
    case ListenerMode::kForwardAuth: read_check_keys(reader, listener); break;
    case ListenerMode::kIntrospection: read_introspection_keys(reader, out, listener); break;
    case ListenerMode::kEvents: read_event_keys(reader, out, entrance); break;
  }
  reader.finish();
  out.settings.listeners.push_back(std::move(listener));
  out.policy.entrances.push_back(std::move(entrance));
}

// Events that an issuer sends would be lost without a word; without a log what they revoke would come back.
void check_events_come_in(TableReader& document, const Configuration& out) {
  const bool takes_any = std::any_of(out.settings.listeners.begin(), out.settings.listeners.end(),
                                     [](const auto& listener) { return listener.mode == ListenerMode::kEvents; });
  if (takes_any && !document.has("state")) {
    document.complain("state", "is required where a listener takes events; accepted: [state] with revocations");
  }
  for (const IssuerPolicy& issuer : out.policy.issuers) {
    const auto takes = [&](const ListenerSettings& listener) {
      return listener.mode == ListenerMode::kEvents &&
             takes_issuer(out.policy.entrances[listener.entrance], issuer.name);
    };
    const auto& listeners = out.settings.listeners;
    if (!issuer.events || std::any_of(listeners.begin(), listeners.end(), takes)) continue;
    document.complain("listener", issuer.name + " has events, and no listener takes them; accepted: a listener with " +
                                      "mode = \"events\" for it, or an issuer without an events table");
  }
}

}  // namespace

void read_listeners(TableReader& document, Faults& faults, Configuration& out) {
  const std::vector<const TomlValue*> tables = document.read_tables("listener");
  if (tables.empty()) {
    // Offline commands need no listener; all issuers then share one entrance.
    std::vector<const IssuerPolicy*> issuers;
    for (const IssuerPolicy& issuer : out.policy.issuers) issuers.push_back(&issuer);
    TomlValue everywhere;
    everywhere.place = document.place();
    TableReader reader(everywhere, "listener", faults);
    check_unambiguous(reader, issuers);
    return;
  }
  if (tables.size() > kListenersMax) {
    document.complain("listener", "there are " + std::to_string(tables.size()) + "; accepted: at most " +
                                      std::to_string(kListenersMax));
  }
  out.policy.entrances.clear();
  for (const TomlValue* table : tables) read_listener(*table, faults, out);
  check_events_come_in(document, out);
}

EntrancePolicy read_entrance(TableReader& reader, const Configuration& out) {
  EntrancePolicy entrance{.issuers = read_issuer_names(reader, out)};
  std::vector<const IssuerPolicy*> issuers;
  for (const IssuerPolicy& issuer : out.policy.issuers) {
    const bool is_named =
        std::find(entrance.issuers.begin(), entrance.issuers.end(), issuer.name) != entrance.issuers.end();
    if (is_named || !reader.has("issuers")) issuers.push_back(&issuer);
  }
  check_unambiguous(reader, issuers);
  return entrance;
}

Address read_address(TableReader& reader, const Settings& settings) {
  reader.require("address", kAddressForm);
  const TomlValue* value = reader.read_string("address");
  if (value == nullptr) return {};
  const std::optional<Address> address = parse_address(value->text);
  if (!address) {
    reader.complain_value("address", *value, kAddressForm);
    return {};
  }
  const bool any_port = address->kind == Address::Kind::kTcp && address->port == 0;
  const bool taken = std::any_of(
      settings.listeners.begin(), settings.listeners.end(),
      [&](const ListenerSettings& other) { return format_address(other.address) == format_address(*address); });
  if (taken && !any_port) {
    reader.complain_at(value->place, "address",
                       value->text + " is a listener's already; accepted: an address of its own");
  }
  return *address;
}

}  // namespace assay::config

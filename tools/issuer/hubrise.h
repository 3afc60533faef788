// HubRise: opaque tokens that never expire, from authorization codes. docs/systems/hubrise.md.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <tuple>

#include "assay/engine.h"
#include "issuer/clients.h"
#include "issuer/exchange.h"

namespace assay::development {

// What the test user answers when asked to approve.
enum class Approval : std::uint8_t { kGranted, kDenied };

// Thread-confined. Codes work once and for ten minutes; a connection (client, location, device) has one token for ever.
class Hubrise {
 public:
  [[nodiscard]] ClientRegistry& clients() { return clients_; }

  // GET /oauth2/v1/authorize: the test user decides at once. RFC 6749 sec 4.1.1 and 4.1.2.
  [[nodiscard]] Answer authorize(const Request& request, Now now);

  // POST /oauth2/v1/token: exchanges a code. RFC 6749 sec 4.1.3.
  [[nodiscard]] Answer token(const Request& request, Now now);

  // POST /oauth2/v1/introspect, for `callers` only. RFC 7662 sec 2.
  [[nodiscard]] Answer introspect(const Request& request, const ClientRegistry& callers) const;

  // What the user answers from now on.
  void set_approval(Approval approval) { approval_ = approval; }

  // The user takes the connection back; authorising it again revives the same token. False if the token is unknown.
  [[nodiscard]] bool revoke(std::string_view access_token);

 private:
  struct Place {  // what the user connects, with the names and identifiers of the token response
    std::string account_id, account_name, location_id, location_name;
    std::string catalog_id, catalog_name, customer_list_id, customer_list_name;
  };
  struct Grant {  // what a code stands for
    std::string client_id, scope, device_id;
    Place place;
    std::int64_t expires_ns = 0;
  };
  struct Connection {
    std::string client_id, scope, device_id;
    Place place;
    bool active = true;
  };
  // client, account or location, device
  using ConnectionKey = std::tuple<std::string, std::string, std::string>;

  [[nodiscard]] const Place& place_of(const Parameters& parameters);
  // Keeps the grant and returns its code.
  [[nodiscard]] std::string issue_code(Grant grant, Now now);
  // The connection's token: the same for the same key.
  [[nodiscard]] const std::string& connect(const Grant& grant);

  ClientRegistry clients_;
  Approval approval_ = Approval::kGranted;
  std::map<std::pair<std::string, std::string>, Place> places_;  // by account and location name
  std::map<std::string, Grant, std::less<>> grants_;             // by code
  std::map<ConnectionKey, std::string> tokens_;
  std::map<std::string, Connection, std::less<>> connections_;  // by access token
};

// Whether `scope` is one that HubRise documents: at most one of location[...] and account[...], and general
// permissions.
[[nodiscard]] bool is_hubrise_scope(std::string_view scope);

}  // namespace assay::development

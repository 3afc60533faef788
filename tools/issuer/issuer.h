// The development issuer: every endpoint of the four systems and the controls that tests turn. No transport.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "assay/engine.h"
#include "issuer/clients.h"
#include "issuer/exchange.h"
#include "issuer/hubrise.h"
#include "issuer/jwt_systems.h"

namespace assay::development {

struct ClientSecret {
  std::string id;
  std::string secret;
};

struct IssuerOptions {
  std::string base_url;                  // http://127.0.0.1:8180, without a slash at the end
  std::string kid = "2024-01";           // of the Hub's and of Credicorp's first key: the same text for two keys
  std::int64_t tokens_per_minute = 600;  // of one client
  ClientSecret hub_client{"hub-client", "hub-secret"};
  ClientSecret bookings_client{"9b1e82a7-0a59-4e7e-add5-b9ffa37aade1", "bookings-secret"};
  ClientSecret credicorp_client{"credicorp-client", "credicorp-secret"};
  ClientSecret hubrise_client{"hubrise-client", "hubrise-secret"};
  ClientSecret introspection_client{"assay", "introspection-secret"};  // may introspect at Credicorp and HubRise
};

// Thread-confined. Construction generates all keys: about two seconds, most of it the 4096-bit one.
class Issuer {
 public:
  explicit Issuer(const IssuerOptions& options);
  Issuer(const Issuer&) = delete;
  Issuer& operator=(const Issuer&) = delete;

  // Answers one request; every request gets an answer.
  [[nodiscard]] Answer answer(const Request& request, Now now);

 private:
  struct Endpoint {
    std::string name;    // "hub.token": what counters and outages are called
    std::string method;  // "GET" or "POST"
    std::string path;
    std::function<Answer(const Request&, Now)> serve;
    std::int64_t request_count = 0;
    std::int64_t outage_retry_after_s = 0;  // above 0: answers 503 with that Retry-After
  };

  void add_system_endpoints();
  void add_controls();
  void add(std::string name, std::string method, std::string path, std::function<Answer(const Request&, Now)> serve);

  // The controls under /dev; their parameters are in the query or a form body.
  [[nodiscard]] Answer mint(const Parameters& parameters, Now now);
  [[nodiscard]] Answer rotate(const Parameters& parameters);
  [[nodiscard]] Answer make_spares(const Parameters& parameters);
  [[nodiscard]] Answer revoke(const Parameters& parameters);
  [[nodiscard]] Answer set_outage(const Parameters& parameters);
  [[nodiscard]] Answer set_rate(const Parameters& parameters);
  [[nodiscard]] Answer set_status(const Parameters& parameters);
  [[nodiscard]] Answer set_user(const Parameters& parameters);
  [[nodiscard]] Answer counters() const;
  // Null if there is no JWT system of that name.
  [[nodiscard]] JwtSystem* find_system(std::string_view name);

  PartnerConnectHub hub_;
  Bookings bookings_;
  Credicorp credicorp_;
  Hubrise hubrise_;
  ClientRegistry introspection_callers_;
  std::vector<Endpoint> endpoints_;
};

}  // namespace assay::development

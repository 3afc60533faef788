// The three systems of docs/systems that sign JWTs: Partner Connect Hub, Bookings and Credicorp.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "issuer/credentials_grant.h"
#include "issuer/status_publisher.h"

namespace assay::development {

// Form-encoded POST /oauth/token; RS256 with a kid. docs/systems/partner-connect-hub.md.
class PartnerConnectHub final : public JwtSystem {
 public:
  // `base_url` without a slash at its end is the tokens' iss.
  PartnerConnectHub(std::string base_url, std::string kid, std::int64_t tokens_per_minute)
      : JwtSystem(2048, std::move(kid), tokens_per_minute), issuer_(std::move(base_url)) {}

  [[nodiscard]] Answer token(const Request& request, Now now);
  [[nodiscard]] std::string mint(const TokenSpec& spec, Now now) override;

 private:
  std::string issuer_;
};

// JSON POST /api/oauth/token; RS256 with 4096 bits, no kid, no iss, fractional times. docs/systems/bookings.md.
class Bookings final : public JwtSystem {
 public:
  explicit Bookings(std::int64_t tokens_per_minute) : JwtSystem(4096, "", tokens_per_minute) {}

  [[nodiscard]] Answer token(const Request& request, Now now);
  [[nodiscard]] std::string mint(const TokenSpec& spec, Now now) override;
};

// Form-encoded POST /partner/v1/oauth/token, metadata, JWKS, introspection and a status list.
// docs/systems/credicorp.md.
class Credicorp final : public JwtSystem {
 public:
  // The tokens' iss is `base_url` followed by /partner/v1.
  Credicorp(std::string base_url, std::string kid, std::int64_t tokens_per_minute)
      : JwtSystem(2048, std::move(kid), tokens_per_minute),
        issuer_(std::move(base_url) + "/partner/v1"),
        status_list_(issuer_) {}

  [[nodiscard]] Answer token(const Request& request, Now now);
  [[nodiscard]] std::string mint(const TokenSpec& spec, Now now) override;
  // Of tokens that are minted with a `status`.
  [[nodiscard]] StatusPublisher& status_list() { return status_list_; }

  // RFC 8414 sec 3.2.
  [[nodiscard]] Answer metadata() const;
  // RFC 7662 sec 2. `callers` may ask; this system's own clients may too.
  [[nodiscard]] Answer introspect(const Request& request, const ClientRegistry& callers, Now now);
  // Makes introspection answer inactive for that token. False if it was not issued here.
  [[nodiscard]] bool revoke(std::string_view compact) { return issued_.erase(std::string(compact)) > 0; }

 private:
  struct Issued {
    std::string claims_json;
    std::int64_t exp_s;
  };

  std::string issuer_;
  StatusPublisher status_list_;
  std::map<std::string, Issued, std::less<>> issued_;  // by compact serialization
};

}  // namespace assay::development

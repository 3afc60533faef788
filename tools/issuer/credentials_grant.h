// The client credentials grant, as the Hub, Bookings and Credicorp share it. RFC 6749 sec 4.4.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "assay/engine.h"
#include "assay/expected.h"
#include "issuer/clients.h"
#include "issuer/exchange.h"
#include "issuer/key_ring.h"
#include "issuer/rate_limiter.h"

namespace assay::development {

inline constexpr std::int64_t kTokenLifeS = 3600;

// A token to make: a granted one has the defaults, tests ask for others.
struct TokenSpec {
  std::string client_id;
  std::string scope;                        // space-separated
  std::int64_t expires_in_s = kTokenLifeS;  // negative: expired that long ago
  std::int64_t not_before_s = 0;            // from now
  std::string issuer;                       // empty: the system's own
  std::string audience;                     // empty: the system's own
  std::string subject;                      // empty: the system's own
  std::string status_json;                  // of the claim `status`; empty: there is none
  SignatureKind signature = SignatureKind::kGood;
};

// What the three systems that sign JWTs have in common: clients, keys, a rate limit. Thread-confined.
class JwtSystem {
 public:
  JwtSystem(unsigned modulus_bits, std::string kid, std::int64_t tokens_per_minute)
      : keys_(modulus_bits, std::move(kid)), limiter_(tokens_per_minute) {}
  virtual ~JwtSystem() = default;
  JwtSystem(const JwtSystem&) = delete;
  JwtSystem& operator=(const JwtSystem&) = delete;

  // The signed token, in compact serialization.
  [[nodiscard]] virtual std::string mint(const TokenSpec& spec, Now now) = 0;

  [[nodiscard]] ClientRegistry& clients() { return clients_; }
  [[nodiscard]] KeyRing& keys() { return keys_; }
  [[nodiscard]] RateLimiter& limiter() { return limiter_; }
  [[nodiscard]] Answer jwks() const;

 protected:
  // Answers a token request whose parameters were read: authenticates, counts against the limit, grants, mints.
  // The error is the finished answer.
  [[nodiscard]] tl::expected<TokenSpec, Answer> grant(const Request& request, const Parameters& parameters, Now now);

  // As grant, but reads the parameters from a form body first.
  [[nodiscard]] tl::expected<TokenSpec, Answer> grant_from_form(const Request& request, Now now);

 private:
  ClientRegistry clients_;
  KeyRing keys_;
  RateLimiter limiter_;
};

// The parameters of a form request; nothing if its type or text is wrong.
[[nodiscard]] std::optional<Parameters> read_form(const Request& request);

// The lifetime of a token that is minted at `now`, in whole seconds since the epoch: an expired one was issued a whole
// life before it expired.
struct TokenTimes {
  std::int64_t iat_s, nbf_s, exp_s;
};
[[nodiscard]] TokenTimes times_of(const TokenSpec& spec, Now now);

}  // namespace assay::development

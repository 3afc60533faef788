// One issuer's introspection endpoint: what is sent there, as whom, and whether it may be called now. No I/O, no clock.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "assay/engine.h"
#include "assay/fetcher.h"
#include "assay/policy.h"
#include "issuer/call_gate.h"
#include "issuer/client_credentials.h"
#include "verify/evp_sign.h"

namespace assay::verify {

// Thread-compatible: the control machine's mutex guards it.
class IntrospectionEndpoint {
 public:
  // Precondition: issuer.opaque is there and policy_faults finds no fault in it.
  explicit IntrospectionEndpoint(const IssuerPolicy& issuer);

  // Whether this endpoint serves `issuer` as well: same name and same settings.
  [[nodiscard]] bool serves(const IssuerPolicy& issuer) const;

  [[nodiscard]] const std::string& issuer_name() const noexcept { return issuer_name_; }
  [[nodiscard]] const OpaquePolicy& policy() const noexcept { return policy_; }
  [[nodiscard]] issuer::CallGate& gate() noexcept { return gate_; }
  [[nodiscard]] const issuer::CallGate& gate() const noexcept { return gate_; }

  // Whether make_call can be called: no token of Assay's own is needed, or one is there and fresh.
  [[nodiscard]] bool has_credentials(std::int64_t now_ns) const noexcept;
  // The request that asks about `token`. With a token of Assay's own, it carries the latest one.
  [[nodiscard]] FetchRequest make_call(std::string_view token, Now now);

  // Whether calls carry a bearer token of Assay's own.
  [[nodiscard]] bool uses_own_token() const noexcept { return !policy_.token_url.empty(); }
  // The request for a new one. Precondition: uses_own_token().
  [[nodiscard]] FetchRequest make_token_call(Now now);
  // Takes the answer to that request; false, with the old token forgotten, if there is no token in it.
  [[nodiscard]] bool take_token(const FetchResult& result, std::int64_t now_ns);
  // Counts the tokens that came, 0 before the first: which one a call carries.
  [[nodiscard]] std::uint64_t token_number() const noexcept { return token_number_; }
  // The endpoint answered 401 to a call that carried token `number`: that one is used no more.
  void reject_token(std::uint64_t number) noexcept;

 private:
  [[nodiscard]] std::string make_assertion(std::string_view url, Now now);

  std::string issuer_name_;
  OpaquePolicy policy_;
  bool allow_plain_http_;
  std::optional<Signer> signer_;  // of ClientAuthentication::kPrivateKeyJwt
  issuer::CallGate gate_;
  std::string own_token_;
  std::int64_t own_token_until_ns_ = 0;
  std::uint64_t token_number_ = 0;
  std::uint64_t assertion_count_ = 0;
};

}  // namespace assay::verify

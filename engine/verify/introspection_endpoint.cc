#include "verify/introspection_endpoint.h"

#include "base/check.h"
#include "base/keyed_hash.h"
#include "issuer/client_authentication.h"
#include "issuer/form_text.h"
#include "issuer/introspection.h"

namespace assay::verify {
namespace {

constexpr std::int64_t kUsPerS = 1'000'000;

}  // namespace

IntrospectionEndpoint::IntrospectionEndpoint(const IssuerPolicy& issuer)
    : issuer_name_(issuer.name),
      policy_(*issuer.opaque),
      allow_plain_http_(issuer.allow_plain_http),
      gate_(issuer.opaque->calls_per_second, base::keyed_hash64(issuer.name)) {
  if (policy_.authentication != ClientAuthentication::kPrivateKeyJwt) return;
  signer_ = Signer::make(policy_.private_key_pem, policy_.private_key_alg);
  ASSAY_CHECK(signer_.has_value());
}

bool IntrospectionEndpoint::serves(const IssuerPolicy& issuer) const {
  return issuer.opaque.has_value() && issuer.name == issuer_name_ && issuer.allow_plain_http == allow_plain_http_ &&
         *issuer.opaque == policy_;
}

bool IntrospectionEndpoint::has_credentials(std::int64_t now_ns) const noexcept {
  return !uses_own_token() || (!own_token_.empty() && now_ns < own_token_until_ns_);
}

FetchRequest IntrospectionEndpoint::make_call(std::string_view token, Now now) {
  FetchRequest request = issuer::make_introspection_request(policy_, token);
  request.allow_plain_http = allow_plain_http_;
  if (uses_own_token()) {
    issuer::carry_own_token(own_token_, request);
  } else {
    issuer::authenticate_client(policy_, make_assertion(request.url, now), request);
  }
  return request;
}

FetchRequest IntrospectionEndpoint::make_token_call(Now now) {
  FetchRequest request = issuer::make_token_request(policy_);
  request.allow_plain_http = allow_plain_http_;
  issuer::authenticate_client(policy_, make_assertion(request.url, now), request);
  return request;
}

// The signed JWT of RFC 7523; empty where the client authenticates by its secret.
std::string IntrospectionEndpoint::make_assertion(std::string_view url, Now now) {
  if (!signer_) return {};
  // Unique by time and count within this process, by the hash's key between processes.
  const base::Hash128 hash = base::keyed_hash(++assertion_count_, issuer_name_ + ':' + std::to_string(now.wall_us));
  const std::string jwt_id = std::to_string(hash.high) + '-' + std::to_string(hash.low);
  std::string jwt =
      issuer::make_assertion_input(policy_, {.url = url, .wall_s = now.wall_us / kUsPerS, .jwt_id = jwt_id});
  const std::string signature = signer_->sign(jwt);
  return jwt.append(".").append(issuer::base64url_encode(signature));
}

bool IntrospectionEndpoint::take_token(const FetchResult& result, std::int64_t now_ns) {
  own_token_.clear();
  if (result.outcome != FetchOutcome::kAnswered || result.status != 200) return false;
  std::optional<issuer::OwnToken> token = issuer::parse_token_answer(result.body);
  if (!token) return false;
  own_token_until_ns_ = now_ns + issuer::use_of_own_token_ns(*token);
  own_token_ = std::move(token->text);
  ++token_number_;
  return true;
}

void IntrospectionEndpoint::reject_token(std::uint64_t number) noexcept {
  if (number == token_number_) own_token_.clear();
}

}  // namespace assay::verify

#include "issuer/credentials_grant.h"

#include <algorithm>
#include <utility>

namespace assay::development {

Answer JwtSystem::jwks() const {
  return {.status = 200,
          .fields = {{"Content-Type", "application/jwk-set+json"}, {"Cache-Control", "max-age=60"}},
          .body = keys_.jwks()};
}

tl::expected<TokenSpec, Answer> JwtSystem::grant(const Request& request, const Parameters& parameters, Now now) {
  const auto client = clients_.authenticate(request, parameters);
  if (!client) return tl::make_unexpected(client.error());
  const std::int64_t wait_s = limiter_.take((*client)->id, now.monotonic_ns);
  if (wait_s > 0) return tl::make_unexpected(retry_later(429, wait_s));
  if (!parameters.has("grant_type")) {
    return tl::make_unexpected(oauth_error(400, "invalid_request", "grant_type is missing"));
  }
  if (parameters.get("grant_type") != "client_credentials") {
    return tl::make_unexpected(oauth_error(400, "unsupported_grant_type", "only client_credentials is served"));
  }
  auto scope = grant_scope(**client, parameters.get("scope"));
  if (!scope) return tl::make_unexpected(std::move(scope.error()));
  TokenSpec spec;
  spec.client_id = (*client)->id;
  spec.scope = *std::move(scope);
  return spec;
}

tl::expected<TokenSpec, Answer> JwtSystem::grant_from_form(const Request& request, Now now) {
  const auto parameters = read_form(request);
  if (!parameters) {
    return tl::make_unexpected(oauth_error(400, "invalid_request",
                                           "the body is not application/x-www-form-urlencoded or repeats a parameter"));
  }
  return grant(request, *parameters, now);
}

std::optional<Parameters> read_form(const Request& request) {
  const std::string_view type = request.field("content-type");
  if (type.substr(0, type.find(';')) != "application/x-www-form-urlencoded") return std::nullopt;
  return Parameters::parse_form(request.body);
}

TokenTimes times_of(const TokenSpec& spec, Now now) {
  const std::int64_t now_s = now.wall_us / 1'000'000;
  const std::int64_t exp_s = now_s + spec.expires_in_s;
  const std::int64_t iat_s = std::min(now_s, exp_s - kTokenLifeS);
  return {.iat_s = iat_s, .nbf_s = spec.not_before_s > 0 ? now_s + spec.not_before_s : iat_s, .exp_s = exp_s};
}

}  // namespace assay::development

#include "issuer/client_authentication.h"

#include "issuer/form_text.h"
#include "jose/alg.h"

namespace assay::issuer {

std::string make_assertion_input(const OpaquePolicy& policy, const AssertionFacts& facts) {
  std::string header = "{\"alg\":" + json_string(jose::facts_of(policy.private_key_alg).name) + ",\"typ\":\"JWT\"";
  if (!policy.private_key_id.empty()) header += ",\"kid\":" + json_string(policy.private_key_id);
  header += '}';
  const std::string client = json_string(policy.client_id);
  const std::string_view audience = policy.assertion_audience.empty() ? facts.url : policy.assertion_audience;
  const std::string claims = "{\"iss\":" + client + ",\"sub\":" + client + ",\"aud\":" + json_string(audience) +
                             ",\"jti\":" + json_string(facts.jwt_id) + ",\"iat\":" + std::to_string(facts.wall_s) +
                             ",\"exp\":" + std::to_string(facts.wall_s + kAssertionLifeS) + "}";
  return base64url_encode(header) + '.' + base64url_encode(claims);
}

void authenticate_client(const OpaquePolicy& policy, std::string_view assertion, FetchRequest& request) {
  switch (policy.authentication) {
    case ClientAuthentication::kBasic: {
      std::string credentials;
      append_form_encoded(credentials, policy.client_id);
      credentials += ':';
      append_form_encoded(credentials, policy.client_secret);
      request.headers.push_back({"Authorization", "Basic " + base64_encode(credentials)});
      return;
    }
    case ClientAuthentication::kPost:
      append_form_member(request.body, "client_id", policy.client_id);
      append_form_member(request.body, "client_secret", policy.client_secret);
      return;
    case ClientAuthentication::kPrivateKeyJwt:
      append_form_member(request.body, "client_id", policy.client_id);
      append_form_member(request.body, "client_assertion_type",
                         "urn:ietf:params:oauth:client-assertion-type:jwt-bearer");
      append_form_member(request.body, "client_assertion", assertion);
      return;
  }
}

void carry_own_token(std::string_view own_token, FetchRequest& request) {
  request.headers.push_back({"Authorization", "Bearer " + std::string(own_token)});
}

}  // namespace assay::issuer

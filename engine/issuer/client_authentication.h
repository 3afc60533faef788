// How Assay says who it is to an authorization server: the client's half of a request. RFC 6749 sec 2.3, RFC 7523.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "assay/fetcher.h"
#include "assay/policy.h"

namespace assay::issuer {

// How long an assertion holds, in seconds: long enough for a clock that is a little off, too short to be of use to a
// thief of logs.
inline constexpr std::int64_t kAssertionLifeS = 60;

// What an assertion says besides the policy. RFC 7523 sec 3.
struct AssertionFacts {
  std::string_view url;  // that is called: the audience, where the policy names none
  std::int64_t wall_s = 0;
  std::string_view jwt_id;  // another one for each assertion
};

// base64url(header) "." base64url(claims) of the client's assertion: what is signed. iss and sub are the client's id.
//   spec   RFC 7523 sec 3
[[nodiscard]] std::string make_assertion_input(const OpaquePolicy& policy, const AssertionFacts& facts);

// Puts the client's id and proof into a form POST.
//
//   assertion   the signed JWT of kPrivateKeyJwt; empty otherwise
//   spec        RFC 6749 sec 2.3.1 (id and secret are form-encoded before base64), RFC 7523 sec 2.2
void authenticate_client(const OpaquePolicy& policy, std::string_view assertion, FetchRequest& request);

// Lets a request carry a bearer token of Assay's own. RFC 6750 sec 2.1.
void carry_own_token(std::string_view own_token, FetchRequest& request);

}  // namespace assay::issuer

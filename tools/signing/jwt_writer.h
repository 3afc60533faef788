// Writes compact JWS from exact header and payload texts, so that a test can sign any bytes at all. RFC 7515 sec 3.1.
#pragma once

#include <string>
#include <string_view>

#include "signing/base64url_writer.h"
#include "signing/signing_key.h"

namespace assay::signing {

// The two texts of a JWT. They are signed as they are: neither has to be JSON, and the header's alg is not looked at.
struct JwtTexts {
  std::string_view header_json;
  std::string_view payload_json;
};

// base64url(header) "." base64url(payload): what is signed. RFC 7515 sec 5.1.
[[nodiscard]] std::string signing_input(const JwtTexts& texts);

// Signs with `alg` whatever the header says. Precondition: key.can_sign(alg).
[[nodiscard]] std::string sign_jwt(const JwtTexts& texts, const SigningKey& key, Alg alg);

// Joins a signing input and a signature's octets.
[[nodiscard]] std::string compact_jws(std::string_view signing_input, const std::string& signature);

}  // namespace assay::signing

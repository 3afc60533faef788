#include "signing/jwt_writer.h"

namespace assay::signing {

std::string signing_input(const JwtTexts& texts) {
  return base64url_encode(texts.header_json) + "." + base64url_encode(texts.payload_json);
}

std::string sign_jwt(const JwtTexts& texts, const SigningKey& key, Alg alg) {
  const std::string input = signing_input(texts);
  return compact_jws(input, key.sign(alg, input));
}

std::string compact_jws(std::string_view signing_input, const std::string& signature) {
  return std::string(signing_input) + "." + base64url_encode(signature);
}

}  // namespace assay::signing

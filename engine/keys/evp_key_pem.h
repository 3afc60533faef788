// Public keys in PEM: a SubjectPublicKeyInfo or an X.509 certificate. RFC 7468 sec 5, RFC 7468 sec 13.
#pragma once

#include <string_view>

#include "assay/expected.h"
#include "jose/jwk.h"

namespace assay::keys {

// Reads the only PEM block of `pem` as the JWK that its public key stands for, without kid and alg.
//
// A certificate is a container of its key and nothing more: whoever configured the file trusts that key. Dates, names
// and signature are not judged, so that no key stops working because a day has passed; taking the file away ends it. A
// certificate whose key usage lacks digital signatures has the defect kWrongUse. RFC 5280 sec 4.2.1.3
//
//   pem       at most kJwksBytesMax bytes; text around the block is ignored
//   errors    bad_key_set: no such block or more than one, a private key, a type that is not used here
[[nodiscard]] Expected<jose::Jwk> parse_public_pem(std::string_view pem);

}  // namespace assay::keys

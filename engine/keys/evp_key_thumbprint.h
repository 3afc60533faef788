// The name that a key has by itself. RFC 7638.
#pragma once

#include <string>

#include "jose/jwk.h"

namespace assay::keys {

// The SHA-256 thumbprint in base64url, 43 characters; empty for a secret, whose thumbprint would help to guess it
// (RFC 7638 sec 7), and where the key's numbers are not known. RFC 7638 sec 3
[[nodiscard]] std::string thumbprint_of(const jose::Jwk& jwk);

}  // namespace assay::keys

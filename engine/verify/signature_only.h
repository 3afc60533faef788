// A signature judged alone, for public test vectors: any payload, no claims, no policy.
#pragma once

#include <string_view>

#include "assay/expected.h"
#include "keys/key_set.h"
#include "verify/evp_verify.h"

namespace assay::verify {

// Whether `compact` is a JWS in compact form, its header is acceptable, and a fitting key of `keys` verifies it.
//   errors   those of the shape, header and signature stages of the pipeline; missing_token for an empty one,
//            token_too_long over kTokenBytesMax
//   cost     allocates; not for the deciding path
[[nodiscard]] Expected<void> check_signature_only(std::string_view compact, const keys::KeySet& keys,
                                                  EvpVerifier& verifier);

}  // namespace assay::verify

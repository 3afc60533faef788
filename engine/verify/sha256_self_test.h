// Known answers for the SHA-256 kernel, asked before it decides anything.
#pragma once

#include "kernel/kernel.h"

namespace assay::verify {

// Whether the variant hashes messages of many lengths, side by side in many ways, to known hashes. True for a variant
// that leaves hashing to OpenSSL.
// Cost: about 0.1 ms.
[[nodiscard]] bool passes_sha256_self_test(const kernel::Sha256Variant& variant);

}  // namespace assay::verify

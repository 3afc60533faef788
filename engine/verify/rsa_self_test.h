// Known answers for the RSA kernel, asked before it decides anything.
#pragma once

#include "kernel/kernel.h"

namespace assay::verify {

// Whether the variant accepts known signatures of all size classes, and refuses each of them with one bit changed, lane
// by lane, without any other lane's verdict changing. True for a variant that leaves RSA to OpenSSL.
// Cost: about 3 ms.
[[nodiscard]] bool passes_rsa_self_test(const kernel::RsaVariant& variant);

}  // namespace assay::verify

// Known answers of the kernels that read a token's text, at the start of an engine.
#pragma once

#include "kernel/kernel.h"

namespace assay::verify {

// Whether the kernels of `table` for base64url, dots and JSON decode, find and refuse what they must: at every place of
// their steps. A processor that fails runs none of our accelerated kernels.
//   cost    some tens of microseconds
[[nodiscard]] bool passes_text_self_test(const kernel::KernelTable& table);

}  // namespace assay::verify

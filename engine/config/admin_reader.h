// [admin]: where the sidecar is looked into and steered, and who may.
#pragma once

#include "config/named_file.h"

namespace assay::config {

// Fills `out.settings.admin`; where a token may steer, its entrance is appended to the listeners'. The issuers, the
// clients and the listeners must have been read.
void read_admin(TableReader& document, const ReadContext& context, Configuration& out);

}  // namespace assay::config

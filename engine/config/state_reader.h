// [state]: where revocations are kept, and how they reach other nodes.
#pragma once

#include "config/named_file.h"

namespace assay::config {

// Fills `out.state`.
void read_state(TableReader& document, const ReadContext& context, Configuration& out);

}  // namespace assay::config

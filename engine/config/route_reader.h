// [[route]] and [routes]: which rights a path asks for.
#pragma once

#include "config/table_reader.h"

namespace assay::config {

// Fills `out.policy.routes` and `out.policy.unmatched_authenticated`. The issuers must have been read.
void read_routes(TableReader& document, Faults& faults, Configuration& out);

}  // namespace assay::config

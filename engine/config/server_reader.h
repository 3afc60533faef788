// [server], [admin], [outbound]: the process around the decision.
#pragma once

#include "config/named_file.h"

namespace assay::config {

// Fills the rest of `out.settings`, `out.outbound` and the policy's sizes. The listeners must have been read.
void read_server(TableReader& document, const ReadContext& context, Configuration& out);

}  // namespace assay::config

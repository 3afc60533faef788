// [server], [outbound]: the process around the decision.
#pragma once

#include "config/named_file.h"

namespace assay::config {

// Fills what [server] says of `out.settings` and of the policy's sizes, and `out.outbound`.
void read_server(TableReader& document, const ReadContext& context, Configuration& out);

}  // namespace assay::config

// [[issuer]]: whose tokens are accepted, and under which rules.
#pragma once

#include "config/named_file.h"

namespace assay::config {

// Appends every issuer to `out.policy.issuers` and `out.sources`, faulty ones too: others refer to their names.
void read_issuers(TableReader& document, const ReadContext& context, Configuration& out);

}  // namespace assay::config

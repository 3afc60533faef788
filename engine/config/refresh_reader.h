// When an issuer's keys are fetched: refresh, max_stale, forced fetches, unknown_kid_wait, fetch_timeout.
#pragma once

#include "assay/policy.h"
#include "config/table_reader.h"

namespace assay::config {

// Fills `issuer.refresh` and `issuer.fetch_timeout`. Where the keys are not fetched, the keys of this part are
// complaints. `issuer.keys` must have been read.
void read_refresh_rules(TableReader& reader, IssuerPolicy& issuer);

}  // namespace assay::config

// [issuer.events]: which security event tokens are taken from an issuer.
#pragma once

#include "assay/policy.h"
#include "config/table_reader.h"

namespace assay::config {

// Sets issuer.events. `issuer_table` is the issuer's own, for complaints about it; its key source has been read.
void read_events(const TomlValue& table, TableReader& issuer_table, Faults& faults, IssuerPolicy& issuer);

}  // namespace assay::config

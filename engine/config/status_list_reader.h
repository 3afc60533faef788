// [issuer.status_list]: which status lists of an issuer are followed.
#pragma once

#include "assay/policy.h"
#include "config/table_reader.h"

namespace assay::config {

// Sets issuer.status_list. `issuer_table` is the issuer's own, for complaints about it; its key source and
// allow_plain_http have been read.
void read_status_list(const TomlValue& table, TableReader& issuer_table, Faults& faults, IssuerPolicy& issuer);

}  // namespace assay::config

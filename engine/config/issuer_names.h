// Names of issuers in other tables.
#pragma once

#include <string>
#include <vector>

#include "config/table_reader.h"

namespace assay::config {

// The issuers that the list `issuers` of a table names, in its order, each once; the name of an issuer with tenants
// stands for all of them. Complains about names that no issuer has. `configuration` must have its issuers.
[[nodiscard]] std::vector<std::string> read_issuer_names(TableReader& reader, const Configuration& configuration);

}  // namespace assay::config

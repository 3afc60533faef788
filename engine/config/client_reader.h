// [[client]]: programs that call the sidecar in their own name.
#pragma once

#include <vector>

#include "config/named_file.h"

namespace assay::config {

// Fills `out.clients`.
void read_clients(TableReader& document, const ReadContext& context, Configuration& out);

// The clients that the list `clients` of a table names, and notes that they are; complains about ids that no [[client]]
// has. The clients must have been read.
[[nodiscard]] std::vector<ClientCredentials> read_client_list(TableReader& reader, Configuration& out);

// Complains about every [[client]] that no list names, where nothing else is wrong. After all lists have been read.
void refuse_unlisted_clients(TableReader& document, Faults& faults, const Configuration& out);

}  // namespace assay::config

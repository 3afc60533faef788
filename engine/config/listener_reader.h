// [[listener]]: where checks come in, and whose tokens they may carry.
#pragma once

#include "config/table_reader.h"

namespace assay::config {

// Appends every listener to `out.settings.listeners` and its entrance to `out.policy.entrances`, at the same index.
// The issuers and the clients must have been read.
void read_listeners(TableReader& document, Faults& faults, Configuration& out);

// Whose tokens may come in by the address that a table is about, after its list `issuers`; complains where a token
// could be of two of them.
[[nodiscard]] EntrancePolicy read_entrance(TableReader& reader, const Configuration& out);

// A socket's address, complaining where it is malformed or a listener's already.
[[nodiscard]] Address read_address(TableReader& reader, const Settings& settings);

}  // namespace assay::config

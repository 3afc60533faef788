// What is wrong with a sidecar's settings before a socket is opened.
#pragma once

#include <string>
#include <vector>

#include "assay/settings.h"

namespace assay::server {

// Everything that Sidecar::start would refuse in the settings, one sentence each, naming the listener. Empty: none.
//
//   - no listener; no token place, or one twice; a place other than bearer without a name
//   - a header or cookie name that is no token
//   - mode auth_request or forward_auth without trusted_peers: every check would be refused; an entry
//     that is no address
//   - mode introspection without clients, clients in another mode, or one without an id or a secret
//   - a claim header that is no token, occurs twice, or is one that the sidecar or HTTP itself sets, also in the
//     spellings with "_" or "." that some backends take for the same
//   - an admin secret that cannot be sent as Bearer credentials; kWorkersMax workers beside an admin thread that
//   decides
[[nodiscard]] std::vector<std::string> settings_faults(const Settings& settings);

}  // namespace assay::server

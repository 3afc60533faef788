// The metrics page of the admin listener: the one door to prometheus-cpp.
#pragma once

#include "server/admin_page.h"

namespace assay::server {

// Everything that is counted, in the Prometheus text format 0.0.4.
//
//   own  of the admin listener
[[nodiscard]] AdminPage metrics_page(const AdminSources& sources, const HttpServerStats& own);

}  // namespace assay::server

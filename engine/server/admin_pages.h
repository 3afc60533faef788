// The open pages of the admin listener, apart from the metrics: nothing in them is secret and nothing changes state.
#pragma once

#include "server/admin_page.h"

namespace assay::server {

// 200 while the process serves.
[[nodiscard]] AdminPage health_page();

// 200, or 503 with what is missing; "degraded" is what is not whole while checks go on:
// {"ready":false,"missing":["..."],"degraded":[],"poller":"epoll","reason":"..."}
[[nodiscard]] AdminPage readiness_page(const AdminSources& sources);

// {"keys":[{"issuer":...,"kid":...,"type":...,"alg":...,"bits":...,"usable":...,"reason":...,"thumbprint":...,
// "first_seen":...,"last_seen":...}]}; times in seconds since the epoch, or null.
[[nodiscard]] AdminPage keys_page(const Control& control);

}  // namespace assay::server

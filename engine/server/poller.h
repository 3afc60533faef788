// The transport on epoll, for kernels and containers that do not permit io_uring. The only file that uses epoll.
#pragma once

#include "server/transport.h"

namespace assay::server {

// Errors: one sentence; only where the process is out of descriptors or memory.
[[nodiscard]] OpenedTransport open_poller(const TransportOptions& options);

}  // namespace assay::server

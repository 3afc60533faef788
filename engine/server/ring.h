// The transport on io_uring: multishot accept, multishot receive into a ring of provided buffers, one system call per
// turn. With ring.cc the only file that uses liburing.
#pragma once

#include "server/transport.h"

namespace assay::server {

// Must be called on the thread that uses the transport: the kernel lets one thread alone submit.
//
// Errors: one sentence for people: io_uring is not permitted here (EPERM, seccomp), not known to this kernel (ENOSYS,
// EINVAL), or there is no memory for it.
[[nodiscard]] OpenedTransport open_ring(const TransportOptions& options);

}  // namespace assay::server

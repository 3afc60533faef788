// What a server's processes have used of the processor, from the kernel's own accounting.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "assay/expected.h"

namespace assay::load {

// CPU time of all live threads of the processes `pids` since each began, in nanoseconds (/proc/PID/task/*/schedstat).
//
//   errors   a sentence that names the process: it does not exist, or this kernel does not count
[[nodiscard]] tl::expected<std::int64_t, std::string> read_server_cpu_ns(std::span<const int> pids);

// CPU time of this process, in nanoseconds.
[[nodiscard]] std::int64_t read_own_cpu_ns() noexcept;

}  // namespace assay::load

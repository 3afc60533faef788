// The only reader of the system's clocks. Everything else is told the time.
#pragma once

#include <cstdint>

namespace assay::base {

// Microseconds since the epoch, CLOCK_REALTIME. May jump.
[[nodiscard]] std::int64_t wall_us() noexcept;

// Nanoseconds of CLOCK_MONOTONIC. Never goes back.
[[nodiscard]] std::int64_t monotonic_ns() noexcept;

}  // namespace assay::base

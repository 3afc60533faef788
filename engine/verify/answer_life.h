// How long an introspection answer serves.
#pragma once

#include <cstdint>

#include "assay/policy.h"
#include "issuer/introspection.h"

namespace assay::verify {

// From the moment when the answer came, in microseconds.
struct AnswerSpan {
  std::int64_t fresh_us = 0;
  std::int64_t kept_us = 0;  // at least fresh_us; in between it serves while it is asked anew
};

// An active answer is fresh for the ceiling or for what `exp` leaves at `wall_us`, at least for the floor, and is kept
// stale up to `exp`; an inactive one has its own time and is never stale.
[[nodiscard]] AnswerSpan span_of(const issuer::IntrospectionAnswer& answer, const OpaquePolicy& policy,
                                 std::int64_t wall_us) noexcept;

}  // namespace assay::verify

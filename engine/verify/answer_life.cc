#include "verify/answer_life.h"

#include <algorithm>

namespace assay::verify {

AnswerSpan span_of(const issuer::IntrospectionAnswer& answer, const OpaquePolicy& policy,
                   std::int64_t wall_us) noexcept {
  if (!answer.active()) return {.fresh_us = policy.inactive_ttl.count(), .kept_us = policy.inactive_ttl.count()};
  AnswerSpan span{.fresh_us = policy.ttl.count(), .kept_us = policy.ttl.count() + policy.stale.count()};
  if (answer.claims().exp) {
    const std::int64_t left_us = std::max<std::int64_t>(0, answer.claims().exp->us - wall_us);
    span.fresh_us = std::min(span.fresh_us, left_us);
    span.kept_us = std::min(span.kept_us, left_us);
  }
  span.fresh_us = std::max(span.fresh_us, std::min(policy.ttl_min, policy.ttl).count());
  span.kept_us = std::max(span.kept_us, span.fresh_us);
  return span;
}

}  // namespace assay::verify

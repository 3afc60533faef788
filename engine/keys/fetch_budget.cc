#include "keys/fetch_budget.h"

#include <algorithm>
#include <limits>

namespace assay::keys {
namespace {

constexpr std::int64_t kNever = std::numeric_limits<std::int64_t>::max();
// Before every monotonic time, and far enough from the end of the range to be reckoned with.
constexpr std::int64_t kLongAgo = std::numeric_limits<std::int64_t>::min() / 2;

}  // namespace

FetchBudget::FetchBudget(std::int64_t every_ns, std::uint32_t burst) noexcept
    : every_ns_(every_ns),
      span_ns_(burst == 0 ? 0 : std::min<std::int64_t>(burst - 1, kNever / 4 / every_ns) * every_ns),
      spent_to_ns_(kLongAgo),
      open_from_ns_(burst == 0 ? kNever : kLongAgo) {}

bool FetchBudget::take(std::int64_t now_ns) noexcept {
  if (now_ns < open_from_ns_ || open_from_ns_ == kNever) return false;
  const std::int64_t from_ns = std::max(spent_to_ns_, now_ns);
  spent_to_ns_ = from_ns > kNever - every_ns_ ? kNever : from_ns + every_ns_;
  open_from_ns_ = spent_to_ns_ - span_ns_;
  return true;
}

}  // namespace assay::keys

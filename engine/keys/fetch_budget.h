// How many fetches out of turn an issuer may be asked for: a token bucket that tokens of strangers can empty and no
// more.
#pragma once

#include <cstdint>

namespace assay::keys {

// In any span of W nanoseconds at most burst + W / every_ns takes succeed. All times are monotonic nanoseconds.
class FetchBudget {
 public:
  // `burst` 0 allows none. Precondition: every_ns > 0.
  FetchBudget(std::int64_t every_ns, std::uint32_t burst) noexcept;

  // Takes one fetch out of the budget; false where it is used up.
  [[nodiscard]] bool take(std::int64_t now_ns) noexcept;
  // From when take() succeeds; the greatest int64 if never.
  [[nodiscard]] std::int64_t open_from_ns() const noexcept { return open_from_ns_; }

 private:
  std::int64_t every_ns_;
  std::int64_t span_ns_;       // what the burst may run ahead: (burst - 1) * every_ns_
  std::int64_t spent_to_ns_;   // takes so far are paid for until then
  std::int64_t open_from_ns_;  // spent_to_ns_ - span_ns_
};

}  // namespace assay::keys

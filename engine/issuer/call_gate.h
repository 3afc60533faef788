// Whether an authorization server may be called now: a rate, and a circuit breaker that keeps away from a server in
// trouble. No I/O, no clock.
//
//            failures in a row, or 429/503           wait is over
//   closed ---------------------------------> open --------------> half-open: one call, the probe
//     ^                                         ^                      |   |
//     +------------- the probe is answered -----+---- it fails --------+   |
//     +--------------------------------------------------------------------+
#pragma once

#include <cstdint>

#include "assay/fetcher.h"

namespace assay::issuer {

// What a finished call says of the server that was called.
enum class ServerHealth : std::uint8_t {
  kAlive,   // it answered: whatever it said was about the question
  kFailed,  // no answer, 5xx, or it does not take Assay for its client (401, 403)
  kBusy,    // 429 or 503: it asks to be left alone
};

// How a finished fetch is counted. What may depend on the token that was asked about (400, 404, an answer that is too
// long or makes no sense) says nothing against the server: whoever sends tokens could shut it off for all others.
[[nodiscard]] ServerHealth health_of(const FetchResult& result) noexcept;

// All times are monotonic nanoseconds, none negative.
class CallGate {
 public:
  enum class State : std::uint8_t { kClosed, kOpen, kHalfOpen };
  enum class Admission : std::uint8_t {
    kCall,
    kProbe,    // the one call of a half-open gate
    kTooMany,  // the rate is used up
    kShut,     // the breaker is open, or its probe is under way
  };

  // `calls_per_second` 1 .. kCallsPerSecondMax: also how many may go at once after a second of rest. `jitter_seed`
  // differs by process and issuer, so that a fleet does not come back in step.
  CallGate(std::uint32_t calls_per_second, std::uint64_t jitter_seed) noexcept;

  // Whether a call may go. After kCall or kProbe on_result is owed; after kProbe nothing else goes until then.
  [[nodiscard]] Admission admit(std::int64_t now_ns) noexcept;
  // Whether one more call of an admitted question may go (its repetition): the rate alone decides.
  [[nodiscard]] bool admit_again(std::int64_t now_ns) noexcept { return take_from_rate(now_ns); }

  // What became of a call. Of a shut gate only the probe's result counts: the others were sent before.
  //   admission   as admit() said
  //   retry_ns    from the Retry-After of the answer; waited out up to five minutes
  void on_result(Admission admission, ServerHealth health, std::int64_t retry_ns, std::int64_t now_ns) noexcept;

  [[nodiscard]] State state(std::int64_t now_ns) const noexcept;
  // Whether the breaker is open or half-open.
  [[nodiscard]] bool is_open() const noexcept { return is_open_; }
  // How often it opened.
  [[nodiscard]] std::uint64_t opened_count() const noexcept { return opened_count_; }

  static constexpr std::uint32_t kFailuresToOpen = 5;
  static constexpr std::int64_t kWaitNsMin = 1'000'000'000;
  static constexpr std::int64_t kWaitNsMax = 60'000'000'000;
  static constexpr std::int64_t kRetryAfterNsMax = 300'000'000'000;

 private:
  [[nodiscard]] bool take_from_rate(std::int64_t now_ns) noexcept;
  void open(std::int64_t retry_ns, std::int64_t now_ns) noexcept;
  [[nodiscard]] std::int64_t jittered(std::int64_t wait_ns) noexcept;

  std::int64_t call_ns_;   // between two calls at the full rate
  std::int64_t burst_ns_;  // how far ahead of that rate calls may be
  std::int64_t rate_used_until_ns_ = 0;
  bool is_open_ = false;
  bool probe_under_way_ = false;
  std::int64_t open_until_ns_ = 0;
  std::uint32_t failures_in_a_row_ = 0;
  std::uint32_t opened_in_a_row_ = 0;  // since the server was last known to be alive
  std::uint64_t opened_count_ = 0;
  std::uint64_t random_state_;
};

}  // namespace assay::issuer

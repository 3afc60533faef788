// What to say of a token that no key of its issuer's set answers to: is the key unknown, or do we not know?
#pragma once

#include <cstdint>
#include <optional>

#include "base/keyed_hash.h"
#include "keys/unknown_kids.h"

namespace assay::keys {

// What is known of an issuer's fetches. Times are monotonic nanoseconds.
struct FetchFacts {
  bool fetched = false;             // the keys come by fetching; if not, the set is all there is
  bool in_flight = false;           // an attempt runs
  bool latest_failed = false;       // the latest finished attempt
  bool ever_confirmed = false;      // at least one attempt was good
  std::int64_t confirmed_ns = 0;    // end of the latest good attempt
  std::int64_t forced_from_ns = 0;  // from when a fetch out of turn is within the budget
  std::int64_t cooldown_ns = 0;     // for how long a good fetch proves that a kid is unknown

  // Whether a set fetched within the last cooldown is the one that serves.
  [[nodiscard]] bool confirmed_lately(std::int64_t now_ns) const noexcept {
    return ever_confirmed && now_ns - confirmed_ns < cooldown_ns;
  }
};

enum class KidDoubt : std::uint8_t {
  kUnknown,      // a set fetched lately lacks the key: the token is bad
  kUnavailable,  // nobody can say now: an outage is not a bad token
  kAsk,          // a fetch that runs, or one out of turn that is within the budget, will say
};

// An outage is never reported as a bad token: kUnknown is said only where a set that was fetched within the last
// cooldown lacks the key and the latest attempt has not failed.
//
//   kid   its keyed hash; nothing for a token without kid, which every fitting key has refused. Such a token asks only
//         where the set has not been confirmed within the cooldown, because bad signatures are everyday traffic
[[nodiscard]] KidDoubt judge_missing_key(const FetchFacts& facts, const UnknownKids& unknown_kids,
                                         const std::optional<base::Hash128>& kid, std::int64_t now_ns) noexcept;

// The same for a check that does not wait: kUnknown or kUnavailable.
[[nodiscard]] KidDoubt judge_without_asking(const FetchFacts& facts, std::int64_t now_ns) noexcept;

}  // namespace assay::keys

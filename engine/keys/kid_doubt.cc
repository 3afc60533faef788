#include "keys/kid_doubt.h"

namespace assay::keys {

KidDoubt judge_missing_key(const FetchFacts& facts, const UnknownKids& unknown_kids,
                           const std::optional<base::Hash128>& kid, std::int64_t now_ns) noexcept {
  if (!facts.fetched) return KidDoubt::kUnknown;
  if (!facts.latest_failed) {
    const bool known_to_be_unknown = kid ? unknown_kids.contains(*kid, now_ns) : facts.confirmed_lately(now_ns);
    if (known_to_be_unknown) return KidDoubt::kUnknown;
  }
  if (facts.in_flight) return KidDoubt::kAsk;
  // After a failure only the backoff decides when to ask again.
  if (facts.latest_failed) return KidDoubt::kUnavailable;
  if (now_ns >= facts.forced_from_ns) return KidDoubt::kAsk;
  return judge_without_asking(facts, now_ns);
}

KidDoubt judge_without_asking(const FetchFacts& facts, std::int64_t now_ns) noexcept {
  if (!facts.fetched) return KidDoubt::kUnknown;
  const bool sure = !facts.latest_failed && !facts.in_flight && facts.confirmed_lately(now_ns);
  return sure ? KidDoubt::kUnknown : KidDoubt::kUnavailable;
}

}  // namespace assay::keys

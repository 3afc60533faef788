// Judges security event tokens: whether one is an issuer's and fit to act on, and what it then asks for. RFC 8417.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "assay/control.h"
#include "assay/engine.h"
#include "assay/security_event.h"
#include "base/keyed_hash.h"
#include "base/snapshot.h"
#include "verify/compiled_policy.h"
#include "verify/decoded_jws.h"

namespace assay::verify {

// A token that was judged. Owns what the targets are views of, but for issuers' names, which the policy owns.
struct JudgedEvent {
  // kRevoked: to be done. kIgnored: nothing is to be done. Otherwise why not.
  EventOutcome outcome = EventOutcome::kMalformed;
  std::string detail;
  std::vector<RevocationTarget> targets;
  // Of a token whose signature verifies: its name in the memory of events, and until when it is not too old.
  base::Hash128 id;
  std::int64_t fresh_until_us = 0;
  // The issuer whose keys are to be fetched out of turn, by index: of kKeysUnavailable alone.
  std::optional<std::uint32_t> wants_keys_of;
  std::optional<base::Hash128> wanted_kid;  // nothing where the token names none

  std::unique_ptr<DecodedJws> jws;
  std::unique_ptr<base::Arena> arena;
};

// For control alone: allocates, and observes keys as `reader`.
class EventReceiver {
 public:
  // `policy` must outlive this and what it judged, `key_cache` this.
  EventReceiver(const CompiledPolicy& policy, keys::KeyCache& key_cache, base::ReaderIndex reader, Now now)
      : policy_(policy), key_cache_(key_cache), reader_(reader), now_(now) {}

  // Judges a token that came in by `entrance`. In this order, the first that fails being the outcome: malformed,
  // unsigned, wrong_type, bad_claims, unknown_issuer, alg_not_allowed, unknown_key or keys_unavailable, bad_signature,
  // bad_audience, too_old, from_future; then what read_event_targets says. Nothing before the signature has an effect
  // but to refuse, and to have keys fetched.
  [[nodiscard]] JudgedEvent judge(std::string_view text, std::uint32_t entrance) const;

 private:
  struct Open;
  // Each notes the outcome and returns false where the token fails.
  [[nodiscard]] bool read_jws(std::string_view text, Open& open) const;
  [[nodiscard]] bool read_claims(Open& open) const;
  [[nodiscard]] bool find_issuer(std::uint32_t entrance, Open& open) const;
  [[nodiscard]] bool check_signature(Open& open) const;
  [[nodiscard]] bool check_claims(Open& open) const;
  void doubt_key(ErrorCode code, const keys::KeyState& keys, Open& open) const;

  const CompiledPolicy& policy_;
  keys::KeyCache& key_cache_;
  const base::ReaderIndex reader_;
  const Now now_;
};

}  // namespace assay::verify

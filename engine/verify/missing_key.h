// What a check is told when no key of its issuer answers to its token: the pipeline's answer to rotation and outage.
#pragma once

#include "assay/engine.h"
#include "base/snapshot.h"
#include "verify/check_state.h"
#include "verify/tickets.h"

namespace assay::verify {

// Where the pipeline turns to when a key is missing.
class MissingKeys {
 public:
  // What became of the check's ticket: pending, unknown_key or keys_unavailable. Nothing if it is none of this kind.
  [[nodiscard]] virtual std::optional<ErrorCode> redeem_key(const Check& check, const CompiledIssuer& issuer,
                                                            OrderKind kind, std::string_view kid) noexcept = 0;
  // Has the keys fetched. A ticket to wait with; nothing where the check does not wait.
  [[nodiscard]] virtual std::optional<Ticket> order_key(const CompiledIssuer& issuer, OrderKind kind,
                                                        std::string_view kid) noexcept = 0;

 protected:
  ~MissingKeys() = default;
};

// Whether a refusal may be due to keys that are not here: an unknown kid, or a token without kid that no key verifies.
[[nodiscard]] bool is_for_want_of_keys(const CheckState& state, ErrorCode code) noexcept;

// Closes the check with `code`, with keys_unavailable where nobody knows (keys/kid_doubt.h), or pending. A check that
// brings a ticket does not wait again.
//
//   state  kJwt, with keys pinned; its code is one that is_for_want_of_keys
void refuse_for_want_of_keys(CheckState& state, Step step, ErrorCode code, MissingKeys& source,
                             base::ReaderIndex reader, std::int64_t now_ns) noexcept;

}  // namespace assay::verify

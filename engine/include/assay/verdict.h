// The answer to one check.
#pragma once

#include <cstdint>
#include <string_view>

#include "assay/error.h"
#include "assay/token.h"

namespace assay {

namespace verify {
class VerdictMaker;
}

// Names an answer that a worker is waiting for. Zero-initialised: no ticket.
struct Ticket {
  std::uint32_t slot_plus_one = 0;
  std::uint32_t generation = 0;

  [[nodiscard]] constexpr bool valid() const noexcept { return slot_plus_one != 0; }
  friend constexpr bool operator==(const Ticket&, const Ticket&) = default;
};

// Accept with claims, refuse with one code, or pending with a ticket. A default-made verdict refuses (`overloaded`).
//
// Views live until the next `decide` of the worker that answered.
class [[nodiscard]] Verdict {
 public:
  Verdict() = default;

  [[nodiscard]] bool accepted() const noexcept { return error_.code == ErrorCode::kNone; }
  [[nodiscard]] bool pending() const noexcept { return error_.code == ErrorCode::kPendingAnswer; }
  // kNone if accepted.
  [[nodiscard]] ErrorCode code() const noexcept { return error_.code; }
  [[nodiscard]] Error error() const noexcept { return error_; }
  [[nodiscard]] VerdictClass verdict_class() const noexcept { return facts_of(error_.code).verdict_class; }
  // What the code is about where there is more to say: the claim's name, or for `insufficient_scope` the required
  // scope, space-separated. Else empty.
  [[nodiscard]] std::string_view detail() const noexcept { return detail_; }
  // Precondition: accepted().
  [[nodiscard]] const VerifiedToken& token() const noexcept { return token_; }
  // Valid if and only if pending().
  [[nodiscard]] Ticket ticket() const noexcept { return ticket_; }

 private:
  friend class verify::VerdictMaker;

  Error error_{.code = ErrorCode::kOverloaded};
  Ticket ticket_;
  std::string_view detail_;
  VerifiedToken token_;
};

}  // namespace assay

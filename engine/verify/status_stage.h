// Refuses tokens for what their issuer's status lists say of them. draft-ietf-oauth-status-list, "Validation Rules".
//
// An issuer whose lists are not followed costs one look at a pointer per token. The lists are asked anew for every
// token of every batch: nothing of their answers is remembered anywhere.
#pragma once

#include <cstdint>
#include <span>

#include "assay/error.h"
#include "state/status_board.h"
#include "verify/check_state.h"

namespace assay::verify {

// One worker's view of the lists. Thread-confined.
class StatusStage {
 public:
  // `board` must outlive the stage.
  StatusStage(base::ReaderIndex reader, state::StatusBoard& board) noexcept : reader_(reader), board_(board) {}

  // Closes those open checks whose JWT is of an issuer with status lists and is not said to be valid there. Opaque
  // tokens are not looked at: introspection has said what the issuer knows of them.
  //   codes    bad_claim (status); missing_claim (status: a list must be named); unknown_status_list;
  //            status_unavailable; unknown_status; revoked (detail: status_list); suspended
  void check(std::span<CheckState> states, std::int64_t wall_us) noexcept;

 private:
  // What the token's place in its list says of it; kNone if it is valid.
  [[nodiscard]] ErrorCode find_status(CheckState& state, std::int64_t wall_us) noexcept;

  const base::ReaderIndex reader_;
  state::StatusBoard& board_;
  state::StatusBoard::Pin pin_;  // of the batch that runs; empty until a token asks for a list
};

}  // namespace assay::verify

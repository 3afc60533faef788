#include "verify/status_stage.h"

namespace assay::verify {
namespace {

// Status types of the draft; others are reserved, or an application's own that means nothing here.
constexpr std::uint8_t kValid = 0;
constexpr std::uint8_t kInvalid = 1;
constexpr std::uint8_t kSuspendedType = 2;

ErrorCode judge_type(std::uint8_t type, std::string_view& detail) noexcept {
  if (type == kValid) return ErrorCode::kNone;
  if (type == kInvalid) {
    detail = "status_list";
    return ErrorCode::kRevoked;
  }
  return type == kSuspendedType ? ErrorCode::kSuspended : ErrorCode::kUnknownStatus;
}

}  // namespace

void StatusStage::check(std::span<CheckState> states, std::int64_t wall_us) noexcept {
  for (CheckState& state : states) {
    if (!state.open) continue;
    if (state.issuer->status == nullptr || state.kind == TokenKind::kOpaque) {
      mark(state, Step::kStatus, Trace::Mark::kSkipped);
    } else {
      judge(state, Step::kStatus, find_status(state, wall_us));
    }
  }
  pin_ = {};
}

ErrorCode StatusStage::find_status(CheckState& state, std::int64_t wall_us) noexcept {
  const CompiledStatus& rules = *state.issuer->status;
  const jose::StatusReference& reference = state.unverified_claims.status;  // verified by now
  switch (reference.kind) {
    case jose::StatusReference::Kind::kList: break;
    case jose::StatusReference::Kind::kNone:
      if (!rules.required) return ErrorCode::kNone;
      state.detail = "status";
      return ErrorCode::kMissingClaim;
    case jose::StatusReference::Kind::kMalformed: state.detail = "status"; return ErrorCode::kBadClaim;
  }
  const std::optional<state::StatusSeatNumber> seat = rules.find(reference.uri);
  if (!seat) return ErrorCode::kUnknownStatusList;
  if (pin_.get() == nullptr) pin_ = board_.observe(reader_);
  const state::ServedStatusList* const served = pin_->find(*seat);
  if (served == nullptr || wall_us >= served->expires_us) return ErrorCode::kStatusUnavailable;
  const std::optional<std::uint8_t> type = served->list.find(reference.index);
  if (!type) {
    state.detail = "idx";
    return ErrorCode::kUnknownStatus;
  }
  return judge_type(*type, state.detail);
}

}  // namespace assay::verify

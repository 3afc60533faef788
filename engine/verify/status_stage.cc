#include "verify/status_stage.h"

namespace assay::verify {
namespace {

// Status types of the draft; others are reserved, or an application's own that means nothing here.
constexpr std::uint8_t kValid = 0;
constexpr std::uint8_t kInvalid = 1;
constexpr std::uint8_t kSuspendedType = 2;

Expected<void> judge_type(std::uint8_t type, std::string_view& detail) noexcept {
  if (type == kValid) return {};
  if (type == kInvalid) {
    detail = "status_list";
    return fail(ErrorCode::kRevoked);
  }
  return fail(type == kSuspendedType ? ErrorCode::kSuspended : ErrorCode::kUnknownStatus);
}

}  // namespace

void StatusStage::check(std::span<CheckState> states, std::int64_t wall_us) noexcept {
  for (CheckState& state : states) {
    if (!state.open) continue;
    if (state.issuer->status == nullptr || state.kind == TokenKind::kOpaque) {
      mark(state, Step::kStatus, Trace::Mark::kSkipped);
    } else {
      pass(state, Step::kStatus, judge(state, wall_us));
    }
  }
  pin_ = {};
}

Expected<void> StatusStage::judge(CheckState& state, std::int64_t wall_us) noexcept {
  const CompiledStatus& rules = *state.issuer->status;
  const jose::StatusReference& reference = state.unverified_claims.status;  // verified by now
  switch (reference.kind) {
    case jose::StatusReference::Kind::kList: break;
    case jose::StatusReference::Kind::kNone:
      if (!rules.required) return {};
      state.detail = "status";
      return fail(ErrorCode::kMissingClaim);
    case jose::StatusReference::Kind::kMalformed: state.detail = "status"; return fail(ErrorCode::kBadClaim);
  }
  const std::optional<state::StatusSeatNumber> seat = rules.find(reference.uri);
  if (!seat) return fail(ErrorCode::kUnknownStatusList);
  if (pin_.get() == nullptr) pin_ = board_.observe(reader_);
  const state::ServedStatusList* const served = pin_->find(*seat);
  if (served == nullptr || wall_us >= served->expires_us) return fail(ErrorCode::kStatusUnavailable);
  const std::optional<std::uint8_t> type = served->list.find(reference.index);
  if (!type) {
    state.detail = "idx";
    return fail(ErrorCode::kUnknownStatus);
  }
  return judge_type(*type, state.detail);
}

}  // namespace assay::verify

#include "verify/check_state.h"

namespace assay::verify {

void mark(CheckState& state, Step step, Trace::Mark value) noexcept {
  if (state.trace != nullptr) state.trace->marks[static_cast<std::size_t>(step)] = value;
}

bool pass(CheckState& state, Step step, const Expected<void>& result) noexcept {
  if (result) {
    mark(state, step, Trace::Mark::kPassed);
    return true;
  }
  mark(state, step, Trace::Mark::kRefused);
  state.error = result.error();
  state.open = false;
  return false;
}

bool refuse(CheckState& state, Step step, ErrorCode code, std::size_t offset) noexcept {
  return pass(state, step, fail(code, offset));
}

}  // namespace assay::verify

#include "verify/check_state.h"

namespace assay::verify {

void begin(CheckState& state, const Check& check) noexcept {
  // Copied from memory that is at rest: a state made here and moved there would be read while it is still written.
  static const CheckState untouched;
  state = untouched;
  state.check = &check;
}

bool close(CheckState& state, Step step, Error error) noexcept {
  mark(state, step, Trace::Mark::kRefused);
  state.error = error;
  state.open = false;
  return false;
}

bool refuse(CheckState& state, Step step, ErrorCode code, std::size_t offset) noexcept {
  return close(state, step, Error{.code = code, .offset = static_cast<std::uint32_t>(offset)});
}

}  // namespace assay::verify

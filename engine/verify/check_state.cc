#include "verify/check_state.h"

#include <memory>
#include <new>

namespace assay::verify {

void begin(CheckState& state, const Check& check) noexcept {
  // Made where it stays: a state made here and moved there would be read while it is still written.
  std::destroy_at(&state);
  // Without parentheses: members that say no value have none, and nothing is filled with zeros beforehand.
  ::new (&state) CheckState;
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

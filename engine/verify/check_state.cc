#include "verify/check_state.h"

#include <algorithm>

namespace assay::verify {
namespace {

// Asks for the lines of a text that a later stage reads: tokens lie apart, and each is short.
void prefetch(std::string_view text) noexcept {
  constexpr std::size_t kLineBytes = 64;
  constexpr std::size_t kPrefetchedBytesMax = 2048;
  const std::size_t end = std::min(text.size(), kPrefetchedBytesMax);
  for (std::size_t i = 0; i < end; i += kLineBytes) __builtin_prefetch(text.data() + i);
}

}  // namespace

void begin(CheckState& state, const Check& check) noexcept {
  prefetch(check.token);
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

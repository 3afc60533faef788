#include "verify/check_state.h"

#include <algorithm>
#include <memory>

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
  // Made where it stays: a state made here and moved there would be read while it is still written.
  std::destroy_at(&state);
  std::construct_at(&state);
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

// How a fuzz target states what must hold.
#pragma once

#include <cstdio>
#include <cstdlib>
#include <string_view>

namespace assay::fuzz {

// Stops the program, which is a finding, if `holds` is false.
inline void require(bool holds, const char* property) {
  if (holds) return;
  std::fprintf(stderr, "property violated: %s\n", property);
  std::abort();
}

// Whether all of `view` lies in `[begin, begin + size)`.
inline bool lies_in(std::string_view view, const void* begin, std::size_t size) {
  const auto* const first = static_cast<const char*>(begin);
  return view.data() >= first && view.data() + view.size() <= first + size;
}

}  // namespace assay::fuzz

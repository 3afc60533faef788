#include "kernel/dots.h"

#include <cstring>

namespace assay::kernel {

std::size_t find_dots_portable(const char* text, std::size_t characters, std::size_t (&dots)[kDotsMax]) noexcept {
  std::size_t count = 0;
  for (std::size_t at = 0; count < kDotsMax && at < characters; at = dots[count - 1] + 1) {
    const void* const dot = std::memchr(text + at, '.', characters - at);
    if (dot == nullptr) break;
    dots[count] = static_cast<std::size_t>(static_cast<const char*>(dot) - text);
    ++count;
  }
  return count;
}

}  // namespace assay::kernel

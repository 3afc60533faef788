// What tests of the kernels that look for characters share.
#pragma once

#include <algorithm>
#include <memory>
#include <string_view>

namespace assay::kernel {

// A heap block of exactly the text's size: AddressSanitizer sees a read of one byte too many.
inline std::unique_ptr<char[]> exactly(std::string_view text) {
  auto bytes = std::make_unique<char[]>(text.size());
  std::copy(text.begin(), text.end(), bytes.get());
  return bytes;
}

}  // namespace assay::kernel

// A JSON text as JsonReader takes it, in a heap block of exactly its size and padding: AddressSanitizer sees a read of
// one byte too many. The padding holds quotes, which a reader that looks at it trips over.
#pragma once

#include <cstring>
#include <memory>
#include <string_view>

#include "jose/json.h"

namespace assay::jose {

class PaddedText {
 public:
  explicit PaddedText(std::string_view text) : bytes_(new char[text.size() + kJsonPaddingBytes]), size_(text.size()) {
    text.copy(bytes_.get(), text.size());
    std::memset(bytes_.get() + text.size(), '"', kJsonPaddingBytes);
  }

  // Lives as long as this object.
  [[nodiscard]] std::string_view view() const& { return {bytes_.get(), size_}; }
  std::string_view view() const&& = delete;

 private:
  std::unique_ptr<char[]> bytes_;
  std::size_t size_;
};

}  // namespace assay::jose

#include "kernel/base64url.h"

namespace assay::kernel {

std::size_t decode_base64url(const char* text, std::size_t characters, std::uint8_t* bytes) noexcept {
  return decode_base64url_portable(text, characters, bytes);
}

}  // namespace assay::kernel

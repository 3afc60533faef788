// Whether bytes are UTF-8. RFC 3629.
#pragma once

#include <string_view>

namespace assay::base {

// True if all of `text` is well-formed UTF-8: no overlong form, no surrogate, nothing above U+10FFFF, no cut-off end.
//   cost   one pass, no allocation
//   spec   RFC 3629 sec 4
[[nodiscard]] bool is_utf8(std::string_view text) noexcept;

}  // namespace assay::base

// Hexadecimal text of the probe's bytes.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace assay::probe {

// Pairs of hexadecimal digits in either case; nothing for any other text.
[[nodiscard]] std::optional<std::string> decode_hex(std::string_view text);

// Two lower-case digits per byte.
[[nodiscard]] std::string encode_hex(std::string_view bytes);

}  // namespace assay::probe

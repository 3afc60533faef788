// Reads the hexadecimal text of the probe's bytes; base/hex.h writes it.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace assay::probe {

// Pairs of hexadecimal digits in either case; nothing for any other text.
[[nodiscard]] std::optional<std::string> decode_hex(std::string_view text);

}  // namespace assay::probe

// Unguessable texts for tokens, codes and identifiers.
#pragma once

#include <cstddef>
#include <string>

namespace assay::development {

// `digits` lower-case hexadecimal digits from the system's random source; even, at most 128.
[[nodiscard]] std::string random_hex(std::size_t digits);

// A version 4 UUID. RFC 4122 sec 4.4.
[[nodiscard]] std::string random_uuid();

}  // namespace assay::development

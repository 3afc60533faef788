// Writes base64url without padding. RFC 7515 sec 2.
#pragma once

#include <string>
#include <string_view>

namespace assay::signing {

// Encodes any bytes, none included.
//
//   returns   ceil(4 * octets.size() / 3) characters, no padding, unused tail bits zero
[[nodiscard]] std::string base64url_encode(std::string_view octets);

}  // namespace assay::signing

// The token that the Bookings partner API documents: RS256, no kid, no iss, an empty subject,
// scopes as an array, times with microsecond fractions.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <gtest/gtest.h>

#include "kernel/base64url.h"

namespace assay::jose {

inline constexpr std::string_view kBookingsHeaderSegment = "eyJ0eXAiOiJKV1QiLCJhbGciOiJSUzI1NiJ9";

inline constexpr std::string_view kBookingsPayloadSegment =
    "eyJhdWQiOiI5YjFlODJhNy0wYTU5LTRlN2UtYWRkNS1iOWZmYTM3YWFkZTEiLCJqdGkiOiI4MTc1NWE2YTdkYWYwMzgyZjBmMjcyM2EyY2M5NTFm"
    "ODMwZjUzM2FmYjQ2Yjc1ZDliOWE0Y2VhN2QyMTVlZTk5MjZhOTMyNTk1NjdjYmY3OCIsImlhdCI6MTcxMDIyMDAzMS41ODMxMTIsIm5iZiI6MTcx"
    "MDIyMDAzMS41ODMxMTQsImV4cCI6MTcxMDIyMzYzMS41Nzc0NzgsInN1YiI6IiIsInNjb3BlcyI6WyJib29raW5nczpjcmVhdGUiLCJib29raW5n"
    "czpkZWxldGUiXSwidXNlcl9pZCI6Ijg0MjkwMmRiLTU0ZTUtNDYxNC1iMzQ4LTAwMmU4Y2U1ZGExMiIsInBhcnRuZXJfaWQiOiJmMzExMjBlZS1i"
    "NWNiLTQxYzQtOTUyOS0yODhkMDJlOTFjZDYiLCJpc190ZXN0IjpmYWxzZX0";

inline constexpr std::string_view kBookingsSignatureSegment =
    "Lk-68XAooy_B7hKuJwlNciIIlYjcL550iBVVUk6MW6dS36BCwCRJlSU7HuRjhTL1RSE0U4G3uM4bY4gdK0vdQESY2GuXUi8Vkjpf"
    "V9WOUuwNBw8-PT5TXLFtAHGkWBoYNRTDJKw0KVcvplbLFONeGh5H-xfhHpSbxTPlpGhpHqv5K7QLIaQzSX5L6JGXreDhyS47d9PG"
    "mOnaEuRCJTVM-UCZ9lydv7iKmZX2_2osfNUGnb8NVGhchLY_S1dGWRnwQFng0_MlAHgriylzbAWXgXz9fQmAcnlfTKnMuVXrBU0C"
    "m7WwOZDlMXr44cYAOSO1ed_Evq6DEqj_ebDXZhm0j_QXFrcbogxZiPttBiefalUHXqs_ZtGIDlvCz7C4ukDAf2_UMbLXOwuUMwFI"
    "fPzhge1cZ-5O6yQRl6CUJJqwHXBD_gt8IlBQnRECNfG5QQDjIxBh0S7WjCVRDjulrZ4t7WHLEIudeF64_StI0wZf6PNaNl62chFa"
    "VI7NNiGIY6vRxfLI-7ifzWjDcFY7d_883_CtSCd6srKW1bBIIHfLCQI5xijfZu3TCZLqDINWBoQAHQrxmMpp0-IJEL1y5cuzIjv0"
    "1g1KxBRrvuOt_LYVW95IeuLSVB97T6t06bzj9M4a5GFusWlMO_CuBZ_O7TqjiFir9BnKe42wVmAHyVlpVRg";

// The bytes of a segment.
inline std::string decode_segment(std::string_view segment) {
  std::string bytes(kernel::base64url_decoded_bytes(segment.size()), '\0');
  auto* const out = reinterpret_cast<std::uint8_t*>(bytes.data());
  EXPECT_EQ(kernel::decode_base64url_portable(segment.data(), segment.size(), out), kernel::kBase64urlAccepted);
  return bytes;
}

}  // namespace assay::jose

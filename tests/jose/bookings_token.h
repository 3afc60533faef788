// Header and payload of the token that the Bookings partner API documents: RS256, no kid, no iss, an empty subject,
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

// The bytes of a segment.
inline std::string decode_segment(std::string_view segment) {
  std::string bytes(kernel::base64url_decoded_bytes(segment.size()), '\0');
  auto* const out = reinterpret_cast<std::uint8_t*>(bytes.data());
  EXPECT_EQ(kernel::decode_base64url_portable(segment.data(), segment.size(), out), kernel::kBase64urlAccepted);
  return bytes;
}

}  // namespace assay::jose

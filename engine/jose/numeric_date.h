// NumericDate as an exact decimal. RFC 7519 sec 2.
#pragma once

#include <string_view>

#include "assay/expected.h"
#include "assay/token.h"

namespace assay::jose {

// What happens to digits below the microsecond: the strict side differs by claim.
enum class Rounding : std::uint8_t {
  kDown,  // exp: never later than stated
  kUp,    // nbf, iat: never earlier than stated
};

// Reads the text of a JSON number, fractions and exponents included, without going through floating point.
//
//   number    text that JsonReader accepted as a number
//   returns   exact to the microsecond; dates after kNumericDateUsMax (about the year 148,000) read as that one
//   errors    bad_claim: negative (also -0.5; -0 reads as 0), or not below kNumericDateEndS
//   cost      one pass over the digits; work is bounded whatever the exponent
[[nodiscard]] Expected<NumericDate> parse_numeric_date(std::string_view number, Rounding rounding) noexcept;

// As parse_numeric_date, into `date`; false, and any value in `date`, for a number that is no date.
[[nodiscard]] bool read_numeric_date(std::string_view number, Rounding rounding, NumericDate& date) noexcept;

// Longest text of format_numeric_date.
inline constexpr std::size_t kNumericDateTextMax = 24;

// Writes seconds with up to six decimals and no trailing zeros ("1710223631.577478"); returns the length.
[[nodiscard]] std::size_t format_numeric_date(NumericDate date, char (&text)[kNumericDateTextMax]) noexcept;

}  // namespace assay::jose

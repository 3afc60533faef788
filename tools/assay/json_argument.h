// Reading the small JSON texts of a command line.
#pragma once

#include <string_view>

#include "assay/expected.h"
#include "assay/token.h"

namespace assay::cli {

// Whether `text` is one JSON value, and of which kind. Strict as jose/json.h.
//   errors   bad_json, duplicate_member
[[nodiscard]] Expected<JsonKind> check_json_value(std::string_view text);

// A point in time of a command line: seconds with fractions, exact to the microsecond (further digits are cut).
//   errors   bad_claim: not a number, negative, or out of range
[[nodiscard]] Expected<NumericDate> parse_epoch(std::string_view text);

}  // namespace assay::cli

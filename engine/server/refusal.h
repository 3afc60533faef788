// Why a check is answered with no: what the stages of the decision side hand to the one writer of refusals.
#pragma once

#include <string_view>

#include "assay/error.h"

namespace assay::server {

//   code     never kNone
//   detail   what the code is about, as Verdict::detail() has it: the required scope, a claim's name, or a static text;
//            empty if there is nothing more to say. Lives as long as what it was read from
struct Refusal {
  ErrorCode code = ErrorCode::kOverloaded;
  std::string_view detail;
};

}  // namespace assay::server

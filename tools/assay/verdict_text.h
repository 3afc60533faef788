// Verdicts as lines for people and as JSON lines for programs. docs/cli.md has the members.
#pragma once

#include <string>
#include <string_view>

#include "assay/verdict.h"

namespace assay::cli {

// The code's sentence, with what it is about where there is more to say.
[[nodiscard]] std::string detail_text(ErrorCode code, std::string_view detail);

// One line without its end. Holds no part of the token that is not a verified claim.
[[nodiscard]] std::string verdict_line(const Verdict& verdict);
[[nodiscard]] std::string verdict_json(const Verdict& verdict);

// The same for a signature that was judged alone; both say so.
[[nodiscard]] std::string signature_line(ErrorCode code);
[[nodiscard]] std::string signature_json(ErrorCode code);

}  // namespace assay::cli

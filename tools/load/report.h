// What a run came to, for people and for programs.
#pragma once

#include <string>

#include "load/load_run.h"

namespace assay::load {

// A few lines; docs/cli.md explains them.
[[nodiscard]] std::string report_text(const LoadOptions& options, const LoadResult& result);

// One JSON object and a line end. Members: docs/cli.md.
[[nodiscard]] std::string report_json(const LoadOptions& options, const LoadResult& result);

}  // namespace assay::load

// POST /explain of the admin listener: one token, every check, and what decided it.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "assay/control.h"
#include "assay/json.h"
#include "server/admin_page.h"

namespace assay::server {

// Explains what `body` asks about, a JSON object:
//
//   token     needed
//   method    and path: of the request that is judged; may be left out
//   listener  index of the decision listener that it comes in by, in the order of the configuration; 0 if left out
//
//   entrances  of the decision listeners
//   returns    {"verdict":...,"class":...,"code":...,"detail":...,"steps":[{"check":...,"result":...,"finding":...,
//              "setting":...}]} as `assay explain --json` prints it; 400 with another body
[[nodiscard]] AdminPage explain_page(Control& control, std::span<const std::uint32_t> entrances, std::string_view body,
                                     JsonObjectReader& reader, Now now);

}  // namespace assay::server

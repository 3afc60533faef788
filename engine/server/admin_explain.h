// POST /explain of the admin listener: one token, every check, and what decided it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "assay/control.h"
#include "assay/expected.h"
#include "assay/json.h"
#include "assay/settings.h"
#include "server/admin_page.h"

namespace assay::server {

// Where a token comes in that is to be explained.
//
//   number   of a listener in the order of the configuration, from 1; 0: the first by which tokens come in
//   returns  its entrance; 0 where there are no listeners at all
//   errors   a sentence for people: there is no such listener, or events come in there and no tokens
[[nodiscard]] tl::expected<std::uint32_t, std::string> explained_entrance(std::span<const ListenerSettings> listeners,
                                                                          std::size_t number);

// The request that a token is explained for, where nobody says another.
inline constexpr std::string_view kExplainedMethod = "GET";
inline constexpr std::string_view kExplainedPath = "/";

// Explains what `body` asks about, a JSON object:
//
//   token     needed
//   method    and path: of the request that is judged; if left out, kExplainedMethod and kExplainedPath
//   listener  number of the listener that it comes in by, as explained_entrance has it; may be left out
//
//   returns    {"verdict":...,"class":...,"code":...,"detail":...,"steps":[{"check":...,"result":...,"finding":...,
//              "setting":...}]} as `assay explain --json` prints it; 400 with another body
[[nodiscard]] AdminPage explain_page(Control& control, std::span<const ListenerSettings> listeners,
                                     std::string_view body, JsonObjectReader& reader, Now now);

}  // namespace assay::server

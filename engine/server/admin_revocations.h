// What the admin listener says of revocations: what became of a call, and what is in force.
#pragma once

#include <string_view>

#include "assay/control.h"
#include "server/admin_page.h"

namespace assay::server {

// Revocations of one page of GET /revocations, without and with ?count=.
inline constexpr std::size_t kListedDefault = 100;
inline constexpr std::size_t kListedMax = 10'000;

// What became of a call of revoke or lift:
//
//   200  {"recorded":n,"propagated":true}    on disk, and on its way to the fleet where there is one; n = 0: nothing
//                                            to record
//   202  {"recorded":n,"propagated":false}   on disk here; the fleet gets it later
//   400  invalid_request                     kBadTarget
//   400  invalid_grant                       kOtherClient. RFC 6749 sec 5.2
//   404  not_configured                      kNoLog
//   503  temporarily_unavailable             kUnverified, kFailed; with Retry-After
//   507  insufficient_storage                kNoSpace
[[nodiscard]] AdminPage result_page(const RevocationResult& result);

// GET /revocations: counts, memory, the log's health, and where `query` asks for them revocations by id.
//
//   query   without "?": after=ID (32 hexadecimal digits) and count=N (1 .. kListedMax), each at most once
//   errors  400: another parameter, or a value that is none
[[nodiscard]] AdminPage revocations_page(const Control& control, std::string_view query);

}  // namespace assay::server

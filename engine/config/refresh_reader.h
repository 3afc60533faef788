// When an issuer's keys are fetched: refresh, max_stale, forced fetches, unknown_kid_wait, fetch_timeout.
#pragma once

#include <chrono>
#include <optional>
#include <string_view>

#include "assay/policy.h"
#include "config/table_reader.h"

namespace assay::config {

// Fills `issuer.refresh` and `issuer.fetch_timeout`. Where the keys are not fetched, the keys of this part are
// complaints. `issuer.keys` must have been read.
void read_refresh_rules(TableReader& reader, IssuerPolicy& issuer);

// What is fetched again and again has the keys refresh, refresh_floor, refresh_ceiling and max_stale: issuers' keys,
// and their status lists.
inline constexpr DurationBounds kRefreshBounds{std::chrono::milliseconds(100), std::chrono::hours(24)};

// Reads refresh_floor or refresh_ceiling.
void read_refresh_bound(TableReader& reader, std::string_view key, std::optional<std::chrono::microseconds>& out);

// What counts of these keys, defaults included.
struct RefreshTimes {
  std::chrono::microseconds interval, floor, ceiling, max_stale;
};
// Complains where they contradict each other. `what` would lapse: "keys".
void check_refresh_times(TableReader& reader, const RefreshTimes& times, std::string_view what);

}  // namespace assay::config

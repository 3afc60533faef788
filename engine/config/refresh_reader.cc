#include "config/refresh_reader.h"

#include <array>
#include <string>

#include "config/value_text.h"

namespace assay::config {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr DurationBounds kMaxStaleBounds{seconds(10), hours(24 * 30)};
constexpr DurationBounds kFetchTimeoutBounds{milliseconds(100), minutes(1)};
constexpr DurationBounds kForcedEveryBounds{milliseconds(100), hours(1)};
constexpr DurationBounds kWaitBounds{milliseconds(0), seconds(10)};

constexpr std::array<std::string_view, 8> kRefreshKeys = {
    "refresh",          "refresh_floor", "refresh_ceiling", "max_stale", "forced_fetch_every", "forced_fetch_burst",
    "unknown_kid_wait", "fetch_timeout"};

}  // namespace

void read_refresh_bound(TableReader& reader, std::string_view key, std::optional<std::chrono::microseconds>& out) {
  std::chrono::microseconds duration{};
  if (reader.read_duration(key, kRefreshBounds, duration)) out = duration;
}

void check_refresh_times(TableReader& reader, const RefreshTimes& times, std::string_view what) {
  const std::string ceiling = format_duration(times.ceiling);
  if (times.floor > times.ceiling) {
    reader.complain("refresh_floor", "is longer than the ceiling (" + ceiling + "); accepted: at most refresh_ceiling");
  }
  if (times.ceiling < times.interval) {
    reader.complain("refresh_ceiling",
                    "is shorter than refresh (" + format_duration(times.interval) + "); accepted: at least refresh");
  }
  if (times.max_stale < times.ceiling) {
    reader.complain("max_stale", "is shorter than refresh (" + ceiling + "), so " + std::string(what) +
                                     " would lapse between two refreshes; accepted: at least refresh");
  }
}

void read_refresh_rules(TableReader& reader, IssuerPolicy& issuer) {
  const bool is_fetched = issuer.keys.kind == KeySource::Kind::kDiscovery ||
                          issuer.keys.kind == KeySource::Kind::kJwksUrl || !issuer.keys.file.empty();
  if (!is_fetched) {
    for (const std::string_view key : kRefreshKeys) {
      reader.refuse_without_effect(key, "this issuer's keys are not fetched");
    }
    return;
  }
  RefreshPolicy& refresh = issuer.refresh;
  reader.read_duration("refresh", kRefreshBounds, refresh.interval);
  read_refresh_bound(reader, "refresh_floor", refresh.floor);
  read_refresh_bound(reader, "refresh_ceiling", refresh.ceiling);
  reader.read_duration("max_stale", kMaxStaleBounds, refresh.max_stale);
  reader.read_duration("forced_fetch_every", kForcedEveryBounds, refresh.forced_fetch_every);
  reader.read_integer("forced_fetch_burst", {.lowest = 0, .highest = kForcedFetchBurstMax}, refresh.forced_fetch_burst);
  reader.read_duration("unknown_kid_wait", kWaitBounds, refresh.unknown_kid_wait);
  reader.read_duration("fetch_timeout", kFetchTimeoutBounds, issuer.fetch_timeout);
  check_refresh_times(reader,
                      {.interval = refresh.interval,
                       .floor = refresh.floor_in_effect(),
                       .ceiling = refresh.ceiling_in_effect(),
                       .max_stale = refresh.max_stale},
                      "keys");
}

}  // namespace assay::config

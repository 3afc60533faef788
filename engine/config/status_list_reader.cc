#include "config/status_list_reader.h"

#include <string>
#include <utility>

#include "assay/limits.h"
#include "config/refresh_reader.h"
#include "config/value_text.h"

namespace assay::config {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr DurationBounds kMaxStaleBounds{seconds(1), hours(24 * 30)};
constexpr DurationBounds kTimeoutBounds{milliseconds(100), minutes(1)};
constexpr IntegerBounds kFetchedBytesBounds{1024, kStatusTokenBytesMax};
constexpr IntegerBounds kListBytesBounds{1, kStatusListBytesMax};

void read_urls(TableReader& reader, const IssuerPolicy& issuer, StatusListPolicy& lists) {
  reader.require("urls", "the URLs of the issuer's status lists, as its tokens name them");
  const PlainHttp plain_http = issuer.allow_plain_http ? PlainHttp::kAllowed : PlainHttp::kForbidden;
  for (const PlacedText& url : reader.read_strings("urls")) {
    if (const std::string fault = url_fault(url.text, plain_http); !fault.empty()) {
      reader.complain_at(url.place, "urls", "the URL " + fault + "; accepted: \"https://host/path\"");
    }
    lists.urls.push_back(url.text);
  }
  if (lists.urls.size() > kStatusListsPerIssuerMax) {
    reader.complain("urls", "there are " + std::to_string(lists.urls.size()) + "; accepted: at most " +
                                std::to_string(kStatusListsPerIssuerMax));
  }
}

}  // namespace

void read_status_list(const TomlValue& table, TableReader& issuer_table, Faults& faults, IssuerPolicy& issuer) {
  TableReader reader(table, "issuer.status_list", faults);
  StatusListPolicy lists;
  read_urls(reader, issuer, lists);
  reader.read_boolean("required", lists.required);
  reader.read_duration("refresh", kRefreshBounds, lists.refresh);
  read_refresh_bound(reader, "refresh_floor", lists.refresh_floor);
  read_refresh_bound(reader, "refresh_ceiling", lists.refresh_ceiling);
  reader.read_duration("max_stale", kMaxStaleBounds, lists.max_stale);
  reader.read_duration("timeout", kTimeoutBounds, lists.timeout);
  reader.read_integer("max_fetched_bytes", kFetchedBytesBounds, lists.token_bytes_max);
  reader.read_integer("max_list_bytes", kListBytesBounds, lists.list_bytes_max);
  check_refresh_times(reader,
                      {.interval = lists.refresh,
                       .floor = lists.floor_in_effect(),
                       .ceiling = lists.ceiling_in_effect(),
                       .max_stale = lists.max_stale},
                      "lists");
  reader.finish();
  if (issuer.keys.kind == KeySource::Kind::kNone) {
    issuer_table.refuse_without_effect("status_list",
                                       "status lists are verified by the issuer's keys, and it has none");
  }
  issuer.status_list = std::move(lists);
}

}  // namespace assay::config

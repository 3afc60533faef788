#include "server/admin_revocations.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <string>
#include <vector>

#include "base/hex.h"
#include "server/json_text.h"

namespace assay::server {
namespace {

std::string_view name_of_fleet(RevocationLogHealth::Fleet fleet) noexcept {
  switch (fleet) {
    case RevocationLogHealth::Fleet::kNone: return "none";
    case RevocationLogHealth::Fleet::kFollowing: return "following";
    case RevocationLogHealth::Fleet::kCutOff: return "cut_off";
    case RevocationLogHealth::Fleet::kHealing: return "healing";
  }
  return "none";
}

AdminPage recorded_page(int status, const RevocationResult& result) {
  const std::string_view propagated = result.outcome == RevocationOutcome::kDoneHere ? "false" : "true";
  AdminPage page{.status = status, .body = "{\"recorded\":" + std::to_string(result.recorded_count)};
  page.body.append(",\"propagated\":").append(propagated).append("}\n");
  return page;
}

AdminPage later_page(const RevocationResult& result) {
  AdminPage page = error_page(503, "temporarily_unavailable", result.complaint);
  page.try_later = true;
  return page;
}

std::optional<RevocationInfo::Id> read_id(std::string_view text) noexcept {
  RevocationInfo::Id id{};
  if (text.size() != 2 * id.size()) return std::nullopt;
  for (std::size_t i = 0; i < id.size(); ++i) {
    const int byte = base::hex_byte(text[2 * i], text[2 * i + 1]);
    if (byte < 0) return std::nullopt;
    id[i] = static_cast<std::uint8_t>(byte);
  }
  return id;
}

std::optional<std::size_t> read_count(std::string_view text) noexcept {
  std::size_t count = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  const bool is_whole = error == std::errc() && end == text.data() + text.size();
  if (!is_whole || count == 0 || count > kListedMax) return std::nullopt;
  return count;
}

// What of the list is asked for.
struct Listing {
  std::optional<RevocationInfo::Id> after;
  std::optional<std::size_t> count;
};

// Nothing if a parameter is unknown, repeats or has no sound value.
std::optional<Listing> read_listing(std::string_view query) noexcept {
  Listing listing;
  while (!query.empty()) {
    const std::size_t end = std::min(query.find('&'), query.size());
    const std::string_view parameter = query.substr(0, end);
    query.remove_prefix(std::min(end + 1, query.size()));
    const std::size_t equals = std::min(parameter.find('='), parameter.size());
    const std::string_view name = parameter.substr(0, equals);
    const std::string_view value = parameter.substr(std::min(equals + 1, parameter.size()));
    if (name == "after" && !listing.after) {
      listing.after = read_id(value);
      if (!listing.after) return std::nullopt;
    } else if (name == "count" && !listing.count) {
      listing.count = read_count(value);
      if (!listing.count) return std::nullopt;
    } else {
      return std::nullopt;
    }
  }
  return listing;
}

void append_status(std::string& json, const RevocationStatus& status) {
  json += "{\"counts\":{";
  for (std::size_t kind = 1; kind <= kRevocationKindCount; ++kind) {
    if (kind > 1) json += ',';
    append_json_string(json, name_of(static_cast<RevocationKind>(kind)));
    json += ':' + std::to_string(status.counts[kind]);
  }
  json += '}';
  append_count(json, "bytes", status.bytes);
  append_time(json, "earliest_forget", status.earliest_forget_us);
}

void append_log(std::string& json, const RevocationStatus& status) {
  json += ",\"log\":";
  if (!status.has_log) {
    json += "null";
    return;
  }
  json += status.log.accepts_appends ? "{\"accepts\":true" : "{\"accepts\":false";
  append_count(json, "sequence", status.log.last_sequence);
  append_count(json, "queued", status.log.queued_count);
  append_count(json, "dropped", status.log.dropped_count);
  json += ',';
  append_text(json, "fleet", name_of_fleet(status.log.fleet));
  append_count(json, "unpropagated", status.log.unpropagated_count);
  append_time(json, "fleet_seen", status.log.fleet_seen_us);
  json += ',';
  append_text(json, "fleet_position", status.log.fleet_position);
  json += ',';
  append_text(json, "complaint", status.log.complaint);
  json += '}';
}

// In seconds with all their digits: it decides about tokens.
void append_issued_before(std::string& json, const RevocationInfo& info) {
  if (!has_issued_before(info.kind)) {
    json += ",\"issued_before\":null";
    return;
  }
  constexpr std::int64_t kUsPerSecond = 1'000'000;
  const std::string fraction = std::to_string(kUsPerSecond + info.issued_before_us % kUsPerSecond);
  json += ",\"issued_before\":" + std::to_string(info.issued_before_us / kUsPerSecond) + "." + fraction.substr(1);
}

void append_revocations(std::string& json, const std::vector<RevocationInfo>& infos) {
  json += ",\"revocations\":[";
  for (const RevocationInfo& info : infos) {
    if (json.back() != '[') json += ',';
    json += '{';
    append_text(json, "id", base::hex_text(info.id));
    json += ',';
    append_text(json, "kind", name_of(info.kind));
    append_issued_before(json, info);
    append_time(json, "forget_at", info.forget_at_us);
    json += '}';
  }
  json += ']';
}

}  // namespace

AdminPage result_page(const RevocationResult& result) {
  switch (result.outcome) {
    case RevocationOutcome::kDone:
    case RevocationOutcome::kNothing: return recorded_page(200, result);
    case RevocationOutcome::kDoneHere: return recorded_page(202, result);
    case RevocationOutcome::kBadTarget: return error_page(400, "invalid_request", result.complaint);
    case RevocationOutcome::kOtherClient: return error_page(400, "invalid_grant", result.complaint);
    case RevocationOutcome::kNoLog:
      return error_page(404, "not_configured", "nothing can be revoked: [state] revocations is not set");
    case RevocationOutcome::kUnverified:
    case RevocationOutcome::kFailed: return later_page(result);
    case RevocationOutcome::kNoSpace: return error_page(507, "insufficient_storage", result.complaint);
  }
  return later_page(result);
}

AdminPage revocations_page(const Control& control, std::string_view query) {
  const std::optional<Listing> listing = read_listing(query);
  if (!listing) {
    return error_page(400, "invalid_request",
                      "the query may have after=ID of a revocation and count=N, 1 to " + std::to_string(kListedMax));
  }
  AdminPage page;
  const RevocationStatus status = control.revocation_status();
  append_status(page.body, status);
  append_log(page.body, status);
  if (listing->after || listing->count) {
    append_revocations(page.body, control.list_revocations(listing->after, listing->count.value_or(kListedDefault)));
  }
  page.body += "}\n";
  return page;
}

}  // namespace assay::server

#include "config/events_reader.h"

namespace assay::config {
namespace {

using std::chrono::hours;
using std::chrono::minutes;

constexpr DurationBounds kMaxAgeBounds{minutes(1), hours(24 * 31)};

}  // namespace

void read_events(const TomlValue& table, TableReader& issuer_table, Faults& faults, IssuerPolicy& issuer) {
  TableReader reader(table, "issuer.events", faults);
  EventsPolicy events;
  reader.require("audience", "what stands in the `aud` of events for this receiver");
  if (const TomlValue* audience = reader.read_string("audience")) events.audience = audience->text;
  reader.read_duration("max_age", kMaxAgeBounds, events.max_age);
  reader.finish();
  if (issuer.keys.kind == KeySource::Kind::kNone) {
    issuer_table.refuse_without_effect("events", "events are verified by the issuer's keys, and it has none");
  } else if (issuer.issuer.empty()) {
    issuer_table.complain("events", "events name their issuer; accepted: with an issuer that is not \"\"");
  }
  issuer.events = std::move(events);
}

}  // namespace assay::config

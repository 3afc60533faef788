#include "verify/event_ledger.h"

#include <map>
#include <string>

#include <gtest/gtest.h>

namespace assay::verify {
namespace {

TEST(EventLedger, RemembersWhatHasActedUntilItIsTooOld) {
  EventLedger ledger;
  const base::Hash128 id = base::keyed_hash("event");
  EXPECT_FALSE(ledger.has_acted(id, 100));
  ledger.remember(id, 200, 100);
  EXPECT_TRUE(ledger.has_acted(id, 199));
  EXPECT_FALSE(ledger.has_acted(id, 200));
}

TEST(EventLedger, ShowsEveryOutcomeFromTheStart) {
  EventLedger ledger;
  ledger.count(EventOutcome::kReplayed);
  std::map<std::string, double> seen;
  ledger.visit_metrics([&](const Metric& metric) {
    EXPECT_EQ(metric.name, "security_events_total");
    seen.emplace(metric.labels.at(0).second, metric.value);
  });
  EXPECT_EQ(seen.size(), kEventOutcomeCount);
  EXPECT_EQ(seen.at("replayed"), 1);
  EXPECT_EQ(seen.at("foreign_subject"), 0);
}

}  // namespace
}  // namespace assay::verify

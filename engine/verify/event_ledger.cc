#include "verify/event_ledger.h"

namespace assay::verify {

bool EventLedger::has_acted(const base::Hash128& id, std::int64_t now_us) const {
  const base::MutexLock lock(mutex_);
  return acted_.contains(id, now_us);
}

void EventLedger::remember(const base::Hash128& id, std::int64_t until_us, std::int64_t now_us) {
  const base::MutexLock lock(mutex_);
  acted_.insert(id, until_us, now_us);
}

void EventLedger::count(EventOutcome outcome) {
  const base::MutexLock lock(mutex_);
  ++counts_[static_cast<std::size_t>(outcome)];
}

void EventLedger::visit_metrics(const std::function<void(const Metric&)>& visit) const {
  std::array<std::uint64_t, kEventOutcomeCount> counts{};
  {
    const base::MutexLock lock(mutex_);
    counts = counts_;
  }
  for (std::size_t i = 0; i < kEventOutcomeCount; ++i) {
    visit(Metric{.name = "security_events_total",
                 .help = "Security event tokens that were received, by what became of them",
                 .kind = Metric::Kind::kCounter,
                 .labels = {{"outcome", facts_of(static_cast<EventOutcome>(i)).name}},
                 .value = static_cast<double>(counts[i])});
  }
}

}  // namespace assay::verify

// What the control machine does for status lists: it gives each of a policy's lists a supply, fetches, and tells.
#include <algorithm>
#include <utility>

#include "verify/control.h"

namespace assay::verify {

void ControlMachine::prepare_statuses(const StatusSupplies& current, const std::shared_ptr<state::StatusBoard>& board,
                                      Prepared& prepared) {
  for (std::size_t i = 0; i < prepared.policy->issuers.size(); ++i) {
    const IssuerPolicy& issuer = prepared.policy->issuers[i].policy;
    if (!issuer.status_list) continue;
    for (const std::string& url : issuer.status_list->urls) {
      const auto serving = std::find_if(current.begin(), current.end(),
                                        [&](const StatusList& list) { return list.supply->serves(issuer, url); });
      std::shared_ptr<StatusSupply> supply =
          serving != current.end() ? serving->supply : std::make_shared<StatusSupply>(issuer, url, board);
      prepared.policy->give_status(i, url, supply->seat());
      prepared.statuses.push_back({.issuer_index = i, .supply = std::move(supply)});
    }
  }
}

const keys::KeyState& ControlMachine::keys_of(const StatusList& list) const {
  return supplies_[list.issuer_index]->state();
}

void ControlMachine::step_statuses(Now now) {
  // One slice of one list in a step, and of each in its turn.
  for (std::size_t i = 1; i <= statuses_.size(); ++i) {
    const std::size_t index = (last_inflated_ + i) % statuses_.size();
    if (!statuses_[index].supply->is_preparing()) continue;
    last_inflated_ = index;
    statuses_[index].supply->prepare(now);
    break;
  }
  for (const StatusList& list : statuses_) {
    if (list.supply->check_time(now)) {
      absl::erase_if(status_fetches_, [&](const auto& fetch) { return fetch.second == list.supply; });
    }
    std::optional<FetchRequest> request = list.supply->next_request(keys_of(list), now.monotonic_ns);
    if (!request) continue;
    const std::uint64_t fetch_id = next_fetch_id_++;
    status_fetches_.emplace(fetch_id, list.supply);
    send(fetch_id, std::move(*request));
  }
}

bool ControlMachine::take_status_result(std::uint64_t fetch_id, const FetchResult& result, Now now) {
  const auto found = status_fetches_.find(fetch_id);
  if (found == status_fetches_.end()) return false;
  const std::shared_ptr<StatusSupply> supply = std::move(found->second);
  status_fetches_.erase(found);
  const auto list =
      std::find_if(statuses_.begin(), statuses_.end(), [&](const StatusList& other) { return other.supply == supply; });
  if (list == statuses_.end()) return true;  // the policy has changed, and nobody names the list any more
  const std::optional<WantedKey> wanted = supply->on_result(result, keys_of(*list), now);
  if (wanted) supplies_[list->issuer_index]->order_key(wanted->kid, now.monotonic_ns);
  return true;
}

std::int64_t ControlMachine::next_status_ns() const {
  std::int64_t due_ns = std::numeric_limits<std::int64_t>::max();
  for (const StatusList& list : statuses_) due_ns = std::min(due_ns, list.supply->next_due_ns(keys_of(list)));
  return due_ns;
}

void ControlMachine::tell_statuses(Readiness& readiness) const {
  for (const StatusList& list : statuses_) {
    const StatusSupply& supply = *list.supply;
    if (supply.last_error().empty()) continue;
    const std::string where = "issuer " + supply.issuer_name() + ": ";
    if (supply.served()) {
      readiness.degraded.push_back(where + "an earlier status list serves: " + supply.url() + ": " +
                                   supply.last_error());
    } else {
      readiness.missing.push_back(where + "no status list: " + supply.url() + ": " + supply.last_error());
    }
  }
}

void ControlMachine::visit_status_metrics(const std::function<void(const Metric&)>& visit) const {
  for (const StatusList& list : statuses_) {
    const StatusSupply& supply = *list.supply;
    const auto visit_fetches = [&](std::string_view result, std::uint64_t count) {
      visit(Metric{.name = "status_list_fetches_total",
                   .help = "Finished attempts to get a status list, by result",
                   .kind = Metric::Kind::kCounter,
                   .labels = {{"issuer", supply.issuer_name()}, {"list", supply.url()}, {"result", result}},
                   .value = static_cast<double>(count)});
    };
    const auto visit_gauge = [&](std::string_view name, std::string_view help, double value) {
      visit(Metric{.name = name,
                   .help = help,
                   .kind = Metric::Kind::kGauge,
                   .labels = {{"issuer", supply.issuer_name()}, {"list", supply.url()}},
                   .value = value});
    };
    visit_fetches("replaced", supply.counts().replaced);
    visit_fetches("failed", supply.counts().failed);
    for (std::size_t fault = 1; fault < kStatusListFaultCount; ++fault) {
      const std::uint64_t count = supply.counts().faults[fault];
      if (count != 0) visit_fetches(name_of(static_cast<StatusListFault>(fault)), count);
    }
    const auto& served = supply.served();
    visit_gauge("status_list_serves", "Whether a status list serves", served ? 1 : 0);
    visit_gauge("status_list_stale", "Whether a status list serves past its freshness",
                supply.serves_stale(stepped_ns_) ? 1 : 0);
    visit_gauge("status_list_bytes", "Memory of the status list that serves",
                served ? static_cast<double>(served->bytes) : 0);
    visit_gauge("status_list_issued_seconds", "When the status list that serves was issued, since the epoch; 0: none",
                served ? static_cast<double>(served->issued_us) / 1e6 : 0);
  }
}

}  // namespace assay::verify

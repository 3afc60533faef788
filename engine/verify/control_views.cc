// What the control machine tells people: readiness, keys, metrics.
#include <algorithm>
#include <array>
#include <utility>

#include "base/check.h"
#include "verify/answer_metrics.h"
#include "verify/control.h"

namespace assay::verify {
namespace {

using VisitMetric = std::function<void(const Metric&)>;

void visit_value(const VisitMetric& visit, std::string_view name, std::string_view help, Metric::Kind kind,
                 double value) {
  visit(Metric{.name = name, .help = help, .kind = kind, .labels = {}, .value = value});
}

}  // namespace

Readiness ControlMachine::readiness() const {
  const base::MutexLock lock(mutex_);
  Readiness readiness;
  for (std::size_t i = 0; i < supplies_.size(); ++i) {
    const bool needs_keys = issuers_[i].keys.kind != KeySource::Kind::kNone;
    const keys::KeyState& state = supplies_[i]->state();
    if (needs_keys && state.set == nullptr) {
      readiness.missing.push_back("issuer " + supplies_[i]->name() + ": no keys: " + state.last_error);
    } else if (needs_keys && !state.last_error.empty()) {
      readiness.degraded.push_back("issuer " + supplies_[i]->name() + ": earlier keys serve: " + state.last_error);
    }
  }
  tell_statuses(readiness);
  if (std::string complaint = revoker_->feed().complaint(stepped_ns_); !complaint.empty()) {
    const bool refuses = revoker_->feed().refuses_at(stepped_ns_);
    (refuses ? readiness.missing : readiness.degraded).push_back(std::move(complaint));
  }
  readiness.ready = readiness.missing.empty();
  for (std::string& complaint : revoker_->complaints()) readiness.degraded.push_back(std::move(complaint));
  if (sharing_ == nullptr) return readiness;
  if (const std::string complaint = sharing_->health().complaint; !complaint.empty()) {
    readiness.degraded.push_back("shared answers: this node asks issuers by itself: " + complaint);
  }
  return readiness;
}

void ControlMachine::for_each_key(const std::function<void(const KeyInfo&)>& visit) const {
  const base::MutexLock lock(mutex_);
  for (const std::shared_ptr<KeySupply>& supply : supplies_) {
    if (supply->state().set == nullptr) continue;
    for (const keys::Key& key : supply->state().set->keys()) {
      visit(KeyInfo{.issuer_name = supply->name(),
                    .kid = key.kid ? std::string_view{*key.kid} : std::string_view{},
                    .type = key.type_text,
                    .alg = key.alg_text,
                    .bits = key.prepared.bits,
                    .thumbprint = key.thumbprint,
                    .usable = key.usable(),
                    .reason = key.usable() ? std::string_view() : jose::facts_of(key.prepared.defect).text,
                    .first_seen_us = supply->first_seen_us(key),
                    .last_seen_us = supply->state().fetched_us});
    }
  }
}

void ControlMachine::visit_verdicts(std::string_view issuer_name,
                                    const std::array<VerdictCounters, kWorkersMax>& counters,
                                    const VisitMetric& visit) const {
  for (std::size_t code = 0; code < kErrorCodeCount; ++code) {
    std::uint64_t count = 0;
    for (const VerdictCounters& worker : counters) count += worker.read(code);
    if (count == 0) continue;
    const ErrorFacts facts = facts_of(static_cast<ErrorCode>(code));
    visit(
        Metric{.name = "verdicts_total",
               .help = "Decided checks by issuer and code",
               .kind = Metric::Kind::kCounter,
               .labels = {{"issuer", issuer_name}, {"class", facts_of(facts.verdict_class).name}, {"code", facts.name}},
               .value = static_cast<double>(count)});
  }
}

void ControlMachine::visit_key_metrics(const KeySupply& supply, const VisitMetric& visit) const {
  const keys::KeyState& state = supply.state();
  std::array<std::size_t, 2> keys_by_use{};
  if (state.set != nullptr) {
    for (const keys::Key& key : state.set->keys()) ++keys_by_use[key.usable() ? 1 : 0];
  }
  const auto visit_keys = [&](std::string_view usable, std::size_t count) {
    visit(Metric{.name = "keys",
                 .help = "Keys of the issuer's current key set",
                 .kind = Metric::Kind::kGauge,
                 .labels = {{"issuer", supply.name()}, {"usable", usable}},
                 .value = static_cast<double>(count)});
  };
  visit_keys("no", keys_by_use[0]);
  visit_keys("yes", keys_by_use[1]);
  std::uint64_t unreadable = 0;
  for (const base::Counters<1>& reader : supply.runtime()->unreadable_scopes) unreadable += reader.read(0);
  visit(Metric{.name = "unreadable_scopes_total",
               .help = "Tokens whose scope does not fit the issuer's grammar and grants nothing",
               .kind = Metric::Kind::kCounter,
               .labels = {{"issuer", supply.name()}},
               .value = static_cast<double>(unreadable)});
}

void ControlMachine::visit_fetch_metrics(const KeySupply& supply, const VisitMetric& visit) const {
  const auto visit_fetches = [&](std::string_view result, std::uint64_t count) {
    visit(Metric{.name = "key_fetches_total",
                 .help = "Attempts to fetch the issuer's keys by result",
                 .kind = Metric::Kind::kCounter,
                 .labels = {{"issuer", supply.name()}, {"result", result}},
                 .value = static_cast<double>(count)});
  };
  visit_fetches("good", supply.counts().replaced);
  visit_fetches("unchanged", supply.counts().confirmed);
  visit_fetches("failed", supply.counts().failed);
  visit_fetches("unusable", supply.counts().unusable);
  if (!supply.is_fetched()) return;
  const auto visit_one = [&](std::string_view name, std::string_view help, Metric::Kind kind, double value) {
    visit(Metric{.name = name, .help = help, .kind = kind, .labels = {{"issuer", supply.name()}}, .value = value});
  };
  std::uint64_t unasked = 0;
  for (const base::Counters<1>& reader : supply.runtime()->unasked_kids) unasked += reader.read(0);
  visit_one("key_forced_fetches_total", "Of the attempts, those out of turn for a token that no key answered to",
            Metric::Kind::kCounter, static_cast<double>(supply.forced_count()));
  visit_one("unknown_kids_unasked_total", "Tokens with an unknown kid that were refused without a fetch",
            Metric::Kind::kCounter, static_cast<double>(unasked));
  const keys::FetchFacts& facts = supply.state().facts;
  if (facts.ever_confirmed) {
    visit_one("keys_age_seconds", "Time since the issuer's keys were last fetched or confirmed", Metric::Kind::kGauge,
              static_cast<double>(stepped_ns_ - facts.confirmed_ns) / 1e9);
  }
  visit_one("keys_stale", "1: keys serve past their freshness, because fetching fails", Metric::Kind::kGauge,
            supply.serves_stale(stepped_ns_) ? 1.0 : 0.0);
  visit_one("key_set_unusable", "1: the issuer's latest key set has not one usable key", Metric::Kind::kGauge,
            supply.latest_was_unusable() ? 1.0 : 0.0);
}

void ControlMachine::visit_kernel_metrics(const VisitMetric& visit) const {
  visit(Metric{.name = "rsa_kernel_trusted",
               .help = "0: the RSA or SHA-256 kernel failed its self-test or a recheck, OpenSSL verifies instead",
               .kind = Metric::Kind::kGauge,
               .labels = {{"kernel", kernels_.rsa.name}},
               .value = rsa_guard_.trusted() ? 1.0 : 0.0});
  visit_value(visit, "rsa_kernel_rechecks_total",
              "Signatures accepted with a kernel's help and verified again by OpenSSL", Metric::Kind::kCounter,
              static_cast<double>(rsa_guard_.rechecks()));
  visit_value(visit, "rsa_kernel_mismatches_total", "Rechecks that contradicted the kernels", Metric::Kind::kCounter,
              static_cast<double>(rsa_guard_.mismatches()));
}

void ControlMachine::visit_verified_metrics(const VisitMetric& visit) const {
  const auto sum = [this](VerifiedCount count) {
    std::uint64_t total = 0;
    for (const VerifiedCounters& reader : verified_counters_) total += reader.read(static_cast<std::size_t>(count));
    return static_cast<double>(total);
  };
  visit_value(visit, "verified_cache_hits_total", "JWTs found among those that were verified before",
              Metric::Kind::kCounter, sum(VerifiedCount::kHits));
  visit_value(visit, "verified_cache_misses_total", "JWTs that were decoded because they were not found there",
              Metric::Kind::kCounter, sum(VerifiedCount::kMisses));
  visit_value(visit, "verified_cache_entries", "Remembered JWTs, of all workers", Metric::Kind::kGauge,
              sum(VerifiedCount::kEntries));
  visit_value(visit, "verified_cache_bytes", "Memory of remembered JWTs, of all workers", Metric::Kind::kGauge,
              sum(VerifiedCount::kBytes));
}

void ControlMachine::for_each_metric(const VisitMetric& visit) const {
  const base::MutexLock lock(mutex_);
  for (const std::shared_ptr<KeySupply>& supply : supplies_) {
    visit_verdicts(supply->name(), supply->runtime()->verdicts, visit);
    visit_key_metrics(*supply, visit);
    visit_fetch_metrics(*supply, visit);
  }
  visit_verdicts("", unattributed_, visit);
  visit_kernel_metrics(visit);
  visit_verified_metrics(visit);
  visit_revocation_metrics(visit);
  visit_status_metrics(visit);
  events_->visit_metrics(visit);
  visit_answer_metrics(answer_supply_, answers_, visit);
}

}  // namespace assay::verify

// Control::revoke, lift, invalidate, and what is told of revocations.
#include <algorithm>
#include <chrono>
#include <future>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "verify/control.h"
#include "verify/revocation_records.h"

namespace assay::verify {
namespace {

// Why nothing of a call is recorded, for one target; empty where something may be.
std::string_view fault_of(RevocationOutcome outcome, const RevocationRecords& records) noexcept {
  switch (outcome) {
    case RevocationOutcome::kBadTarget: return records.fault();
    case RevocationOutcome::kUnverified: return "keys or an answer of the token's issuer are not available";
    case RevocationOutcome::kOtherClient: return "the token was issued to another client";
    case RevocationOutcome::kFailed: return "its id cannot be made";
    case RevocationOutcome::kDone:
    case RevocationOutcome::kDoneHere:
    case RevocationOutcome::kNothing:
    case RevocationOutcome::kNoLog:
    case RevocationOutcome::kNoSpace: break;
  }
  return {};
}

// The faults of one call's targets.
class TargetFaults {
 public:
  void add(RevocationOutcome outcome, std::size_t index, std::string_view fault) {
    ++count_;
    // A wrong target stays wrong, whatever else is available later.
    if (count_ == 1 || outcome == RevocationOutcome::kBadTarget) outcome_ = outcome;
    if (count_ > kNamedFaultsMax) return;
    text_.append(text_.empty() ? "target " : "; target ").append(std::to_string(index + 1)).append(": ").append(fault);
  }
  [[nodiscard]] bool empty() const noexcept { return count_ == 0; }
  [[nodiscard]] RevocationResult result() && {
    if (count_ > kNamedFaultsMax) text_ += "; and " + std::to_string(count_ - kNamedFaultsMax) + " more targets";
    return {.outcome = outcome_, .recorded_count = 0, .complaint = std::move(text_)};
  }

 private:
  RevocationOutcome outcome_ = RevocationOutcome::kNothing;
  std::size_t count_ = 0;
  std::string text_;
};

}  // namespace

PipelineParts ControlMachine::control_parts(AnswerSource& source) noexcept {
  return {.kernels = kernels_,
          .rsa_trust = rsa_trust(),
          .keys = *key_cache_,
          .answers = answers_,
          .source = source,
          .revocations = revocations(),
          .status_lists = *status_board_,
          .verified_counters = verified_counters_[base::kControlReader],
          .verified_cache_bytes = 0};
}

void ControlMachine::revoke(std::span<const RevocationTarget> targets, Now now, RevocationDone done) {
  change_revocations(RevocationOperation::kRevoke, targets, now, std::move(done));
}

void ControlMachine::lift(std::span<const RevocationTarget> targets, Now now, RevocationDone done) {
  change_revocations(RevocationOperation::kLift, targets, now, std::move(done));
}

RevocationResult ControlMachine::gather_records(RevocationOperation operation,
                                                std::span<const RevocationTarget> targets, Now now,
                                                std::vector<RevocationRecord>& gathered) {
  const base::MutexLock lock(explain_mutex_);
  NoAnswerSource source;
  Pipeline pipeline(base::kControlReader, control_parts(source));
  const auto policy = policy_.observe(base::kControlReader);
  RevocationRecords records(operation, revoker_->id_key(), pipeline, *policy, now);
  TargetFaults faults;
  for (std::size_t i = 0; i < targets.size(); ++i) {
    const RevocationOutcome outcome = records.add(targets[i]);
    if (const std::string_view fault = fault_of(outcome, records); !fault.empty()) faults.add(outcome, i, fault);
  }
  if (!faults.empty()) return std::move(faults).result();
  if (operation == RevocationOperation::kLift) {
    for (const RevocationRecords::OpaqueToken& token : records.opaque_tokens()) {
      static_cast<void>(forget_answer(policy->issuers[token.answers_id % kIssuersMax], token.text));
    }
  }
  gathered = std::move(records).take();
  return {};
}

void ControlMachine::change_revocations(RevocationOperation operation, std::span<const RevocationTarget> targets,
                                        Now now, RevocationDone done) {
  if (!revoker_->has_log()) {
    done({.outcome = RevocationOutcome::kNoLog, .recorded_count = 0, .complaint = "there is no log of revocations"});
    return;
  }
  std::vector<RevocationRecord> records;
  const RevocationResult result = gather_records(operation, targets, now, records);
  if (records.empty()) {
    done(result);
    return;
  }
  revoker_->submit(std::move(records), std::move(done));
}

std::future<bool> ControlMachine::forget_answer(const CompiledIssuer& issuer, std::string_view token) {
  auto erased = std::make_shared<std::promise<bool>>();
  const base::MutexLock lock(mutex_);
  answer_supply_.forbid_keeping(issuer.answers_id, token);  // first: what lands in between is erased
  answers_.erase({.issuer = issuer.answers_id, .token = token});
  if (sharing_ == nullptr) {
    erased->set_value(true);
  } else {
    sharing_->erase(issuer.policy, token, [erased](bool is_erased) { erased->set_value(is_erased); });
  }
  return erased->get_future();
}

Invalidation ControlMachine::invalidate(std::string_view issuer_name, std::string_view token) {
  std::vector<std::future<bool>> erasures;
  {
    const base::MutexLock lock(explain_mutex_);
    const auto policy = policy_.observe(base::kControlReader);
    for (const CompiledIssuer& issuer : policy->issuers) {
      const bool is_asked_for = issuer_name.empty() || issuer.policy.name == issuer_name;
      if (is_asked_for && issuer.policy.opaque) erasures.push_back(forget_answer(issuer, token));
    }
  }
  if (erasures.empty()) return Invalidation::kNoSuchIssuer;
  const std::int64_t wait_ns = sharing_ == nullptr ? 0 : sharing_->wait().count();
  const std::int64_t until_ns = base::monotonic_ns() + wait_ns;
  const bool is_everywhere = std::all_of(erasures.begin(), erasures.end(), [until_ns](std::future<bool>& erasure) {
    const std::chrono::nanoseconds left(std::max<std::int64_t>(0, until_ns - base::monotonic_ns()));
    return erasure.wait_for(left) == std::future_status::ready && erasure.get();
  });
  return is_everywhere ? Invalidation::kEverywhere : Invalidation::kHere;
}

void ControlMachine::visit_revocation_metrics(const std::function<void(const Metric&)>& visit) const {
  const RevocationStatus status = revoker_->status();
  for (std::size_t kind = 1; kind <= kRevocationKindCount; ++kind) {
    visit(Metric{.name = "revocations",
                 .help = "Revocations that are enforced, by kind",
                 .kind = Metric::Kind::kGauge,
                 .labels = {{"kind", name_of(static_cast<RevocationKind>(kind))}},
                 .value = static_cast<double>(status.counts[kind])});
  }
  const auto visit_gauge = [&](std::string_view name, std::string_view help, double value) {
    visit(Metric{.name = name, .help = help, .kind = Metric::Kind::kGauge, .labels = {}, .value = value});
  };
  visit_gauge("revocation_table_bytes", "Memory of the revocations that are enforced",
              static_cast<double>(status.bytes));
  if (!status.has_log) return;
  visit_gauge("revocation_log_sequence", "Highest sequence of the log of revocations that is on disk",
              static_cast<double>(status.log.last_sequence));
  visit_gauge("revocation_log_accepts", "1: the log of revocations takes new ones; 0: its disk is full or fails",
              status.log.accepts_appends ? 1.0 : 0.0);
  visit_gauge("revocation_log_queued", "Records that the log has taken and not yet settled",
              static_cast<double>(status.log.queued_count));
  visit_gauge("revocation_log_unpropagated", "Records that are on disk here and not yet in the fleet",
              static_cast<double>(status.log.unpropagated_count));
  const std::optional<std::int64_t> lag_ns = revoker_->feed().lag_ns(stepped_ns_);
  if (!lag_ns) return;
  visit_gauge("revocation_feed_lag_seconds", "Time since the fleet's revocations were followed last",
              static_cast<double>(*lag_ns) / 1e9);
  visit_gauge("revocation_feed_late", "1: that is longer than max_feed_lag",
              revoker_->feed().complaint(stepped_ns_).empty() ? 0.0 : 1.0);
}

}  // namespace assay::verify

// Control::receive_event.
#include <utility>

#include "verify/control.h"

namespace assay::verify {
namespace {

EventOutcome outcome_of(RevocationOutcome outcome) {
  switch (outcome) {
    case RevocationOutcome::kDone:
    case RevocationOutcome::kDoneHere:
    case RevocationOutcome::kNothing: return EventOutcome::kRevoked;
    case RevocationOutcome::kBadTarget:  // the policy has changed since it was judged
    case RevocationOutcome::kUnverified:
    case RevocationOutcome::kOtherClient:
    case RevocationOutcome::kNoLog:
    case RevocationOutcome::kNoSpace:
    case RevocationOutcome::kFailed: return EventOutcome::kNotKept;
  }
  return EventOutcome::kNotKept;
}

}  // namespace

void ControlMachine::receive_event(std::uint32_t entrance, std::string_view token, Now now, EventDone done) {
  JudgedEvent judged = judge_event(entrance, token, now);
  const bool is_sound = judged.outcome == EventOutcome::kRevoked || judged.outcome == EventOutcome::kIgnored;
  if (is_sound && events_->has_acted(judged.id, now.wall_us)) judged.outcome = EventOutcome::kReplayed;
  // Remembered once it has acted, so that what could not be recorded may be sent again.
  auto settle = [ledger = events_, id = judged.id, until_us = judged.fresh_until_us, now_us = now.wall_us,
                 done = std::move(done)](const EventResult& result) {
    const bool has_acted = result.outcome == EventOutcome::kRevoked || result.outcome == EventOutcome::kIgnored;
    if (has_acted) ledger->remember(id, until_us, now_us);
    ledger->count(result.outcome);
    done(result);
  };
  if (judged.outcome != EventOutcome::kRevoked) {
    settle({.outcome = judged.outcome, .detail = std::move(judged.detail)});
    return;
  }
  change_revocations(RevocationOperation::kRevoke, judged.targets, now,
                     [settle = std::move(settle)](const RevocationResult& result) {
                       settle({.outcome = outcome_of(result.outcome), .detail = {}});
                     });
}

JudgedEvent ControlMachine::judge_event(std::uint32_t entrance, std::string_view token, Now now) {
  const base::MutexLock lock(explain_mutex_);
  const auto policy = policy_.observe(base::kControlReader);
  JudgedEvent judged = EventReceiver(*policy, *key_cache_, base::kControlReader, now).judge(token, entrance);
  // The policy may go while the targets are on their way.
  for (RevocationTarget& target : judged.targets) target.issuer_name = judged.arena->copy(target.issuer_name);
  if (judged.wants_keys_of) order_key(policy->issuers[*judged.wants_keys_of], judged.wanted_kid, now);
  return judged;
}

void ControlMachine::order_key(const CompiledIssuer& issuer, const std::optional<base::Hash128>& kid, Now now) {
  const base::MutexLock lock(mutex_);
  const std::size_t index = issuer.answers_id % kIssuersMax;
  const bool of_this_policy = issuer.answers_id / kIssuersMax == policy_generation_ && index < supplies_.size();
  if (!of_this_policy) return;
  supplies_[index]->order_key(kid, now.monotonic_ns);
  inbox_->wake();
}

}  // namespace assay::verify

#include "verify/worker.h"

#include <algorithm>
#include <new>
#include <poll.h>
#include <vector>

namespace assay {

Worker::Impl::Impl(verify::ControlMachine& control)
    : control_(control),
      seat_(control.add_worker()),
      pipeline_(seat_.reader, {.kernels = control.kernels(),
                               .rsa_trust = control.rsa_trust(),
                               .keys = control.key_cache(),
                               .answers = control.answers(),
                               .source = *this,
                               .revocations = control.revocations(),
                               .status_lists = control.status_lists(),
                               .verified_counters = control.verified_counters(seat_.reader),
                               .verified_cache_bytes = control.verified_cache_bytes()}),
      states_(kBatchMax) {}

Worker::Impl::~Impl() {
  pipeline_.retire();
  control_.remove_worker(seat_);
}

void Worker::Impl::decide(std::span<const Check> checks, std::span<Verdict> verdicts, Now now) noexcept {
  const std::size_t count_of_batch = std::min(checks.size(), kBatchMax);
  const auto policy = control_.policy().observe(seat_.reader);
  const std::span<verify::CheckState> states = std::span(states_).first(count_of_batch);
  for (std::size_t i = 0; i < count_of_batch; ++i) begin(states[i], checks[i]);
  pipeline_.run(*policy, states, now);
  for (std::size_t i = 0; i < count_of_batch; ++i) {
    // Made where it stays: a copy of what was written just now waits for the writes.
    ::new (&verdicts[i]) Verdict(pipeline_.make_verdict(states[i]));
    count(states[i], verdicts[i].code());
    give_back(checks[i].ticket, verdicts[i]);
  }
  for (std::size_t i = count_of_batch; i < checks.size(); ++i) {
    verdicts[i] = Verdict();
    control_.unattributed(seat_.reader).add(static_cast<std::size_t>(ErrorCode::kOverloaded));
    give_back(checks[i].ticket, verdicts[i]);
  }
  pipeline_.release();
}

void Worker::Impl::count(const verify::CheckState& state, ErrorCode code) noexcept {
  if (code == ErrorCode::kPendingAnswer) return;  // counted when it settles
  verify::VerdictCounters& counters =
      state.issuer != nullptr ? state.issuer->runtime->verdicts[seat_.reader] : control_.unattributed(seat_.reader);
  counters.add(static_cast<std::size_t>(code));
}

// A check brings its ticket back once. Where another step decides it this time (the answer has come to be remembered, a
// new policy refuses it earlier), nobody would free the slot.
void Worker::Impl::give_back(Ticket ticket, const Verdict& verdict) noexcept {
  if (ticket.valid() && verdict.ticket() != ticket) tickets().cancel(ticket);
}

bool Worker::Impl::may_order(const verify::CompiledIssuer& issuer) noexcept {
  return tickets().taken_by_issuer(issuer.answers_id) < issuer.pending_max;
}

verify::AnswerSource::Found Worker::Impl::find_or_order(const Check& check,
                                                        const verify::CompiledIssuer& issuer) noexcept {
  if (const KeptAnswer* kept = find_kept(check); kept != nullptr && kept->answers_id == issuer.answers_id) {
    return {.answer = kept->answer, .error = {}, .ticket = {}};
  }
  if (check.ticket.valid()) {
    std::optional<verify::TicketTable::Outcome> outcome =
        tickets().redeem(check.ticket, issuer.answers_id, check.token);
    if (outcome) return {.answer = std::move(outcome->answer), .error = outcome->error, .ticket = check.ticket};
  }
  const std::optional<Ticket> ticket =
      may_order(issuer) ? tickets().order(issuer.answers_id, check.token) : std::nullopt;
  if (!ticket) return {.answer = nullptr, .error = Error{.code = ErrorCode::kOverloaded}, .ticket = {}};
  return {.answer = nullptr, .error = Error{.code = ErrorCode::kPendingAnswer}, .ticket = *ticket};
}

std::optional<ErrorCode> Worker::Impl::redeem_key(const Check& check, const verify::CompiledIssuer& issuer,
                                                  verify::OrderKind kind, std::string_view kid) noexcept {
  const std::optional<verify::TicketTable::Outcome> outcome =
      tickets().redeem(kind, check.ticket, issuer.answers_id, kid);
  if (!outcome) return std::nullopt;
  return outcome->error.code;
}

std::optional<Ticket> Worker::Impl::order_key(const verify::CompiledIssuer& issuer, verify::OrderKind kind,
                                              std::string_view kid) noexcept {
  const std::optional<Ticket> ticket = tickets().order(kind, issuer.answers_id, kid);
  if (!ticket || issuer.policy.refresh.unknown_kid_wait.count() > 0) return ticket;
  // The order goes its way; nobody waits for it.
  tickets().cancel(*ticket);
  return std::nullopt;
}

void Worker::Impl::refresh(const Check& check, const verify::CompiledIssuer& issuer) noexcept {
  if (!may_order(issuer)) return;
  // The order goes its way; nobody waits for it, and drain() passes over its slot.
  if (const std::optional<Ticket> ticket = tickets().order(issuer.answers_id, check.token)) tickets().cancel(*ticket);
}

const Worker::Impl::KeptAnswer* Worker::Impl::find_kept(const Check& check) const noexcept {
  if (kept_for_.empty()) return nullptr;
  const KeptAnswer& kept = kept_[static_cast<std::size_t>(&check - kept_for_.data())];
  return kept.answer == nullptr ? nullptr : &kept;
}

void Worker::Impl::keep_answers() {
  for (std::size_t i = 0; i < std::min(kept_.size(), kBatchMax); ++i) {
    const verify::CheckState& state = states_[i];
    if (state.answer != nullptr) kept_[i] = {.answers_id = state.issuer->answers_id, .answer = state.answer};
  }
}

void Worker::Impl::decide_blocking(std::span<const Check> checks, std::span<Verdict> verdicts) {
  std::vector<Check> open(checks.begin(), checks.end());
  std::array<Ticket, kBatchMax> drained;
  // Nobody else drains here what nobody waits for.
  while (tickets().drain(drained) == drained.size()) continue;
  kept_.assign(open.size(), {});
  kept_for_ = open;
  for (;;) {
    decide(open, verdicts, Now::read());
    std::size_t waiting = 0;
    for (std::size_t i = 0; i < open.size(); ++i) {
      open[i].ticket = verdicts[i].ticket();
      if (verdicts[i].pending()) ++waiting;
    }
    if (waiting == 0) break;
    keep_answers();
    // All of them, because the next decide answers every check anew: one that is not remembered would pend again.
    while (waiting > 0) {
      pollfd settled{.fd = tickets().completion_fd(), .events = POLLIN, .revents = 0};
      poll(&settled, 1, -1);
      waiting -= std::min(waiting, tickets().drain(drained));
    }
  }
  kept_for_ = {};
  kept_.clear();
}

}  // namespace assay

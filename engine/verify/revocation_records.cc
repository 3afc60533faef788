#include "verify/revocation_records.h"

#include <algorithm>
#include <tuple>
#include <utility>

namespace assay::verify {
namespace {

std::int64_t after_life(const IssuerPolicy& issuer, std::int64_t issued_us) noexcept {
  return issuer.max_token_life ? issued_us + issuer.max_token_life->count() + issuer.leeway.count() : kNeverForgotten;
}

// When a token whose claims are known is dead for certain: at its exp or at its greatest age, whichever is first.
std::int64_t end_of_token(const IssuerPolicy& issuer, const jose::Claims& claims) noexcept {
  const std::int64_t by_exp = claims.exp ? claims.exp->us + issuer.leeway.count() : kNeverForgotten;
  const std::int64_t by_age = claims.iat ? after_life(issuer, claims.iat->us) : kNeverForgotten;
  return std::min(by_exp, by_age);
}

// When nothing that a revocation by value forbids can still be alive. One of a subject, client, session or key also
// forbids what is issued later, so it stays until it is lifted.
std::int64_t end_of_target(const IssuerPolicy& issuer, const RevocationTarget& target, std::int64_t now_us) noexcept {
  if (has_issued_before(target.kind)) return after_life(issuer, target.issued_before_us);
  return target.kind == RevocationKind::kJti ? after_life(issuer, now_us) : kNeverForgotten;
}

// Whether a token that is known to be this issuer's was issued to the client; kDone if so.
RevocationOutcome judge_client(const CheckState& state, std::string_view client) noexcept {
  if (client.empty()) return RevocationOutcome::kDone;
  if (state.kind == TokenKind::kOpaque) {
    if (state.answer == nullptr) return RevocationOutcome::kUnverified;
    if (!state.answer->active()) return RevocationOutcome::kNothing;
  }
  return state.unverified_claims.client == client ? RevocationOutcome::kDone : RevocationOutcome::kOtherClient;
}

// What is wrong with the value or the time, whatever the issuer; empty where nothing is.
std::string_view fault_of(const RevocationTarget& target) noexcept {
  if (target.kind != RevocationKind::kToken && !target.issued_to.empty()) {
    return "only a token can be asked to be of a client";
  }
  if (target.kind == RevocationKind::kIssuerIssuedBefore) {
    if (!target.value.empty()) return "a value, where the kind takes none";
  } else if (target.value.empty()) {
    return "the value is empty";
  } else if (target.value.size() > kTokenBytesMax) {
    return "the value is longer than a token may be";
  }
  if (!has_issued_before(target.kind)) {
    return target.issued_before_us == 0 ? std::string_view() : "a time, where the kind takes none";
  }
  const bool is_time = target.issued_before_us >= 0 && target.issued_before_us <= kNumericDateUsMax;
  return is_time ? std::string_view() : "the time is before 1970 or too late";
}

}  // namespace

RevocationRecords::RevocationRecords(RevocationOperation operation, std::string_view id_key, Pipeline& pipeline,
                                     const CompiledPolicy& policy, Now now)
    : operation_(operation), pipeline_(pipeline), policy_(policy), now_(now), digest_(id_key) {}

const CompiledIssuer* RevocationRecords::find_issuer(std::string_view name) const noexcept {
  const auto found = std::find_if(policy_.issuers.begin(), policy_.issuers.end(),
                                  [&](const CompiledIssuer& issuer) { return issuer.policy.name == name; });
  return found == policy_.issuers.end() ? nullptr : &*found;
}

RevocationOutcome RevocationRecords::refuse(std::string_view fault) noexcept {
  fault_ = fault;
  return RevocationOutcome::kBadTarget;
}

RevocationOutcome RevocationRecords::add(const RevocationTarget& target) {
  if (const std::string_view fault = fault_of(target); !fault.empty()) return refuse(fault);
  const bool is_token = target.kind == RevocationKind::kToken;
  if (target.issuer_name.empty()) {
    if (is_token) return add_token(target);
    if (policy_.issuers.size() != 1) return refuse("the issuer is missing, and there are several: name one");
    return add_named(target, policy_.issuers.front().policy);
  }
  const CompiledIssuer* const issuer = find_issuer(target.issuer_name);
  if (issuer == nullptr) return refuse("there is no such issuer: it is named as in the configuration");
  return is_token ? add_token(target) : add_named(target, issuer->policy);
}

RevocationOutcome RevocationRecords::add_token(const RevocationTarget& target) {
  RevocationOutcome outcome = RevocationOutcome::kNothing;
  for (std::uint32_t entrance = 0; entrance < policy_.entrances.size(); ++entrance) {
    // Any path that can be read: what a token may do is judged after all that matters here.
    const Check check{.token = target.value, .path = "/", .entrance = entrance};
    Trace trace;
    CheckState state;
    state.check = &check;
    state.trace = &trace;
    pipeline_.run(policy_, std::span(&state, 1), now_);
    const bool is_asked_for =
        state.issuer != nullptr && (target.issuer_name.empty() || target.issuer_name == state.issuer->policy.name);
    const RevocationOutcome here =
        is_asked_for ? add_checked(state, trace, target.issued_to) : RevocationOutcome::kNothing;
    pipeline_.release();
    if (here == RevocationOutcome::kFailed) return here;
    if (here == RevocationOutcome::kDone || outcome == RevocationOutcome::kNothing) outcome = here;
  }
  return outcome;
}

RevocationOutcome RevocationRecords::add_checked(const CheckState& state, const Trace& trace,
                                                 std::string_view issued_to) {
  const bool is_opaque = state.kind == TokenKind::kOpaque;
  const bool is_verified = trace.marks[static_cast<std::size_t>(Step::kSignature)] == Trace::Mark::kPassed;
  if (!is_opaque && !is_verified) {
    const bool is_open = state.error.code == ErrorCode::kKeysUnavailable;
    return is_open ? RevocationOutcome::kUnverified : RevocationOutcome::kNothing;
  }
  const RevocationOutcome by_client = judge_client(state, issued_to);
  if (by_client != RevocationOutcome::kDone) return by_client;
  if (is_opaque) opaque_tokens_.push_back({.answers_id = state.issuer->answers_id, .text = state.check->token});
  const std::optional<std::string_view> text = revocable_value(state, RevocationKind::kToken);
  return add_record({.kind = text ? RevocationKind::kToken : RevocationKind::kJti,
                     .issuer = state.issuer->policy.issuer,
                     .value = text ? *text : state.unverified_claims.jti},
                    0, end_of_token(state.issuer->policy, state.unverified_claims));
}

RevocationOutcome RevocationRecords::add_named(const RevocationTarget& target, const IssuerPolicy& issuer) {
  return add_record({.kind = target.kind, .issuer = issuer.issuer, .value = target.value}, target.issued_before_us,
                    end_of_target(issuer, target, now_.wall_us));
}

RevocationOutcome RevocationRecords::add_record(const state::TargetName& name, std::int64_t issued_before_us,
                                                std::int64_t forget_at_us) {
  RevocationRecord record{.id = {},
                          .kind = name.kind,
                          .operation = operation_,
                          .issuer_id = 0,
                          .issued_before_us = issued_before_us,
                          .forget_at_us = forget_at_us,
                          .sequence = 0};
  const bool has_ids = digest_.digest(name, record.id) && issuer_id_of(name.issuer, sha256_, record.issuer_id);
  if (!has_ids) return RevocationOutcome::kFailed;
  records_.push_back(record);
  return RevocationOutcome::kDone;
}

std::vector<RevocationRecord> RevocationRecords::take() && {
  std::stable_sort(records_.begin(), records_.end(), [](const RevocationRecord& one, const RevocationRecord& other) {
    return std::tie(one.id, one.issued_before_us) < std::tie(other.id, other.issued_before_us);
  });
  const auto end = std::unique(records_.rbegin(), records_.rend(),
                               [](const auto& one, const auto& other) { return one.id == other.id; });
  records_.erase(records_.begin(), end.base());
  return std::move(records_);
}

}  // namespace assay::verify

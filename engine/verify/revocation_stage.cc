#include "verify/revocation_stage.h"

#include <algorithm>
#include <bit>

#include "assay/control.h"

namespace assay::verify {
namespace {

using state::TokenTargets;

std::optional<std::string_view> present(std::string_view text) noexcept {
  if (text.empty()) return std::nullopt;
  return text;
}

std::string_view signing_input_of(std::string_view compact) noexcept { return compact.substr(0, compact.rfind('.')); }

std::optional<std::string_view> session_of(const jose::Claims& claims) noexcept {
  const auto found = std::find_if(claims.members.begin(), claims.members.end(),
                                  [](const Claim& claim) { return claim.name == "sid"; });
  return found == claims.members.end() || found->kind != JsonKind::kString ? std::nullopt : present(found->text);
}

std::string_view key_id_of(const CheckState& state) noexcept {
  if (state.remembered != nullptr) return state.remembered->key_id;
  if (state.verified_by == nullptr || !state.verified_by->kid) return {};
  return *state.verified_by->kid;
}

}  // namespace

std::optional<std::string_view> revocable_value(const CheckState& state, RevocationKind kind) noexcept {
  const jose::Claims& claims = state.unverified_claims;  // verified by now
  switch (kind) {
    case RevocationKind::kToken:
      if (state.kind == TokenKind::kOpaque) return state.check->token;
      return claims.jti.empty() ? std::optional(signing_input_of(state.check->token)) : std::nullopt;
    case RevocationKind::kJti: return present(claims.jti);
    case RevocationKind::kSubject:
    case RevocationKind::kSubjectIssuedBefore: return present(claims.sub);
    case RevocationKind::kClient: return present(claims.client);
    case RevocationKind::kSession: return session_of(claims);
    case RevocationKind::kSigningKey: return present(key_id_of(state));
    case RevocationKind::kIssuerIssuedBefore: return std::string_view();
  }
  return std::nullopt;
}

RevocationStage::RevocationStage(base::ReaderIndex reader, const RevocationSource& source,
                                 const kernel::Sha256Variant& sha256, const RsaGuard& guard)
    : reader_(source.table, reader), digests_(source.id_key, sha256), guard_(guard), feed_(source.feed) {}

void RevocationStage::check(std::span<CheckState> states, std::int64_t monotonic_ns) noexcept {
  feed_is_late_ = feed_.refuses_at(monotonic_ns);
  const std::uint32_t kinds_held = reader_.kinds_held();
  count_ = job_count_ = 0;
  for (CheckState& state : states) {
    if (!state.open) continue;
    if (kinds_held == 0) {
      clear(state);
    } else {
      take(state, kinds_held);
    }
  }
  if (count_ == 0) return;
  const bool has_ids = make_ids();
  const std::span<const TokenTargets> targets = std::span(targets_).first(count_);
  const std::span<std::optional<RevocationKind>> revoked = std::span(revoked_).first(count_);
  reader_.find(targets, revoked);
  for (std::size_t i = 0; i < count_; ++i) {
    CheckState& state = *states_[i];
    if (!has_ids) {
      refuse(state, Step::kRevocation, ErrorCode::kOverloaded);
      continue;
    }
    state.targets = &targets[i];
    keep_targets(state);
    if (revoked[i]) {
      state.detail = name_of(*revoked[i]);
      refuse(state, Step::kRevocation, ErrorCode::kRevoked);
    } else {
      clear(state);
    }
  }
}

void RevocationStage::clear(CheckState& state) const noexcept {
  if (feed_is_late_) {
    refuse(state, Step::kRevocation, ErrorCode::kRevocationsUnavailable);
  } else {
    pass(state, Step::kRevocation);
  }
}

void RevocationStage::take(CheckState& state, std::uint32_t kinds_held) noexcept {
  TokenTargets& targets = targets_[count_];
  std::uint32_t wanted = kinds_held;
  const std::optional<NumericDate>& issued_at = state.unverified_claims.iat;
  targets = TokenTargets(issued_at ? issued_at->us : state::kIssuedAtUnknown);
  if (state.remembered != nullptr && state.remembered->targets.known() != 0) targets = state.remembered->targets;
  if (state.kept_answer != nullptr) {
    if (const TokenTargets* const kept = state.kept_answer->find_targets()) targets = *kept;
    wanted = TokenTargets::kAllKinds;  // they are kept once, so all of them
  }
  for (std::uint32_t kinds = wanted & ~targets.known(); kinds != 0; kinds &= kinds - 1) {
    order(state, static_cast<RevocationKind>(std::countr_zero(kinds)));
  }
  states_[count_++] = &state;
}

void RevocationStage::order(const CheckState& state, RevocationKind kind) noexcept {
  const std::optional<std::string_view> value = revocable_value(state, kind);
  if (!value) {
    targets_[count_].set_absent(kind);
    return;
  }
  jobs_[job_count_].name = {.kind = kind, .issuer = state.issuer->policy.issuer, .value = *value};
  job_places_[job_count_] = static_cast<std::uint16_t>(count_);
  ++job_count_;
}

bool RevocationStage::make_ids() noexcept {
  const std::span<TargetJob> jobs = std::span(jobs_).first(job_count_);
  const bool is_made =
      guard_.trusted()
          ? digests_.digest_many(jobs)
          : std::all_of(jobs.begin(), jobs.end(), [this](TargetJob& job) { return digests_.digest(job.name, job.id); });
  if (!is_made) return false;
  for (std::size_t i = 0; i < jobs.size(); ++i) {
    targets_[job_places_[i]].set(jobs[i].name.kind, state::target_id_of(jobs[i].id));
  }
  return true;
}

void RevocationStage::keep_targets(const CheckState& state) const noexcept {
  if (state.kept_answer == nullptr || state.kept_answer->find_targets() != nullptr) return;
  state.kept_answer->offer_targets(*state.targets);
}

}  // namespace assay::verify

// How the pipeline finds tokens that were verified before, and what it remembers.
#include "verify/pipeline.h"

namespace assay::verify {
namespace {

// Elsewhere no JWT can have been accepted.
bool may_be_remembered(const CheckState& state) noexcept {
  return state.entrance != nullptr && state.entrance->takes_jwt();
}

}  // namespace

// Whether the policy and the keys under which the token was verified are those of this batch: a key that was removed
// verifies nothing, nor do keys that are too stale to serve.
bool Pipeline::still_holds(const state::VerifiedEntry& entry) noexcept {
  const bool same_policy = entry.issuer_index < policy_->issuers.size() &&
                           policy_->issuers[entry.issuer_index].answers_id == entry.under.issuer;
  if (!same_policy) return false;
  const keys::KeyState& keys = key_view().state_of(policy_->key_seats[entry.issuer_index]);
  return keys.set != nullptr && keys.generation == entry.under.keys;
}

void Pipeline::seek_verified(CheckState& state) noexcept {
  if (may_be_remembered(state)) state.token_hash = verified_.seek(state.check->token);
}

void Pipeline::fetch_verified(CheckState& state) noexcept {
  if (may_be_remembered(state)) verified_.fetch(state.token_hash);
}

void Pipeline::find_verified(CheckState& state) noexcept {
  if (!may_be_remembered(state)) return;
  const state::VerifiedEntry* const entry = verified_.find(state.token_hash, state.check->token);
  if (entry == nullptr) return;
  if (!still_holds(*entry)) {
    verified_.forget(*entry);
    return;
  }
  // Another entrance may have another issuer of that name: then its keys are asked.
  const jose::Claims& claims = entry->claims;
  if (find_jwt_issuer(*state.entrance, claims) != entry->issuer_index) return;
  state.kind = TokenKind::kRememberedJwt;
  state.issuer_index = entry->issuer_index;
  state.issuer = &policy_->issuers[entry->issuer_index];
  state.remembered = entry;
  state.unverified_payload = entry->payload;
  state.unverified_claims = entry->claims;
  for (const Step step : {Step::kShape, Step::kHeader, Step::kPayload, Step::kIntrospection, Step::kType,
                          Step::kAlgorithm, Step::kKey, Step::kSignature}) {
    mark(state, step, Trace::Mark::kSkipped);
  }
  count_verified(VerifiedCount::kHits, 1);
}

// Offers what was accepted and was not remembered yet. What a policy made of it is not kept: on a hit, time and rights
// are judged again.
void Pipeline::remember_verified(std::span<const CheckState> states) noexcept {
  if (!verified_.keeps_any()) return;
  for (const CheckState& state : states) {
    const bool has_more = state.remembered != nullptr && state.targets != nullptr &&
                          state.targets->known() != state.remembered->targets.known();
    if (has_more) verified_.note_targets(*state.remembered, *state.targets);
  }
  for (const CheckState& state : states) {
    const bool is_new =
        state.kind == TokenKind::kJwt && state.error.code == ErrorCode::kNone && state.verified_by != nullptr;
    if (!is_new) continue;
    verified_.offer({.compact = state.check->token,
                     .payload = state.unverified_payload,
                     .key_id = state.verified_by->kid ? std::string_view{*state.verified_by->kid} : std::string_view{},
                     .claims = state.unverified_claims,
                     .under = {.issuer = state.issuer->answers_id, .keys = state.keys->generation},
                     .targets = state.targets != nullptr ? *state.targets : state::TokenTargets(),
                     .issuer_index = state.issuer_index});
  }
  show_verified(VerifiedCount::kEntries, verified_.entry_count());
  show_verified(VerifiedCount::kBytes, verified_.bytes());
}

void Pipeline::count_verified(VerifiedCount count, std::uint64_t amount) noexcept {
  verified_counters_.add(static_cast<std::size_t>(count), amount);
}

void Pipeline::show_verified(VerifiedCount gauge, std::uint64_t value) noexcept {
  // Modular: what has become less adds the complement.
  count_verified(gauge, value - verified_counters_.read(static_cast<std::size_t>(gauge)));
}

void Pipeline::retire() noexcept {
  show_verified(VerifiedCount::kEntries, 0);
  show_verified(VerifiedCount::kBytes, 0);
}

}  // namespace assay::verify

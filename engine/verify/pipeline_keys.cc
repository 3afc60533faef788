// Which keys a token may be verified with, and what it hears where there are none.
#include "base/same_text.h"
#include "verify/missing_key.h"
#include "verify/pipeline.h"

namespace assay::verify {

const keys::KeyView& Pipeline::key_view() noexcept {
  if (key_pin_.get() == nullptr) key_pin_ = key_cache_.observe(reader_);
  return *key_pin_;
}

// Hashes the kid and asks for the memory that find_keys reads: the batch's cache misses overlap.
void Pipeline::seek_keys(CheckState& state) noexcept {
  const jose::JoseHeader& header = state.token.unverified_header;
  if (state.kind != TokenKind::kJwt || !header.has_kid) return;
  const std::string_view kid = header.unverified_kid;
  // Those of one header, as it was found, are one text.
  const bool is_latest = latest_.kid.text.data() == kid.data() && latest_.kid.text.size() == kid.size();
  if (!is_latest && (latest_.kid.text.data() == nullptr || !base::same_text(latest_.kid.text, kid))) {
    latest_.kid = {.text = kid, .hash = base::keyed_hash(kid)};
  }
  state.kid = latest_.kid.hash;
  key_view().prefetch(policy_->key_seats[state.issuer_index], state.kid);
}

void Pipeline::find_keys(CheckState& state) noexcept {
  if (state.kind != TokenKind::kJwt) return;
  const keys::KeyView& view = key_view();
  const keys::SeatNumber seat = policy_->key_seats[state.issuer_index];
  state.keys = &view.state_of(seat);
  const keys::KeySet* const set = view.set_of(seat);
  if (set == nullptr) {
    refuse(state, Step::kKey, ErrorCode::kKeysUnavailable);
    return;
  }
  const jose::JoseHeader& header = state.token.unverified_header;
  if (header.has_kid) {
    LatestLookups::Keys& latest = latest_.keys;
    if (latest.set != set || !(latest.kid == state.kid) || latest.alg != header.unverified_alg) {
      latest = {.set = set,
                .kid = state.kid,
                .alg = header.unverified_alg,
                .candidates = view.find_by_kid(seat, state.kid, header.unverified_alg)};
    }
    state.candidates = latest.candidates;
  } else {
    state.candidates = set->find_fitting(header.unverified_alg);
  }
  if (state.candidates.count == 0) {
    if (is_for_want_of_keys(state, state.candidates.code)) {
      refuse_for_want_of_keys(state, Step::kKey, state.candidates.code, source_, reader_, now_.monotonic_ns);
    } else {
      refuse(state, Step::kKey, state.candidates.code);
    }
    return;
  }
  pass(state, Step::kKey);
}

void Pipeline::doubt_signatures(std::span<CheckState> states) noexcept {
  for (CheckState& state : states) {
    if (state.error.code != ErrorCode::kBadSignature || !is_for_want_of_keys(state, ErrorCode::kBadSignature)) continue;
    refuse_for_want_of_keys(state, Step::kSignature, ErrorCode::kBadSignature, source_, reader_, now_.monotonic_ns);
  }
}

}  // namespace assay::verify

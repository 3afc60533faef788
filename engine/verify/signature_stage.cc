#include "verify/signature_stage.h"

namespace assay::verify {

SignatureStage::SignatureStage(const kernel::RsaVariant& rsa, RsaTrust trust) : rsa_batch_(rsa), trust_(trust) {}

void SignatureStage::check(std::span<CheckState> states) noexcept {
  job_count_ = 0;
  for (CheckState& state : states) {
    if (!state.open || state.kind != TokenKind::kJwt) continue;
    if (!take_rsa_job(state)) check_by_evp(state);
  }
  rsa_batch_.verify(std::span(jobs_).first(job_count_));
  for (std::size_t i = 0; i < job_count_; ++i) settle_rsa_job(*job_states_[i], jobs_[i]);
}

bool SignatureStage::take_rsa_job(CheckState& state) noexcept {
  const bool is_rs256 = state.token.unverified_header.unverified_alg == Alg::kRS256;
  // Tokens without kid and several keys that fit are rare: OpenSSL stops at the first key that verifies.
  if (!is_rs256 || state.candidates.count != 1 || !trust_.guard.trusted()) return false;
  const keys::Key* key = state.candidates.keys[0];
  RsaJob& job = jobs_[job_count_];
  if (!rsa_batch_.takes(*key) || !sha256_.hash(state.token.jws.signing_input(), job.hash)) return false;
  job.key = key;
  job.signature = state.token.signature;
  job_states_[job_count_] = &state;
  ++job_count_;
  return true;
}

void SignatureStage::settle_rsa_job(CheckState& state, const RsaJob& job) noexcept {
  if (!job.valid) {
    refuse(state, Step::kSignature, ErrorCode::kBadSignature);
    return;
  }
  if (trust_.recheck_one_in != 0 && until_recheck_-- == 0) {
    until_recheck_ = trust_.recheck_one_in - 1;
    const bool confirmed = evp_confirms(state, *job.key);
    trust_.guard.note_recheck(confirmed);
    if (!confirmed) {
      refuse(state, Step::kSignature, ErrorCode::kKernelFault);
      return;
    }
  }
  state.verified_by = job.key;
  pass(state, Step::kSignature, {});
}

bool SignatureStage::evp_confirms(const CheckState& state, const keys::Key& key) noexcept {
  const ParsedToken& token = state.token;
  return evp_.verify(key, token.unverified_header.unverified_alg, token.jws.signing_input(), token.signature);
}

void SignatureStage::check_by_evp(CheckState& state) noexcept {
  for (std::size_t i = 0; i < state.candidates.count; ++i) {
    const keys::Key* key = state.candidates.keys[i];
    if (!evp_confirms(state, *key)) continue;
    state.verified_by = key;
    pass(state, Step::kSignature, {});
    return;
  }
  refuse(state, Step::kSignature, ErrorCode::kBadSignature);
}

}  // namespace assay::verify

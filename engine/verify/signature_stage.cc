#include "verify/signature_stage.h"

#include "jose/alg.h"

namespace assay::verify {
namespace {

bool signs_sha256(Alg alg) noexcept {
  const jose::AlgFacts alg_facts = jose::facts_of(alg);
  return alg_facts.digest == jose::Digest::kSha256 && alg_facts.family != jose::AlgFamily::kHmac;
}

void accept(CheckState& state, const keys::Key& key) noexcept {
  state.verified_by = &key;
  pass(state, Step::kSignature);
}

}  // namespace

SignatureStage::SignatureStage(const kernel::KernelTable& kernels, RsaTrust trust)
    : sha256_(kernels.sha256), rsa_batch_(kernels.rsa), trust_(trust) {}

void SignatureStage::check(std::span<CheckState> states) noexcept {
  digest_count_ = 0;
  const bool trusted = trust_.guard.trusted();
  for (CheckState& state : states) {
    if (!state.open || state.kind != TokenKind::kJwt) continue;
    if (!trusted || !signs_sha256(state.token.unverified_header.unverified_alg)) {
      check_by_evp(state);
      continue;
    }
    digests_[digest_count_].message = state.token.jws.signing_input();
    digest_states_[digest_count_] = &state;
    ++digest_count_;
  }
  check_hashed();
}

void SignatureStage::check_hashed() noexcept {
  job_count_ = 0;
  const bool hashed = sha256_.hash_many(std::span(digests_).first(digest_count_));
  for (std::size_t i = 0; i < digest_count_; ++i) {
    CheckState& state = *digest_states_[i];
    if (!hashed) {
      check_by_evp(state);
    } else if (!take_rsa_job(state, digests_[i].hash)) {
      check_hash_by_evp(state, digests_[i].hash);
    }
  }
  rsa_batch_.verify(std::span(jobs_).first(job_count_));
  for (std::size_t i = 0; i < job_count_; ++i) {
    if (jobs_[i].valid) {
      accept_by_kernel(*job_states_[i], *jobs_[i].key);
    } else {
      refuse(*job_states_[i], Step::kSignature, ErrorCode::kBadSignature);
    }
  }
}

bool SignatureStage::take_rsa_job(CheckState& state, const Sha256Hash& hash) noexcept {
  const bool is_rs256 = state.token.unverified_header.unverified_alg == Alg::kRS256;
  // Tokens without kid and several keys that fit are rare: OpenSSL stops at the first key that verifies.
  if (!is_rs256 || state.candidates.count != 1) return false;
  const keys::Key* key = state.candidates.keys[0];
  if (!rsa_batch_.takes(*key)) return false;
  RsaJob& job = jobs_[job_count_];
  job.key = key;
  job.signature = state.token.signature;
  job.hash = hash;
  job_states_[job_count_] = &state;
  ++job_count_;
  return true;
}

void SignatureStage::check_hash_by_evp(CheckState& state, const Sha256Hash& hash) noexcept {
  const Alg alg = state.token.unverified_header.unverified_alg;
  for (std::size_t i = 0; i < state.candidates.count; ++i) {
    const keys::Key& key = *state.candidates.keys[i];
    if (!evp_.verify_sha256(key, alg, hash, state.token.signature)) continue;
    if (sha256_.runs_kernel()) {
      accept_by_kernel(state, key);
    } else {
      accept(state, key);
    }
    return;
  }
  refuse(state, Step::kSignature, ErrorCode::kBadSignature);
}

void SignatureStage::check_by_evp(CheckState& state) noexcept {
  for (std::size_t i = 0; i < state.candidates.count; ++i) {
    const keys::Key& key = *state.candidates.keys[i];
    if (!evp_confirms(state, key)) continue;
    accept(state, key);
    return;
  }
  refuse(state, Step::kSignature, ErrorCode::kBadSignature);
}

bool SignatureStage::evp_confirms(const CheckState& state, const keys::Key& key) noexcept {
  const ParsedToken& token = state.token;
  return evp_.verify(key, token.unverified_header.unverified_alg, token.jws.signing_input(), token.signature);
}

void SignatureStage::accept_by_kernel(CheckState& state, const keys::Key& key) noexcept {
  if (trust_.recheck_one_in != 0 && until_recheck_-- == 0) {
    until_recheck_ = trust_.recheck_one_in - 1;
    const bool confirmed = evp_confirms(state, key);
    trust_.guard.note_recheck(confirmed);
    if (!confirmed) {
      refuse(state, Step::kSignature, ErrorCode::kKernelFault);
      return;
    }
  }
  accept(state, key);
}

}  // namespace assay::verify

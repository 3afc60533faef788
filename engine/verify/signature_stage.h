// Checks the signatures of a whole batch: SHA-256 of all at once, RS256 by RsaBatch, everything else by OpenSSL's EVP.
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "assay/limits.h"
#include "verify/check_state.h"
#include "verify/digest.h"
#include "verify/evp_verify.h"
#include "verify/rsa_batch.h"
#include "verify/rsa_guard.h"

namespace assay::verify {

// How far the kernels are believed. See EngineOptions::recheck_one_in.
struct RsaTrust {
  RsaGuard& guard;  // must outlive whoever has it
  std::uint32_t recheck_one_in;
};

// One worker's verifiers. Thread-confined.
class SignatureStage {
 public:
  SignatureStage(const kernel::KernelTable& kernels, RsaTrust trust);

  // Checks every open JWT among at most kBatchMax states against its candidate keys: sets verified_by, or closes it.
  //   codes    bad_signature: no candidate verifies it; kernel_fault: it was accepted with a kernel's help, and OpenSSL
  //            alone does not accept it
  void check(std::span<CheckState> states) noexcept;

 private:
  // Checks the first digest_count_ of digest_states_.
  void check_hashed() noexcept;
  // Makes a job of the check if its signature is one for RsaBatch.
  [[nodiscard]] bool take_rsa_job(CheckState& state, const Sha256Hash& hash) noexcept;
  void check_hash_by_evp(CheckState& state, const Sha256Hash& hash) noexcept;
  // OpenSSL alone.
  void check_by_evp(CheckState& state) noexcept;
  [[nodiscard]] bool evp_confirms(const CheckState& state, const keys::Key& key) noexcept;
  // What EVP did not do alone it now and then verifies as well.
  void accept_by_kernel(CheckState& state, const keys::Key& key) noexcept;

  EvpVerifier evp_;
  Sha256 sha256_;
  RsaBatch rsa_batch_;
  RsaTrust trust_;
  std::array<DigestJob, kBatchMax> digests_;            // of the batch that runs: the first digest_count_
  std::array<CheckState*, kBatchMax> digest_states_{};  // by digest
  std::size_t digest_count_ = 0;
  std::array<RsaJob, kBatchMax> jobs_;               // of the batch that runs: the first job_count_
  std::array<CheckState*, kBatchMax> job_states_{};  // by job
  std::size_t job_count_ = 0;
  std::uint32_t until_recheck_ = 0;  // signatures to accept before one is verified again
};

}  // namespace assay::verify

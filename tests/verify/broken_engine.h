// An engine whose kernels a test can break.
#pragma once

#include <memory>

#include "tests/verify/broken_digest.h"
#include "tests/verify/broken_kernel.h"
#include "tests/verify/test_issuer.h"
#include "verify/control.h"
#include "verify/worker.h"

namespace assay::test {

inline std::unique_ptr<verify::ControlMachine> open_broken(std::uint32_t recheck_one_in, Policy judged_by = policy()) {
  kernel::KernelTable kernels;
  kernels.rsa = broken_rsa_variant();
  kernels.sha256 = broken_sha256_variant();
  return verify::ControlMachine::open_with({.policy = std::move(judged_by),
                                            .recheck_one_in = recheck_one_in,
                                            .verified_cache_bytes = 0,  // the kernels see every token
                                            .host_steps_control = true},
                                           kernels)
      .value();
}

inline ErrorCode decide(Worker::Impl& worker, std::string_view compact) {
  const Check check{.token = compact};
  std::array<Verdict, 1> verdicts;
  worker.decide({&check, 1}, verdicts, kNow);
  return verdicts[0].code();
}

// A token with its key's own signature, but over something else: of the modulus' size and below it, so that it reaches
// the kernel. (One of another key is now and then not below the modulus and refused before.)
inline std::string forged_token() {
  const std::string input = signing::signing_input({.header_json = header(), .payload_json = claims()});
  return signing::compact_jws(input, rsa_key().sign(Alg::kRS256, "something else"));
}

// The answer to a forged token that a kernel accepts in its first batch.
inline ErrorCode code_of_caught_kernel() {
  const auto machine = open_broken(1);
  Worker::Impl worker(*machine);
  const WithKernelFault fault(KernelFault::kAcceptsAll);
  return decide(worker, forged_token());
}

}  // namespace assay::test

// An engine whose RSA kernel a test can break.
#pragma once

#include <memory>

#include "tests/verify/broken_kernel.h"
#include "tests/verify/test_issuer.h"
#include "verify/control.h"
#include "verify/worker.h"

namespace assay::test {

inline std::unique_ptr<verify::ControlMachine> open_broken(std::uint32_t recheck_one_in) {
  kernel::KernelTable kernels;
  kernels.rsa = broken_rsa_variant();
  return verify::ControlMachine::open_with(
             {.policy = policy(), .recheck_one_in = recheck_one_in, .host_steps_control = true}, kernels)
      .value();
}

inline ErrorCode decide(Worker::Impl& worker, std::string_view compact) {
  const Check check{.token = compact};
  std::array<Verdict, 1> verdicts;
  worker.decide({&check, 1}, verdicts, kNow);
  return verdicts[0].code();
}

// The answer to a forged token that a kernel accepts in its first batch.
inline ErrorCode code_of_caught_kernel() {
  const auto machine = open_broken(1);
  Worker::Impl worker(*machine);
  const WithKernelFault fault(KernelFault::kAcceptsAll);
  return decide(worker, token(claims(), header(), other_rsa_key()));
}

}  // namespace assay::test

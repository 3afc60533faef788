// Runs a program with ASSAY_KERNEL set, unless this processor cannot run what it forces.
//
// usage: run_forced FORCED PROGRAM [ARGUMENT...]
//
// Exit status: PROGRAM's; 77 where the processor lacks what the variants need, which ctest shows as skipped; 2 where
// PROGRAM cannot be run or FORCED names no variant that was compiled in.
#include <cstdio>
#include <cstdlib>
#include <unistd.h>

#include "kernel/kernel.h"

int main(int count, char** arguments) {
  if (count < 3) return 2;
  const assay::base::CpuFeatures everything = assay::base::features_of(
      {.leaf1_ecx = 0xFFFFFFFF, .leaf7_ebx = 0xFFFFFFFF, .leaf7_ecx = 0xFFFFFFFF, .xcr0 = 0xFFFFFFFF});
  if (!assay::kernel::select_kernels(arguments[1], everything)) {
    std::fprintf(stderr, "run_forced: %s names no variant that was compiled in\n", arguments[1]);
    return 2;
  }
  if (!assay::kernel::select_kernels(arguments[1], assay::base::detect_cpu_features())) {
    std::fprintf(stderr, "run_forced: this processor cannot run %s\n", arguments[1]);
    return 77;
  }
  setenv("ASSAY_KERNEL", arguments[1], 1);  // NOLINT(concurrency-mt-unsafe): the only thread
  execv(arguments[2], arguments + 2);
  std::perror(arguments[2]);
  return 2;
}

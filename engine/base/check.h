// CHECK and DCHECK are for our own bugs and never reachable from input: a fuzzer that hits one has found a bug.
#pragma once

#include <cstdio>
#include <cstdlib>

namespace assay::base {

[[noreturn]] inline void check_failed(const char* condition, const char* file, int line) noexcept {
  std::fprintf(stderr, "assay: CHECK(%s) failed at %s:%d\n", condition, file, line);
  std::abort();
}

}  // namespace assay::base

// Stops the program if `condition` is false, in every build.
#define ASSAY_CHECK(condition) \
  ((condition) ? static_cast<void>(0) : ::assay::base::check_failed(#condition, __FILE__, __LINE__))

// As ASSAY_CHECK, but compiled out of release builds: for properties that are dear to test.
#ifdef NDEBUG
#define ASSAY_DCHECK(condition) static_cast<void>(sizeof((condition) ? 1 : 0))
#else
#define ASSAY_DCHECK(condition) ASSAY_CHECK(condition)
#endif

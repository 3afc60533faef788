// A verdict accepts only where the verifier says so.
#include "assay/verdict.h"

assay::ErrorCode code_of_fresh_verdict() {
  assay::Verdict verdict;
#ifndef ASSAY_CONTROL
  verdict.error_ = assay::Error{};
#endif
  return verdict.code();
}

// A verdict is looked at.
#include "assay/verdict.h"

assay::Verdict decide();

void use() {
#ifdef ASSAY_CONTROL
  if (decide().accepted()) return;
#else
  decide();
#endif
}

// An Error is looked at.
#include "assay/error.h"

assay::Error check();

void use() {
#ifdef ASSAY_CONTROL
  if (check() != assay::Error{}) return;
#else
  check();
#endif
}

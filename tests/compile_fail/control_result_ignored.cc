// Whether a new policy was taken is looked at. g++ 12 does not warn where the call is virtual.
#include "assay/control.h"

void use(assay::Control& control) {
#ifdef ASSAY_CONTROL
  if (!control.reload({})) return;
#else
  control.reload({});
#endif
}

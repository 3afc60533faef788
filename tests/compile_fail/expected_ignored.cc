// Whether an engine opened is looked at. tl::expected itself may be ignored, so every function that returns one says
// [[nodiscard]] (check_tidy.py).
#include "assay/engine.h"

void use() {
#ifdef ASSAY_CONTROL
  if (!assay::Engine::open({})) return;
#else
  assay::Engine::open({});
#endif
}

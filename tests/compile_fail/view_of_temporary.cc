// A view does not outlive the bytes it looks at.
#include <string>
#include <string_view>

#include "base/attributes.h"

struct Owner {
  std::string text;
  std::string_view view() const ASSAY_LIFETIMEBOUND { return text; }
};

Owner make_owner();

std::size_t use() {
#ifdef ASSAY_CONTROL
  const Owner owner = make_owner();
  const std::string_view view = owner.view();
#else
  const std::string_view view = make_owner().view();
#endif
  return view.size();
}

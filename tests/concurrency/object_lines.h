// Which cache lines of an object a piece of code writes: the evidence for "readers write no shared line".
#pragma once

#include <cstddef>
#include <cstring>
#include <memory>
#include <set>
#include <vector>

#include "base/counters.h"

namespace assay::base {

// Watches the bytes of one object on a thread that is alone with it. A store of the value that was there already is not
// seen; a pin stores a pointer over null.
template <typename T>
class ObjectLines {
 public:
  explicit ObjectLines(const T& object) : object_(reinterpret_cast<const unsigned char*>(std::addressof(object))) {
    static_assert(alignof(T) % kCacheLineBytes == 0);
    remember();
  }

  void remember() { bytes_.assign(object_, object_ + sizeof(T)); }

  // Indexes of the lines that differ from what remember() saw.
  [[nodiscard]] std::set<std::size_t> changed() const {
    std::set<std::size_t> lines;
    for (std::size_t i = 0; i < sizeof(T); ++i) {
      if (object_[i] != bytes_[i]) lines.insert(i / kCacheLineBytes);
    }
    return lines;
  }

 private:
  const unsigned char* object_;
  std::vector<unsigned char> bytes_;
};

}  // namespace assay::base

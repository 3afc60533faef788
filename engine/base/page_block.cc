#include "base/page_block.h"

#include <sys/mman.h>

#include "base/check.h"

namespace assay::base {

PageBlock::PageBlock(std::size_t bytes) : bytes_((bytes + kPageBytes - 1) / kPageBytes * kPageBytes) {
  // Populated: one call instead of one fault per page at the first write.
  start_ = mmap(nullptr, bytes_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
  ASSAY_CHECK(start_ != MAP_FAILED);
}

PageBlock::~PageBlock() {
  if (start_ != nullptr) ASSAY_CHECK(munmap(start_, bytes_) == 0);
}

}  // namespace assay::base

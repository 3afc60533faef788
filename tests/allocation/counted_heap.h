// Counts the heap allocations of a test program: counted_heap.cc replaces operator new in every program that links it.
#pragma once

#include <cstddef>

namespace assay::test {

// Calls of any operator new so far, by all threads. malloc is not counted.
[[nodiscard]] std::size_t allocation_count() noexcept;

}  // namespace assay::test

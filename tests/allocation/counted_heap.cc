#include "tests/allocation/counted_heap.h"

#include <atomic>
#include <cstdlib>
#include <new>

#include "base/attributes.h"

namespace {

std::atomic<std::size_t> allocations{0};

void* allocate(std::size_t bytes) noexcept {
  allocations.fetch_add(1);
  return std::malloc(bytes == 0 ? 1 : bytes);
}

void* allocate_aligned(std::size_t bytes, std::align_val_t alignment) noexcept {
  allocations.fetch_add(1);
  const auto step = static_cast<std::size_t>(alignment);
  return std::aligned_alloc(step, (bytes + step - 1) / step * step);
}

void* or_stop(void* block) noexcept {
  if (block == nullptr) std::abort();
  return block;
}

}  // namespace

std::size_t assay::test::allocation_count() noexcept { return allocations.load(); }

// Out of line: g++ takes an inlined free for one that does not match its new.
ASSAY_NOINLINE void* operator new(std::size_t bytes) { return or_stop(allocate(bytes)); }
ASSAY_NOINLINE void* operator new[](std::size_t bytes) { return or_stop(allocate(bytes)); }
ASSAY_NOINLINE void* operator new(std::size_t bytes, const std::nothrow_t&) noexcept { return allocate(bytes); }
ASSAY_NOINLINE void* operator new[](std::size_t bytes, const std::nothrow_t&) noexcept { return allocate(bytes); }
ASSAY_NOINLINE void* operator new(std::size_t bytes, std::align_val_t alignment) {
  return or_stop(allocate_aligned(bytes, alignment));
}
ASSAY_NOINLINE void* operator new[](std::size_t bytes, std::align_val_t alignment) {
  return or_stop(allocate_aligned(bytes, alignment));
}
ASSAY_NOINLINE void operator delete(void* block) noexcept { std::free(block); }
ASSAY_NOINLINE void operator delete[](void* block) noexcept { std::free(block); }
ASSAY_NOINLINE void operator delete(void* block, std::size_t) noexcept { std::free(block); }
ASSAY_NOINLINE void operator delete[](void* block, std::size_t) noexcept { std::free(block); }
ASSAY_NOINLINE void operator delete(void* block, const std::nothrow_t&) noexcept { std::free(block); }
ASSAY_NOINLINE void operator delete[](void* block, const std::nothrow_t&) noexcept { std::free(block); }
ASSAY_NOINLINE void operator delete(void* block, std::align_val_t) noexcept { std::free(block); }
ASSAY_NOINLINE void operator delete[](void* block, std::align_val_t) noexcept { std::free(block); }
ASSAY_NOINLINE void operator delete(void* block, std::size_t, std::align_val_t) noexcept { std::free(block); }
ASSAY_NOINLINE void operator delete[](void* block, std::size_t, std::align_val_t) noexcept { std::free(block); }

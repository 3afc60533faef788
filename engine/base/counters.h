// Per-worker counters that another thread may read.
//
// Concurrency
//   writers    one: the worker that owns the block
//   readers    any thread, at any time, through read()
//   publish    none: each counter stands alone, so relaxed is enough [C1]
//   staleness  a reader may miss the latest additions; metrics do not care
//   layout     one block per worker, aligned to cache lines, so that workers never share a line
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

namespace assay::base {

inline constexpr std::size_t kCacheLineBytes = 64;

// `count` counters of one writer.
template <std::size_t count>
class alignas(kCacheLineBytes) Counters {
 public:
  // Only by the owner. A load and a store: no other thread writes, so no locked instruction is needed.
  void add(std::size_t index, std::uint64_t amount = 1) noexcept {
    std::atomic<std::uint64_t>& counter = counters_[index];
    counter.store(counter.load(std::memory_order_relaxed) + amount, std::memory_order_relaxed);  // [C1]
  }

  [[nodiscard]] std::uint64_t read(std::size_t index) const noexcept {
    return counters_[index].load(std::memory_order_relaxed);  // [C1]
  }

 private:
  std::array<std::atomic<std::uint64_t>, count> counters_{};
};

}  // namespace assay::base

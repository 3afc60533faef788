// Zeroed memory straight from the system, which goes back to the system when it is let go.
#pragma once

#include <cstddef>
#include <utility>

namespace assay::base {

// Every block begins at a multiple of this, in bytes.
inline constexpr std::size_t kPageBytes = 4096;

// Owns whole pages. Movable; an empty block (default-made or moved from) owns nothing.
//
// For large tables that shrink: what the heap frees between two live pieces stays with the process.
class PageBlock {
 public:
  PageBlock() = default;

  // Claims at least `bytes` zeroed bytes, rounded up to whole pages, all of them present at once.
  //
  //   bytes   1 or more
  //   errors  stops the program if the system has no memory
  //   cost    one system call: about 2 us for a page and 45 us for 512 KiB, which the system zeroes
  explicit PageBlock(std::size_t bytes);

  PageBlock(PageBlock&& other) noexcept
      : start_(std::exchange(other.start_, nullptr)), bytes_(std::exchange(other.bytes_, 0)) {}
  PageBlock& operator=(PageBlock&& other) noexcept {
    std::swap(start_, other.start_);
    std::swap(bytes_, other.bytes_);
    return *this;
  }
  ~PageBlock();

  // Null if empty.
  [[nodiscard]] void* start() const noexcept { return start_; }
  // What it takes from the system: a multiple of kPageBytes, 0 if empty.
  [[nodiscard]] std::size_t bytes() const noexcept { return bytes_; }

 private:
  void* start_ = nullptr;
  std::size_t bytes_ = 0;
};

}  // namespace assay::base

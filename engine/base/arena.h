// A bump allocator over memory that is claimed once: the scratch of one worker's batch.
#pragma once

#include <cstddef>
#include <cstring>
#include <memory>
#include <new>
#include <span>
#include <string_view>
#include <type_traits>

namespace assay::base {

// Hands out pieces of one block; reset() takes all of them back. Thread-confined.
//
// The block is claimed at construction and touched only where it is used. Pieces live until reset().
class Arena {
 public:
  explicit Arena(std::size_t bytes) : block_(new (std::nothrow) std::byte[bytes]), size_(block_ ? bytes : 0) {}

  // Takes `count` objects of a trivial type, uninitialised; an empty span when the block has no room for them (or
  // `count` is 0). Cost: O(1).
  template <typename T>
  [[nodiscard]] std::span<T> take(std::size_t count) noexcept {
    static_assert(std::is_trivially_destructible_v<T>);
    const std::size_t start = (used_ + alignof(T) - 1) / alignof(T) * alignof(T);
    if (start > size_ || count > (size_ - start) / sizeof(T)) return {};
    used_ = start + count * sizeof(T);
    return {reinterpret_cast<T*>(block_.get() + start), count};
  }

  // Takes all the room that is left; for results whose size shows only when they are there. Give back with shrink().
  template <typename T>
  [[nodiscard]] std::span<T> take_rest() noexcept {
    const std::size_t start = (used_ + alignof(T) - 1) / alignof(T) * alignof(T);
    return start > size_ ? std::span<T>() : take<T>((size_ - start) / sizeof(T));
  }

  // Gives back the end of the latest piece: only its first `count` objects stay taken.
  // Precondition: `piece` is the result of the latest take().
  template <typename T>
  std::span<T> shrink(std::span<T> piece, std::size_t count) noexcept {
    used_ -= (piece.size() - count) * sizeof(T);
    return piece.first(count);
  }

  // Copies `text`; an empty view with a null pointer when there is no room.
  [[nodiscard]] std::string_view copy(std::string_view text) noexcept {
    const std::span<char> room = take<char>(text.size());
    if (room.size() != text.size()) return {};
    if (!text.empty()) std::memcpy(room.data(), text.data(), text.size());
    return {room.data(), room.size()};
  }

  void reset() noexcept { used_ = 0; }
  [[nodiscard]] std::size_t used() const noexcept { return used_; }
  [[nodiscard]] std::size_t size() const noexcept { return size_; }

 private:
  std::unique_ptr<std::byte[]> block_;
  std::size_t size_;
  std::size_t used_ = 0;
};

}  // namespace assay::base

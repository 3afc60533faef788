// How much of its memory a Redis has left. Answers share it with revocations, and a Redis that is full takes no
// revocation: so answers stop while there is room, first those that whoever invents tokens can have written.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace assay::store {

class RedisRoom {
 public:
  // Of a Redis that has not been asked: room for any answer.
  RedisRoom() = default;

  // Of a Redis that answers `info` to INFO memory. One without maxmemory has room for any answer, one that does not say
  // how it is has none for those that can be invented.
  explicit RedisRoom(std::string_view info) noexcept;

  // An answer of so many bytes was sent there since.
  void note_answer(std::size_t bytes) noexcept { used_ += bytes + kOverheadBytes; }

  // Inactive answers need a quarter of maxmemory free, active ones an eighth.
  [[nodiscard]] bool is_for_inactive() const noexcept { return is_told_ && free_bytes() >= most_ / 4; }
  [[nodiscard]] bool is_for_active() const noexcept { return free_bytes() >= most_ / 8; }

 private:
  // What Redis keeps beside an answer's bytes, its name included.
  static constexpr std::size_t kOverheadBytes = 300;

  [[nodiscard]] std::uint64_t free_bytes() const noexcept { return used_ < most_ ? most_ - used_ : 0; }

  bool is_told_ = true;
  std::uint64_t most_ = 0;  // 0: there is no bound
  std::uint64_t used_ = 0;
};

}  // namespace assay::store

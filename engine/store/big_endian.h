// Numbers in files, most significant byte first.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace assay::store {

// Writes the eight bytes from `place` on.
inline void put_u64(std::uint8_t* place, std::uint64_t value) noexcept {
  for (std::size_t i = 0; i < sizeof value; ++i) place[i] = static_cast<std::uint8_t>(value >> (56 - 8 * i));
}

inline void append_u64(std::string& bytes, std::uint64_t value) {
  for (std::size_t i = 0; i < sizeof value; ++i) bytes.push_back(static_cast<char>(value >> (56 - 8 * i) & 0xff));
}

// Reads the four bytes from `place` on.
[[nodiscard]] inline std::uint32_t get_u32(const std::uint8_t* place) noexcept {
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < sizeof value; ++i) value = value << 8 | place[i];
  return value;
}

// Reads the eight bytes from `place` on.
[[nodiscard]] inline std::uint64_t get_u64(const std::uint8_t* place) noexcept {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < sizeof value; ++i) value = value << 8 | place[i];
  return value;
}

// The same bytes under the type that this folder computes with.
[[nodiscard]] inline std::span<const std::uint8_t> bytes_of(std::string_view text) noexcept {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

}  // namespace assay::store

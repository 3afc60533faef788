// 128-bit hashes under a random key of this process: for every table whose key a client chooses (kid, token, jti,
// member name), so that nobody can aim at one bucket.
#pragma once

#include <cstdint>
#include <string_view>

namespace assay::base {

struct Hash128 {
  std::uint64_t high = 0;
  std::uint64_t low = 0;

  friend constexpr bool operator==(const Hash128&, const Hash128&) = default;

  template <typename H>
  friend H AbslHashValue(H state, const Hash128& hash) {
    return H::combine(std::move(state), hash.low);
  }
};

// SipHash-2-4 with 128-bit output under the process key. Not for anything that leaves the process.
//   cost   about 1 ns per byte + 20 ns
[[nodiscard]] Hash128 keyed_hash(std::string_view bytes) noexcept;

// The low half alone, for tables of a few thousand entries.
[[nodiscard]] inline std::uint64_t keyed_hash64(std::string_view bytes) noexcept { return keyed_hash(bytes).low; }

}  // namespace assay::base

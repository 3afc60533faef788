// What the eight-lane RSA kernel needs of a key: computed once when a key set is read, never on the deciding path.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "kernel/radix52.h"
#include "kernel/rsa_public_x8.h"

namespace assay::keys {

// The constants of one modulus for e = 65537 and SHA-256, as kernel/rsa_public_x8.h defines them. Immutable.
// 5 limbs + 10 numbers of 64 bits: 1.7 to 3.3 KB a key.
class RsaLanes {
  // Only make() has one.
  struct Maker {
    explicit Maker() = default;
  };

 public:
  // Takes the modulus and exponent of a usable RSA key, big-endian without leading zeros. Null where the kernel has no
  // place for it: another exponent, a modulus over 4096 bits, or no memory for a calculation.
  // Cost: about 0.5 ms.
  [[nodiscard]] static std::unique_ptr<const RsaLanes> make(std::string_view modulus_n, std::string_view exponent_e);

  RsaLanes(Maker maker, std::size_t limbs);

  // Never given twice in a process: whoever keeps constants knows by it whose they are, which an address does not tell.
  [[nodiscard]] std::uint64_t id() const noexcept { return id_; }
  [[nodiscard]] std::size_t limbs() const noexcept { return limbs_; }

  [[nodiscard]] std::span<const std::uint64_t> modulus_n() const noexcept { return number(0); }
  [[nodiscard]] std::span<const std::uint64_t> fold_m() const noexcept { return number(1); }
  [[nodiscard]] std::span<const std::uint64_t> double_fold_d() const noexcept { return number(2); }
  [[nodiscard]] std::span<const std::uint64_t> hash_factor_k() const noexcept { return number(3); }
  [[nodiscard]] std::span<const std::uint64_t> padding_c() const noexcept { return number(4); }
  [[nodiscard]] std::span<const std::uint64_t> inverse() const noexcept {
    return std::span(numbers_).subspan(5 * limbs_, kernel::kBlockLimbs);
  }

  // Writes all of them into lane `lane` of `keys`, which must be for this number of limbs.
  void load(kernel::RsaKeyLanes& keys, std::size_t lane) const noexcept;

 private:
  [[nodiscard]] std::span<const std::uint64_t> number(std::size_t index) const noexcept {
    return std::span(numbers_).subspan(index * limbs_, limbs_);
  }

  std::uint64_t id_;
  std::size_t limbs_;
  std::vector<std::uint64_t> numbers_;  // n, M, D, K, C, inverse
};

}  // namespace assay::keys

// The specification of the kernel: one lane after another, every number clean after every step.
#include "kernel/rsa_public_x8.h"

#include <algorithm>
#include <array>

namespace assay::kernel {
namespace {

__extension__ using Wide = unsigned __int128;

using Number = std::array<std::uint64_t, kLimbsMax>;       // `limbs` of them are used
using Product = std::array<std::uint64_t, 2 * kLimbsMax>;  // 2 * `limbs`

// One lane's constants.
struct LaneKey {
  std::size_t limbs;
  Number modulus_n;
  Number fold_m;
  Number double_fold_d;
  Number hash_factor_k;
  Number padding_c;
  Number inverse;
};

Number number_of(const std::uint8_t* octets, std::size_t size, std::size_t limbs) noexcept {
  Number number{};
  write_limbs({octets, size}, {number.data(), limbs, 1});
  return number;
}

Number lane_of(const std::uint64_t (*limbs)[kLanes], std::size_t count, std::size_t lane) noexcept {
  Number number{};
  for (std::size_t i = 0; i < count; ++i) number[i] = limbs[i][lane];
  return number;
}

// sum += a b 2^(52 at), the first `a_limbs` of a and `b_limbs` of b. The sum must have room.
void add_product(Product& sum, std::size_t at, const std::uint64_t* a, std::size_t a_limbs, const std::uint64_t* b,
                 std::size_t b_limbs) noexcept {
  for (std::size_t i = 0; i < a_limbs; ++i) {
    Wide carry = 0;
    for (std::size_t j = 0; j < b_limbs || carry != 0; ++j) {
      const Wide product = j < b_limbs ? static_cast<Wide>(a[i]) * b[j] : 0;
      const Wide column = product + sum[at + i + j] + carry;
      sum[at + i + j] = static_cast<std::uint64_t>(column) & kLimbMask;
      carry = column >> kLimbBits;
    }
  }
}

// product / R modulo n, below 4n.
Number reduce(Product& product, const LaneKey& key) noexcept {
  constexpr std::size_t kTwoBlocks = 2 * kBlockLimbs;
  std::size_t at = 0;
  for (; at + kTwoBlocks < key.limbs; at += kTwoBlocks) {
    add_product(product, at + kTwoBlocks, &product[at], kTwoBlocks, key.double_fold_d.data(), key.limbs);
  }
  add_product(product, at + kBlockLimbs, &product[at], kBlockLimbs, key.fold_m.data(), key.limbs);
  at += kBlockLimbs;
  Product quotient{};
  add_product(quotient, 0, &product[at], kBlockLimbs, key.inverse.data(), kBlockLimbs);
  add_product(product, at, quotient.data(), kBlockLimbs, key.modulus_n.data(), key.limbs);
  Number result{};
  std::copy_n(product.begin() + static_cast<std::ptrdiff_t>(key.limbs), key.limbs, result.begin());
  return result;
}

// Whether a number below 4n is 0, n, 2n or 3n.
bool is_multiple(const Number& number, const LaneKey& key) noexcept {
  Product multiple{};
  for (std::uint64_t factor = 0; factor < 4; ++factor) {
    if (std::equal(number.begin(), number.begin() + static_cast<std::ptrdiff_t>(key.limbs), multiple.begin())) {
      return true;
    }
    const std::uint64_t one = 1;
    add_product(multiple, 0, &one, 1, key.modulus_n.data(), key.limbs);
  }
  return false;
}

bool is_below(const Number& a, const Number& b) noexcept {
  return std::lexicographical_compare(a.rbegin(), a.rend(), b.rbegin(), b.rend());
}

bool is_equal(const LaneKey& key, const Number& s, const Number& hash) noexcept {
  if (!is_below(s, key.modulus_n)) return false;
  Number x = s;
  for (int squaring = 0; squaring < 16; ++squaring) {
    Product square{};
    add_product(square, 0, x.data(), key.limbs, x.data(), key.limbs);
    x = reduce(square, key);
  }
  Product difference{};
  std::copy_n(key.padding_c.begin(), key.limbs, difference.begin());
  add_product(difference, 0, hash.data(), kHashLimbs, key.hash_factor_k.data(), key.limbs);
  add_product(difference, 0, x.data(), key.limbs, s.data(), key.limbs);
  return is_multiple(reduce(difference, key), key);
}

}  // namespace

std::uint32_t rsa_public_x8_portable(const RsaKeyLanes& keys, const RsaSignatureLanes& signatures) noexcept {
  std::uint32_t equal = 0;
  for (std::size_t lane = 0; lane < kLanes; ++lane) {
    if (signatures.signature[lane] == nullptr) continue;
    const LaneKey key{.limbs = keys.limbs,
                      .modulus_n = lane_of(keys.modulus_n, keys.limbs, lane),
                      .fold_m = lane_of(keys.fold_m, keys.limbs, lane),
                      .double_fold_d = lane_of(keys.double_fold_d, keys.limbs, lane),
                      .hash_factor_k = lane_of(keys.hash_factor_k, keys.limbs, lane),
                      .padding_c = lane_of(keys.padding_c, keys.limbs, lane),
                      .inverse = lane_of(keys.inverse, kBlockLimbs, lane)};
    const Number s = number_of(signatures.signature[lane], signatures.signature_bytes[lane], keys.limbs);
    const Number hash = number_of(signatures.hash[lane], kHashBytes, kHashLimbs);
    if (is_equal(key, s, hash)) equal |= 1u << lane;
  }
  return equal;
}

}  // namespace assay::kernel

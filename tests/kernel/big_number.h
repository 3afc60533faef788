// Big numbers by OpenSSL, odd ones by dice, and their way into the lanes of a kernel.
#pragma once

#include <cstdint>
#include <memory>
#include <random>
#include <span>
#include <string>
#include <vector>

#include <openssl/bn.h>

#include "kernel/rsa_public_x8.h"

namespace assay::test {

using kernel::kLanes;
using kernel::kLimbBits;

struct FreeNumber {
  void operator()(BIGNUM* number) const { BN_free(number); }
};
using Number = std::unique_ptr<BIGNUM, FreeNumber>;

inline BN_CTX* context() {
  static BN_CTX* const shared = BN_CTX_new();
  return shared;
}

inline Number number_of(std::uint64_t value) {
  Number number(BN_new());
  BN_set_word(number.get(), value);
  return number;
}

inline Number copy_of(const Number& number) { return Number(BN_dup(number.get())); }

inline Number power_of_2(int exponent) {
  Number number = number_of(0);
  BN_set_bit(number.get(), exponent);
  return number;
}

inline Number sum(const Number& a, const Number& b) {
  Number result = number_of(0);
  BN_add(result.get(), a.get(), b.get());
  return result;
}

inline Number difference(const Number& a, const Number& b) {
  Number result = number_of(0);
  BN_sub(result.get(), a.get(), b.get());
  return result;
}

inline std::string octets_of(const Number& number) {
  std::string octets(static_cast<std::size_t>(BN_num_bytes(number.get())), '\0');
  BN_bn2bin(number.get(), reinterpret_cast<unsigned char*>(octets.data()));
  return octets;
}

inline void write_lane(const Number& number, std::uint64_t (*limbs)[kLanes], std::size_t count, std::size_t lane) {
  const std::string octets = octets_of(number);
  kernel::write_limbs({reinterpret_cast<const std::uint8_t*>(octets.data()), octets.size()},
                      {&limbs[0][lane], count, kLanes});
}

inline Number number_of(std::span<const std::uint64_t> limbs) {
  Number number = number_of(0);
  for (std::size_t i = limbs.size(); i-- > 0;) {
    BN_lshift(number.get(), number.get(), kLimbBits);
    BN_add_word(number.get(), limbs[i]);
  }
  return number;
}

// Random numbers of varying bit density: runs of ones and zeros find lost carries that even density never shows.
class Dice {
 public:
  explicit Dice(std::uint64_t seed) : random_(seed) {}

  std::uint64_t below(std::uint64_t bound) { return random_() % bound; }

  // Of exactly `bits` bits.
  Number number(int bits) {
    Number number = number_of(0);
    const std::uint64_t style = below(4);
    bool bit = true;
    for (int i = 0; i < bits; ++i) {
      const bool turns = style == 0 ? below(2) == 0 : below(style == 1 ? 8 : style == 2 ? 64 : 512) == 0;
      if (turns) bit = !bit;
      if (bit) BN_set_bit(number.get(), i);
    }
    BN_set_bit(number.get(), bits - 1);
    return number;
  }
  Number odd(int bits) {
    Number modulus = number(bits);
    BN_set_bit(modulus.get(), 0);
    return modulus;
  }
  Number below(const Number& bound) {
    Number result = number(BN_num_bits(bound.get()));
    BN_mod(result.get(), result.get(), bound.get(), context());
    return result;
  }

 private:
  std::mt19937_64 random_;
};

// Moduli on which carries and folds run into their limits.
inline std::vector<Number> structured_moduli(int bits) {
  const Number one = number_of(1);
  std::vector<Number> moduli;
  moduli.push_back(difference(power_of_2(bits), one));  // all ones
  moduli.push_back(sum(power_of_2(bits - 1), one));     // almost all zeros
  moduli.push_back(sum(power_of_2(bits - 1), number_of(3)));
  for (const int half : {bits / 2, 520, 1040, 52, 51, 53}) {
    const Number low_ones = difference(power_of_2(half), one);
    moduli.push_back(sum(power_of_2(bits - 1), low_ones));                       // low half all ones
    moduli.push_back(sum(difference(power_of_2(bits), power_of_2(half)), one));  // high half all ones
  }
  for (const int step : {2 * 52, 2 * 520}) {  // runs of ones and zeros as long as a limb, and as a block
    Number alternating = number_of(1);
    for (int bit = 0; bit < bits; ++bit) {
      if (bit % step < step / 2 || bit == bits - 1) BN_set_bit(alternating.get(), bit);
    }
    moduli.push_back(std::move(alternating));
  }
  return moduli;
}

}  // namespace assay::test

// Concurrency
//   writers    any thread that makes keys: the counter behind next_id()
//   readers    the same
//   publish    nothing hangs on the counter: an increment stands alone, so relaxed is enough  [L1]
#include "keys/rsa_lanes.h"

#include <array>
#include <atomic>
#include <string>

#include <openssl/bn.h>

#include "assay/limits.h"
#include "base/free_with.h"
#include "jose/jwk.h"
#include "keys/emsa_pkcs1.h"

namespace assay::keys {
namespace {

using kernel::kBlockLimbs;
using kernel::kLimbBits;

using BigNumber = std::unique_ptr<BIGNUM, base::FreeWith<BN_free>>;
using BigNumberContext = std::unique_ptr<BN_CTX, base::FreeWith<BN_CTX_free>>;

constexpr int kSquarings = 16;  // of 65537 = 2^16 + 1
constexpr std::size_t kModulusBitsMax = 4096;

// Limbs of the size class of a modulus; 0 where there is none.
std::size_t limbs_for(std::size_t modulus_bits) noexcept {
  if (modulus_bits < kRsaModulusBitsMin || modulus_bits > kModulusBitsMax) return 0;
  std::size_t limbs = kernel::kLimbsMin;
  while (limbs * kLimbBits < modulus_bits + kernel::kHeadroomBits) limbs += kernel::kLimbsStep;
  return limbs;
}
static_assert(kModulusBitsMax + kernel::kHeadroomBits <= kernel::kLimbsMax * kLimbBits);

// EM for a hash of zeros. RFC 8017 sec 9.2.
std::string block_of_zero_hash(std::size_t modulus_bytes) {
  return emsa_sha256_padding(modulus_bytes).append(kernel::kHashBytes, '\0');
}

BigNumber number_of(std::string_view big_endian) noexcept {
  return BigNumber(BN_bin2bn(reinterpret_cast<const unsigned char*>(big_endian.data()),
                             static_cast<int>(big_endian.size()), nullptr));
}

// Computes numbers modulo n. An operation that runs out of memory makes ok() false for good.
class Calculator {
 public:
  explicit Calculator(std::string_view modulus_n)
      : context_(BN_CTX_new()), n_(number_of(modulus_n)), ok_(context_ && n_) {}

  [[nodiscard]] bool ok() const noexcept { return ok_; }
  [[nodiscard]] const BIGNUM* n() const noexcept { return n_.get(); }

  [[nodiscard]] BigNumber power_of_2(std::size_t exponent) {
    BigNumber power = zero();
    ok_ = ok_ && BN_set_bit(power.get(), static_cast<int>(exponent)) == 1;
    return power;
  }
  // a^-1 modulo `modulus`.
  [[nodiscard]] BigNumber invert(const BIGNUM* a, const BIGNUM* modulus) {
    BigNumber inverse = zero();
    ok_ = ok_ && BN_mod_inverse(inverse.get(), a, modulus, context_.get()) != nullptr;
    return inverse;
  }
  [[nodiscard]] BigNumber multiply(const BigNumber& a, const BigNumber& b) {
    BigNumber product = zero();
    ok_ = ok_ && a && b && BN_mod_mul(product.get(), a.get(), b.get(), n_.get(), context_.get()) == 1;
    return product;
  }
  // modulus - a.
  [[nodiscard]] BigNumber negate(const BigNumber& a, const BIGNUM* modulus) {
    BigNumber difference = zero();
    ok_ = ok_ && BN_sub(difference.get(), modulus, a.get()) == 1;
    return difference;
  }
  // The number as clean limbs.
  void write(const BIGNUM* number, std::span<std::uint64_t> limbs) {
    std::array<std::uint8_t, kernel::kNumberBytesMax> octets;
    const std::size_t bytes = limbs.size() * kLimbBits / 8;
    ok_ = ok_ && BN_bn2binpad(number, octets.data(), static_cast<int>(bytes)) == static_cast<int>(bytes);
    if (ok_) kernel::write_limbs({octets.data(), bytes}, {limbs.data(), limbs.size(), 1});
  }

 private:
  [[nodiscard]] BigNumber zero() {
    BigNumber number(BN_new());
    ok_ = ok_ && number;
    return number;
  }

  BigNumberContext context_;
  BigNumber n_;
  bool ok_;
};

std::uint64_t next_id() noexcept {
  static std::atomic<std::uint64_t> last_id{0};
  // Only uniqueness matters, and every order gives it.
  return last_id.fetch_add(1, std::memory_order_relaxed) + 1;  // [L1]
}

}  // namespace

RsaLanes::RsaLanes(Maker, std::size_t limbs) : id_(next_id()), limbs_(limbs), numbers_(5 * limbs + kBlockLimbs) {}

std::unique_ptr<const RsaLanes> RsaLanes::make(std::string_view modulus_n, std::string_view exponent_e) {
  const std::size_t limbs = limbs_for(jose::bit_length(modulus_n));
  if (limbs == 0 || exponent_e != kFastExponent) return nullptr;

  Calculator calculator(modulus_n);
  const BigNumber block = calculator.power_of_2(kBlockLimbs * kLimbBits);
  const BigNumber inverse = calculator.negate(calculator.invert(calculator.n(), block.get()), block.get());
  const BigNumber fold_m = calculator.invert(block.get(), calculator.n());
  // R is a power of the block, so M's power is R^-1; 2^16 - 1 of these are left after the squarings.
  BigNumber r_inverse = calculator.power_of_2(0);
  for (std::size_t i = 0; i < limbs; i += kBlockLimbs) r_inverse = calculator.multiply(r_inverse, fold_m);
  BigNumber power = calculator.power_of_2(0);
  for (int i = 0; i < kSquarings; ++i) power = calculator.multiply(calculator.multiply(power, power), r_inverse);
  const BigNumber hash_factor_k = calculator.negate(power, calculator.n());
  const BigNumber padding_c = calculator.multiply(hash_factor_k, number_of(block_of_zero_hash(modulus_n.size())));

  auto lanes = std::make_unique<RsaLanes>(Maker(), limbs);
  const auto room = [&](std::size_t index) { return std::span(lanes->numbers_).subspan(index * limbs, limbs); };
  calculator.write(calculator.n(), room(0));
  calculator.write(fold_m.get(), room(1));
  calculator.write(calculator.multiply(fold_m, fold_m).get(), room(2));
  calculator.write(hash_factor_k.get(), room(3));
  calculator.write(padding_c.get(), room(4));
  calculator.write(inverse.get(), std::span(lanes->numbers_).subspan(5 * limbs));
  if (!calculator.ok()) return nullptr;
  return lanes;
}

void RsaLanes::load(kernel::RsaKeyLanes& keys, std::size_t lane) const noexcept {
  const auto load_number = [lane](std::span<const std::uint64_t> number, std::uint64_t(*limbs)[kernel::kLanes]) {
    for (std::size_t i = 0; i < number.size(); ++i) limbs[i][lane] = number[i];
  };
  load_number(modulus_n(), keys.modulus_n);
  load_number(fold_m(), keys.fold_m);
  load_number(double_fold_d(), keys.double_fold_d);
  load_number(hash_factor_k(), keys.hash_factor_k);
  load_number(padding_c(), keys.padding_c);
  load_number(inverse(), keys.inverse);
}

}  // namespace assay::keys

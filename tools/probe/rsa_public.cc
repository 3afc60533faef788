#include "probe/rsa_public.h"

#include <array>
#include <cstdint>
#include <memory>
#include <span>

#include <openssl/bn.h>

#include "kernel/rsa_public_x8.h"
#include "keys/rsa_lanes.h"

namespace assay::probe {
namespace {

using kernel::kLanes;
using kernel::kLimbBits;

constexpr std::uint32_t kAllLanes = (1U << kLanes) - 1;
constexpr std::array<std::uint8_t, kernel::kHashBytes> kNoHash{};

struct FreeNumber {
  void operator()(BIGNUM* number) const noexcept { BN_free(number); }
  void operator()(BN_CTX* context) const noexcept { BN_CTX_free(context); }
};
using Number = std::unique_ptr<BIGNUM, FreeNumber>;
using Context = std::unique_ptr<BN_CTX, FreeNumber>;

Number number_of(std::string_view bytes) {
  return Number(
      BN_bin2bn(reinterpret_cast<const unsigned char*>(bytes.data()), static_cast<int>(bytes.size()), nullptr));
}

Number number_of(std::span<const std::uint64_t> limbs) {
  Number number(BN_new());
  for (std::size_t i = limbs.size(); i-- > 0;) {
    BN_lshift(number.get(), number.get(), kLimbBits);
    BN_add_word(number.get(), limbs[i]);
  }
  return number;
}

// One key in all lanes, and the block that its kernel compares with.
class Comparison {
 public:
  Comparison(const kernel::RsaVariant& variant, const keys::RsaLanes& constants)
      : variant_(variant),
        n_(number_of(constants.modulus_n())),
        hash_factor_k_(number_of(constants.hash_factor_k())),
        lanes_(std::make_unique<kernel::RsaKeyLanes>()) {
    lanes_->limbs = constants.limbs();
    for (std::size_t lane = 0; lane < kLanes; ++lane) constants.load(*lanes_, lane);
  }

  // The lanes that find s^65537 equal to `block`, of the first `count` lanes, which all have s.
  [[nodiscard]] std::uint32_t equal(std::string_view s, const BIGNUM* block, std::size_t count) {
    // With a hash of zeros the kernel compares with C / K alone.
    Number c(BN_new());
    BN_mod_mul(c.get(), block, hash_factor_k_.get(), n_.get(), context_.get());
    std::array<std::uint8_t, kernel::kNumberBytesMax> bytes;
    const std::size_t size = lanes_->limbs * kLimbBits / 8;
    BN_bn2binpad(c.get(), bytes.data(), static_cast<int>(size));
    kernel::RsaSignatureLanes signatures{};
    for (std::size_t lane = 0; lane < kLanes; ++lane) {
      kernel::write_limbs({bytes.data(), size}, {&lanes_->padding_c[0][lane], lanes_->limbs, kLanes});
      if (lane >= count) continue;
      signatures.signature[lane] = reinterpret_cast<const std::uint8_t*>(s.data());
      signatures.signature_bytes[lane] = s.size();
      signatures.hash[lane] = kNoHash.data();
    }
    return variant_.run(*lanes_, signatures);
  }

 private:
  kernel::RsaVariant variant_;
  Context context_{BN_CTX_new()};
  Number n_;
  Number hash_factor_k_;
  std::unique_ptr<kernel::RsaKeyLanes> lanes_;
};

// Whether the kernel finds `power` and no neighbour of it, for one signature and for eight.
bool confirms(Comparison& comparison, std::string_view s, const BIGNUM* power, int modulus_bits) {
  if (comparison.equal(s, power, 1) != 1 || comparison.equal(s, power, kLanes) != kAllLanes) return false;
  for (const int bit : {0, 51, 52, 519, 520, modulus_bits / 2, modulus_bits - 2}) {
    Number other(BN_dup(power));
    BN_is_bit_set(power, bit) != 0 ? BN_clear_bit(other.get(), bit) : BN_set_bit(other.get(), bit);
    if (comparison.equal(s, other.get(), 1) != 0 || comparison.equal(s, other.get(), kLanes) != 0) return false;
  }
  return true;
}

}  // namespace

Expected<std::string> raise_in_lanes(const kernel::RsaVariant& variant, std::string_view n, std::string_view e,
                                     std::string_view s) {
  const Number modulus = number_of(n);
  if (BN_num_bytes(modulus.get()) != static_cast<int>(n.size()) || BN_is_odd(modulus.get()) == 0) {
    return fail(ErrorCode::kWeakKey);
  }
  const auto constants = keys::RsaLanes::make(n, e);
  if (constants == nullptr) return fail(ErrorCode::kWeakKey);
  const Number base = number_of(s);
  if (BN_cmp(base.get(), modulus.get()) >= 0) return fail(ErrorCode::kBadSignature);
  std::string padded(n.size(), '\0');
  BN_bn2binpad(base.get(), reinterpret_cast<unsigned char*>(padded.data()), static_cast<int>(padded.size()));

  const Context context(BN_CTX_new());
  const Number power(BN_new());
  BN_mod_exp(power.get(), base.get(), number_of(e).get(), modulus.get(), context.get());
  Comparison comparison(variant, *constants);
  if (!confirms(comparison, padded, power.get(), BN_num_bits(modulus.get()))) return fail(ErrorCode::kKernelFault);
  std::string bytes(n.size(), '\0');
  BN_bn2binpad(power.get(), reinterpret_cast<unsigned char*>(bytes.data()), static_cast<int>(bytes.size()));
  return bytes;
}

}  // namespace assay::probe

#include "verify/rsa_single.h"

#include <algorithm>
#include <string_view>

#include <openssl/bn.h>
#include <openssl/err.h>

#include "assay/limits.h"
#include "base/check.h"

namespace assay::verify {
namespace {

constexpr int kSquarings = 16;  // of 65537 = 2^16 + 1

}  // namespace

void RsaSingle::Free::operator()(bignum_st* number) const noexcept { BN_free(number); }
void RsaSingle::Free::operator()(bignum_ctx* scratch) const noexcept { BN_CTX_free(scratch); }

RsaSingle::RsaSingle()
    : scratch_(BN_CTX_new()), signature_(BN_new()), power_(BN_new()), block_(kRsaModulusBitsMax / 8) {
  ASSAY_CHECK(scratch_ != nullptr && signature_ != nullptr && power_ != nullptr);
}

// R is the Montgomery factor. With s R for s, each square has one R again; the last factor is s itself, which leaves
// none: s^65536 R s / R.
bool RsaSingle::open(const keys::RsaMontgomery& key, std::span<const std::uint8_t> signature) noexcept {
  BIGNUM* const power = power_.get();
  const auto size = static_cast<int>(signature.size());
  if (BN_bin2bn(signature.data(), size, signature_.get()) == nullptr) return false;
  if (BN_ucmp(signature_.get(), key.modulus_n()) >= 0) return false;
  bool ok = BN_to_montgomery(power, signature_.get(), key.constants(), scratch_.get()) == 1;
  for (int i = 0; i < kSquarings; ++i) {
    ok = ok && BN_mod_mul_montgomery(power, power, power, key.constants(), scratch_.get()) == 1;
  }
  ok = ok && BN_mod_mul_montgomery(power, power, signature_.get(), key.constants(), scratch_.get()) == 1;
  return ok && BN_bn2binpad(power, block_.data(), size) == size;
}

bool RsaSingle::verify(const keys::Key& key, const Sha256Hash& hash, std::span<const std::uint8_t> signature) noexcept {
  if (signature.size() != key.prepared.modulus_bytes || signature.size() > block_.size()) return false;
  if (!open(*key.montgomery, signature)) {
    ERR_clear_error();
    return false;
  }
  const std::string_view opened(reinterpret_cast<const char*>(block_.data()), signature.size());
  const std::string_view padding = key.montgomery->padding();
  return opened.starts_with(padding) && std::equal(hash.begin(), hash.end(), block_.data() + padding.size());
}

}  // namespace assay::verify

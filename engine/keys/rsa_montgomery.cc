#include "keys/rsa_montgomery.h"

#include <openssl/bn.h>

#include "base/free_with.h"
#include "keys/emsa_pkcs1.h"

namespace assay::keys {

void RsaMontgomery::Free::operator()(bignum_st* number) const noexcept { BN_free(number); }
void RsaMontgomery::Free::operator()(bn_mont_ctx_st* constants) const noexcept { BN_MONT_CTX_free(constants); }

RsaMontgomery::RsaMontgomery(Maker) : constants_(BN_MONT_CTX_new()) {}
RsaMontgomery::~RsaMontgomery() = default;

std::unique_ptr<const RsaMontgomery> RsaMontgomery::make(std::string_view modulus_n, std::string_view exponent_e) {
  if (exponent_e != kFastExponent) return nullptr;
  auto made = std::make_unique<RsaMontgomery>(Maker());
  made->modulus_n_.reset(
      BN_bin2bn(reinterpret_cast<const unsigned char*>(modulus_n.data()), static_cast<int>(modulus_n.size()), nullptr));
  const std::unique_ptr<BN_CTX, base::FreeWith<BN_CTX_free>> scratch(BN_CTX_new());
  const bool prepared = made->constants_ && made->modulus_n_ && scratch &&
                        BN_MONT_CTX_set(made->constants_.get(), made->modulus_n_.get(), scratch.get()) == 1;
  if (!prepared) return nullptr;
  made->padding_ = emsa_sha256_padding(modulus_n.size());
  return made;
}

}  // namespace assay::keys

#include "keys/rsa_montgomery.h"

#include <array>
#include <string>

#include <gtest/gtest.h>
#include <openssl/bn.h>

#include "base/free_with.h"
#include "keys/emsa_pkcs1.h"

namespace assay::keys {
namespace {

using BigNumber = std::unique_ptr<BIGNUM, base::FreeWith<BN_free>>;

TEST(RsaMontgomery, MultipliesModuloTheModulus) {
  const std::string modulus(256, '\xff');
  const auto key = RsaMontgomery::make(modulus, kFastExponent);
  ASSERT_NE(key, nullptr);
  EXPECT_EQ(BN_num_bytes(key->modulus_n()), 256);
  const std::unique_ptr<BN_CTX, base::FreeWith<BN_CTX_free>> scratch(BN_CTX_new());
  const BigNumber seven(BN_new());
  const BigNumber product(BN_new());
  ASSERT_EQ(BN_set_word(seven.get(), 7), 1);
  // 7 R times 7 has no R left.
  ASSERT_EQ(BN_to_montgomery(product.get(), seven.get(), key->constants(), scratch.get()), 1);
  ASSERT_EQ(BN_mod_mul_montgomery(product.get(), product.get(), seven.get(), key->constants(), scratch.get()), 1);
  EXPECT_EQ(BN_get_word(product.get()), 49u);
}

TEST(RsaMontgomery, KnowsThePaddingOfItsSize) {
  for (const std::size_t bytes : {256u, 384u, 2048u}) {
    const auto key = RsaMontgomery::make(std::string(bytes, '\xff'), kFastExponent);
    ASSERT_NE(key, nullptr);
    EXPECT_EQ(key->padding(), emsa_sha256_padding(bytes));
  }
}

TEST(RsaMontgomery, LeavesOtherExponentsAlone) {
  for (const std::string& exponent :
       {std::string("\x03", 1), std::string("\x01\x00\x00\x01", 4), std::string("\x00\x01\x00\x01", 4),
        std::string("\x01\x00\x03", 3), std::string()}) {
    EXPECT_EQ(RsaMontgomery::make(std::string(256, '\xff'), exponent), nullptr);
  }
}

}  // namespace
}  // namespace assay::keys

#include "jose/alg.h"

#include <string>

#include <gtest/gtest.h>

namespace assay::jose {
namespace {

// RFC 7518 sec 3.1, RFC 8037 sec 3.1.
TEST(Alg, FindsEveryAlgorithmByItsName) {
  for (std::size_t i = 0; i < kAlgCount; ++i) {
    const auto alg = static_cast<Alg>(i);
    EXPECT_EQ(find_alg(facts_of(alg).name), alg);
  }
  EXPECT_EQ(find_alg("RS256"), Alg::kRS256);
  EXPECT_EQ(find_alg("PS512"), Alg::kPS512);
  EXPECT_EQ(find_alg("ES384"), Alg::kES384);
  EXPECT_EQ(find_alg("EdDSA"), Alg::kEdDSA);
  EXPECT_EQ(find_alg("HS512"), Alg::kHS512);
}

TEST(Alg, HasNoNone) {
  for (const char* name : {"none", "None", "NONE", "nOnE", "none ", ""}) EXPECT_FALSE(find_alg(name)) << name;
}

TEST(Alg, ComparesNamesExactly) {
  for (const char* name : {"rs256", "RS256 ", " RS256", "RS2567", "RS25", "ES256K", "RSA-OAEP", "HS256\n", "EDDSA"}) {
    EXPECT_FALSE(find_alg(name)) << name;
  }
  EXPECT_FALSE(find_alg(std::string_view("RS256\0", 6)));
}

TEST(Alg, FixesFamilyDigestCurveAndSignatureSize) {
  EXPECT_EQ(facts_of(Alg::kRS384).family, AlgFamily::kRsaPkcs1);
  EXPECT_EQ(facts_of(Alg::kRS384).digest, Digest::kSha384);
  EXPECT_EQ(facts_of(Alg::kRS384).signature_bytes, 0u);
  EXPECT_EQ(facts_of(Alg::kPS256).family, AlgFamily::kRsaPss);
  EXPECT_EQ(facts_of(Alg::kES256).curve, Curve::kP256);
  EXPECT_EQ(facts_of(Alg::kES256).signature_bytes, 64u);
  EXPECT_EQ(facts_of(Alg::kES384).signature_bytes, 96u);
  EXPECT_EQ(facts_of(Alg::kES512).curve, Curve::kP521);
  EXPECT_EQ(facts_of(Alg::kES512).digest, Digest::kSha512);
  EXPECT_EQ(facts_of(Alg::kES512).signature_bytes, 132u);
  EXPECT_EQ(facts_of(Alg::kEdDSA).digest, Digest::kNone);
  EXPECT_EQ(facts_of(Alg::kEdDSA).signature_bytes, 64u);
  EXPECT_EQ(facts_of(Alg::kHS256).family, AlgFamily::kHmac);
  EXPECT_EQ(facts_of(Alg::kHS384).signature_bytes, 48u);
}

}  // namespace
}  // namespace assay::jose

#include "keys/evp_key_handles.h"

#include <gtest/gtest.h>

namespace assay::keys {
namespace {

TEST(ErrorQueueGuard, DropsItsOwnErrorsAndNoOther) {
  ERR_clear_error();
  ERR_raise(ERR_LIB_USER, 42);
  {
    const ErrorQueueGuard errors;
    ERR_raise(ERR_LIB_USER, 43);
  }
  EXPECT_EQ(ERR_GET_REASON(ERR_get_error()), 42);
  EXPECT_EQ(ERR_peek_error(), 0U);
}

TEST(GroupName, IsKnownToOpenSslForEveryEcCurve) {
  for (const jose::Curve curve : {jose::Curve::kP256, jose::Curve::kP384, jose::Curve::kP521}) {
    EXPECT_TRUE(Pkey(EVP_EC_gen(group_name(curve))));
  }
  EXPECT_EQ(group_name(jose::Curve::kEd25519), nullptr);
  EXPECT_EQ(group_name(jose::Curve::kNone), nullptr);
}

}  // namespace
}  // namespace assay::keys

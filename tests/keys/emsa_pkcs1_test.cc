#include "keys/emsa_pkcs1.h"

#include <string>

#include <gtest/gtest.h>

namespace assay::keys {
namespace {

TEST(EmsaPkcs1, PadsUpToTheHash) {
  for (const std::size_t bytes : {256u, 257u, 512u}) {
    const std::string padding = emsa_sha256_padding(bytes);
    ASSERT_EQ(padding.size(), bytes - 32);
    EXPECT_EQ(padding.substr(0, 2), std::string("\x00\x01", 2));
    EXPECT_EQ(padding.find_first_not_of('\xff', 2), bytes - 32 - 20);
    EXPECT_EQ(padding.substr(bytes - 32 - 20),
              std::string("\x00\x30\x31\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x01\x05\x00\x04\x20", 20));
  }
}

}  // namespace
}  // namespace assay::keys

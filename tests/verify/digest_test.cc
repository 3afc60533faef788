#include "verify/digest.h"

#include <string>

#include <gtest/gtest.h>
#include <openssl/sha.h>

namespace assay::verify {
namespace {

TEST(Sha256, HashesMessagesOfEveryLengthAroundABlock) {
  Sha256 sha256;
  for (std::size_t size = 0; size <= 200; ++size) {
    const std::string message(size, static_cast<char>('a' + size % 26));
    Sha256Hash expected;
    SHA256(reinterpret_cast<const unsigned char*>(message.data()), message.size(), expected.data());
    Sha256Hash hash{};
    ASSERT_TRUE(sha256.hash(message, hash));
    EXPECT_EQ(hash, expected) << size;
  }
}

}  // namespace
}  // namespace assay::verify

#include "verify/digest.h"

#include <array>
#include <span>
#include <string>
#include <string_view>

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

TEST(Sha256, HashesPiecesAsIfTheyWereJoined) {
  Sha256 sha256;
  Sha256Hash joined{};
  Sha256Hash hash{};
  ASSERT_TRUE(sha256.hash("signing input", joined));
  ASSERT_TRUE(sha256.hash(std::array<std::string_view, 4>{"sig", "", "ning", " input"}, hash));
  EXPECT_EQ(hash, joined);
  ASSERT_TRUE(sha256.hash("", joined));
  ASSERT_TRUE(sha256.hash(std::span<const std::string_view>(), hash));
  EXPECT_EQ(hash, joined);
}

}  // namespace
}  // namespace assay::verify

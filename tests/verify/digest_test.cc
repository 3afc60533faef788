#include "verify/digest.h"

#include <array>
#include <random>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>
#include <openssl/sha.h>

namespace assay::verify {
namespace {

Sha256Hash expected(std::string_view message) {
  Sha256Hash hash;
  SHA256(reinterpret_cast<const unsigned char*>(message.data()), message.size(), hash.data());
  return hash;
}

TEST(Sha256, HashesMessagesOfEveryLengthAroundABlock) {
  Sha256 sha256;
  for (std::size_t size = 0; size <= 200; ++size) {
    const std::string message(size, static_cast<char>('a' + size % 26));
    Sha256Hash hash{};
    ASSERT_TRUE(sha256.hash(message, hash));
    EXPECT_EQ(hash, expected(message)) << size;
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

class Sha256Many : public testing::TestWithParam<kernel::Sha256Variant> {
 protected:
  void SetUp() override {
    if (!GetParam().supported(base::detect_cpu_features())) GTEST_SKIP() << "this processor lacks " << GetParam().name;
  }
};

INSTANTIATE_TEST_SUITE_P(Variants, Sha256Many, testing::ValuesIn(kernel::sha256_variants()),
                         [](const auto& variant) { return std::string(variant.param.name); });

TEST_P(Sha256Many, GivesEachJobTheHashOfItsMessage) {
  Sha256 sha256(GetParam());
  EXPECT_EQ(sha256.runs_kernel(), GetParam().run != nullptr);
  std::mt19937_64 random(1);
  for (std::size_t count = 0; count <= 3 * kBatchMax; count += count < 20 ? 1 : 43) {
    std::vector<std::string> messages(count);
    std::vector<DigestJob> jobs(count);
    for (std::size_t i = 0; i < count; ++i) {
      messages[i].resize(random() % 1500);
      for (char& byte : messages[i]) byte = static_cast<char>(random());
      jobs[i].message = messages[i];
    }
    ASSERT_TRUE(sha256.hash_many(jobs));
    for (std::size_t i = 0; i < count; ++i) EXPECT_EQ(jobs[i].hash, expected(messages[i])) << i << " of " << count;
  }
}

TEST_P(Sha256Many, GoesOnAfterBeingMoved) {
  Sha256 first(GetParam());
  Sha256 sha256 = std::move(first);
  std::vector<DigestJob> jobs(2, DigestJob{.message = "abc"});
  ASSERT_TRUE(sha256.hash_many(jobs));
  EXPECT_EQ(jobs[0].hash, expected("abc"));
  EXPECT_EQ(jobs[1].hash, expected("abc"));
}

}  // namespace
}  // namespace assay::verify

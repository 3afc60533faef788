#include "base/keyed_hash.h"

#include <array>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <random>
#include <set>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include <absl/hash/hash.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>

namespace assay::base {
namespace {

Hash128 from_output(std::span<const unsigned char, 16> output) {
  Hash128 hash;
  std::memcpy(&hash.low, output.data(), 8);
  std::memcpy(&hash.high, output.data() + 8, 8);
  return hash;
}

// The bytes 0, 1, 2, ... of the published vectors.
std::string counting_bytes(std::size_t count) {
  std::string bytes(count, '\0');
  for (std::size_t i = 0; i < count; ++i) bytes[i] = static_cast<char>(i);
  return bytes;
}

constexpr SipKey kPublishedKey{0x0706050403020100U, 0x0f0e0d0c0b0a0908U};

Hash128 openssl_siphash(const SipKey& key, std::string_view message) {
  using Mac = std::unique_ptr<EVP_MAC, decltype(&EVP_MAC_free)>;
  using MacContext = std::unique_ptr<EVP_MAC_CTX, decltype(&EVP_MAC_CTX_free)>;
  const Mac mac(EVP_MAC_fetch(nullptr, "SIPHASH", nullptr), EVP_MAC_free);
  const MacContext context(EVP_MAC_CTX_new(mac.get()), EVP_MAC_CTX_free);
  std::size_t output_bytes = 16;
  const std::array<OSSL_PARAM, 2> params{OSSL_PARAM_construct_size_t(OSSL_MAC_PARAM_SIZE, &output_bytes),
                                         OSSL_PARAM_construct_end()};
  std::array<unsigned char, 16> key_bytes{};
  std::memcpy(key_bytes.data(), key.data(), key_bytes.size());
  std::array<unsigned char, 16> output{};
  EXPECT_EQ(EVP_MAC_init(context.get(), key_bytes.data(), key_bytes.size(), params.data()), 1);
  EXPECT_EQ(EVP_MAC_update(context.get(), reinterpret_cast<const unsigned char*>(message.data()), message.size()), 1);
  EXPECT_EQ(EVP_MAC_final(context.get(), output.data(), &output_bytes, output.size()), 1);
  EXPECT_EQ(output_bytes, output.size());
  return from_output(output);
}

// Vectors of the authors' reference implementation (SipHash-2-4-128, key 00..0f, message 00, 01, ...).
TEST(KeyedHash, GivesThePublishedVectors) {
  struct Vector {
    std::size_t message_bytes;
    std::array<unsigned char, 16> output;
  };
  const Vector vectors[] = {
      {0, {0xa3, 0x81, 0x7f, 0x04, 0xba, 0x25, 0xa8, 0xe6, 0x6d, 0xf6, 0x72, 0x14, 0xc7, 0x55, 0x02, 0x93}},
      {1, {0xda, 0x87, 0xc1, 0xd8, 0x6b, 0x99, 0xaf, 0x44, 0x34, 0x76, 0x59, 0x11, 0x9b, 0x22, 0xfc, 0x45}},
      {2, {0x81, 0x77, 0x22, 0x8d, 0xa4, 0xa4, 0x5d, 0xc7, 0xfc, 0xa3, 0x8b, 0xde, 0xf6, 0x0a, 0xff, 0xe4}},
      {7, {0xa1, 0xf1, 0xeb, 0xbe, 0xd8, 0xdb, 0xc1, 0x53, 0xc0, 0xb8, 0x4a, 0xa6, 0x1f, 0xf0, 0x82, 0x39}},
      {8, {0x3b, 0x62, 0xa9, 0xba, 0x62, 0x58, 0xf5, 0x61, 0x0f, 0x83, 0xe2, 0x64, 0xf3, 0x14, 0x97, 0xb4}},
      {9, {0x26, 0x44, 0x99, 0x06, 0x0a, 0xd9, 0xba, 0xab, 0xc4, 0x7f, 0x8b, 0x02, 0xbb, 0x6d, 0x71, 0xed}},
      {15, {0x54, 0x93, 0xe9, 0x99, 0x33, 0xb0, 0xa8, 0x11, 0x7e, 0x08, 0xec, 0x0f, 0x97, 0xcf, 0xc3, 0xd9}},
      {16, {0x6e, 0xe2, 0xa4, 0xca, 0x67, 0xb0, 0x54, 0xbb, 0xfd, 0x33, 0x15, 0xbf, 0x85, 0x23, 0x05, 0x77}},
      {63, {0x51, 0x50, 0xd1, 0x77, 0x2f, 0x50, 0x83, 0x4a, 0x50, 0x3e, 0x06, 0x9a, 0x97, 0x3f, 0xbd, 0x7c}},
  };
  for (const Vector& vector : vectors) {
    EXPECT_EQ(keyed_hash_for_test(kPublishedKey, counting_bytes(vector.message_bytes)), from_output(vector.output))
        << vector.message_bytes << " bytes";
  }
}

TEST(KeyedHash, AgreesWithOpensslAtEveryLengthAndReadsNoByteTooMany) {
  std::mt19937_64 random(20240611);
  for (std::size_t size = 0; size <= 600; ++size) {
    const SipKey key{random(), random()};
    // An exact-size heap copy, so that an over-read is seen.
    const std::unique_ptr<char[]> bytes(new char[size]);
    for (std::size_t i = 0; i < size; ++i) bytes[i] = static_cast<char>(random());
    const std::string_view message(bytes.get(), size);
    ASSERT_EQ(keyed_hash_for_test(key, message), openssl_siphash(key, message)) << size << " bytes";
  }
}

TEST(KeyedHash, IsTheSameThroughoutTheProcess) {
  const Hash128 here = keyed_hash("token");
  Hash128 there;
  std::thread([&there] { there = keyed_hash("token"); }).join();
  EXPECT_EQ(here, there);
  EXPECT_EQ(keyed_hash64("token"), here.low);
}

TEST(KeyedHash, IsNotUnderAnAllZeroOrPublishedKey) {
  EXPECT_NE(keyed_hash("token"), keyed_hash_for_test(SipKey{}, "token"));
  EXPECT_NE(keyed_hash("token"), keyed_hash_for_test(kPublishedKey, "token"));
}

// The key differs from process to process: the child's hash is printed by its own death.
TEST(KeyedHashDeathTest, DiffersBetweenProcesses) {
  testing::GTEST_FLAG(death_test_style) = "threadsafe";  // runs the program anew, so the child draws its own key
  const std::string here = std::to_string(keyed_hash64("token"));
  EXPECT_EXIT(
      {
        std::fprintf(stderr, "hash %llu.", static_cast<unsigned long long>(keyed_hash64("token")));
        std::_Exit(0);
      },
      testing::ExitedWithCode(0), testing::Not(testing::HasSubstr("hash " + here + ".")));
}

TEST(KeyedHash, OfDomainAndTextIsTheHashOfBothJoined) {
  const std::uint64_t domain = 0x0807060504030201U;
  const std::string domain_bytes = "\x01\x02\x03\x04\x05\x06\x07\x08";
  for (const std::size_t size : {0U, 1U, 7U, 8U, 9U, 247U, 248U, 249U, 1000U}) {
    const std::string text(size, 'x');
    EXPECT_EQ(keyed_hash(domain, text), keyed_hash(domain_bytes + text)) << size << " bytes";
  }
}

TEST(KeyedHash, TellsAnyTwoShortTextsApart) {
  std::set<std::pair<std::uint64_t, std::uint64_t>> seen;
  for (std::size_t size = 0; size < 300; ++size) {
    const Hash128 hash = keyed_hash(std::string(size, '\0'));
    EXPECT_TRUE(seen.emplace(hash.high, hash.low).second) << size << " zero bytes";
  }
  EXPECT_NE(keyed_hash(1, "token"), keyed_hash(2, "token"));
  EXPECT_NE(keyed_hash(1, "token"), keyed_hash("token"));
}

TEST(KeyedHash, IsPlacedInAnAbseilTableByItsLowHalfAndComparedWhole) {
  const Hash128 a{.high = 1, .low = 7};
  const Hash128 b{.high = 2, .low = 7};
  EXPECT_EQ(absl::HashOf(a), absl::HashOf(b));
  EXPECT_NE(absl::HashOf(a), absl::HashOf(Hash128{.high = 1, .low = 8}));
  EXPECT_NE(a, b);
}

}  // namespace
}  // namespace assay::base

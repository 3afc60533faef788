#include "verify/target_digest.h"

#include <algorithm>
#include <iterator>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "base/cpu.h"

namespace assay::verify {
namespace {

constexpr state::TargetName kAlice{
    .kind = RevocationKind::kSubject, .issuer = "https://issuer.example", .value = "alice"};

std::string text_of(const state::TargetName& name) {
  const state::TargetText text(name);
  std::string joined;
  for (const std::string_view piece : text.pieces()) joined += piece;
  return joined;
}

DurableId digest(TargetDigest& digests, const state::TargetName& name) {
  DurableId id{};
  EXPECT_TRUE(digests.digest(name, id));
  return id;
}

TEST(TargetDigest, AFingerprintTellsKeysApart) {
  const auto fingerprint_of = [](std::string_view id_key) {
    DurableId fingerprint{};
    EXPECT_TRUE(TargetDigest(id_key).fingerprint(fingerprint));
    return fingerprint;
  };
  const std::string key(32, 'k');
  const std::string other = std::string(31, 'k') + "l";
  EXPECT_EQ(fingerprint_of(key), fingerprint_of(key));
  EXPECT_NE(fingerprint_of(key), fingerprint_of(other));
  EXPECT_NE(fingerprint_of(key), fingerprint_of(""));
  EXPECT_EQ(fingerprint_of(""), fingerprint_of(""));
  // Nor is it the hash of the key.
  DurableId hash;
  ASSERT_EQ(EVP_Digest(key.data(), key.size(), hash.data(), nullptr, EVP_sha256(), nullptr), 1);
  EXPECT_NE(fingerprint_of(key), hash);
  unsigned char expected[32];
  constexpr std::string_view kText = "assay id key, fingerprint 1";
  ASSERT_NE(HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()),
                 reinterpret_cast<const unsigned char*>(kText.data()), kText.size(), expected, nullptr),
            nullptr);
  EXPECT_TRUE(std::equal(std::begin(expected), std::end(expected), fingerprint_of(key).begin()));
}

TEST(TargetDigest, WithoutAKeyItIsSha256OfTheText) {
  TargetDigest digests("");
  for (const std::size_t bytes : {0U, 5U, 64U, 5'000U}) {
    const std::string value(bytes, 'v');
    const state::TargetName name{.kind = RevocationKind::kToken, .issuer = "i", .value = value};
    const std::string text = text_of(name);
    DurableId expected;
    ASSERT_EQ(EVP_Digest(text.data(), text.size(), expected.data(), nullptr, EVP_sha256(), nullptr), 1);
    EXPECT_EQ(digest(digests, name), expected) << bytes;
  }
}

TEST(TargetDigest, WithAKeyItIsHmacOfTheText) {
  const std::string text = text_of(kAlice);
  for (const std::size_t key_bytes : {1U, 31U, 32U, 63U, 64U, 65U, 200U}) {
    const std::string key(key_bytes, '\xa7');
    TargetDigest digests(key);
    DurableId expected;
    unsigned bytes = 0;
    ASSERT_NE(HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()),
                   reinterpret_cast<const unsigned char*>(text.data()), text.size(), expected.data(), &bytes),
              nullptr);
    EXPECT_EQ(digest(digests, kAlice), expected) << key_bytes;
    EXPECT_EQ(digest(digests, kAlice), expected) << "again with a key of " << key_bytes;
  }
}

TEST(TargetDigest, EveryPartOfANameAndTheKeyChangeIt) {
  TargetDigest plain("");
  TargetDigest keyed("one key");
  TargetDigest other("another key");
  const DurableId id = digest(plain, kAlice);
  EXPECT_NE(digest(keyed, kAlice), id);
  EXPECT_NE(digest(keyed, kAlice), digest(other, kAlice));
  state::TargetName name = kAlice;
  name.kind = RevocationKind::kSubjectIssuedBefore;
  EXPECT_NE(digest(plain, name), id);
  name = kAlice;
  name.issuer = "https://issuer.exampl";
  name.value = "ealice";
  EXPECT_NE(digest(plain, name), id);
}

TEST(TargetDigest, ManyAtOnceAreTheSameOneByOne) {
  const auto kernels = kernel::select_kernels("", base::detect_cpu_features());
  ASSERT_TRUE(kernels);
  for (const std::string_view key : {"", "one key"}) {
    TargetDigest one_by_one(key);
    TargetDigest many(key, kernels->sha256);
    std::vector<std::string> values;
    for (std::size_t i = 0; i < 3 * kBatchMax + 5; ++i) values.emplace_back(i * i % 700, 'v');
    std::vector<TargetJob> jobs;
    for (const std::string& value : values) {
      jobs.push_back({.name = {.kind = RevocationKind::kClient, .issuer = "https://issuer.example", .value = value}});
    }
    ASSERT_TRUE(many.digest_many(jobs));
    for (const TargetJob& job : jobs) EXPECT_EQ(job.id, digest(one_by_one, job.name)) << job.name.value.size();
    ASSERT_TRUE(one_by_one.digest_many(jobs));
    for (const TargetJob& job : jobs) EXPECT_EQ(job.id, digest(many, job.name)) << job.name.value.size();
    EXPECT_TRUE(many.digest_many({}));
  }
}

// sha256sum of "https://issuer.example" begins with these bytes.
TEST(TargetDigest, AnIssuersIdIsTheBeginningOfItsHash) {
  Sha256 sha256;
  std::uint64_t id = 0;
  ASSERT_TRUE(issuer_id_of("https://issuer.example", sha256, id));
  EXPECT_EQ(id, 0xffb55acfff1cbc1b);
}

}  // namespace
}  // namespace assay::verify

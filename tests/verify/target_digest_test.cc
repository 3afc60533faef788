#include "verify/target_digest.h"

#include <string>

#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

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

// sha256sum of "https://issuer.example" begins with these bytes.
TEST(TargetDigest, AnIssuersIdIsTheBeginningOfItsHash) {
  Sha256 sha256;
  std::uint64_t id = 0;
  ASSERT_TRUE(issuer_id_of("https://issuer.example", sha256, id));
  EXPECT_EQ(id, 0xffb55acfff1cbc1b);
}

}  // namespace
}  // namespace assay::verify

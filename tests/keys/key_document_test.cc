#include "keys/key_document.h"

#include <algorithm>
#include <memory>
#include <string>

#include <gtest/gtest.h>

#include "assay/limits.h"
#include "signing/signing_key.h"

namespace assay::keys {
namespace {

using signing::SigningKey;
using Kind = KeySource::Kind;

// Reads an exact-size heap copy, so that a read of one byte too many is seen.
Expected<KeyDocument> read(Kind kind, const std::string& text) {
  const auto copy = std::make_unique<char[]>(text.size());
  std::copy(text.begin(), text.end(), copy.get());
  return read_key_document(kind, std::string_view(copy.get(), text.size()));
}

std::string record(const std::string& kid, const std::string& pem) { return kPemRecordMark + kid + "\n" + pem; }

const std::string& pem() {
  static const std::string text = SigningKey::generate_ec(signing::Curve::kP256).public_pem();
  return text;
}

TEST(KeyDocument, KidsChooseAmongTheKeysOfASetAndOfAFolderAlone) {
  const std::string jwks = signing::jwk_set(SigningKey::generate_ed25519().public_jwk({}));
  for (const Kind kind : {Kind::kJwksText, Kind::kJwksUrl, Kind::kDiscovery}) {
    EXPECT_EQ(read(kind, jwks)->kid_use, KidUse::kChooses);
  }
  EXPECT_EQ(read(Kind::kPemFolder, record("a", pem()))->kid_use, KidUse::kChooses);
  EXPECT_EQ(read(Kind::kPem, pem())->kid_use, KidUse::kIgnored);
  EXPECT_EQ(read(Kind::kSecret, std::string(32, 's'))->kid_use, KidUse::kIgnored);
}

TEST(KeyDocument, IsOfTheKindThatWasAskedFor) {
  EXPECT_FALSE(read(Kind::kJwksUrl, pem()));
  EXPECT_FALSE(read(Kind::kJwksUrl, record("a", pem())));
  EXPECT_FALSE(read(Kind::kPem, record("a", "")));
  EXPECT_FALSE(read(Kind::kPemFolder, pem()));
  EXPECT_FALSE(read(Kind::kNone, pem()));
  EXPECT_FALSE(read(Kind::kSecret, "short"));
}

TEST(KeyDocument, AFolderHasOneKeyForEachRecord) {
  const auto document = read(Kind::kPemFolder, record("2026-01", pem()) + record("2026-02", "# note\n" + pem()));
  ASSERT_TRUE(document);
  ASSERT_EQ(document->keys.size(), 2U);
  EXPECT_EQ(document->keys[0].kid, "2026-01");
  EXPECT_EQ(document->keys[1].kid, "2026-02");
  for (const jose::Jwk& jwk : document->keys) EXPECT_EQ(jwk.defect, jose::KeyDefect::kNone);
}

TEST(KeyDocument, ABrokenRecordStopsNoOther) {
  const auto document =
      read(Kind::kPemFolder, record("a", "") + record("b", pem()) + std::string(1, kPemRecordMark) + record("", pem()) +
                                 record(std::string(kKidBytesMax + 1, 'k'), pem()) + record("e", pem() + pem()));
  ASSERT_TRUE(document);
  ASSERT_EQ(document->keys.size(), 6U);
  for (std::size_t i = 0; i < document->keys.size(); ++i) {
    EXPECT_EQ(document->keys[i].defect == jose::KeyDefect::kNone, i == 1) << i;
  }
  EXPECT_EQ(document->keys[0].kid, "a");
}

TEST(KeyDocument, AFolderIsBounded) {
  EXPECT_TRUE(read(Kind::kPemFolder, ""));
  EXPECT_TRUE(read(Kind::kPemFolder, std::string(kKeysPerIssuerMax, kPemRecordMark)));
  EXPECT_FALSE(read(Kind::kPemFolder, std::string(kKeysPerIssuerMax + 1, kPemRecordMark)));
  EXPECT_FALSE(read(Kind::kPemFolder, record("a", std::string(kJwksBytesMax, '\n'))));
}

}  // namespace
}  // namespace assay::keys

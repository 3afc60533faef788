#include "keys/kid_table.h"

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

namespace assay::keys {
namespace {

// A sound key of a type that fits EdDSA alone; `kid` as given.
Key ed25519_key(std::optional<std::string> kid) {
  Key key;
  key.type = jose::KeyType::kOkp;
  key.curve = jose::Curve::kEd25519;
  key.kid = std::move(kid);
  return key;
}

Key ec_key(std::string kid) {
  Key key;
  key.type = jose::KeyType::kEc;
  key.curve = jose::Curve::kP256;
  key.kid = std::move(kid);
  return key;
}

Candidates find(const KidTable& table, const std::string& kid, Alg alg = Alg::kEdDSA) {
  return table.view().find(base::keyed_hash(kid), alg);
}

TEST(KidTable, HasNoKidOfNoKeys) {
  const KidTable table({});
  EXPECT_EQ(find(table, "a").code, ErrorCode::kUnknownKey);
  EXPECT_EQ(find(table, "").code, ErrorCode::kUnknownKey);
  EXPECT_FALSE(table.view().contains(base::keyed_hash("a")));
  EXPECT_TRUE(table.view().has_kids()) << "of none, each is unknown";
}

TEST(KidTable, OfAViewOfNothingSaysUnknown) {
  const KidView view;
  EXPECT_FALSE(view.has_kids());
  EXPECT_EQ(view.find(base::keyed_hash("a"), Alg::kRS256).code, ErrorCode::kUnknownKey);
  view.prefetch(base::keyed_hash("a"));
}

TEST(KidTable, FindsEachOfAThousandAndNoOther) {
  std::vector<Key> keys;
  for (int i = 0; i < 1000; ++i) keys.push_back(ed25519_key("kid " + std::to_string(i)));
  keys.push_back(ed25519_key(std::nullopt));
  const KidTable table(keys);
  for (std::size_t i = 0; i < 1000; ++i) {
    const Candidates found = find(table, "kid " + std::to_string(i));
    ASSERT_EQ(found.count, 1U);
    ASSERT_EQ(found.keys[0], &keys[i]);
  }
  for (int i = 1000; i < 3000; ++i) {
    ASSERT_EQ(find(table, "kid " + std::to_string(i)).code, ErrorCode::kUnknownKey);
  }
}

TEST(KidTable, ListsTheKeysOfOneKidInTheirOrder) {
  std::vector<Key> keys;
  for (std::size_t i = 0; i < kKeysTriedMax + 2; ++i) keys.push_back(ed25519_key("same"));
  keys.push_back(ed25519_key("another"));
  const KidTable table(keys);
  const Candidates found = find(table, "same");
  ASSERT_EQ(found.count, kKeysTriedMax);
  for (std::size_t i = 0; i < found.count; ++i) EXPECT_EQ(found.keys[i], &keys[i]);
  EXPECT_EQ(find(table, "another").keys[0], &keys.back());
}

TEST(KidTable, SaysWhyAKidHasNoKeyForAnAlgorithm) {
  std::vector<Key> keys;
  for (const char* kid : {"good", "weak"}) keys.push_back(ed25519_key(kid));
  keys.push_back(ec_key("twice"));
  keys.push_back(ed25519_key("twice"));
  keys[1].prepared.defect = jose::KeyDefect::kMalformed;
  const KidTable table(keys);
  EXPECT_EQ(find(table, "good", Alg::kES256).code, ErrorCode::kAlgKeyMismatch);
  EXPECT_EQ(find(table, "weak").code, ErrorCode::kWeakKey);
  EXPECT_EQ(find(table, "weak").count, 0U);
  EXPECT_EQ(find(table, "twice").keys[0], &keys[3]);
  EXPECT_EQ(find(table, "twice", Alg::kES256).keys[0], &keys[2]);
  EXPECT_EQ(find(table, "twice", Alg::kRS256).code, ErrorCode::kAlgKeyMismatch);
}

}  // namespace
}  // namespace assay::keys

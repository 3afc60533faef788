#include "config/key_table.h"

#include <gtest/gtest.h>

namespace assay::config {
namespace {

TEST(KeyTable, SuggestsTheNearestKeyOfTheSameTable) {
  EXPECT_EQ(nearest_key({.table = "listener", .key = "adress"}), "address");
  EXPECT_EQ(nearest_key({.table = "listener", .key = "trusted_peer"}), "trusted_peers");
  EXPECT_EQ(nearest_key({.table = "issuer", .key = "algorithm"}), "algorithms");
  EXPECT_EQ(nearest_key({.table = "issuer", .key = "required_claims"}), "require_claims");
  EXPECT_EQ(nearest_key({.table = "admin", .key = "adress"}), "address");
}

TEST(KeyTable, SuggestsNothingWhereNothingIsNear) {
  EXPECT_EQ(nearest_key({.table = "listener", .key = "password"}), "");
  EXPECT_EQ(nearest_key({.table = "no such table", .key = "address"}), "");
}

TEST(KeyTable, ListsTheKeysOfOneTable) {
  EXPECT_EQ(list_keys("issuer.scope"), "grammar, wildcard");
  EXPECT_EQ(list_keys("routes"), "unmatched");
}

TEST(KeyTable, KnowsKeysByTableAndName) {
  EXPECT_TRUE(is_known({.table = "admin", .key = "address"}));
  EXPECT_FALSE(is_known({.table = "admin", .key = "mode"}));
}

}  // namespace
}  // namespace assay::config

#include "config/toml_tree.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace assay::config {
namespace {

TEST(TomlTree, KeepsKindsValuesAndPlaces) {
  const auto tree = parse_toml("a = \"x\"\n[t]\n  b = [1, true]\n  c = 1.5\n  d = 1979-05-27\n");
  ASSERT_TRUE(tree.has_value());
  ASSERT_EQ(tree->members.size(), 2U);
  const TomlMember& a = tree->members[0];
  EXPECT_EQ(a.key, "a");
  EXPECT_EQ(a.place.line, 1U);
  EXPECT_EQ(a.place.column, 1U);
  EXPECT_EQ(a.value.kind, TomlValue::Kind::kString);
  EXPECT_EQ(a.value.text, "x");
  EXPECT_EQ(a.value.place.column, 5U);
  const TomlValue& t = tree->members[1].value;
  ASSERT_EQ(t.kind, TomlValue::Kind::kTable);
  ASSERT_EQ(t.members.size(), 3U);
  const TomlValue& b = t.members[0].value;
  ASSERT_EQ(b.elements.size(), 2U);
  EXPECT_EQ(b.elements[0].integer, 1);
  EXPECT_TRUE(b.elements[1].boolean);
  EXPECT_EQ(b.elements[1].place.line, 3U);
  EXPECT_EQ(b.elements[1].place.column, 11U);
  EXPECT_EQ(t.members[1].value.kind, TomlValue::Kind::kFloat);
  EXPECT_EQ(t.members[2].value.kind, TomlValue::Kind::kDateTime);
}

TEST(TomlTree, PlacesTheFirstSyntaxError) {
  const auto tree = parse_toml("a = 1\nb = \n");
  ASSERT_FALSE(tree.has_value());
  EXPECT_EQ(tree.error().line, 2U);
  EXPECT_THAT(tree.error().message, testing::StartsWith("not TOML: "));
  EXPECT_THAT(tree.error().message, testing::HasSubstr("accepted: TOML 1.0"));
}

TEST(TomlTree, RefusesDuplicatesBadUtf8AndDeepNesting) {
  EXPECT_FALSE(parse_toml("a = 1\na = 2\n").has_value());
  EXPECT_FALSE(parse_toml("[t]\n[t]\n").has_value());
  EXPECT_FALSE(parse_toml("a = \"\xff\"\n").has_value());
  EXPECT_FALSE(parse_toml(std::string("a = \"\0\"", 7)).has_value());
  EXPECT_FALSE(parse_toml("a = " + std::string(100'000, '[')).has_value());
}

TEST(TomlTree, NamesEveryKindForPeople) {
  EXPECT_EQ(name_of(TomlValue::Kind::kInteger), "an integer");
  EXPECT_EQ(name_of(TomlValue::Kind::kTable), "a table");
}

}  // namespace
}  // namespace assay::config

#include "jose/name_table.h"

#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace assay::jose {
namespace {

constexpr std::size_t kDocumentBytes = 10000;

class NameTableTest : public testing::Test {
 protected:
  NameTableTest() : room_(NameTable::slot_count(kDocumentBytes), {7, 7}), table_(room_) {
    table_.begin_document(kDocumentBytes);
  }

  // Inserts a member of `object` and makes its node.
  bool insert(std::uint32_t object, const std::string& name) {
    names_.push_back(std::make_unique<std::string>(name));
    const auto index = static_cast<std::uint32_t>(nodes_.size());
    const NamesSoFar names{.nodes = nodes_, .members = {}};
    const bool is_new = table_.insert(names, {.object = object, .index = index}, *names_.back());
    nodes_.push_back({.name = *names_.back(), .text = {}});
    return is_new;
  }

  std::vector<NameTable::Slot> room_;  // begins as another document left it
  NameTable table_;
  std::vector<JsonNode> nodes_;
  std::vector<std::unique_ptr<std::string>> names_;
};

TEST_F(NameTableTest, FindsARepeatedNameAmongManyOthers) {
  for (int i = 0; i < 1500; ++i) ASSERT_TRUE(insert(0, "name" + std::to_string(i)));
  EXPECT_FALSE(insert(0, "name0"));
  EXPECT_FALSE(insert(0, "name777"));
  EXPECT_FALSE(insert(0, "name1499"));
  EXPECT_TRUE(insert(0, "name1500"));
}

TEST_F(NameTableTest, KeepsObjectsApart) {
  for (std::uint32_t object = 0; object < 1500; ++object) ASSERT_TRUE(insert(object, "same"));
  EXPECT_FALSE(insert(700, "same"));
}

TEST_F(NameTableTest, TellsTheEmptyNameFromANul) {
  EXPECT_TRUE(insert(0, ""));
  EXPECT_TRUE(insert(0, std::string(1, '\0')));
  EXPECT_FALSE(insert(0, ""));
}

TEST_F(NameTableTest, ForgetsTheDocumentBefore) {
  EXPECT_TRUE(insert(0, "a"));
  table_.begin_document(kDocumentBytes);
  EXPECT_TRUE(insert(0, "a"));
}

TEST_F(NameTableTest, HasTwiceAsManySlotsAsADocumentHasNames) {
  for (std::size_t bytes = 0; bytes < 5000; ++bytes) EXPECT_GE(NameTable::slot_count(bytes), bytes / 5 * 2 + 1);
}

}  // namespace
}  // namespace assay::jose

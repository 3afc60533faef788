#include "base/same_text.h"

#include <algorithm>
#include <memory>
#include <string>

#include <gtest/gtest.h>

namespace assay::base {
namespace {

// Compares copies of exactly their sizes, so that a read past either end is caught.
bool same(std::string_view left, std::string_view right) {
  const auto a = std::make_unique<char[]>(left.size());
  const auto b = std::make_unique<char[]>(right.size());
  std::copy(left.begin(), left.end(), a.get());
  std::copy(right.begin(), right.end(), b.get());
  return same_text({a.get(), left.size()}, {b.get(), right.size()});
}

TEST(SameText, ComparesEveryByteOfEverySize) {
  for (std::size_t size = 0; size <= 70; ++size) {
    std::string text(size, 'x');
    EXPECT_TRUE(same(text, text)) << size;
    EXPECT_FALSE(same(text, text + 'x')) << size;
    EXPECT_FALSE(same(text + 'x', text)) << size;
    for (std::size_t at = 0; at < size; ++at) {
      std::string other = text;
      other[at] = '\xf8';
      EXPECT_FALSE(same(text, other)) << size << " " << at;
      EXPECT_FALSE(same(other, text)) << size << " " << at;
    }
  }
}

TEST(SameText, TakesNullForAnEmptyText) {
  EXPECT_TRUE(same_text({}, ""));
  EXPECT_FALSE(same_text({}, "a"));
}

TEST(SameText, LooksBehindNul) { EXPECT_FALSE(same(std::string_view("a\0b", 3), std::string_view("a\0c", 3))); }

}  // namespace
}  // namespace assay::base

// Every kernel that finds dots against a search character by character.
#include "kernel/dots.h"

#include <cstdint>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include "kernel/kernel.h"
#include "tests/kernel/exact_text.h"

namespace assay::kernel {
namespace {

class Dots : public testing::TestWithParam<DotsVariant> {
 protected:
  void SetUp() override {
    if (!GetParam().supported(base::detect_cpu_features())) GTEST_SKIP() << "this processor lacks " << GetParam().name;
  }

  static std::vector<std::size_t> find(std::string_view text) {
    std::size_t dots[kDotsMax];
    const std::size_t count = GetParam().run(exactly(text).get(), text.size(), dots);
    return {dots, dots + count};
  }
  static std::vector<std::size_t> find_slowly(std::string_view text) {
    std::vector<std::size_t> dots;
    for (std::size_t i = 0; i < text.size() && dots.size() < kDotsMax; ++i) {
      if (text[i] == '.') dots.push_back(i);
    }
    return dots;
  }
};

INSTANTIATE_TEST_SUITE_P(Variants, Dots, testing::ValuesIn(dots_variants()),
                         [](const auto& variant) { return std::string(variant.param.name); });

TEST_P(Dots, AreFoundWhereverTheyStand) {
  for (std::size_t size = 0; size < 400; ++size) {
    std::string text(size, 'x');
    EXPECT_EQ(find(text), find_slowly(text)) << size;
    for (std::size_t at = 0; at < size; ++at) {
      text[at] = '.';
      ASSERT_EQ(find(text), find_slowly(text)) << size << ' ' << at;
      text[size - 1 - at] = '.';
      ASSERT_EQ(find(text), find_slowly(text)) << size << ' ' << at;
      text[at] = 'x', text[size - 1 - at] = 'x';
    }
  }
}

TEST_P(Dots, AreThreeAtMost) {
  for (std::size_t size = 0; size < 300; ++size) {
    const std::string text(size, '.');
    EXPECT_EQ(find(text), find_slowly(text)) << size;
  }
}

TEST_P(Dots, AreNothingElse) {
  std::string text;
  for (int c = 0; c < 256; ++c) text += c == '.' ? std::string() : std::string(1, static_cast<char>(c));
  EXPECT_TRUE(find(text).empty());
}

TEST_P(Dots, AreFoundInRandomTexts) {
  std::mt19937 random(1);
  for (int round = 0; round < 20'000; ++round) {
    std::string text(random() % 700, 'a');
    for (std::size_t dots = random() % 5; dots > 0 && !text.empty(); --dots) text[random() % text.size()] = '.';
    ASSERT_EQ(find(text), find_slowly(text)) << text;
  }
}

}  // namespace
}  // namespace assay::kernel

// Every kernel that finds JSON tokens against a reference that takes one character at a time.
#include "kernel/json_tokens.h"

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

class JsonTokens : public testing::TestWithParam<JsonVariant> {
 protected:
  void SetUp() override {
    if (!GetParam().supported(base::detect_cpu_features())) GTEST_SKIP() << "this processor lacks " << GetParam().name;
    if (GetParam().run == nullptr) GTEST_SKIP() << "no kernel of ours runs";
  }

  static std::vector<std::uint32_t> find(std::string_view text) {
    std::vector<std::uint32_t> offsets(text.size() + kJsonTokenSlack);
    offsets.shrink_to_fit();
    offsets.resize(GetParam().run(exactly(text).get(), text.size(), offsets.data()));
    return offsets;
  }
  // Nothing for a text that is not plain.
  static std::vector<std::uint32_t> find_slowly(std::string_view text) {
    std::vector<std::uint32_t> offsets;
    bool in_string = false;
    bool in_scalar = false;
    for (std::size_t i = 0; i < text.size(); ++i) {
      const char c = text[i];
      if (c < ' ' || c == '\\') return {};
      const bool is_scalar = c != ' ' && std::string_view("{}[]:,").find(c) == std::string_view::npos;
      if (c == '"') {
        // A quote within a scalar begins a string, but no token.
        if (!in_string && !in_scalar) offsets.push_back(static_cast<std::uint32_t>(i));
        in_string = !in_string;
        in_scalar = false;
      } else if (!in_string) {
        if (c != ' ' && !(is_scalar && in_scalar)) offsets.push_back(static_cast<std::uint32_t>(i));
        in_scalar = is_scalar;
      } else {
        in_scalar = is_scalar;
      }
    }
    return in_string ? std::vector<std::uint32_t>{} : offsets;
  }
};

INSTANTIATE_TEST_SUITE_P(Variants, JsonTokens, testing::ValuesIn(json_variants()),
                         [](const auto& variant) { return std::string(variant.param.name); });

TEST_P(JsonTokens, AreThoseOfTheExample) {
  EXPECT_EQ(find(R"({"a":[1, true ]})"), (std::vector<std::uint32_t>{0, 1, 4, 5, 6, 7, 9, 14, 15}));
  EXPECT_TRUE(find("").empty());
  EXPECT_TRUE(find("   ").empty());
}

TEST_P(JsonTokens, AreNotListedOfTextsThatAreNotPlain) {
  for (std::size_t before = 0; before < 200; ++before) {
    const std::string head = "{\"" + std::string(before, 'x');
    EXPECT_FALSE(find(head + "y\":1}").empty()) << before;
    for (int c = 0; c < 256; ++c) {
      if (c >= ' ' && c < 127 && c != '"' && c != '\\') continue;
      const bool is_plain = c == 127;
      EXPECT_EQ(find(head + std::string(1, static_cast<char>(c)) + "\":1}").empty(), !is_plain) << before << ' ' << c;
    }
  }
}

TEST_P(JsonTokens, AreFoundAtEveryPlaceOfAStep) {
  for (std::size_t blanks = 0; blanks < 130; ++blanks) {
    for (const std::string_view rest :
         {"{\"a\":[1, true ]}", "1\"a\"2", "\"\"\"\"", "[[[[[[[[[[[[[[[[[[[[", "\"{,}\":x y",
          "{}{}{}{}{}{}{}{}{}{}{}{}{}{}{}{}{}{}{}{}{}{}{}{}{}{}{}{}{}{}{}{}{}{}{}{}{}{}"}) {
      const std::string text = std::string(blanks, ' ') + std::string(rest);
      ASSERT_EQ(find(text), find_slowly(text)) << text;
    }
  }
}

TEST_P(JsonTokens, AreFoundInRandomTexts) {
  static constexpr std::string_view kBytes = "\"\"\"{}[]:,,  aZ019-.+\x7f~_";
  std::mt19937 random(2);
  std::size_t plain = 0;
  for (int round = 0; round < 50'000; ++round) {
    std::string text(random() % 300, ' ');
    for (char& c : text) c = kBytes[random() % kBytes.size()];
    if (random() % 16 == 0 && !text.empty()) text[random() % text.size()] = "\\\n\t\x80"[random() % 4];
    const std::vector<std::uint32_t> expected = find_slowly(text);
    ASSERT_EQ(find(text), expected) << text;
    if (!expected.empty()) ++plain;
  }
  EXPECT_GT(plain, 10'000U);
}

}  // namespace
}  // namespace assay::kernel

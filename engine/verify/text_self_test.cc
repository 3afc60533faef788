#include "verify/text_self_test.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace assay::verify {
namespace {

// Every place of a step of 64 characters, and of the one behind it.
constexpr std::size_t kPlaces = 128;

constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
// The sextets 0, 1, 2, .. 63, made with Python's base64.
constexpr std::array<std::uint8_t, 48> kAlphabetBytes{
    0x00, 0x10, 0x83, 0x10, 0x51, 0x87, 0x20, 0x92, 0x8b, 0x30, 0xd3, 0x8f, 0x41, 0x14, 0x93, 0x51,
    0x55, 0x97, 0x61, 0x96, 0x9b, 0x71, 0xd7, 0x9f, 0x82, 0x18, 0xa3, 0x92, 0x59, 0xa7, 0xa2, 0x9a,
    0xab, 0xb2, 0xdb, 0xaf, 0xc3, 0x1c, 0xb3, 0xd3, 0x5d, 0xb7, 0xe3, 0x9e, 0xbb, 0xf3, 0xdf, 0xbf};

bool decodes(const kernel::Base64urlVariant& variant) {
  std::string text;
  std::vector<std::uint8_t> expected;
  for (int i = 0; i < 3; ++i) {
    text += kAlphabet;
    expected.insert(expected.end(), kAlphabetBytes.begin(), kAlphabetBytes.end());
  }
  std::vector<std::uint8_t> bytes(expected.size());
  for (std::size_t quads = 1; quads <= text.size() / 4; ++quads) {
    if (variant.run(text.data(), quads * 4, bytes.data()) != kernel::kBase64urlAccepted) return false;
    if (!std::equal(expected.begin(), expected.begin() + static_cast<std::ptrdiff_t>(quads * 3), bytes.begin())) {
      return false;
    }
  }
  // The last one or two bytes: one group less its end, whose unused bits are zero.
  for (std::size_t groups = 0; groups < kPlaces / 4; ++groups) {
    const std::string whole = text.substr(0, groups * 4);
    for (const auto& [ending, octets] : {std::pair("_w", 1), std::pair("__8", 2)}) {
      const std::string ended = whole + ending;
      std::vector<std::uint8_t> last(groups * 3 + static_cast<std::size_t>(octets));
      if (variant.run(ended.data(), ended.size(), last.data()) != kernel::kBase64urlAccepted) return false;
      if (last.back() != 0xff || last[groups * 3] != 0xff) return false;
    }
  }
  for (std::size_t at = 0; at < text.size(); ++at) {
    const char right = std::exchange(text[at], '+');
    if (variant.run(text.data(), text.size(), bytes.data()) != at) return false;
    text[at] = right;
  }
  return true;
}

bool finds_dots(const kernel::DotsVariant& variant) {
  for (std::size_t at = 0; at < kPlaces; ++at) {
    std::string text(at + 2 * kPlaces, 'e');
    text[at] = text[at + 1] = text[at + kPlaces] = '.';
    std::size_t dots[kernel::kDotsMax];
    const std::array<std::size_t, kernel::kDotsMax> expected{at, at + 1, at + kPlaces};
    if (variant.run(text.data(), text.size(), dots) != kernel::kDotsMax) return false;
    if (!std::equal(expected.begin(), expected.end(), dots)) return false;
    if (variant.run(text.data(), at, dots) != 0) return false;
    if (variant.run(text.data(), at + 1, dots) != 1 || dots[0] != at) return false;
  }
  return true;
}

bool finds_tokens(const kernel::JsonVariant& variant) {
  if (variant.run == nullptr) return true;
  constexpr std::string_view kText = R"({"a":[1, true ],"{":"}"})";
  constexpr std::array<std::uint32_t, 13> kOffsets{0, 1, 4, 5, 6, 7, 9, 14, 15, 16, 19, 20, 23};
  for (std::size_t at = 0; at < kPlaces; ++at) {
    std::string text = std::string(at, ' ') + std::string(kText);
    std::vector<std::uint32_t> offsets(text.size() + kernel::kJsonTokenSlack);
    const std::size_t count = variant.run(text.data(), text.size(), offsets.data());
    const auto is_expected = [at](std::uint32_t found, std::uint32_t expected) { return found == expected + at; };
    if (count != kOffsets.size()) return false;
    if (!std::equal(offsets.begin(), offsets.begin() + kOffsets.size(), kOffsets.begin(), is_expected)) return false;
    // As many tokens as characters.
    const std::string dense = std::string(at, ' ') + std::string(kPlaces, '[');
    offsets.resize(dense.size() + kernel::kJsonTokenSlack);
    if (variant.run(dense.data(), dense.size(), offsets.data()) != kPlaces) return false;
    for (std::size_t i = 0; i < kPlaces; ++i) {
      if (offsets[i] != at + i) return false;
    }
    for (const char unplain : {'\\', '\n', '\x80', '"'}) {
      text[at + 2] = unplain;
      if (variant.run(text.data(), text.size(), offsets.data()) != 0) return false;
    }
  }
  return true;
}

}  // namespace

bool passes_text_self_test(const kernel::KernelTable& table) {
  return decodes(table.base64url) && finds_dots(table.dots) && finds_tokens(table.json);
}

}  // namespace assay::verify

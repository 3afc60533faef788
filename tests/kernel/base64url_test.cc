// Every decoder of kernel/base64url against a reference that works bit by bit.
#include "kernel/base64url.h"

#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include "kernel/kernel.h"

namespace assay::kernel {
namespace {

constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

struct Outcome {
  std::size_t fault = kBase64urlAccepted;
  std::vector<std::uint8_t> bytes;  // of accepted texts

  friend bool operator==(const Outcome&, const Outcome&) = default;
};

// RFC 4648 sec 5 with RFC 7515 sec 2's rules, one bit at a time.
Outcome decode_slowly(std::string_view text) {
  Outcome outcome;
  std::vector<bool> bits;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const std::size_t value = kAlphabet.find(text[i]);
    if (value == std::string_view::npos) return {.fault = i, .bytes = {}};
    for (unsigned bit = 6; bit-- > 0;) bits.push_back((value >> bit & 1) != 0);
  }
  if (text.size() % 4 == 1) return {.fault = text.size() - 1, .bytes = {}};
  std::size_t at = 0;
  for (; at + 8 <= bits.size(); at += 8) {
    unsigned byte = 0;
    for (std::size_t bit = 0; bit < 8; ++bit) byte = byte << 1 | static_cast<unsigned>(bits[at + bit]);
    outcome.bytes.push_back(static_cast<std::uint8_t>(byte));
  }
  if (std::find(bits.begin() + static_cast<std::ptrdiff_t>(at), bits.end(), true) != bits.end()) {
    return {.fault = text.size() - 1, .bytes = {}};
  }
  return outcome;
}

class Base64url : public testing::TestWithParam<Base64urlVariant> {
 protected:
  void SetUp() override {
    if (!GetParam().supported(base::detect_cpu_features())) GTEST_SKIP() << "this processor lacks " << GetParam().name;
  }

  // Text and bytes in heap blocks of exactly their sizes: AddressSanitizer sees one byte too many.
  static Outcome decode(std::string_view text) {
    const auto exact = std::make_unique<char[]>(text.size());
    std::copy(text.begin(), text.end(), exact.get());
    std::vector<std::uint8_t> bytes(base64url_decoded_bytes(text.size()));
    bytes.shrink_to_fit();
    const std::size_t fault = GetParam().run(exact.get(), text.size(), bytes.data());
    if (fault != kBase64urlAccepted) bytes.clear();
    return {.fault = fault, .bytes = std::move(bytes)};
  }
};

INSTANTIATE_TEST_SUITE_P(Variants, Base64url, testing::ValuesIn(base64url_variants()),
                         [](const auto& variant) { return std::string(variant.param.name); });

// RFC 4648 sec 10, without padding, and RFC 7515 appendix C.
TEST_P(Base64url, DecodesPublishedExamples) {
  const auto text_of = [](std::string_view text) {
    const Outcome outcome = decode(text);
    EXPECT_EQ(outcome.fault, kBase64urlAccepted) << text;
    return std::string(outcome.bytes.begin(), outcome.bytes.end());
  };
  EXPECT_EQ(text_of(""), "");
  EXPECT_EQ(text_of("Zg"), "f");
  EXPECT_EQ(text_of("Zm8"), "fo");
  EXPECT_EQ(text_of("Zm9v"), "foo");
  EXPECT_EQ(text_of("Zm9vYg"), "foob");
  EXPECT_EQ(text_of("Zm9vYmE"), "fooba");
  EXPECT_EQ(text_of("Zm9vYmFy"), "foobar");
  EXPECT_EQ(text_of("A-z_4ME"), std::string("\x03\xec\xff\xe0\xc1", 5));
}

TEST_P(Base64url, AgreesWithTheReferenceAtEveryLength) {
  std::mt19937 random(20240312);
  for (std::size_t characters = 0; characters <= 300; ++characters) {
    for (int round = 0; round < 20; ++round) {
      std::string text(characters, 'A');
      for (char& c : text) c = kAlphabet[random() % 64];
      // Half of the texts get a last character without unused bits, so that they are accepted.
      if (round % 2 == 0 && characters % 4 > 1) text.back() = characters % 4 == 2 ? 'Q' : 'U';
      EXPECT_EQ(decode(text), decode_slowly(text)) << text;
    }
  }
}

TEST_P(Base64url, AgreesWithTheReferenceOnEveryByteInEveryPosition) {
  for (const std::size_t characters : {1u, 2u, 3u, 4u, 5u, 7u, 8u, 31u, 32u, 33u, 34u, 35u, 63u, 64u, 65u, 67u, 68u}) {
    for (std::size_t position = 0; position < characters; ++position) {
      std::string text(characters, 'A');
      for (int byte = 0; byte < 256; ++byte) {
        text[position] = static_cast<char>(byte);
        ASSERT_EQ(decode(text), decode_slowly(text))
            << characters << " characters, byte " << byte << " at " << position;
      }
    }
  }
}

TEST_P(Base64url, NamesTheFirstOfSeveralForeignCharacters) {
  std::string text(200, 'A');
  for (std::size_t i = 0; i < 200; i += 7) text[199 - i] = '!';
  EXPECT_EQ(decode(text).fault, decode_slowly(text).fault);
  EXPECT_EQ(decode("AAAA!!AA").fault, 4u);
}

// RFC 7515 sec 2: no padding.
TEST_P(Base64url, RefusesPadding) {
  EXPECT_EQ(decode("Zg==").fault, 2u);
  EXPECT_EQ(decode("Zm8=").fault, 3u);
  EXPECT_EQ(decode("Zm9v====").fault, 4u);
  EXPECT_EQ(decode("=").fault, 0u);
}

TEST_P(Base64url, RefusesWhiteSpaceAndLineBreaks) {
  EXPECT_EQ(decode(" Zm9v").fault, 0u);
  EXPECT_EQ(decode("Zm9v\n").fault, 4u);
  EXPECT_EQ(decode("Zm\r\n9v").fault, 2u);
  EXPECT_EQ(decode("Zm\t9").fault, 2u);
}

TEST_P(Base64url, RefusesTheCharactersOfPlainBase64) {
  EXPECT_EQ(decode("A+AA").fault, 1u);
  EXPECT_EQ(decode("AA/A").fault, 2u);
}

TEST_P(Base64url, RefusesALengthOfOneModuloFour) {
  for (std::size_t characters = 1; characters < 300; characters += 4) {
    EXPECT_EQ(decode(std::string(characters, 'A')).fault, characters - 1);
  }
}

TEST_P(Base64url, RefusesEveryNonzeroUnusedBit) {
  for (std::size_t whole = 0; whole <= 64; whole += 4) {
    const std::string head(whole, 'x');
    for (std::size_t value = 0; value < 64; ++value) {
      const std::size_t two = decode(head + "A" + kAlphabet[value]).fault;
      EXPECT_EQ(two, value % 16 == 0 ? kBase64urlAccepted : whole + 1);
      const std::size_t three = decode(head + "AA" + kAlphabet[value]).fault;
      EXPECT_EQ(three, value % 4 == 0 ? kBase64urlAccepted : whole + 2);
    }
  }
}

TEST_P(Base64url, WritesNothingAroundTheDecodedBytes) {
  constexpr std::uint8_t kCanary = 0xC5;
  constexpr std::size_t kMargin = 64;
  for (std::size_t characters = 0; characters <= 300; ++characters) {
    // Refused texts as well: the first one has unused bits, or a length of 1 modulo 4.
    for (const char last : {'_', 'A'}) {
      std::string text(characters, 'x');
      if (characters != 0) text.back() = last;
      std::vector<std::uint8_t> room(2 * kMargin + base64url_decoded_bytes(characters), kCanary);
      static_cast<void>(GetParam().run(text.data(), text.size(), room.data() + kMargin));
      EXPECT_EQ(std::count(room.begin(), room.begin() + kMargin, kCanary), 64) << characters;
      EXPECT_EQ(std::count(room.end() - kMargin, room.end(), kCanary), 64) << characters;
    }
  }
}

TEST(Base64urlSize, CountsDecodedBytes) {
  EXPECT_EQ(base64url_decoded_bytes(0), 0u);
  EXPECT_EQ(base64url_decoded_bytes(2), 1u);
  EXPECT_EQ(base64url_decoded_bytes(3), 2u);
  EXPECT_EQ(base64url_decoded_bytes(4), 3u);
  EXPECT_EQ(base64url_decoded_bytes(342), 256u);
}

}  // namespace
}  // namespace assay::kernel

#include "issuer/status_list.h"

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <gtest/gtest.h>
#include <zlib.h>

#include "assay/limits.h"
#include "state/status_board.h"
#include "tests/issuer/status_list_vectors.h"
#include "tests/jose/padded_text.h"

namespace assay::issuer {
namespace {

using Bytes = std::vector<std::uint8_t>;

constexpr std::size_t kBytesMax = std::size_t{1} << 20;

// base64url without padding.
std::string encoded(const Bytes& bytes) {
  constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  std::string text;
  std::uint32_t bits = 0;
  int count = 0;
  for (const std::uint8_t byte : bytes) {
    bits = bits << 8 | byte;
    for (count += 8; count >= 6; count -= 6) text += kAlphabet[bits >> (count - 6) & 63];
  }
  if (count > 0) text += kAlphabet[bits << (6 - count) & 63];
  return text;
}

Bytes compressed(const Bytes& bytes, int level = 9) {
  uLongf size = compressBound(bytes.size());
  Bytes out(size);
  EXPECT_EQ(compress2(out.data(), &size, bytes.data(), bytes.size(), level), Z_OK);
  out.resize(size);
  return out;
}

// In slices of `slice` bytes, from an exact-size heap copy that is gone before the first of them.
Expected<Bytes> inflated(std::string_view text, std::size_t bytes_max = kBytesMax, std::size_t slice = 1000) {
  auto copy = std::make_unique<char[]>(text.size());
  text.copy(copy.get(), text.size());
  Expected<StatusListInflater> inflater = StatusListInflater::start({copy.get(), text.size()}, bytes_max);
  if (!inflater) return Unexpected(inflater.error());
  copy.reset();
  while (!inflater->done()) inflater->advance(slice);
  return std::move(*inflater).finish();
}

Expected<StatusListText> read(std::string_view json) {
  const jose::PaddedText text(json);
  base::Arena arena(4096);
  jose::JsonReader reader(4096);
  const Expected<jose::JsonValue> root = reader.read(text.view(), arena);
  if (!root) return Unexpected(root.error());
  Expected<StatusListText> list = read_status_list(root->find("status_list").value);
  if (list) list->compressed = {};  // a view of what is gone
  return list;
}

ErrorCode code_of(const Expected<Bytes>& result) { return result ? ErrorCode::kNone : result.error().code; }

void expect_vector(std::uint32_t bits, std::string_view text, std::span<const test::StatusAt> statuses) {
  Expected<Bytes> bytes = inflated(text);
  ASSERT_TRUE(bytes) << bits;
  const state::StatusList list(bits, std::move(*bytes));
  ASSERT_EQ(list.size(), test::kLongListSize);
  std::size_t not_valid = 0;
  for (std::uint32_t i = 0; i < test::kLongListSize; ++i) not_valid += list.find(i) != 0 ? 1U : 0U;
  std::size_t named = 0;
  for (const auto& [index, status] : statuses) {
    EXPECT_EQ(list.find(index), status) << bits << " bits, index " << index;
    named += status != 0 ? 1U : 0U;
  }
  EXPECT_EQ(not_valid, named) << "no other is set";
  EXPECT_EQ(list.find(test::kLongListSize), std::nullopt);
}

TEST(StatusListInflater, ReadsTheExamplesOfTheDraft) {
  EXPECT_EQ(inflated("eNrbuRgAAhcBXQ").value(), (Bytes{0xB9, 0xA3}));
  EXPECT_EQ(inflated("eNo76fITAAPfAgc").value(), (Bytes{0xC9, 0x44, 0xF9}));
  expect_vector(1, test::kOneBitList, test::kOneBitStatuses);
  expect_vector(2, test::kTwoBitList, test::kTwoBitStatuses);
  expect_vector(4, test::kFourBitList, test::kFourBitStatuses);
  expect_vector(8, test::kEightBitList, test::kEightBitStatuses);
}

TEST(StatusListInflater, ReadsTheSameInSlicesOfAnySize) {
  Bytes list(5000);
  for (std::size_t i = 0; i < list.size(); ++i) list[i] = static_cast<std::uint8_t>(i * i >> 3);
  for (const int level : {0, 1, 9}) {
    const std::string text = encoded(compressed(list, level));
    for (const std::size_t slice : {1U, 7U, 4999U, 5000U, 5001U, 100000U}) {
      EXPECT_EQ(inflated(text, kBytesMax, slice).value(), list) << level << " " << slice;
    }
  }
  EXPECT_EQ(inflated(encoded(compressed({}))).value(), Bytes()) << "a list of nobody";
}

TEST(StatusListInflater, StopsAtItsBound) {
  const std::string text = encoded(compressed(Bytes(1000, 0)));
  EXPECT_EQ(code_of(inflated(text, 1000)), ErrorCode::kNone);
  EXPECT_EQ(code_of(inflated(text, 999)), ErrorCode::kBadStatusList);
  EXPECT_EQ(code_of(inflated(text, 1)), ErrorCode::kBadStatusList);
  EXPECT_EQ(code_of(inflated(text, 0)), ErrorCode::kBadStatusList);
}

// A megabyte of zeros takes about a kilobyte: 64 MiB of them come from less than a token may have.
TEST(StatusListInflater, NeverHoldsMoreThanItsBoundOfABomb) {
  const std::string bomb = encoded(compressed(Bytes(std::size_t{64} << 20, 0)));
  ASSERT_LT(bomb.size(), std::size_t{100'000});
  Expected<StatusListInflater> inflater = StatusListInflater::start(bomb, kBytesMax);
  ASSERT_TRUE(inflater);
  std::size_t slices = 0;
  for (; !inflater->done(); ++slices) inflater->advance(kBytesMax / 4);
  EXPECT_EQ(slices, 5U) << "four slices fill the bound, the fifth finds that there is more";
  EXPECT_EQ(code_of(std::move(*inflater).finish()), ErrorCode::kBadStatusList);
}

TEST(StatusListInflater, RefusesWhatIsNotOneWholeStream) {
  const Bytes good = compressed({0xB9, 0xA3, 0x01, 0x02});
  ASSERT_EQ(code_of(inflated(encoded(good))), ErrorCode::kNone);
  for (std::size_t size = 0; size < good.size(); ++size) {
    EXPECT_EQ(code_of(inflated(encoded(Bytes(good.begin(), good.begin() + static_cast<std::ptrdiff_t>(size))))),
              ErrorCode::kBadStatusList)
        << "cut to " << size;
  }
  Bytes longer = good;
  longer.push_back(0);
  EXPECT_EQ(code_of(inflated(encoded(longer))), ErrorCode::kBadStatusList) << "a byte behind its end";
  Bytes twice = good;
  twice.insert(twice.end(), good.begin(), good.end());
  EXPECT_EQ(code_of(inflated(encoded(twice))), ErrorCode::kBadStatusList) << "a second stream";
  Bytes wrong_sum = good;
  wrong_sum.back() ^= 1;
  EXPECT_EQ(code_of(inflated(encoded(wrong_sum))), ErrorCode::kBadStatusList) << "a wrong checksum";
  const Bytes raw(good.begin() + 2, good.end() - 4);
  EXPECT_EQ(code_of(inflated(encoded(raw))), ErrorCode::kBadStatusList) << "RFC 1951 without RFC 1950";
  EXPECT_EQ(code_of(inflated(encoded({0x1F, 0x8B, 0x08, 0x00, 0, 0, 0, 0, 0, 3, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0}))),
            ErrorCode::kBadStatusList)
      << "gzip";
  EXPECT_EQ(code_of(inflated(encoded({0x78, 0xBB, 0x00, 0x00, 0x00, 0x01, 0x03, 0x00}))), ErrorCode::kBadStatusList)
      << "a preset dictionary";
}

TEST(StatusListInflater, WantsStrictBase64url) {
  const Expected<StatusListInflater> padded = StatusListInflater::start("eNrbuRgAAhcBXQ==", kBytesMax);
  ASSERT_FALSE(padded);
  EXPECT_EQ(padded.error().code, ErrorCode::kBadBase64url);
  EXPECT_EQ(padded.error().offset, 14U);
  EXPECT_FALSE(StatusListInflater::start("eNrb uRg", kBytesMax));
  EXPECT_FALSE(StatusListInflater::start("eNrb+Rg/", kBytesMax));
}

TEST(StatusListText, HasBitsAndAList) {
  for (const std::uint32_t bits : {1U, 2U, 4U, 8U}) {
    const std::string json =
        R"({"status_list":{"bits":)" + std::to_string(bits) + R"(,"lst":"e","aggregation_uri":1}})";
    EXPECT_EQ(read(json).value().bits, bits);
  }
  for (const char* list :
       {R"({"lst":"e"})", R"({"bits":1})", R"({"bits":0,"lst":"e"})", R"({"bits":3,"lst":"e"})",
        R"({"bits":16,"lst":"e"})", R"({"bits":-1,"lst":"e"})", R"({"bits":1.0,"lst":"e"})",
        R"({"bits":1e0,"lst":"e"})", R"({"bits":"1","lst":"e"})", R"({"bits":1,"lst":1})", R"({"bits":1,"lst":null})",
        R"({"bits":true,"lst":"e"})", R"([])", R"("e")", R"(null)", R"([1,"e"])"}) {
    const Expected<StatusListText> text = read(R"({"status_list":)" + std::string(list) + "}");
    ASSERT_FALSE(text) << list;
    EXPECT_EQ(text.error().code, ErrorCode::kBadStatusList) << list;
  }
}

}  // namespace
}  // namespace assay::issuer

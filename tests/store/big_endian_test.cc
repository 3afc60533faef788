#include "store/big_endian.h"

#include <array>

#include <gtest/gtest.h>

namespace assay::store {
namespace {

TEST(BigEndian, PutsTheMostSignificantByteFirst) {
  std::array<std::uint8_t, 8> bytes{};
  put_u64(bytes.data(), 0x0102030405060708);
  EXPECT_EQ(bytes, (std::array<std::uint8_t, 8>{1, 2, 3, 4, 5, 6, 7, 8}));
  std::string text = "x";
  append_u64(text, 0x0102030405060708);
  EXPECT_EQ(text, "x\x01\x02\x03\x04\x05\x06\x07\x08");
}

TEST(BigEndian, ReadsWhatItWrote) {
  for (const std::uint64_t value : {std::uint64_t{0}, std::uint64_t{1}, std::uint64_t{0x8000'0000'0000'0000},
                                    ~std::uint64_t{0}, std::uint64_t{0xfedc'ba98'7654'3210}}) {
    std::array<std::uint8_t, 8> bytes{};
    put_u64(bytes.data(), value);
    EXPECT_EQ(get_u64(bytes.data()), value);
  }
}

}  // namespace
}  // namespace assay::store

#include "jose/numeric_date.h"

#include <algorithm>
#include <cstdint>
#include <limits>
#include <memory>
#include <random>
#include <string>
#include <string_view>

#include <gtest/gtest.h>

#include "assay/limits.h"

namespace assay::jose {
namespace {

constexpr std::int64_t kRefused = -1;

std::int64_t read(std::string_view number, Rounding rounding) {
  const auto exact = std::make_unique<char[]>(number.size());
  std::copy(number.begin(), number.end(), exact.get());
  const Expected<NumericDate> date = parse_numeric_date({exact.get(), number.size()}, rounding);
  if (date) return date->us;
  EXPECT_EQ(date.error().code, ErrorCode::kBadClaim);
  return kRefused;
}
std::int64_t down(std::string_view number) { return read(number, Rounding::kDown); }
std::int64_t up(std::string_view number) { return read(number, Rounding::kUp); }

std::string formatted(std::int64_t us) {
  char text[kNumericDateTextMax];
  const std::size_t length = format_numeric_date(NumericDate{us}, text);
  return std::string(text, length);
}

void expect_exactly(std::string_view number, std::int64_t us) {
  EXPECT_EQ(down(number), us) << number;
  EXPECT_EQ(up(number), us) << number;
}

// RFC 7519 sec 2.
TEST(NumericDate, ReadsSecondsAndFractionsExactly) {
  expect_exactly("1710223631", 1'710'223'631'000'000);
  expect_exactly("1710223631.577478", 1'710'223'631'577'478);
  expect_exactly("1710223631.5", 1'710'223'631'500'000);
  expect_exactly("0", 0);
  expect_exactly("1", 1'000'000);
  expect_exactly("0.000001", 1);
  expect_exactly("0.10", 100'000);
  // The nearest double is 1710223631.577478 - 2.4e-8: floating point would round it down.
  expect_exactly("1710223631.577478000000000000000000", 1'710'223'631'577'478);
}

TEST(NumericDate, ReadsExponentsExactly) {
  expect_exactly("1.7e9", 1'700'000'000'000'000);
  expect_exactly("17E8", 1'700'000'000'000'000);
  expect_exactly("17e+8", 1'700'000'000'000'000);
  expect_exactly("1710223631577478e-6", 1'710'223'631'577'478);
  expect_exactly("0.001710223631577478e12", 1'710'223'631'577'478);
  expect_exactly("1710223631577478000000000e-15", 1'710'223'631'577'478);
  expect_exactly("1e0", 1'000'000);
  expect_exactly("1e-6", 1);
  expect_exactly("0.0000000000000000000000000000001e31", 1'000'000);
  expect_exactly("1e0000000000000000000000000000000000009", 1'000'000'000'000'000);
}

TEST(NumericDate, RoundsDigitsBelowTheMicrosecondToTheStrictSide) {
  EXPECT_EQ(down("1.0000009"), 1'000'000);
  EXPECT_EQ(up("1.0000009"), 1'000'001);
  EXPECT_EQ(down("1.0000010000001"), 1'000'001);
  EXPECT_EQ(up("1.0000010000001"), 1'000'002);
  EXPECT_EQ(down("1.9999999"), 1'999'999);
  EXPECT_EQ(up("1.9999999"), 2'000'000);
  EXPECT_EQ(up("1.000000" + std::string(5000, '0') + "1"), 1'000'001);
  EXPECT_EQ(down("1.000000" + std::string(5000, '0') + "1"), 1'000'000);
  EXPECT_EQ(up("1.000000" + std::string(5000, '0')), 1'000'000);
  EXPECT_EQ(down("17102236315774789e-7"), 1'710'223'631'577'478);
  EXPECT_EQ(up("17102236315774789e-7"), 1'710'223'631'577'479);
  EXPECT_EQ(down("1e-7"), 0);
  EXPECT_EQ(up("1e-7"), 1);
  EXPECT_EQ(down("1e-99999999999999999999"), 0);
  EXPECT_EQ(up("1e-99999999999999999999"), 1);
  EXPECT_EQ(up("0.0000001"), 1);
}

TEST(NumericDate, ReadsEveryZeroAsZero) {
  for (const char* zero : {"0", "-0", "0.0", "-0.0", "0e999999", "-0.000e99999999999999999999", "0e-5", "0.0E+1"}) {
    expect_exactly(zero, 0);
  }
}

TEST(NumericDate, RefusesNegativeNumbers) {
  for (const char* number :
       {"-1", "-0.5", "-0.0000000001", "-1e-400", "-1710223631", "-1e99", "-9223372036854775808"}) {
    expect_exactly(number, kRefused);
  }
}

TEST(NumericDate, RefusesWhatIsNotBelowTwoToThe53) {
  for (const char* number : {"9007199254740992", "9007199254740992.0", "9007199254740993", "90071992547409920", "1e16",
                             "1e17", "1e308", "1e309", "1e999999999999999999999", "0.1e999", "9223372036854775807",
                             "18446744073709551616", "9.007199254740992e15", "90071992547409920e-1"}) {
    expect_exactly(number, kRefused);
  }
  expect_exactly(std::string(16000, '9'), kRefused);
  expect_exactly("1" + std::string(60000, '0') + "e-59984", kRefused);
}

TEST(NumericDate, KeepsDatesBeyondTheMicrosecondRangeAsTheLatest) {
  expect_exactly("9007199254740991", kNumericDateUsMax);
  expect_exactly("9007199254740991.9999999", kNumericDateUsMax);
  expect_exactly("4611686018427.387903", kNumericDateUsMax - 1);
  expect_exactly("4611686018427.387904", kNumericDateUsMax);
  expect_exactly("4611686018427.387905", kNumericDateUsMax);
  expect_exactly("4611686018428", kNumericDateUsMax);
  EXPECT_EQ(down("4611686018427.3879039"), kNumericDateUsMax - 1);
  EXPECT_EQ(up("4611686018427.3879039"), kNumericDateUsMax);
  EXPECT_EQ(up("4611686018427.3879041"), kNumericDateUsMax);
  expect_exactly("253402300799", 253'402'300'799'000'000);
}

// CVE-2025-11230: arithmetic on a large exponent. Digits and exponent that cancel out are still exact.
TEST(NumericDate, BoundsItsWorkWhateverTheExponent) {
  expect_exactly("1" + std::string(30000, '0') + "e-30000", 1'000'000);
  expect_exactly("0." + std::string(60000, '0') + "1e60001", 1'000'000);
  expect_exactly("1e" + std::string(10000, '9'), kRefused);
  EXPECT_EQ(down("1e-" + std::string(10000, '9')), 0);
  expect_exactly("1e4294967296", kRefused);
  expect_exactly("1e9223372036854775808", kRefused);
  EXPECT_EQ(up("1e-18446744073709551616"), 1);
}

TEST(NumericDate, ReadsAgainWhatItWrote) {
  std::mt19937_64 random(7519);
  for (int round = 0; round < 20000; ++round) {
    const auto us = static_cast<std::int64_t>(random() >> (2 + random() % 60));
    EXPECT_EQ(down(formatted(us)), us);
    EXPECT_EQ(up(formatted(us)), us);
  }
}

// Eight to twelve digits have a reader of their own.
TEST(NumericDate, ReadsPlainSecondsOfEveryLength) {
  std::mt19937_64 random(7519);
  std::string digits;
  for (std::size_t size = 1; size <= 12; ++size) {
    for (int round = 0; round < 1000; ++round) {
      digits.assign(1, static_cast<char>('1' + random() % 9));
      while (digits.size() < size) digits += static_cast<char>('0' + random() % 10);
      EXPECT_EQ(down(digits), std::stoll(digits) * 1'000'000);
      EXPECT_EQ(up(digits + ".0"), std::stoll(digits) * 1'000'000);
    }
  }
  EXPECT_EQ(up("12345678.9"), 12'345'678'900'000);
  EXPECT_EQ(up("123456e2"), 12'345'600'000'000);
  EXPECT_EQ(up("1234567e+1"), 12'345'670'000'000);
}

TEST(NumericDate, IsWrittenWithoutTrailingZeros) {
  EXPECT_EQ(formatted(0), "0");
  EXPECT_EQ(formatted(1), "0.000001");
  EXPECT_EQ(formatted(1'000'000), "1");
  EXPECT_EQ(formatted(1'710'223'631'577'478), "1710223631.577478");
  EXPECT_EQ(formatted(1'710'223'631'500'000), "1710223631.5");
  EXPECT_EQ(formatted(10'010'010), "10.01001");
  EXPECT_EQ(formatted(std::numeric_limits<std::int64_t>::max()), "9223372036854.775807");
}

}  // namespace
}  // namespace assay::jose

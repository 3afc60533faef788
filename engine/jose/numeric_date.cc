#include "jose/numeric_date.h"

#include <algorithm>
#include <bit>
#include <charconv>
#include <cstdint>
#include <cstring>

#include "assay/limits.h"
#include "base/attributes.h"

namespace assay::jose {

namespace {

constexpr std::int64_t kUsPerSecond = 1'000'000;
constexpr std::int64_t kFractionDigits = 6;
constexpr std::int64_t kSecondDigitsMax = 16;
static_assert(kNumericDateEndS <= 10'000'000'000'000'000, "a date in range has at most kSecondDigitsMax digits");

// A JSON number taken apart. Its value is [integer fraction] * 10^(exponent - fraction.size()).
struct Decimal {
  bool negative = false;
  std::string_view integer;
  std::string_view fraction;
  std::int64_t exponent = 0;

  [[nodiscard]] std::size_t digit_count() const noexcept { return integer.size() + fraction.size(); }
  // Counted from the leading digit of `integer`; zeros follow without end.
  [[nodiscard]] unsigned digit(std::size_t index) const noexcept {
    if (index < integer.size()) return static_cast<unsigned>(integer[index] - '0');
    index -= integer.size();
    return index < fraction.size() ? static_cast<unsigned>(fraction[index] - '0') : 0;
  }
};

std::int64_t parse_exponent(std::string_view text) noexcept {
  const bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) text.remove_prefix(1);
  std::int64_t magnitude = 0;
  for (const char c : text) magnitude = std::min(magnitude * 10 + (c - '0'), kNumericDateExponentMax);
  return negative ? -magnitude : magnitude;
}

// The leading digits of `text`, which they leave.
std::string_view take_digits(std::string_view& text) noexcept {
  std::size_t count = 0;
  while (count < text.size() && text[count] >= '0' && text[count] <= '9') ++count;
  const std::string_view digits = text.substr(0, count);
  text.remove_prefix(count);
  return digits;
}

Decimal take_apart(std::string_view number) noexcept {
  Decimal decimal;
  decimal.negative = number.starts_with('-');
  if (decimal.negative) number.remove_prefix(1);
  decimal.integer = take_digits(number);
  if (number.starts_with('.')) {
    number.remove_prefix(1);
    decimal.fraction = take_digits(number);
  }
  if (!number.empty()) decimal.exponent = parse_exponent(number.substr(1));
  return decimal;
}

// Index of the first digit from `index` on that is not 0; digit_count() if there is none.
std::size_t find_nonzero(const Decimal& decimal, std::size_t index) noexcept {
  while (index < decimal.digit_count() && decimal.digit(index) == 0) ++index;
  return index;
}

// The number that the digits from `begin` to before `end` make; at most kSecondDigitsMax.
std::int64_t read_digits(const Decimal& decimal, std::size_t begin, std::size_t end) noexcept {
  std::int64_t value = 0;
  for (; begin < end; ++begin) value = value * 10 + decimal.digit(begin);
  return value;
}

// Nearly every date is ten digits: seconds and nothing else.
constexpr std::size_t kPlainDigitsMin = 8;
constexpr std::size_t kPlainDigitsMax = 12;
static_assert(kNumericDateUsMax / kUsPerSecond >= 1'000'000'000'000, "plain dates are kept exactly");

// Words are read from memory as they lie.
static_assert(std::endian::native == std::endian::little);

// The eight digits that `text` starts with, first digit highest; kNoDigits if one of them is none.
constexpr std::int64_t kNoDigits = -1;
ASSAY_ALWAYS_INLINE std::int64_t read_eight_digits(const char* text) noexcept {
  std::uint64_t word;
  std::memcpy(&word, text, sizeof(word));
  constexpr std::uint64_t kHighHalves = 0xf0f0'f0f0'f0f0'f0f0;
  constexpr std::uint64_t kZeros = 0x3030'3030'3030'3030;
  // Bytes 0x30 to 0x3f pass the first test; 6 more carries those above '9' out of the range.
  if ((word & kHighHalves) != kZeros || ((word + 0x0606'0606'0606'0606) & kHighHalves) != kZeros) return kNoDigits;
  word -= kZeros;
  word = (word * 10 + (word >> 8)) & 0x00ff'00ff'00ff'00ff;    // four pairs
  word = (word * 100 + (word >> 16)) & 0x0000'ffff'0000'ffff;  // two groups of four
  return static_cast<std::int64_t>((word * 10'000 + (word >> 32)) & 0xffff'ffff);
}

// The seconds of a date of kPlainDigitsMin to kPlainDigitsMax digits and nothing else; kNoDigits for every other text.
ASSAY_ALWAYS_INLINE std::int64_t read_plain_seconds(std::string_view number) noexcept {
  if (number.size() < kPlainDigitsMin || number.size() > kPlainDigitsMax) return kNoDigits;
  const std::size_t tail = number.size() - 8;
  std::int64_t high = 0;
  for (std::size_t i = 0; i < tail; ++i) {
    if (number[i] < '0' || number[i] > '9') return kNoDigits;
    high = high * 10 + (number[i] - '0');
  }
  const std::int64_t low = read_eight_digits(number.data() + tail);
  return low == kNoDigits ? kNoDigits : high * 100'000'000 + low;
}

}  // namespace

Expected<NumericDate> parse_numeric_date(std::string_view number, Rounding rounding) noexcept {
  if (const std::int64_t seconds = read_plain_seconds(number); seconds != kNoDigits) {
    return NumericDate{seconds * kUsPerSecond};
  }
  const Decimal decimal = take_apart(number);
  const std::size_t first = find_nonzero(decimal, 0);
  if (first == decimal.digit_count()) return NumericDate{0};
  if (decimal.negative) return fail(ErrorCode::kBadClaim);

  // How many digits from `first` on make whole microseconds.
  const std::int64_t kept = static_cast<std::int64_t>(decimal.integer.size()) - static_cast<std::int64_t>(first) +
                            decimal.exponent + kFractionDigits;
  if (kept > kSecondDigitsMax + kFractionDigits) return fail(ErrorCode::kBadClaim);

  const std::size_t us_end = first + static_cast<std::size_t>(std::max<std::int64_t>(kept, 0));
  const std::size_t seconds_end = us_end - std::min(us_end - first, static_cast<std::size_t>(kFractionDigits));
  const std::int64_t seconds = read_digits(decimal, first, seconds_end);
  const std::int64_t fraction_us = read_digits(decimal, seconds_end, us_end);
  if (seconds >= kNumericDateEndS) return fail(ErrorCode::kBadClaim);
  if (seconds > kNumericDateUsMax / kUsPerSecond) return NumericDate{kNumericDateUsMax};

  const bool round_up = rounding == Rounding::kUp && find_nonzero(decimal, us_end) < decimal.digit_count();
  return NumericDate{std::min(seconds * kUsPerSecond + fraction_us + (round_up ? 1 : 0), kNumericDateUsMax)};
}

std::size_t format_numeric_date(NumericDate date, char (&text)[kNumericDateTextMax]) noexcept {
  char* end = std::to_chars(text, text + kNumericDateTextMax, date.us / kUsPerSecond).ptr;
  std::int64_t fraction_us = date.us % kUsPerSecond;
  if (fraction_us == 0) return static_cast<std::size_t>(end - text);

  *end++ = '.';
  std::size_t digits = static_cast<std::size_t>(kFractionDigits);
  for (; fraction_us % 10 == 0; fraction_us /= 10) --digits;
  for (std::size_t i = digits; i-- > 0; fraction_us /= 10) end[i] = static_cast<char>('0' + fraction_us % 10);
  return static_cast<std::size_t>(end - text) + digits;
}

}  // namespace assay::jose

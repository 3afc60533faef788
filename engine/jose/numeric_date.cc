#include "jose/numeric_date.h"

#include <algorithm>
#include <charconv>
#include <cstdint>

#include "assay/limits.h"
#include "base/attributes.h"
#include "jose/digits.h"

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

constexpr std::int64_t kNoDigits = -1;

// The seconds of a date of kPlainDigitsMin to kPlainDigitsMax digits and nothing else; kNoDigits for every other text.
ASSAY_ALWAYS_INLINE std::int64_t read_plain_seconds(std::string_view number) noexcept {
  if (number.size() < kPlainDigitsMin || number.size() > kPlainDigitsMax) return kNoDigits;
  const std::size_t tail = number.size() - 8;
  std::int64_t high = 0;
  for (std::size_t i = 0; i < tail; ++i) {
    if (number[i] < '0' || number[i] > '9') return kNoDigits;
    high = high * 10 + (number[i] - '0');
  }
  const std::uint64_t low = load_eight(number.data() + tail);
  return are_eight_digits(low) ? high * 100'000'000 + value_of_eight(low) : kNoDigits;
}

// As read_numeric_date, for every number; the microseconds. Out of line, so that plain dates do not save registers for
// it.
ASSAY_NOINLINE bool read_decimal(std::string_view number, Rounding rounding, std::int64_t& us) noexcept {
  const Decimal decimal = take_apart(number);
  const std::size_t first = find_nonzero(decimal, 0);
  us = 0;
  if (first == decimal.digit_count()) return true;
  if (decimal.negative) return false;

  // How many digits from `first` on make whole microseconds.
  const std::int64_t kept = static_cast<std::int64_t>(decimal.integer.size()) - static_cast<std::int64_t>(first) +
                            decimal.exponent + kFractionDigits;
  if (kept > kSecondDigitsMax + kFractionDigits) return false;

  const std::size_t us_end = first + static_cast<std::size_t>(std::max<std::int64_t>(kept, 0));
  const std::size_t seconds_end = us_end - std::min(us_end - first, static_cast<std::size_t>(kFractionDigits));
  const std::int64_t seconds = read_digits(decimal, first, seconds_end);
  const std::int64_t fraction_us = read_digits(decimal, seconds_end, us_end);
  if (seconds >= kNumericDateEndS) return false;

  const bool round_up = rounding == Rounding::kUp && find_nonzero(decimal, us_end) < decimal.digit_count();
  us = kNumericDateUsMax;
  if (seconds <= kNumericDateUsMax / kUsPerSecond) {
    us = std::min(seconds * kUsPerSecond + fraction_us + (round_up ? 1 : 0), kNumericDateUsMax);
  }
  return true;
}

}  // namespace

bool read_numeric_date(std::string_view number, Rounding rounding, NumericDate& date) noexcept {
  if (const std::int64_t seconds = read_plain_seconds(number); seconds != kNoDigits) {
    date.us = seconds * kUsPerSecond;
    return true;
  }
  return read_decimal(number, rounding, date.us);
}

Expected<NumericDate> parse_numeric_date(std::string_view number, Rounding rounding) noexcept {
  NumericDate date;
  if (!read_numeric_date(number, rounding, date)) return fail(ErrorCode::kBadClaim);
  return date;
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

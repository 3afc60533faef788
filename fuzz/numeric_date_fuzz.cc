// Property: every JSON number reads as the reference says, which moves the decimal point through a string; in both
// roundings; and what is read is written and read again unchanged.
// Reaches: jose/numeric_date, jose/json_grammar.
#include "jose/numeric_date.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "assay/limits.h"
#include "fuzz/property.h"
#include "jose/json_grammar.h"

namespace assay::fuzz {
namespace {

// Beyond it every point lies outside the digits of an input.
constexpr long kPointMax = 1'000'000;

// A number without exponent: as many digits before and behind the point as it takes.
struct Positional {
  bool negative = false;
  std::string whole;     // without leading zeros
  std::string fraction;  // without trailing zeros
};

Positional write_out(std::string_view number) {
  Positional result;
  std::string digits;
  long point = -1;
  long exponent = 0;
  std::size_t i = 0;
  for (; i < number.size() && number[i] != 'e' && number[i] != 'E'; ++i) {
    if (number[i] == '-') result.negative = true;
    if (number[i] == '.') point = static_cast<long>(digits.size());
    if (number[i] >= '0' && number[i] <= '9') digits += number[i];
  }
  if (point < 0) point = static_cast<long>(digits.size());
  if (i < number.size()) {
    const bool down = number[i + 1] == '-';
    for (; i < number.size(); ++i) {
      if (number[i] >= '0' && number[i] <= '9') exponent = std::min(exponent * 10 + (number[i] - '0'), kPointMax);
    }
    point += down ? -exponent : exponent;
  }
  if (digits.find_first_not_of('0') == std::string::npos) return {.negative = false, .whole = {}, .fraction = {}};
  if (point < 0) digits.insert(0, static_cast<std::size_t>(-point), '0');
  if (point > static_cast<long>(digits.size())) digits.append(static_cast<std::size_t>(point) - digits.size(), '0');
  const auto split = static_cast<std::size_t>(std::max(point, 0L));
  result.whole = digits.substr(0, split);
  result.whole.erase(0, std::min(result.whole.find_first_not_of('0'), result.whole.size()));
  result.fraction = digits.substr(split);
  result.fraction.erase(result.fraction.find_last_not_of('0') + 1);
  return result;
}

// Nothing where the number is no date.
std::optional<std::int64_t> reference(std::string_view number, jose::Rounding rounding) {
  const Positional value = write_out(number);
  if (value.negative || value.whole.size() > 16) return std::nullopt;
  const std::int64_t seconds = value.whole.empty() ? 0 : std::stoll(value.whole);
  if (seconds >= kNumericDateEndS) return std::nullopt;
  std::string micros = value.fraction.substr(0, 6);
  micros.append(6 - micros.size(), '0');
  const bool up = rounding == jose::Rounding::kUp && value.fraction.size() > 6;
  const std::int64_t fraction_us = std::stoll(micros) + (up ? 1 : 0);
  if (seconds > kNumericDateUsMax / 1'000'000) return kNumericDateUsMax;
  return std::min(seconds * 1'000'000 + fraction_us, kNumericDateUsMax);
}

void check_writing(NumericDate date) {
  char text[jose::kNumericDateTextMax];
  const std::size_t length = jose::format_numeric_date(date, text);
  require(length <= sizeof(text) && jose::is_json_number({text, length}), "a written date is a number");
  const Expected<NumericDate> again = jose::parse_numeric_date({text, length}, jose::Rounding::kUp);
  require(again && *again == date, "a written date reads as itself");
}

void check_input(std::string_view number) {
  if (!jose::is_json_number(number)) return;
  for (const jose::Rounding rounding : {jose::Rounding::kDown, jose::Rounding::kUp}) {
    const Expected<NumericDate> date = jose::parse_numeric_date(number, rounding);
    const std::optional<std::int64_t> expected = reference(number, rounding);
    require(date.has_value() == expected.has_value(), "a number is a date exactly if the reference says so");
    if (!date) continue;
    require(date->us == *expected, "a date is exact");
    check_writing(*date);
  }
}

}  // namespace
}  // namespace assay::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t count) {
  assay::fuzz::check_input({reinterpret_cast<const char*>(bytes), count});
  return 0;
}

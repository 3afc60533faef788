#include "server/form_body.h"

#include <algorithm>

#include "base/hex.h"
#include "base/utf8.h"

namespace assay::server {
namespace {

using Decoded = tl::expected<std::string_view, FormFault>;

tl::unexpected<FormFault> refuse(FormFault fault) noexcept { return tl::unexpected<FormFault>(fault); }

constexpr bool is_form_byte(char c) noexcept { return c >= 0x20 && c <= 0x7e; }

// Takes the next pair off `rest`; empty where two "&" meet.
std::string_view take_pair(std::string_view& rest) noexcept {
  const std::size_t end = std::min(rest.find('&'), rest.size());
  const std::string_view pair = rest.substr(0, end);
  rest.remove_prefix(std::min(end + 1, rest.size()));
  return pair;
}

std::size_t count_pairs(std::string_view body) noexcept {
  std::size_t count = 0;
  while (!body.empty()) count += take_pair(body).empty() ? 0U : 1U;
  return count;
}

tl::expected<FormParameter, FormFault> decode_pair(std::string_view pair, base::Arena& arena) noexcept {
  const std::size_t equals = std::min(pair.find('='), pair.size());
  const Decoded name = decode_form_text(pair.substr(0, equals), arena);
  if (!name) return refuse(name.error());
  const Decoded value = decode_form_text(pair.substr(std::min(equals + 1, pair.size())), arena);
  if (!value) return refuse(value.error());
  return FormParameter{.name = *name, .value = *value};
}

}  // namespace

std::string_view text_of(FormFault fault) noexcept {
  switch (fault) {
    case FormFault::kBadByte: return "the form holds a byte that must be escaped";
    case FormFault::kBadEscape: return "the form holds a percent sign without two hexadecimal digits";
    case FormFault::kBadUtf8: return "the form is not UTF-8";
    case FormFault::kRepeatedName: return "a parameter occurs more than once";
    case FormFault::kTooManyParameters: return "the form has too many parameters";
    case FormFault::kNoRoom: return "the form is too large";
  }
  return {};
}

tl::expected<std::string_view, FormFault> decode_form_text(std::string_view text, base::Arena& arena) noexcept {
  if (!std::all_of(text.begin(), text.end(), is_form_byte)) return refuse(FormFault::kBadByte);
  if (text.find_first_of("%+") == std::string_view::npos) return text;
  const std::span<char> room = arena.take<char>(text.size());
  if (room.empty()) return refuse(FormFault::kNoRoom);
  std::size_t count = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    char byte = text[i] == '+' ? ' ' : text[i];
    if (text[i] == '%') {
      const int escaped = i + 2 < text.size() ? base::hex_byte(text[i + 1], text[i + 2]) : -1;
      if (escaped < 0) return refuse(FormFault::kBadEscape);
      byte = static_cast<char>(escaped);
      i += 2;
    }
    room[count++] = byte;
  }
  const std::span<char> kept = arena.shrink(room, count);
  const std::string_view decoded(kept.data(), kept.size());
  if (!base::is_utf8(decoded)) return refuse(FormFault::kBadUtf8);
  return decoded;
}

tl::expected<Form, FormFault> Form::parse(std::string_view body, base::Arena& arena) noexcept {
  const std::size_t pairs = count_pairs(body);
  if (pairs > kFormParametersMax) return refuse(FormFault::kTooManyParameters);
  const std::span<FormParameter> parameters = arena.take<FormParameter>(pairs);
  if (parameters.size() != pairs) return refuse(FormFault::kNoRoom);
  std::size_t count = 0;
  while (!body.empty()) {
    const std::string_view pair = take_pair(body);
    if (pair.empty()) continue;
    const tl::expected<FormParameter, FormFault> parameter = decode_pair(pair, arena);
    if (!parameter) return refuse(parameter.error());
    const std::span<const FormParameter> before = parameters.first(count);
    const bool repeated = std::any_of(before.begin(), before.end(),
                                      [&](const FormParameter& other) { return other.name == parameter->name; });
    if (repeated) return refuse(FormFault::kRepeatedName);
    parameters[count++] = *parameter;
  }
  return Form(parameters);
}

std::string_view Form::find(std::string_view name) const noexcept {
  const auto found = std::find_if(parameters_.begin(), parameters_.end(),
                                  [name](const FormParameter& parameter) { return parameter.name == name; });
  return found == parameters_.end() ? std::string_view() : found->value;
}

}  // namespace assay::server

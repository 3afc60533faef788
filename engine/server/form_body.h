// Reads application/x-www-form-urlencoded text, strictly: what two readers could take for two things is refused.
//
//   pairs    end at "&" alone; empty ones are skipped; a name without "=" has the empty value
//   text     "+" is a blank, "%XX" a byte; all else in 0x20-0x7E is itself. No other byte occurs: writers of forms
//            escape it
//   result   names and values are UTF-8; no name occurs twice, however it is escaped
//
// RFC 6749 appendix B, sec 3.1 and 3.2; where those are silent, the parser of the WHATWG URL standard, sec 5.1.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "assay/expected.h"
#include "base/arena.h"

namespace assay::server {

// Parameters of one form; one with more is refused. RFC 7662 and RFC 7009 name six.
inline constexpr std::size_t kFormParametersMax = 32;

enum class FormFault : std::uint8_t {
  kBadByte,            // a byte that a form has to escape
  kBadEscape,          // "%" without two hexadecimal digits
  kBadUtf8,            // a name or value is not UTF-8 once it is decoded
  kRepeatedName,       // a name occurs twice
  kTooManyParameters,  // more than kFormParametersMax pairs
  kNoRoom,             // the arena is too small
};

// A sentence for people; never holds what was read.
[[nodiscard]] std::string_view text_of(FormFault fault) noexcept;

struct FormParameter {
  std::string_view name;
  std::string_view value;
};

// Arena bytes that are enough for any form of `body_bytes` bytes.
[[nodiscard]] constexpr std::size_t form_scratch_bytes(std::size_t body_bytes) noexcept {
  return body_bytes + kFormParametersMax * sizeof(FormParameter) + alignof(FormParameter);
}

// Undoes the escapes of one name or value.
//   returns  a view of `text` where nothing is escaped, else of `arena`
//   errors   kBadByte, kBadEscape, kBadUtf8, kNoRoom
[[nodiscard]] tl::expected<std::string_view, FormFault> decode_form_text(std::string_view text,
                                                                         base::Arena& arena) noexcept;

// The parameters of one form.
class Form {
 public:
  // A form without parameters.
  Form() = default;

  //   body     views of it are kept
  //   arena    takes at most form_scratch_bytes(body.size()); the form lives as long as its pieces
  //   errors   any FormFault: then nothing of the form is to be believed
  //   cost     one pass over the body, and a comparison of every two names; no allocation
  [[nodiscard]] static tl::expected<Form, FormFault> parse(std::string_view body, base::Arena& arena) noexcept;

  // The value of that parameter. Empty if absent: without a value a parameter counts as omitted. RFC 6749 sec 3.1.
  [[nodiscard]] std::string_view find(std::string_view name) const noexcept;
  [[nodiscard]] bool has(std::string_view name) const noexcept { return !find(name).empty(); }
  // In the order of the body.
  [[nodiscard]] std::span<const FormParameter> parameters() const noexcept { return parameters_; }

 private:
  explicit Form(std::span<const FormParameter> parameters) noexcept : parameters_(parameters) {}
  std::span<const FormParameter> parameters_;
};

}  // namespace assay::server

// Strict JSON for hosts: what they are told in JSON is read by the same reader as tokens are.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string_view>

#include "assay/expected.h"
#include "assay/token.h"

namespace assay {

// Reads JSON objects, one after the other. Thread-confined; movable.
class JsonObjectReader {
 public:
  // Claims memory for texts of up to `text_bytes_max` bytes.
  explicit JsonObjectReader(std::size_t text_bytes_max);
  JsonObjectReader(JsonObjectReader&&) noexcept;
  JsonObjectReader& operator=(JsonObjectReader&&) noexcept;
  ~JsonObjectReader();

  // Reads `text` whole: one object in UTF-8, blanks around it allowed. No member twice, at any depth.
  //
  //   returns   the members in their order; they and their texts live until the next read
  //   errors    bad_json (also: no object, longer than text_bytes_max, too deep), duplicate_member; offset = about
  //             where, and 0 also where that is not known: no UTF-8, a string without an end or with a control byte
  //   cost      one copy of the text
  [[nodiscard]] Expected<std::span<const Claim>> read(std::string_view text);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

// Reads the text of a JSON number as seconds since the epoch: exact to the microsecond, digits below it rounded up, so
// that "issued before" forbids no less than it says.
//
//   number   text of a Claim of kind kNumber
//   errors   bad_claim: negative, or not below kNumericDateEndS
[[nodiscard]] Expected<NumericDate> read_numeric_date(std::string_view number) noexcept;

}  // namespace assay

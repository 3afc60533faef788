// Property: what the strict form reader accepts has distinct UTF-8 names and values inside its buffers, and reads the
// same once it is written again by the writer of forms; a form with a pair more than once is refused.
//
// Input: the form.
// Reaches: server/form_body (whole), base/utf8; issuer/form_text for the comparison.
#include "server/form_body.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/utf8.h"
#include "fuzz/property.h"
#include "issuer/form_text.h"

namespace {

using assay::base::Arena;
using assay::fuzz::require;
using assay::server::Form;
using assay::server::FormFault;
using assay::server::FormParameter;

std::string written(const Form& form) {
  std::string text;
  for (const FormParameter& parameter : form.parameters()) {
    std::string name;
    assay::issuer::append_form_encoded(name, parameter.name);
    assay::issuer::append_form_member(text, name, parameter.value);
  }
  return text;
}

bool is_same(const FormParameter& left, const FormParameter& right) {
  return left.name == right.name && left.value == right.value;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t count) {
  const std::string_view body(reinterpret_cast<const char*>(bytes), count);
  Arena arena(assay::server::form_scratch_bytes(body.size()));
  const auto form = Form::parse(body, arena);
  if (!form) {
    require(form.error() != FormFault::kNoRoom, "form_scratch_bytes is enough");
    return 0;
  }
  for (const FormParameter& parameter : form->parameters()) {
    require(assay::base::is_utf8(parameter.name) && assay::base::is_utf8(parameter.value), "text is UTF-8");
    require(form->find(parameter.name) == parameter.value, "a name has one value");
  }
  const std::string again = written(*form);
  Arena arena_again(assay::server::form_scratch_bytes(again.size()));
  const auto form_again = Form::parse(again, arena_again);
  require(form_again.has_value(), "what is written is read");
  require(std::equal(form->parameters().begin(), form->parameters().end(), form_again->parameters().begin(),
                     form_again->parameters().end(), is_same),
          "written and read again, it is the same form");
  if (!form->parameters().empty()) {
    const std::string twice = again + "&" + again;
    Arena arena_twice(assay::server::form_scratch_bytes(twice.size()));
    require(!Form::parse(twice, arena_twice), "repeated names are refused");
  }
  return 0;
}

#include "config/toml_tree.h"

#define TOML_EXCEPTIONS 0
#define TOML_HEADER_ONLY 1
#include <utility>

#include <toml++/toml.h>

namespace assay::config {
namespace {

Place place_of(const toml::source_region& region) { return {.line = region.begin.line, .column = region.begin.column}; }

TomlValue copy_tree(const toml::node& node) {
  TomlValue value;
  value.place = place_of(node.source());
  if (const auto* table = node.as_table()) {
    value.kind = TomlValue::Kind::kTable;
    for (const auto& [key, member] : *table) {
      value.members.push_back(
          {.key = std::string(key.str()), .place = place_of(key.source()), .value = copy_tree(member)});
    }
  } else if (const auto* array = node.as_array()) {
    value.kind = TomlValue::Kind::kArray;
    for (const toml::node& element : *array) value.elements.push_back(copy_tree(element));
  } else if (const auto* string = node.as_string()) {
    value.kind = TomlValue::Kind::kString;
    value.text = string->get();
  } else if (const auto* integer = node.as_integer()) {
    value.kind = TomlValue::Kind::kInteger;
    value.integer = integer->get();
  } else if (const auto* boolean = node.as_boolean()) {
    value.kind = TomlValue::Kind::kBoolean;
    value.boolean = boolean->get();
  } else {
    value.kind = node.is_floating_point() ? TomlValue::Kind::kFloat : TomlValue::Kind::kDateTime;
  }
  return value;
}

}  // namespace

std::string_view name_of(TomlValue::Kind kind) {
  switch (kind) {
    case TomlValue::Kind::kString: return "a string";
    case TomlValue::Kind::kInteger: return "an integer";
    case TomlValue::Kind::kFloat: return "a fraction";
    case TomlValue::Kind::kBoolean: return "a boolean";
    case TomlValue::Kind::kDateTime: return "a date or time";
    case TomlValue::Kind::kArray: return "an array";
    case TomlValue::Kind::kTable: return "a table";
  }
  return "";
}

tl::expected<TomlValue, ConfigFault> parse_toml(std::string_view text) {
  const toml::parse_result result = toml::parse(text, std::string_view());
  if (!result) {
    const Place place = place_of(result.error().source());
    return tl::unexpected<ConfigFault>(
        {.line = place.line,
         .column = place.column,
         .message = "not TOML: " + std::string(result.error().description()) + "; accepted: TOML 1.0"});
  }
  return copy_tree(result.table());
}

}  // namespace assay::config

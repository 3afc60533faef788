// A TOML document as a plain tree with places, so that one file alone sees the parser.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "assay/expected.h"
#include "config/config.h"

namespace assay::config {

// Line and column from 1; 0, 0 is the document as a whole.
struct Place {
  std::uint32_t line = 0;
  std::uint32_t column = 0;
};

struct TomlMember;

struct TomlValue {
  enum class Kind : std::uint8_t { kString, kInteger, kFloat, kBoolean, kDateTime, kArray, kTable };
  Kind kind = Kind::kTable;
  Place place;
  std::string text;                 // kString
  std::int64_t integer = 0;         // kInteger
  bool boolean = false;             // kBoolean
  std::vector<TomlValue> elements;  // kArray
  std::vector<TomlMember> members;  // kTable, in the order of the names
};

struct TomlMember {
  std::string key;
  Place place;  // of the key
  TomlValue value;
};

// What a value is called in complaints: "a string", "a table".
[[nodiscard]] std::string_view name_of(TomlValue::Kind kind);

// The whole document, or its first syntax error.
[[nodiscard]] tl::expected<TomlValue, ConfigFault> parse_toml(std::string_view text);

}  // namespace assay::config

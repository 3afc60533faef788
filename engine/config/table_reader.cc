#include "config/table_reader.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "base/check.h"
#include "config/key_table.h"
#include "config/value_text.h"

namespace assay::config {

void Faults::add(Place place, std::string message) {
  // One line: quoted keys and strings may hold any byte.
  std::replace_if(
      message.begin(), message.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }, '?');
  faults_.push_back({.line = place.line, .column = place.column, .message = std::move(message)});
}

std::vector<ConfigFault> Faults::take_sorted() {
  std::stable_sort(faults_.begin(), faults_.end(), [](const ConfigFault& a, const ConfigFault& b) {
    return std::tie(a.line, a.column) < std::tie(b.line, b.column);
  });
  return std::exchange(faults_, {});
}

TableReader::TableReader(const TomlValue& table, std::string path, Faults& faults)
    : table_(table), path_(std::move(path)), faults_(faults) {}

const TomlValue* TableReader::take(std::string_view key) {
  ASSAY_CHECK(is_known({.table = path_, .key = key}));
  taken_.emplace(key);
  const TomlMember* member = find(key);
  return member == nullptr ? nullptr : &member->value;
}

const TomlValue* TableReader::read_table(std::string_view key) { return take_of(key, TomlValue::Kind::kTable); }

std::vector<const TomlValue*> TableReader::read_tables(std::string_view key) {
  const TomlValue* array = take(key);
  if (array == nullptr) return {};
  std::vector<const TomlValue*> tables;
  for (const TomlValue& element : array->elements) {
    if (element.kind == TomlValue::Kind::kTable) tables.push_back(&element);
  }
  if (array->kind == TomlValue::Kind::kArray && tables.size() == array->elements.size()) return tables;
  complain_at(array->place, key, "is no list of tables; accepted: one or more [[" + full_name(key) + "]]");
  return {};
}

const TomlValue* TableReader::read_text(std::string_view key) { return take_of(key, TomlValue::Kind::kString); }

const TomlValue* TableReader::read_string(std::string_view key) {
  const TomlValue* value = read_text(key);
  if (value == nullptr || !value->text.empty()) return value;
  complain_at(value->place, key, "is empty; accepted: a string that is not, or leave the key out");
  return nullptr;
}

bool TableReader::read_boolean(std::string_view key, bool& out) {
  const TomlValue* value = take_of(key, TomlValue::Kind::kBoolean);
  if (value != nullptr) out = value->boolean;
  return value != nullptr;
}

std::vector<PlacedText> TableReader::read_strings(std::string_view key) {
  const TomlValue* array = take_of(key, TomlValue::Kind::kArray);
  if (array == nullptr) return {};
  if (array->elements.empty()) {
    complain_at(array->place, key, "is empty; accepted: one or more strings, or leave the key out");
    return {};
  }
  std::vector<PlacedText> texts;
  std::set<std::string_view> seen;
  for (const TomlValue& element : array->elements) {
    if (element.kind != TomlValue::Kind::kString || element.text.empty()) {
      complain_at(element.place, key, "holds what is no string or an empty one; accepted: an array of strings");
    } else if (!seen.insert(element.text).second) {
      complain_at(element.place, key, "\"" + element.text + "\" is there twice; accepted: each value once");
    } else {
      texts.push_back({.text = element.text, .place = element.place});
    }
  }
  return texts;
}

std::vector<std::string> TableReader::read_plain_strings(std::string_view key) {
  std::vector<std::string> strings;
  for (PlacedText& placed : read_strings(key)) strings.push_back(std::move(placed.text));
  return strings;
}

void TableReader::require(std::string_view key, std::string_view accepted) {
  if (has(key)) return;
  complain_at(table_.place, key, "is required; accepted: " + std::string(accepted));
}

void TableReader::refuse_without_effect(std::string_view key, std::string_view why) {
  if (!has(key)) return;
  taken_.emplace(key);
  complain(key, "has no effect: " + std::string(why) + "; remove the key");
}

void TableReader::complain(std::string_view key, const std::string& message) {
  const TomlMember* member = find(key);
  complain_at(member == nullptr ? table_.place : member->place, key, message);
}

void TableReader::complain_at(Place place, std::string_view key, const std::string& message) {
  faults_.add(place, full_name(key) + ": " + message);
}

void TableReader::complain_value(std::string_view key, const TomlValue& value, std::string_view accepted) {
  complain_at(value.place, key, "\"" + value.text + "\" is not accepted; accepted: " + std::string(accepted));
}

void TableReader::finish() {
  for (const TomlMember& member : table_.members) {
    if (taken_.contains(member.key)) continue;
    std::string message = "is not a known key";
    const std::string_view nearest = nearest_key({.table = path_, .key = member.key});
    if (!nearest.empty()) message.append("; did you mean ").append(nearest).append("?");
    complain_at(member.place, member.key, message + "; accepted: " + list_keys(path_));
  }
}

bool TableReader::has_slip_of(std::string_view key) const {
  return std::any_of(table_.members.begin(), table_.members.end(), [&](const TomlMember& member) {
    const KnownKey written{.table = path_, .key = member.key};
    return !is_known(written) && nearest_key(written) == key;
  });
}

const TomlMember* TableReader::find(std::string_view key) const {
  const auto found = std::find_if(table_.members.begin(), table_.members.end(),
                                  [&](const TomlMember& member) { return member.key == key; });
  return found == table_.members.end() ? nullptr : &*found;
}

const TomlValue* TableReader::take_of(std::string_view key, TomlValue::Kind kind) {
  const TomlValue* value = take(key);
  if (value == nullptr || value->kind == kind) return value;
  complain_at(value->place, key,
              "is " + std::string(name_of(value->kind)) + "; accepted: " + std::string(name_of(kind)));
  return nullptr;
}

const TomlValue* TableReader::take_integer(std::string_view key, IntegerBounds bounds) {
  const TomlValue* value = take_of(key, TomlValue::Kind::kInteger);
  if (value == nullptr || (value->integer >= bounds.lowest && value->integer <= bounds.highest)) return value;
  complain_at(value->place, key,
              std::to_string(value->integer) + " is out of bounds; accepted: " + std::to_string(bounds.lowest) +
                  " to " + std::to_string(bounds.highest));
  return nullptr;
}

bool TableReader::take_duration(std::string_view key, DurationBounds bounds, std::chrono::milliseconds& out) {
  const std::string range = format_duration(bounds.lowest) + " to " + format_duration(bounds.highest);
  const TomlValue* value = take(key);
  if (value == nullptr) return false;
  const std::string accepted = "; accepted: " + range + ", as " + std::string(kDurationForm);
  if (value->kind != TomlValue::Kind::kString) {
    complain_at(value->place, key, "is " + std::string(name_of(value->kind)) + accepted);
    return false;
  }
  const auto duration = parse_duration(value->text);
  if (!duration) {
    complain_at(value->place, key, "\"" + value->text + "\" is no duration" + accepted);
    return false;
  }
  if (*duration < bounds.lowest || *duration > bounds.highest) {
    complain_at(value->place, key, "\"" + value->text + "\" is out of bounds" + accepted);
    return false;
  }
  out = *duration;
  return true;
}

std::string TableReader::full_name(std::string_view key) const {
  return path_.empty() ? std::string(key) : path_ + "." + std::string(key);
}

}  // namespace assay::config

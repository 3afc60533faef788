// Reading one TOML table key by key, collecting complaints.
#pragma once

#include <chrono>
#include <cstdint>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "config/toml_tree.h"

namespace assay::config {

// Collects complaints in any order.
class Faults {
 public:
  void add(Place place, std::string message);
  [[nodiscard]] bool empty() const { return faults_.empty(); }
  [[nodiscard]] std::size_t count() const { return faults_.size(); }
  // Sorted by place. Leaves nothing behind.
  [[nodiscard]] std::vector<ConfigFault> take_sorted();

 private:
  std::vector<ConfigFault> faults_;
};

// A string and where it stands.
struct PlacedText {
  std::string text;
  Place place;
};

// Both inclusive.
template <typename T>
struct Bounds {
  T lowest;
  T highest;
};
using IntegerBounds = Bounds<std::int64_t>;
using DurationBounds = Bounds<std::chrono::milliseconds>;

// A value of a closed set.
template <typename Enum>
struct Choice {
  std::string_view text;
  Enum value;
};

// Reads a table. Every read_ function marks its key as taken, leaves the caller's value alone where the key is absent,
// and complains where the value is of another type or out of bounds; finish() complains about keys that nobody took.
class TableReader {
 public:
  // `path` names the table in the key table ("issuer.opaque"). `table` and `faults` must outlive the reader.
  TableReader(const TomlValue& table, std::string path, Faults& faults);

  // The value whatever its type; null if absent. The key must be in the key table: a bug of ours otherwise.
  [[nodiscard]] const TomlValue* take(std::string_view key);
  [[nodiscard]] bool has(std::string_view key) const { return find(key) != nullptr; }
  // Whether the table has a key that finish() takes for a slip of `key`. What hangs on `key` is then not to be judged.
  [[nodiscard]] bool has_slip_of(std::string_view key) const;

  // Null if absent or no table.
  [[nodiscard]] const TomlValue* read_table(std::string_view key);
  // The tables of [[key]]; none if absent or faulty.
  [[nodiscard]] std::vector<const TomlValue*> read_tables(std::string_view key);

  // A string that is not empty; null if absent or faulty.
  [[nodiscard]] const TomlValue* read_string(std::string_view key);
  // As read_string, but "" is a value too.
  [[nodiscard]] const TomlValue* read_text(std::string_view key);
  // Whether a boolean was read.
  bool read_boolean(std::string_view key, bool& out);

  template <typename T>
  void read_integer(std::string_view key, IntegerBounds bounds, T& out) {
    if (const TomlValue* value = take_integer(key, bounds)) out = static_cast<T>(value->integer);
  }

  // Whether a duration was read.
  template <typename Duration>
  bool read_duration(std::string_view key, DurationBounds bounds, Duration& out) {
    std::chrono::milliseconds duration{};
    if (!take_duration(key, bounds, duration)) return false;
    out = duration;
    return true;
  }

  // Whether a choice was read.
  template <typename Enum>
  bool read_choice(std::string_view key, std::span<const Choice<Enum>> choices, Enum& out) {
    const TomlValue* value = read_string(key);
    if (value == nullptr) return false;
    std::string accepted;
    for (const Choice<Enum>& choice : choices) {
      if (choice.text == value->text) {
        out = choice.value;
        return true;
      }
      accepted.append(accepted.empty() ? "\"" : ", \"").append(choice.text).append("\"");
    }
    complain_value(key, *value, accepted);
    return false;
  }

  // An array of one or more different, non-empty strings; empty if absent or faulty.
  [[nodiscard]] std::vector<PlacedText> read_strings(std::string_view key);
  [[nodiscard]] std::vector<std::string> read_plain_strings(std::string_view key);

  // Complains at the table where the key is absent.
  void require(std::string_view key, std::string_view accepted);
  // Complains where the key is present although it does nothing here.
  void refuse_without_effect(std::string_view key, std::string_view why);

  // "issuer.leeway: MESSAGE", at the key if it is present, else at the table.
  void complain(std::string_view key, const std::string& message);
  void complain_at(Place place, std::string_view key, const std::string& message);
  // "issuer.exp: "soon" is not accepted; accepted: ACCEPTED", at the value.
  void complain_value(std::string_view key, const TomlValue& value, std::string_view accepted);

  [[nodiscard]] Place place() const { return table_.place; }

  // Complains about what is left.
  void finish();

 private:
  [[nodiscard]] const TomlMember* find(std::string_view key) const;
  [[nodiscard]] const TomlValue* take_of(std::string_view key, TomlValue::Kind kind);
  [[nodiscard]] const TomlValue* take_integer(std::string_view key, IntegerBounds bounds);
  bool take_duration(std::string_view key, DurationBounds bounds, std::chrono::milliseconds& out);
  [[nodiscard]] std::string full_name(std::string_view key) const;

  const TomlValue& table_;
  std::string path_;
  Faults& faults_;
  std::set<std::string, std::less<>> taken_;
};

}  // namespace assay::config

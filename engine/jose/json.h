// Strict JSON reading: the one door to simdjson.
//
// Stricter than RFC 8259 where it leaves room: the text is one object; UTF-8 is valid; no byte order mark; no two
// members of one object have the same name after unescaping, at any depth; nesting up to kJsonDepthMax; numbers are
// checked against the grammar and kept as text, whatever their size; escaped surrogates must pair. An escaped U+0000 is
// read, as RFC 8259 sec 7 has it: texts are views with a size.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include "assay/expected.h"
#include "assay/token.h"
#include "base/arena.h"

namespace assay::jose {

// Readable bytes that must follow a text handed to JsonReader::read. Their content does not matter.
inline constexpr std::size_t kJsonPaddingBytes = 64;

// The first two bytes, the last one and the size (modulo 256) of a name of two bytes or more.
constexpr std::uint32_t name_word(std::string_view name) noexcept {
  const auto byte = [name](std::size_t i) { return std::uint32_t{static_cast<unsigned char>(name[i])}; };
  const auto size = static_cast<std::uint32_t>(name.size());
  const std::uint32_t first_two = byte(1) << 8 | byte(0);  // in this order g++ reads both at once
  return first_two | byte(name.size() - 1) << 16 | size << 24;
}

// A few bits of a member's name: names with different marks differ. The factor was sought so that no two of the
// registered claims, and few of those that the usual issuers add, have the same. Every member of every token comes by.
inline constexpr std::size_t kNameMarkCount = 64;
constexpr std::uint8_t name_mark(std::string_view name) noexcept {
  return name.size() < 2 ? 0 : static_cast<std::uint8_t>(name_word(name) * 0xc3e5'0a6f >> 26);
}

// One value of a document. Nodes stand in document order, children right after their parent:
//
//   {"aud":["a","b"],"exp":1}     index: 0 object | 1 aud array | 2 "a" | 3 "b" | 4 exp
//                                 end:   5          4             3       4       5
struct JsonNode {
  std::string_view name;  // member name, unescaped; empty for elements and the root
  std::string_view text;  // kString: unescaped; otherwise the JSON text of the value, without surrounding blanks
  std::uint32_t end = 0;  // index behind the last node of this value
  JsonKind kind = JsonKind::kNull;
  std::uint8_t mark = 0;  // name_mark(name)
};

// A value inside a document that was read. Cheap to copy; dies with the next read of its reader.
class JsonValue {
 public:
  JsonValue(std::span<const JsonNode> nodes, std::uint32_t index) noexcept : nodes_(nodes), index_(index) {}

  [[nodiscard]] JsonKind kind() const noexcept { return node().kind; }
  [[nodiscard]] std::string_view text() const noexcept { return node().text; }
  [[nodiscard]] std::string_view name() const noexcept { return node().name; }
  [[nodiscard]] std::uint8_t mark() const noexcept { return node().mark; }  // name_mark of the name

  class Iterator {
   public:
    Iterator(std::span<const JsonNode> nodes, std::uint32_t index) noexcept : nodes_(nodes), index_(index) {}
    [[nodiscard]] JsonValue operator*() const noexcept { return {nodes_, index_}; }
    Iterator& operator++() noexcept {
      index_ = nodes_[index_].end;
      return *this;
    }
    [[nodiscard]] bool operator!=(const Iterator& other) const noexcept { return index_ != other.index_; }

   private:
    std::span<const JsonNode> nodes_;
    std::uint32_t index_;
  };

  // Direct children of an object or array; none of a scalar.
  [[nodiscard]] Iterator begin() const noexcept { return {nodes_, is_container() ? index_ + 1 : node().end}; }
  [[nodiscard]] Iterator end() const noexcept { return {nodes_, node().end}; }

  // Where this value stands among its document's nodes; 0: the root. And the value that stands at such an index.
  [[nodiscard]] std::uint32_t index() const noexcept { return index_; }
  [[nodiscard]] JsonValue at(std::uint32_t index) const noexcept { return {nodes_, index}; }

  // Finds a member of an object by its exact unescaped name. Cost: linear in the number of members.
  struct Found;
  [[nodiscard]] Found find(std::string_view member_name) const noexcept;

 private:
  [[nodiscard]] const JsonNode& node() const noexcept { return nodes_[index_]; }
  [[nodiscard]] bool is_container() const noexcept { return kind() == JsonKind::kObject || kind() == JsonKind::kArray; }

  std::span<const JsonNode> nodes_;
  std::uint32_t index_;
};

// A member that may be absent.
struct JsonValue::Found {
  bool present;
  JsonValue value;  // the object itself where absent
  [[nodiscard]] explicit operator bool() const noexcept { return present; }
};

inline JsonValue::Found JsonValue::find(std::string_view member_name) const noexcept {
  for (const JsonValue child : *this) {
    if (child.name() == member_name) return {true, child};
  }
  return {false, *this};
}

// Reads documents one after the other, reusing its memory. Thread-confined; movable.
class JsonReader {
 public:
  // Claims memory for documents of up to `document_bytes_max` bytes.
  explicit JsonReader(std::size_t document_bytes_max);
  JsonReader(JsonReader&&) noexcept;
  JsonReader& operator=(JsonReader&&) noexcept;
  ~JsonReader();

  // Validates the whole of `text` and returns its root, which is an object.
  //
  //   text      UTF-8 bytes followed by kJsonPaddingBytes readable bytes; must outlive the values
  //   arena     takes the unescaped form of strings that have escapes; strings without are views into `text`
  //   returns   the root; its nodes live until the next read, its string views as long as `text` and `arena`
  //   errors    bad_json (also: not an object, too deep, larger than document_bytes_max), duplicate_member;
  //             offset = about where; overloaded if `arena` is full
  //   cost      no allocation for documents within document_bytes_max
  [[nodiscard]] Expected<JsonValue> read(std::string_view text, base::Arena& arena) noexcept;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace assay::jose

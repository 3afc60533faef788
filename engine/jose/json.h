// Strict JSON reading: the one door to simdjson.
//
// Stricter than RFC 8259 where it leaves room: the text is one object; UTF-8 is valid; no byte order mark; no two
// members of one object have the same name after unescaping, at any depth; nesting up to kJsonDepthMax; numbers are
// checked against the grammar and kept as text, whatever their size; escaped surrogates must pair. An escaped U+0000 is
// read, as RFC 8259 sec 7 has it: texts are views with a size.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <span>
#include <string_view>
#include <type_traits>

#include "assay/expected.h"
#include "assay/token.h"
#include "base/arena.h"
#include "jose/digits.h"
#include "kernel/kernel.h"

namespace assay::jose {

// Readable bytes that must follow a text handed to JsonReader::read. Their content does not matter.
inline constexpr std::size_t kJsonPaddingBytes = 64;

// The first four and the last four bytes of a name of three bytes or more, as they lie between its quotes: a name of
// three lends one of them each.
inline constexpr std::size_t kNameBytesMarked = 3;
[[nodiscard]] constexpr std::uint64_t join_ends(std::uint32_t first_four, std::uint32_t last_four) noexcept {
  return first_four | std::uint64_t{last_four} << 32;
}
[[nodiscard]] constexpr std::uint64_t name_ends(std::string_view name) noexcept {
  const std::size_t size = name.size();
  if (!std::is_constant_evaluated() && size > kNameBytesMarked) {
    return join_ends(load_four(name.data()), load_four(name.data() + size - 4));
  }
  const auto byte = [name](std::size_t i) { return std::uint64_t{static_cast<unsigned char>(name[i])}; };
  const auto four = [byte](std::size_t i) {
    return byte(i) | byte(i + 1) << 8 | byte(i + 2) << 16 | byte(i + 3) << 24;
  };
  if (size > kNameBytesMarked) return four(0) | four(size - 4) << 32;
  const std::uint64_t three = byte(0) | byte(1) << 8 | byte(2) << 16;
  constexpr std::uint64_t kQuote = '"';
  return three | kQuote << 24 | kQuote << 32 | three << 40;
}

// A few bits of a member's name: names with different marks differ. The factor was sought so that no two of the
// registered claims, and few of those that the usual issuers add, have the same. Every member of every token comes by.
inline constexpr std::size_t kNameMarkCount = 64;
[[nodiscard]] constexpr std::uint8_t mark_of_ends(std::uint64_t ends) noexcept {
  return static_cast<std::uint8_t>(ends * 0xa426'9c32'61b7'9901 >> 58);
}
[[nodiscard]] constexpr std::uint8_t name_mark(std::string_view name) noexcept {
  return name.size() < kNameBytesMarked ? 0 : mark_of_ends(name_ends(name));
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
};

// A value inside a document that was read. Cheap to copy; dies with the next read of its reader.
class JsonValue {
 public:
  JsonValue(std::span<const JsonNode> nodes, std::uint32_t index) noexcept : nodes_(nodes), index_(index) {}

  [[nodiscard]] JsonKind kind() const noexcept { return node().kind; }
  [[nodiscard]] std::string_view text() const noexcept { return node().text; }
  [[nodiscard]] std::string_view name() const noexcept { return node().name; }

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

// Names that a reader looks for among the top-level members of a document while it reads them.
inline constexpr std::size_t kSoughtNamesMax = 16;
struct SoughtName {
  std::uint64_t ends = 0;
  std::uint32_t size = 0;
  std::uint32_t number = 0;  // among the names
};
struct SoughtNames {
  std::array<SoughtName, kNameMarkCount> by_mark;  // of size 0 where no name has the mark
  std::array<std::string_view, kSoughtNamesMax> names;
};
// Precondition: are_sought_apart(names).
[[nodiscard]] constexpr SoughtNames seek_names(std::span<const std::string_view> names) noexcept {
  SoughtNames sought{};
  std::uint32_t number = 0;
  for (const std::string_view name : names) {
    const auto size = static_cast<std::uint32_t>(name.size());
    sought.by_mark[name_mark(name)] = {.ends = name_ends(name), .size = size, .number = number};
    sought.names[number] = name;
    ++number;
  }
  return sought;
}
// Whether names can be sought together.
[[nodiscard]] constexpr bool are_sought_apart(std::span<const std::string_view> names) noexcept {
  std::array<bool, kNameMarkCount> taken{};
  for (const std::string_view name : names) {
    if (name.size() < kNameBytesMarked || taken[name_mark(name)]) return false;
    taken[name_mark(name)] = true;
  }
  return names.size() <= kSoughtNamesMax;
}
inline constexpr SoughtNames kNoSoughtNames{};

// The members whose names were sought, by number of the name.
class FoundMembers {
 public:
  void clear() noexcept {
    // By halves: of a larger fill g++ makes an instruction that takes longer to begin than this does.
    std::memset(claims_.data(), 0, sizeof(claims_) / 2);
    std::memset(claims_.data() + claims_.size() / 2, 0, sizeof(claims_) / 2);
  }
  void add(std::size_t name, const Claim& claim) noexcept { claims_[name] = &claim; }
  // After the members were copied to another place.
  void rebase(const Claim* from, const Claim* to) noexcept {
    for (const Claim*& claim : claims_) {
      if (claim != nullptr) claim = to + (claim - from);
    }
  }
  // Of an object or array: where it stands among the document's nodes.
  void add_node(std::size_t name, std::uint32_t node) noexcept { nodes_[name] = node; }

  [[nodiscard]] bool has(std::size_t name) const noexcept { return claims_[name] != nullptr; }
  // Precondition of both: has(name).
  [[nodiscard]] const Claim& claim(std::size_t name) const noexcept { return *claims_[name]; }
  [[nodiscard]] std::uint32_t node(std::size_t name) const noexcept { return nodes_[name]; }

 private:
  std::array<const Claim*, kSoughtNamesMax> claims_{};  // null: the document has no such member
  std::array<std::uint32_t, kSoughtNamesMax> nodes_{};
};

// A document whose top-level members were listed as hosts see them. What is of the reader lives until its next read.
struct JsonDocument {
  std::string_view text;  // of the object, without blanks around it
  std::span<const Claim> members;
  const FoundMembers& found;        // of the reader
  std::span<const JsonNode> nodes;  // below the members; of the reader

  // The member that was found by a name, which is an object or array.
  [[nodiscard]] JsonValue value_of(std::size_t name) const noexcept { return {nodes, found.node(name)}; }
};

// Reads documents one after the other, reusing its memory. Thread-confined; movable.
class JsonReader {
 public:
  // Claims memory for documents of up to `document_bytes_max` bytes.
  //   variant   takes the plain ones of them
  explicit JsonReader(std::size_t document_bytes_max, const kernel::JsonVariant& variant = {});
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

  // As read, but lists the root's members in `arena`, where they live as long as it, and finds those that are sought.
  // Takes one Claim for each six bytes of `text` at most, and one more.
  [[nodiscard]] Expected<JsonDocument> read_document(std::string_view text, base::Arena& arena,
                                                     const SoughtNames& sought = kNoSoughtNames) noexcept;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace assay::jose

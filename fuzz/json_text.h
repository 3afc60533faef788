// Reads a JSON text with jose/json and the oracle at once: the common part of the targets whose input is JSON.
//
// Properties: both accept the same texts; both yield the same values; every view lies in the text or in the arena; no
// byte behind the padding is read.
#pragma once

#include <cstring>
#include <memory>
#include <optional>
#include <string_view>

#include "fuzz/json_oracle.h"
#include "fuzz/property.h"
#include "jose/json.h"

namespace assay::fuzz {

class JsonText {
 public:
  explicit JsonText(std::string_view text)
      : reader_(text.size()),
        arena_(kArenaBytesPerTextByte * (text.size() + 1)),
        bytes_(new char[text.size() + jose::kJsonPaddingBytes]),
        size_(text.size()) {
    text.copy(bytes_.get(), text.size());
    std::memset(bytes_.get() + size_, '"', jose::kJsonPaddingBytes);
    const Expected<jose::JsonValue> root = reader_.read({bytes_.get(), size_}, arena_);
    const JsonOracle oracle(text);
    require(root.has_value() == (oracle.well_formed() && !oracle.repeats_name()), "reader and oracle accept alike");
    if (!root) {
      require(root.error().offset <= size_, "an error's offset lies in the text");
      return;
    }
    std::size_t index = 0;
    require_same(*root, oracle, index);
    root_ = *root;
  }

  // Nothing if the text was refused.
  [[nodiscard]] const std::optional<jose::JsonValue>& root() const { return root_; }
  // Has room left for the members and lists of any accepted text.
  [[nodiscard]] base::Arena& arena() { return arena_; }
  [[nodiscard]] bool is_text_of(std::string_view view) const { return lies_in(view, bytes_.get(), size_); }

 private:
  // Unescaped strings take less than a byte, members (`"":0,`) 8, and lists (`"",`) under 6 for each byte of text.
  static constexpr std::size_t kArenaBytesPerTextByte = 16;

  void require_same(jose::JsonValue value, const JsonOracle& oracle, std::size_t& index) const {
    const JsonOracle::Node& node = oracle.nodes()[index++];
    require(value.kind() == node.kind, "reader and oracle see the same kind");
    require(value.name() == node.name, "reader and oracle see the same name");
    require(value.text() == node.text, "reader and oracle see the same text");
    const bool is_string = value.kind() == JsonKind::kString;
    require(is_string || is_text_of(value.text()), "the text of a value that is no string lies in the document");
    for (const jose::JsonValue child : value) require_same(child, oracle, index);
    require(index == node.end, "reader and oracle see the same children");
  }

  jose::JsonReader reader_;
  base::Arena arena_;
  std::unique_ptr<char[]> bytes_;
  std::size_t size_;
  std::optional<jose::JsonValue> root_;
};

}  // namespace assay::fuzz

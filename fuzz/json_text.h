// Reads a JSON text with jose/json and the oracle at once: the common part of the targets whose input is JSON.
//
// Properties: both accept the same texts, with the kernel that finds tokens and without; both yield the same values;
// the members of a payload are those of the tree; every view lies in the text or in the arena; no byte behind the
// padding is read.
#pragma once

#include <cstring>
#include <memory>
#include <optional>
#include <string_view>

#include "base/cpu.h"
#include "fuzz/json_oracle.h"
#include "fuzz/property.h"
#include "jose/claims.h"
#include "jose/json.h"

namespace assay::fuzz {

class JsonText {
 public:
  explicit JsonText(std::string_view text)
      : tree_reader_(text.size()),
        payload_reader_(text.size(), preferred_kernel()),
        arena_(kArenaBytesPerTextByte * (text.size() + 1)),
        bytes_(new char[text.size() + jose::kJsonPaddingBytes]),
        size_(text.size()) {
    text.copy(bytes_.get(), text.size());
    std::memset(bytes_.get() + size_, '"', jose::kJsonPaddingBytes);
    const JsonOracle oracle(text);
    root_ = read_tree(tree_reader_, oracle);
    require(read_tree(payload_reader_, oracle).has_value() == root_.has_value(), "the kernel accepts alike");
    const Expected<jose::JsonDocument> payload = jose::read_payload(payload_reader_, {bytes_.get(), size_}, arena_);
    require(payload.has_value() == root_.has_value(), "a payload is accepted as any text");
    if (!payload) return;
    payload_.emplace(*payload);
    require_same_members();
  }

  // Nothing if the text was refused.
  [[nodiscard]] const std::optional<jose::JsonValue>& root() const { return root_; }
  [[nodiscard]] const std::optional<jose::JsonDocument>& payload() const { return payload_; }
  // Has room left for the lists of any accepted text.
  [[nodiscard]] base::Arena& arena() { return arena_; }
  [[nodiscard]] bool is_text_of(std::string_view view) const { return lies_in(view, bytes_.get(), size_); }

 private:
  // Three times unescaped strings take less than a byte, members (`"":0,`) 8, and lists (`"",`) under 6 for each byte
  // of text.
  static constexpr std::size_t kArenaBytesPerTextByte = 18;

  static kernel::JsonVariant preferred_kernel() {
    return kernel::select_kernels("", base::detect_cpu_features()).value().json;
  }

  std::optional<jose::JsonValue> read_tree(jose::JsonReader& reader, const JsonOracle& oracle) {
    const Expected<jose::JsonValue> root = reader.read({bytes_.get(), size_}, arena_);
    require(root.has_value() == (oracle.well_formed() && !oracle.repeats_name()), "reader and oracle accept alike");
    if (!root) {
      require(root.error().offset <= size_, "an error's offset lies in the text");
      return std::nullopt;
    }
    std::size_t index = 0;
    require_same(*root, oracle, index);
    return *root;
  }

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

  void require_same_members() const {
    require(payload_->text == root_->text(), "tree and payload are the same text");
    std::size_t i = 0;
    for (const jose::JsonValue member : *root_) {
      require(i < payload_->members.size(), "every member is listed");
      const Claim& claim = payload_->members[i++];
      require(claim.name == member.name() && claim.text == member.text() && claim.kind == member.kind(),
              "members are listed in order");
    }
    require(i == payload_->members.size(), "nothing else is listed");
  }

  jose::JsonReader tree_reader_;
  jose::JsonReader payload_reader_;
  base::Arena arena_;
  std::unique_ptr<char[]> bytes_;
  std::size_t size_;
  std::optional<jose::JsonValue> root_;
  std::optional<jose::JsonDocument> payload_;
};

}  // namespace assay::fuzz

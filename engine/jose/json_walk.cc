// One loop without recursion takes the tokens and checks every one against RFC 8259.
#include "jose/json_walk.h"

#include <algorithm>
#include <memory>

#include "base/attributes.h"
#include "base/check.h"
#include "jose/json_grammar.h"

namespace assay::jose {

namespace {

// Objects with more members look names up in a table; smaller ones compare with their few siblings.
constexpr std::uint32_t kComparedMembersMax = 16;

static_assert(kNameMarkCount <= 64, "a word has a bit for each");

// One walk over the tokens of one document. Its members stay in registers as long as nothing out of line is handed the
// walk itself: its own functions are inlined, and the rare cases are free functions of values.
class Walk {
 public:
  explicit Walk(const WalkParts& parts) noexcept
      : text_(parts.text.data()),
        token_(parts.tokens.offsets.data()),
        tokens_end_(parts.tokens.offsets.data() + parts.tokens.offsets.size() - 1),
        has_escapes_(parts.tokens.has_escapes),
        nodes_(parts.nodes),
        member_(parts.listing.room.data()),
        members_end_(member_ + parts.listing.room.size()),
        parts_(parts) {}

  // Takes all tokens; kNone if they are one object.
  ErrorCode run() noexcept;
  [[nodiscard]] std::uint32_t node_count() const noexcept { return node_count_; }
  // How many of the root's members were listed.
  [[nodiscard]] std::size_t member_count() const noexcept {
    return static_cast<std::size_t>(member_ - parts_.listing.room.data());
  }
  // Of the token that run() stopped at.
  [[nodiscard]] std::size_t offset() const noexcept { return *token_; }

 private:
  [[nodiscard]] bool at_end() const noexcept { return token_ == tokens_end_; }
  // The first byte of the token at hand. Precondition: !at_end().
  [[nodiscard]] char first_byte() const noexcept { return text_[*token_]; }

  // Whether members of the innermost container are listed.
  [[nodiscard]] bool lists_members() const noexcept { return depth_ == 1 && member_ != nullptr; }

  bool take_plain_values() noexcept;
  ErrorCode take_item() noexcept;
  ErrorCode take_name() noexcept;
  ErrorCode take_value() noexcept;
  ErrorCode take_literal() noexcept;
  ErrorCode open(JsonKind kind) noexcept;
  void close() noexcept;

  [[nodiscard]] std::string_view token_text() const noexcept;
  ErrorCode read_string(std::string_view& string) const noexcept;
  [[nodiscard]] bool repeats_name(std::string_view name) noexcept;
  void add_node(JsonKind kind, std::string_view text) noexcept;
  ErrorCode list(JsonKind kind, std::string_view text) noexcept;
  ErrorCode add_value(JsonKind kind, std::string_view text) noexcept;

  const char* const text_;
  const std::uint32_t* token_;             // the one at hand
  const std::uint32_t* const tokens_end_;  // there the size of the text stands
  const bool has_escapes_;
  const std::span<JsonNode> nodes_;
  Claim* member_;  // behind the last of the root's members that was listed; null: they are not
  Claim* const members_end_;
  const WalkParts& parts_;

  std::string_view name_;      // of the member whose value is awaited
  std::uint8_t mark_ = 0;      // of name_
  OpenContainer innermost_{};  // the others are in parts_.open
  std::uint32_t node_count_ = 0;
  std::uint32_t depth_ = 0;
  char closing_ = '\0';  // bracket of the innermost container
  bool is_new_ = false;  // that container has no item yet
};

// Whether an earlier member of `object` has this name.
bool has_member(const NamesSoFar& names, std::uint32_t object, std::string_view name) noexcept {
  const std::uint32_t end = names.end_of(object);
  for (std::uint32_t member = names.first_of(object); member < end; member = names.behind(object, member)) {
    if (names.name_of(object, member) == name) return true;
  }
  return false;
}

// As has_member, for an object with many members; remembers the name.
bool repeats_name_of_many(NameTable& table, const NamesSoFar& names, OpenContainer object,
                          std::string_view name) noexcept {
  const std::uint32_t next = names.end_of(object.node);
  if (object.member_count == kComparedMembersMax) {
    for (std::uint32_t member = names.first_of(object.node); member < next;
         member = names.behind(object.node, member)) {
      static_cast<void>(
          table.insert(names, {.object = object.node, .index = member}, names.name_of(object.node, member)));
    }
  }
  return !table.insert(names, {.object = object.node, .index = next}, name);
}

ErrorCode Walk::run() noexcept {
  if (first_byte() != '{') return ErrorCode::kBadJson;
  static_cast<void>(open(JsonKind::kObject));
  while (depth_ != 0) {
    if (at_end()) return ErrorCode::kBadJson;
    if (const ErrorCode code = take_item(); code != ErrorCode::kNone) return code;
  }
  return at_end() ? ErrorCode::kNone : ErrorCode::kBadJson;
}

// Takes the end of the innermost container, or its next member or element with the comma before it; of plain
// ones all that follow.
ASSAY_ALWAYS_INLINE ErrorCode Walk::take_item() noexcept {
  if (first_byte() == closing_) {
    close();
    return ErrorCode::kNone;
  }
  if (!is_new_) {
    if (first_byte() != ',') return ErrorCode::kBadJson;
    ++token_;
    if (at_end()) return ErrorCode::kBadJson;
  }
  is_new_ = false;
  if (take_plain_values()) return ErrorCode::kNone;
  if (at_end()) return ErrorCode::kBadJson;
  if (closing_ == '}') {
    if (const ErrorCode code = take_name(); code != ErrorCode::kNone) return code;
  }
  return take_value();
}

ASSAY_ALWAYS_INLINE bool Walk::take_plain_values() noexcept {
  if (has_escapes_ || innermost_.member_count >= kComparedMembersMax) return false;
  const std::uint32_t nodes_max = static_cast<std::uint32_t>(nodes_.size()) - node_count_;
  const std::uint32_t compared_max = kComparedMembersMax - innermost_.member_count;
  PlainRun run;
  run.token = token_;
  run.tokens_end = tokens_end_;
  run.marks = innermost_.marks;
  run.claim = member_;
  run.node_count = node_count_;
  bool is_behind = false;
  if (closing_ == ']') {
    run.values_max = nodes_max;
    is_behind = take_plain_elements(text_, run, nodes_);
  } else if (lists_members()) {
    const std::uint32_t members_max = std::min(compared_max, static_cast<std::uint32_t>(members_end_ - member_));
    run.values_max = members_max;
    is_behind = list_plain_members(text_, run, parts_.listing, nodes_);
    innermost_.member_count += members_max - run.values_max;
  } else {
    const std::uint32_t members_max = std::min(compared_max, nodes_max);
    run.values_max = members_max;
    is_behind = take_plain_members(text_, run, nodes_);
    innermost_.member_count += members_max - run.values_max;
  }
  innermost_.marks = run.marks;
  token_ = run.token;
  member_ = run.claim;
  node_count_ = run.node_count;
  return is_behind;
}

// Takes the name and the colon behind it.
ASSAY_ALWAYS_INLINE ErrorCode Walk::take_name() noexcept {
  if (first_byte() != '"') return ErrorCode::kBadJson;
  if (const ErrorCode code = read_string(name_); code != ErrorCode::kNone) return code;
  if (repeats_name(name_)) return ErrorCode::kDuplicateMember;
  if (token_ + 1 == tokens_end_ || text_[token_[1]] != ':') return ErrorCode::kBadJson;
  token_ += 2;
  return at_end() ? ErrorCode::kBadJson : ErrorCode::kNone;
}

ASSAY_ALWAYS_INLINE ErrorCode Walk::take_value() noexcept {
  const char first = first_byte();
  if (first == '"') {
    std::string_view string;
    if (const ErrorCode code = read_string(string); code != ErrorCode::kNone) return code;
    ++token_;
    return add_value(JsonKind::kString, string);
  }
  if (first == '{' || first == '[') return open(first == '{' ? JsonKind::kObject : JsonKind::kArray);
  return take_literal();
}

ASSAY_ALWAYS_INLINE ErrorCode Walk::take_literal() noexcept {
  const std::string_view text = token_text();
  JsonKind kind = JsonKind::kNumber;
  if (!is_json_number(text)) {
    if (text == "true") {
      kind = JsonKind::kTrue;
    } else if (text == "false") {
      kind = JsonKind::kFalse;
    } else if (text == "null") {
      kind = JsonKind::kNull;
    } else {
      return ErrorCode::kBadJson;
    }
  }
  ++token_;
  return add_value(kind, text);
}

ASSAY_ALWAYS_INLINE ErrorCode Walk::open(JsonKind kind) noexcept {
  if (depth_ == kJsonDepthMax) return ErrorCode::kBadJson;
  if (lists_members() && list(kind, {text_ + *token_, 1}) != ErrorCode::kNone) return ErrorCode::kOverloaded;
  if (depth_ != 0) parts_.open[depth_ - 1] = innermost_;
  ++depth_;
  innermost_ = {.node = node_count_, .member_count = 0, .marks = 0};
  add_node(kind, {text_ + *token_, 1});
  ++token_;
  closing_ = kind == JsonKind::kObject ? '}' : ']';
  is_new_ = true;
  return ErrorCode::kNone;
}

ASSAY_ALWAYS_INLINE void Walk::close() noexcept {
  JsonNode& node = nodes_[innermost_.node];
  const char* const end = text_ + *token_ + 1;
  node.text = std::string_view(node.text.data(), static_cast<std::size_t>(end - node.text.data()));
  node.end = node_count_;
  ++token_;
  is_new_ = false;
  if (--depth_ == 0) return;
  if (lists_members()) member_[-1].text = node.text;
  innermost_ = parts_.open[depth_ - 1];
  closing_ = nodes_[innermost_.node].kind == JsonKind::kObject ? '}' : ']';
}

// The token without the blanks behind it.
ASSAY_ALWAYS_INLINE std::string_view Walk::token_text() const noexcept {
  const std::size_t begin = token_[0];
  std::size_t end = token_[1];
  while (is_json_blank(text_[end - 1])) --end;
  return {text_ + begin, end - begin};
}

// Reads the string at hand, unescaped.
ASSAY_ALWAYS_INLINE ErrorCode Walk::read_string(std::string_view& string) const noexcept {
  const std::string_view quoted = token_text();
  if (quoted.size() < 2 || quoted.back() != '"') return ErrorCode::kBadJson;
  string = {quoted.data() + 1, quoted.size() - 2};
  if (has_escapes_ && string.find('\\') != std::string_view::npos) {
    const Expected<std::string_view> unescaped = unescape_json(string, parts_.arena);
    if (!unescaped) return unescaped.error().code;
    string = *unescaped;
    return ErrorCode::kNone;
  }
  ASSAY_DCHECK(string.find('"') == std::string_view::npos);
  return ErrorCode::kNone;
}

// Whether an earlier member of the innermost object has this name; remembers the name.
ASSAY_ALWAYS_INLINE bool Walk::repeats_name(std::string_view name) noexcept {
  const NamesSoFar names{.nodes = nodes_.first(node_count_), .members = parts_.listing.room.first(member_count())};
  bool repeated = false;
  mark_ = name_mark(name);
  if (innermost_.member_count < kComparedMembersMax) {
    const std::uint64_t mark = std::uint64_t{1} << mark_;
    repeated = (innermost_.marks & mark) != 0 && has_member(names, innermost_.node, name);
    innermost_.marks |= mark;
  } else {
    repeated = repeats_name_of_many(parts_.names, names, innermost_, name);
  }
  ++innermost_.member_count;
  return repeated;
}

ASSAY_ALWAYS_INLINE void Walk::add_node(JsonKind kind, std::string_view text) noexcept {
  ASSAY_CHECK(node_count_ < nodes_.size());
  std::construct_at(&nodes_[node_count_], JsonNode{.name = name_, .text = text, .end = node_count_ + 1, .kind = kind});
  ++node_count_;
  name_ = {};
  mark_ = 0;
}

ASSAY_ALWAYS_INLINE ErrorCode Walk::list(JsonKind kind, std::string_view text) noexcept {
  if (member_ == members_end_) return ErrorCode::kOverloaded;
  std::construct_at(member_, Claim{.name = name_, .text = text, .kind = kind});
  if (name_.size() >= kNameBytesMarked) {
    const SoughtName* const sought = parts_.listing.note(name_ends(name_), mark_, *member_);
    if (sought != nullptr) parts_.listing.found.add_node(sought->number, node_count_);
  }
  ++member_;
  return ErrorCode::kNone;
}

// A value without others in it.
ASSAY_ALWAYS_INLINE ErrorCode Walk::add_value(JsonKind kind, std::string_view text) noexcept {
  if (lists_members()) {
    const ErrorCode code = list(kind, text);
    name_ = {};
    mark_ = 0;
    return code;
  }
  add_node(kind, text);
  return ErrorCode::kNone;
}

}  // namespace

Walked walk_json(const WalkParts& parts) noexcept {
  Walk walk(parts);
  const ErrorCode code = walk.run();
  return {.code = code, .offset = walk.offset(), .node_count = walk.node_count(), .member_count = walk.member_count()};
}

}  // namespace assay::jose

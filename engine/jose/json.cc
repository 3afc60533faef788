// The structure is found by simdjson, the grammar is checked here.
//
// simdjson's stage 1 checks UTF-8, refuses raw control characters in strings, pairs the quotes, and lists the offset of
// every brace, bracket, comma, colon, opening quote and first byte of a scalar:
//
//   {"a":[1, true ]}     offsets 0 1 4 5 6 7 9 14 15
//
// A token reaches from its offset to the next one, and what stands between is either part of it or blank. simdjson's
// own readers do not serve: on-demand does not validate what a token spells, and DOM refuses numbers that no double
// holds. So one loop without recursion walks the list and checks every token against RFC 8259.
#include "jose/json.h"

#include <algorithm>
#include <array>

#include <simdjson.h>

#include "assay/limits.h"
#include "base/attributes.h"
#include "base/check.h"
#include "jose/json_grammar.h"
#include "jose/name_table.h"

namespace assay::jose {

namespace {

// Objects with more members look names up in a table; smaller ones compare with their few siblings.
constexpr std::uint32_t kComparedMembersMax = 16;

static_assert(kNameMarkCount <= 64, "a word has a bit for each");

struct OpenContainer {
  std::uint32_t node;
  std::uint32_t member_count;
  std::uint64_t marks;  // of the names so far, a bit for each mark, while they are compared
};

// What a walk reads and writes; all must outlive it.
struct WalkParts {
  std::string_view text;                   // of the document
  std::span<const std::uint32_t> offsets;  // of its tokens, and text.size() behind the last
  base::Arena& arena;
  std::span<JsonNode> nodes;
  NameTable& names;
  std::array<OpenContainer, kJsonDepthMax>& open;
};

// One walk over the tokens of one document. Its members stay in registers as long as nothing out of line is handed the
// walk itself: its own functions are inlined, and the rare cases are free functions of values.
class Walk {
 public:
  explicit Walk(const WalkParts& parts) noexcept
      : text_(parts.text.data()),
        token_(parts.offsets.data()),
        tokens_end_(parts.offsets.data() + parts.offsets.size() - 1),
        has_escapes_(parts.text.find('\\') != std::string_view::npos),
        nodes_(parts.nodes),
        parts_(parts) {}

  // Takes all tokens; kNone if they are one object.
  ErrorCode run() noexcept;
  [[nodiscard]] std::uint32_t node_count() const noexcept { return node_count_; }
  // Of the token that run() stopped at.
  [[nodiscard]] std::size_t offset() const noexcept { return *token_; }

 private:
  [[nodiscard]] bool at_end() const noexcept { return token_ == tokens_end_; }
  // The first byte of the token at hand. Precondition: !at_end().
  [[nodiscard]] char first_byte() const noexcept { return text_[*token_]; }

  bool take_plain_members() noexcept;
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

  const char* const text_;
  const std::uint32_t* token_;             // the one at hand
  const std::uint32_t* const tokens_end_;  // there the size of the text stands
  const bool has_escapes_;
  const std::span<JsonNode> nodes_;
  const WalkParts& parts_;

  std::string_view name_;      // of the member whose value is awaited
  std::uint8_t mark_ = 0;      // of name_
  OpenContainer innermost_{};  // the others are in parts_.open
  std::uint32_t node_count_ = 0;
  std::uint32_t depth_ = 0;
  char closing_ = '\0';  // bracket of the innermost container
  bool is_new_ = false;  // that container has no item yet
};

// A run of plain members: where it begins and then ends, the marks of the object's names, how many members it has.
struct PlainRun {
  const std::uint32_t* token;
  std::uint64_t marks;
  std::uint32_t first_node;
  std::uint32_t member_count;
};

// Takes members as nearly all are, `"name":"text"` and `"name":1712345678` without blanks, for as long as they come and
// `nodes` have room. True if it stopped behind one of them; false if a name is at hand whose member is another one, or
// that is to be looked at twice. Precondition: the document has no escapes. Out of line, because with the whole walk
// around it the loop has too few registers.
ASSAY_NOINLINE bool take_plain_members(const char* text, const std::uint32_t* tokens_end, std::span<JsonNode> nodes,
                                       PlainRun& run) noexcept {
  const std::uint32_t* token = run.token;
  std::uint64_t marks = run.marks;
  std::uint32_t count = 0;
  bool is_behind = false;
  while (!is_behind && tokens_end - token >= 3 && count < nodes.size()) {
    const char* const name_at = text + token[0];
    const char* const colon = text + token[1];
    const char* const value_at = text + token[2];
    const char* const end = text + token[3];
    if (*name_at != '"' || *colon != ':' || colon - name_at < 2 || colon[-1] != '"') break;
    const std::string_view name{name_at + 1, static_cast<std::size_t>(colon - name_at - 2)};
    std::string_view value{value_at, static_cast<std::size_t>(end - value_at)};
    JsonKind kind = JsonKind::kNumber;
    if (*value_at == '"') {
      if (value.size() < 2 || end[-1] != '"') break;
      value = value.substr(1, value.size() - 2);
      kind = JsonKind::kString;
    } else if (!is_plain_integer(value)) {
      break;
    }
    const std::uint8_t mark = name_mark(name);
    const std::uint64_t bit = std::uint64_t{1} << mark;
    if ((marks & bit) != 0) break;
    marks |= bit;
    const std::uint32_t node_end = run.first_node + count + 1;
    std::construct_at(&nodes[count],
                      JsonNode{.name = name, .text = value, .end = node_end, .kind = kind, .mark = mark});
    ++count;
    token += 3;
    is_behind = tokens_end - token < 2 || text[*token] != ',';
    if (!is_behind) ++token;
  }
  run.token = token;
  run.marks = marks;
  run.member_count = count;
  return is_behind;
}

bool has_member(std::span<const JsonNode> nodes, std::uint32_t object, std::string_view name) noexcept {
  const auto end = static_cast<std::uint32_t>(nodes.size());
  for (std::uint32_t member = object + 1; member < end; member = nodes[member].end) {
    if (nodes[member].name == name) return true;
  }
  return false;
}

// As has_member, for an object with many members; remembers the name. `nodes` are those so far, `earlier` the object's.
bool repeats_name_of_many(NameTable& names, std::span<const JsonNode> nodes, OpenContainer object,
                          std::string_view name) noexcept {
  const auto next = static_cast<std::uint32_t>(nodes.size());
  if (object.member_count == kComparedMembersMax) {
    for (std::uint32_t member = object.node + 1; member < next; member = nodes[member].end) {
      static_cast<void>(names.insert(nodes, {.object = object.node, .index = member}, nodes[member].name));
    }
  }
  return !names.insert(nodes, {.object = object.node, .index = next}, name);
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

// Takes the end of the innermost container, or its next member or element with the comma before it; of plain members
// all that follow.
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
  if (closing_ == '}') {
    if (take_plain_members()) return ErrorCode::kNone;
    if (const ErrorCode code = take_name(); code != ErrorCode::kNone) return code;
  }
  return take_value();
}

ASSAY_ALWAYS_INLINE bool Walk::take_plain_members() noexcept {
  if (has_escapes_ || innermost_.member_count >= kComparedMembersMax) return false;
  const std::size_t room =
      std::min<std::size_t>(kComparedMembersMax - innermost_.member_count, nodes_.size() - node_count_);
  PlainRun run{.token = token_, .marks = innermost_.marks, .first_node = node_count_, .member_count = 0};
  const bool is_behind = assay::jose::take_plain_members(text_, tokens_end_, nodes_.subspan(node_count_, room), run);
  token_ = run.token;
  innermost_.marks = run.marks;
  innermost_.member_count += run.member_count;
  node_count_ += run.member_count;
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
    add_node(JsonKind::kString, string);
    ++token_;
    return ErrorCode::kNone;
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
  add_node(kind, text);
  ++token_;
  return ErrorCode::kNone;
}

ASSAY_ALWAYS_INLINE ErrorCode Walk::open(JsonKind kind) noexcept {
  if (depth_ == kJsonDepthMax) return ErrorCode::kBadJson;
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
  const std::span<const JsonNode> nodes = nodes_.first(node_count_);
  bool repeated = false;
  mark_ = name_mark(name);
  if (innermost_.member_count < kComparedMembersMax) {
    const std::uint64_t mark = std::uint64_t{1} << mark_;
    repeated = (innermost_.marks & mark) != 0 && has_member(nodes, innermost_.node, name);
    innermost_.marks |= mark;
  } else {
    repeated = repeats_name_of_many(parts_.names, nodes, innermost_, name);
  }
  ++innermost_.member_count;
  return repeated;
}

ASSAY_ALWAYS_INLINE void Walk::add_node(JsonKind kind, std::string_view text) noexcept {
  ASSAY_CHECK(node_count_ < nodes_.size());
  std::construct_at(&nodes_[node_count_],
                    JsonNode{.name = name_, .text = text, .end = node_count_ + 1, .kind = kind, .mark = mark_});
  ++node_count_;
  name_ = {};
  mark_ = 0;
}

}  // namespace

class JsonReader::Impl {
 public:
  explicit Impl(std::size_t document_bytes_max);
  Expected<JsonValue> read(std::string_view text, base::Arena& arena) noexcept;

 private:
  // A value takes two bytes at least, its separator or closing bracket included; open containers lack the latter.
  static constexpr std::size_t node_count_max(std::size_t document_bytes) noexcept {
    return document_bytes / 2 + 1 + kJsonDepthMax;
  }

  std::size_t document_bytes_max_;
  std::unique_ptr<simdjson::internal::dom_parser_implementation> stage1_;
  base::Arena memory_;  // nodes and name slots: touched only as far as documents need
  std::span<JsonNode> nodes_;
  NameTable names_;
  std::array<OpenContainer, kJsonDepthMax> open_;
};

JsonReader::Impl::Impl(std::size_t document_bytes_max)
    : document_bytes_max_(document_bytes_max),
      memory_(node_count_max(document_bytes_max) * sizeof(JsonNode) +
              NameTable::slot_count(document_bytes_max) * sizeof(NameTable::Slot)),
      nodes_(memory_.take<JsonNode>(node_count_max(document_bytes_max))),
      names_(memory_.take<NameTable::Slot>(NameTable::slot_count(document_bytes_max))) {
  ASSAY_CHECK(document_bytes_max <= simdjson::SIMDJSON_MAXSIZE_BYTES / 2);
  const simdjson::error_code failed = simdjson::get_active_implementation()->create_dom_parser_implementation(
      document_bytes_max, kJsonDepthMax, stage1_);
  ASSAY_CHECK(failed == simdjson::SUCCESS && !nodes_.empty());
}

Expected<JsonValue> JsonReader::Impl::read(std::string_view text, base::Arena& arena) noexcept {
  if (text.empty() || text.size() > document_bytes_max_) return fail(ErrorCode::kBadJson);
  const auto* bytes = reinterpret_cast<const std::uint8_t*>(text.data());
  if (stage1_->stage1(bytes, text.size(), simdjson::stage1_mode::regular) != simdjson::SUCCESS) {
    return fail(ErrorCode::kBadJson);
  }
  names_.begin_document(text.size());
  // Stage 1 finds one token at least, and ends its list with the size of the text.
  const std::span offsets(stage1_->structural_indexes.get(), stage1_->n_structural_indexes + std::size_t{1});
  const WalkParts parts{
      .text = text, .offsets = offsets, .arena = arena, .nodes = nodes_, .names = names_, .open = open_};
  Walk walk(parts);
  if (const ErrorCode code = walk.run(); code != ErrorCode::kNone) return fail(code, walk.offset());
  return JsonValue(nodes_.first(walk.node_count()), 0);
}

JsonReader::JsonReader(std::size_t document_bytes_max) : impl_(std::make_unique<Impl>(document_bytes_max)) {}
JsonReader::JsonReader(JsonReader&&) noexcept = default;
JsonReader& JsonReader::operator=(JsonReader&&) noexcept = default;
JsonReader::~JsonReader() = default;

Expected<JsonValue> JsonReader::read(std::string_view text, base::Arena& arena) noexcept {
  return impl_->read(text, arena);
}

}  // namespace assay::jose

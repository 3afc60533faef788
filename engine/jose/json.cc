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

#include <array>

#include <simdjson.h>

#include "assay/limits.h"
#include "base/check.h"
#include "jose/json_grammar.h"
#include "jose/name_table.h"

namespace assay::jose {

namespace {

// Objects with more members look names up in a table; smaller ones compare with their few siblings.
constexpr std::uint32_t kComparedMembersMax = 16;

// A few bits of a name: names with different marks differ.
std::uint64_t mark_of(std::string_view name) noexcept {
  if (name.empty()) return 1;
  const auto first = static_cast<unsigned char>(name.front());
  const auto last = static_cast<unsigned char>(name.back());
  return std::uint64_t{1} << ((name.size() * 5 + first * 3U + last) % 64);
}

}  // namespace

class JsonReader::Impl {
 public:
  explicit Impl(std::size_t document_bytes_max);
  Expected<JsonValue> read(std::string_view text, base::Arena& arena) noexcept;

 private:
  enum class Awaited : std::uint8_t { kName, kNameOrEnd, kValue, kValueOrEnd, kCommaOrEnd, kNothing };

  struct OpenContainer {
    std::uint32_t node;
    std::uint32_t member_count;
    std::uint64_t marks;  // of the names so far, while they are compared
  };

  // Each takes the token at hand, kNone if it fits.
  ErrorCode take_token() noexcept;
  ErrorCode take_name() noexcept;
  ErrorCode take_value() noexcept;
  ErrorCode take_comma_or_end() noexcept;
  ErrorCode open(JsonKind kind) noexcept;
  ErrorCode close() noexcept;

  [[nodiscard]] std::size_t token_begin() const noexcept { return stage1_->structural_indexes[token_]; }
  [[nodiscard]] std::string_view token_text() const noexcept;
  Expected<std::string_view> token_string() noexcept;
  [[nodiscard]] bool repeats_name(OpenContainer& object, std::string_view name) noexcept;
  [[nodiscard]] bool has_member(std::uint32_t object, std::string_view name) const noexcept;
  void add_node(JsonKind kind, std::string_view text) noexcept;

  // A value takes two bytes at least, its separator or closing bracket included; open containers lack the latter.
  static constexpr std::size_t node_count_max(std::size_t document_bytes) noexcept {
    return document_bytes / 2 + 1 + kJsonDepthMax;
  }

  std::size_t document_bytes_max_;
  std::unique_ptr<simdjson::internal::dom_parser_implementation> stage1_;
  base::Arena memory_;  // nodes and name slots: touched only as far as documents need
  std::span<JsonNode> nodes_;
  NameTable names_;

  // The document at hand.
  std::string_view text_;
  base::Arena* arena_ = nullptr;
  bool has_escapes_ = false;
  Awaited awaited_ = Awaited::kNothing;
  std::uint32_t token_ = 0;  // index into stage 1's list
  std::uint32_t node_count_ = 0;
  std::string_view name_;  // of the member whose value is awaited
  std::array<OpenContainer, kJsonDepthMax> open_;
  std::size_t depth_ = 0;
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
  text_ = text;
  arena_ = &arena;
  has_escapes_ = text.find('\\') != std::string_view::npos;
  names_.begin_document(text.size());
  token_ = 0;
  node_count_ = 0;
  name_ = {};
  depth_ = 0;
  awaited_ = Awaited::kValue;

  if (text[token_begin()] != '{') return fail(ErrorCode::kBadJson, token_begin());
  for (; token_ < stage1_->n_structural_indexes; ++token_) {
    const std::size_t begin = token_begin();
    if (const ErrorCode code = take_token(); code != ErrorCode::kNone) return fail(code, begin);
  }
  if (awaited_ != Awaited::kNothing) return fail(ErrorCode::kBadJson, text.size());
  return JsonValue(nodes_.first(node_count_), 0);
}

ErrorCode JsonReader::Impl::take_token() noexcept {
  const char first = text_[token_begin()];
  switch (awaited_) {
    case Awaited::kName: return take_name();
    case Awaited::kNameOrEnd: return first == '}' ? close() : take_name();
    case Awaited::kValue: return take_value();
    case Awaited::kValueOrEnd: return first == ']' ? close() : take_value();
    case Awaited::kCommaOrEnd: return take_comma_or_end();
    case Awaited::kNothing: return ErrorCode::kBadJson;
  }
  return ErrorCode::kBadJson;
}

// Takes the name and the colon behind it.
ErrorCode JsonReader::Impl::take_name() noexcept {
  if (text_[token_begin()] != '"') return ErrorCode::kBadJson;
  const Expected<std::string_view> name = token_string();
  if (!name) return name.error().code;
  if (repeats_name(open_[depth_ - 1], *name)) return ErrorCode::kDuplicateMember;
  name_ = *name;
  ++token_;
  if (token_ == stage1_->n_structural_indexes || text_[token_begin()] != ':') return ErrorCode::kBadJson;
  awaited_ = Awaited::kValue;
  return ErrorCode::kNone;
}

ErrorCode JsonReader::Impl::take_value() noexcept {
  const char first = text_[token_begin()];
  if (first == '{') return open(JsonKind::kObject);
  if (first == '[') return open(JsonKind::kArray);
  awaited_ = Awaited::kCommaOrEnd;
  if (first == '"') {
    const Expected<std::string_view> string = token_string();
    if (!string) return string.error().code;
    add_node(JsonKind::kString, *string);
    return ErrorCode::kNone;
  }
  const std::string_view text = token_text();
  if (is_json_number(text)) {
    add_node(JsonKind::kNumber, text);
  } else if (text == "true") {
    add_node(JsonKind::kTrue, text);
  } else if (text == "false") {
    add_node(JsonKind::kFalse, text);
  } else if (text == "null") {
    add_node(JsonKind::kNull, text);
  } else {
    return ErrorCode::kBadJson;
  }
  return ErrorCode::kNone;
}

ErrorCode JsonReader::Impl::take_comma_or_end() noexcept {
  const char first = text_[token_begin()];
  const bool in_object = nodes_[open_[depth_ - 1].node].kind == JsonKind::kObject;
  if (first == (in_object ? '}' : ']')) return close();
  if (first != ',') return ErrorCode::kBadJson;
  awaited_ = in_object ? Awaited::kName : Awaited::kValue;
  return ErrorCode::kNone;
}

ErrorCode JsonReader::Impl::open(JsonKind kind) noexcept {
  if (depth_ == kJsonDepthMax) return ErrorCode::kBadJson;
  open_[depth_++] = {.node = node_count_, .member_count = 0, .marks = 0};
  add_node(kind, text_.substr(token_begin(), 1));
  awaited_ = kind == JsonKind::kObject ? Awaited::kNameOrEnd : Awaited::kValueOrEnd;
  return ErrorCode::kNone;
}

ErrorCode JsonReader::Impl::close() noexcept {
  JsonNode& node = nodes_[open_[--depth_].node];
  const char* const end = text_.data() + token_begin() + 1;
  node.text = std::string_view(node.text.data(), static_cast<std::size_t>(end - node.text.data()));
  node.end = node_count_;
  awaited_ = depth_ == 0 ? Awaited::kNothing : Awaited::kCommaOrEnd;
  return ErrorCode::kNone;
}

// The token without the blanks behind it.
std::string_view JsonReader::Impl::token_text() const noexcept {
  const std::size_t begin = token_begin();
  // Stage 1 ends its list with the size of the text.
  std::size_t end = stage1_->structural_indexes[token_ + 1];
  while (is_json_blank(text_[end - 1])) --end;
  return text_.substr(begin, end - begin);
}

// The string at hand, unescaped.
Expected<std::string_view> JsonReader::Impl::token_string() noexcept {
  const std::string_view quoted = token_text();
  if (quoted.size() < 2 || quoted.back() != '"') return fail(ErrorCode::kBadJson);
  const std::string_view body = quoted.substr(1, quoted.size() - 2);
  if (has_escapes_ && body.find('\\') != std::string_view::npos) return unescape_json(body, *arena_);
  ASSAY_DCHECK(body.find('"') == std::string_view::npos);
  return body;
}

// Whether an earlier member of `object` has this name; remembers the name.
bool JsonReader::Impl::repeats_name(OpenContainer& object, std::string_view name) noexcept {
  const std::uint32_t earlier = object.member_count++;
  if (earlier < kComparedMembersMax) {
    const std::uint64_t mark = mark_of(name);
    const bool seen = (object.marks & mark) != 0;
    object.marks |= mark;
    return seen && has_member(object.node, name);
  }
  if (earlier == kComparedMembersMax) {
    for (std::uint32_t member = object.node + 1; member < node_count_; member = nodes_[member].end) {
      static_cast<void>(names_.insert(nodes_, {.object = object.node, .index = member}, nodes_[member].name));
    }
  }
  return !names_.insert(nodes_, {.object = object.node, .index = node_count_}, name);
}

bool JsonReader::Impl::has_member(std::uint32_t object, std::string_view name) const noexcept {
  for (std::uint32_t member = object + 1; member < node_count_; member = nodes_[member].end) {
    if (nodes_[member].name == name) return true;
  }
  return false;
}

void JsonReader::Impl::add_node(JsonKind kind, std::string_view text) noexcept {
  ASSAY_CHECK(node_count_ < nodes_.size());
  std::construct_at(&nodes_[node_count_], JsonNode{.name = name_, .text = text, .end = node_count_ + 1, .kind = kind});
  ++node_count_;
  name_ = {};
}

JsonReader::JsonReader(std::size_t document_bytes_max) : impl_(std::make_unique<Impl>(document_bytes_max)) {}
JsonReader::JsonReader(JsonReader&&) noexcept = default;
JsonReader& JsonReader::operator=(JsonReader&&) noexcept = default;
JsonReader::~JsonReader() = default;

Expected<JsonValue> JsonReader::read(std::string_view text, base::Arena& arena) noexcept {
  return impl_->read(text, arena);
}

}  // namespace assay::jose

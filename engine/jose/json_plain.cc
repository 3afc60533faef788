#include "jose/json_plain.h"

#include <algorithm>
#include <memory>

#include "base/attributes.h"
#include "jose/json_grammar.h"

namespace assay::jose {
namespace {

constexpr std::uint16_t two(char first, char second) noexcept {
  return static_cast<std::uint16_t>(static_cast<unsigned char>(first) | static_cast<unsigned char>(second) << 8);
}

// Tokens of a plain value, with the comma or bracket behind it.
constexpr std::uint32_t kTokensOfElement = 2;
constexpr std::uint32_t kTokensOfMember = 4;

std::uint32_t tokens_left(const PlainRun& run) noexcept {
  return static_cast<std::uint32_t>(run.tokens_end - run.token);
}

// Takes `"name":` at `token`, if it is plain and long enough for a mark of its own.
ASSAY_ALWAYS_INLINE bool take_plain_name(const char* text, const std::uint32_t* token, std::string_view& name,
                                         std::uint64_t& ends) noexcept {
  const char* const name_at = text + token[0];
  const char* const colon = text + token[1];
  // What is no quoted name may seem to be shorter than nothing.
  const auto name_bytes = colon - name_at - 2;
  if (name_bytes < static_cast<std::ptrdiff_t>(kNameBytesMarked)) return false;
  if (*name_at != '"' || load_two(colon - 1) != two('"', ':')) return false;
  name = {name_at + 1, static_cast<std::size_t>(name_bytes)};
  ends = join_ends(load_four(name_at + 1), load_four(colon - 5));
  return true;
}

// Takes `"text"` at `token`, where a quote stands.
ASSAY_ALWAYS_INLINE bool take_plain_string(const char* text, const std::uint32_t* token,
                                           std::string_view& string) noexcept {
  const char* const at = text + token[0];
  const char* const end = text + token[1];
  if (end - at < 2 || end[-1] != '"') return false;
  string = {at + 1, static_cast<std::size_t>(end - at - 2)};
  return true;
}

// Takes `"text"` or `1712345678` at `token`. Writes it to `value`, which is a Claim or JsonNode; of another value, some
// of it.
template <typename Value>
ASSAY_ALWAYS_INLINE bool take_plain_value(const char* text, const std::uint32_t* token, Value& value) noexcept {
  if (text[token[0]] == '"') {
    value.kind = JsonKind::kString;
    return take_plain_string(text, token, value.text);
  }
  const std::size_t begin = token[0];
  value.text = {text + begin, token[1] - begin};
  value.kind = JsonKind::kNumber;
  return is_plain_integer(value.text);
}

// Takes strings and dates. Each is written to where `next` points: `note(ends of its name, its mark)` may look at the
// name there, and `advance()` moves on once the value is there, too.
template <typename Value, typename Note, typename Advance>
ASSAY_ALWAYS_INLINE bool take_members(const char* text, PlainRun& run, Value*& next, Note note,
                                      Advance advance) noexcept {
  const std::uint32_t members_max = std::min(run.values_max, tokens_left(run) / kTokensOfMember);
  const std::uint32_t* token = run.token;
  const std::uint32_t* const token_max = token + members_max * kTokensOfMember;
  std::uint64_t marks = run.marks;
  bool is_behind = false;
  while (token != token_max) {
    std::uint64_t ends;
    if (!take_plain_name(text, token, next->name, ends)) break;
    const std::uint8_t mark = mark_of_ends(ends);
    const std::uint64_t bit = std::uint64_t{1} << mark;
    if ((marks & bit) != 0) break;
    note(ends, mark);
    if (!take_plain_value(text, token + 2, *next)) break;
    marks |= bit;
    advance();
    is_behind = text[token[3]] != ',';
    token += kTokensOfMember;
    if (is_behind) break;
  }
  run.values_max -= static_cast<std::uint32_t>(token - run.token) / kTokensOfMember;
  run.token = is_behind ? token - 1 : token;
  run.marks = marks;
  return is_behind;
}

// Takes `"name":["a","b"]` at `run.token`. False, and nothing taken, where it is anything else. Out of line, as the
// loop beside it: together they have too few registers.
ASSAY_NOINLINE bool list_plain_array(const char* text, PlainRun& run, const Listing& listing,
                                     std::span<JsonNode> nodes) noexcept {
  // A name, a colon, and both brackets.
  if (run.values_max == 0 || run.node_count >= nodes.size() || tokens_left(run) < 4) return false;
  Claim& claim = *run.claim;
  std::uint64_t ends = 0;
  if (!take_plain_name(text, run.token, claim.name, ends)) return false;
  const std::uint8_t mark = mark_of_ends(ends);
  const std::uint64_t bit = std::uint64_t{1} << mark;
  const std::uint32_t* const bracket = run.token + 2;
  if ((run.marks & bit) != 0 || text[*bracket] != '[') return false;

  PlainRun elements;
  elements.token = bracket + 1;
  elements.tokens_end = run.tokens_end;
  elements.node_count = run.node_count + 1;
  elements.values_max = static_cast<std::uint32_t>(nodes.size()) - elements.node_count;
  const bool is_empty = text[*elements.token] == ']';
  if (!is_empty && !take_plain_elements(text, elements, nodes)) return false;
  if (elements.token == run.tokens_end || text[*elements.token] != ']') return false;

  claim.text = {text + *bracket, *elements.token + 1 - std::size_t{*bracket}};
  claim.kind = JsonKind::kArray;
  std::construct_at(
      &nodes[run.node_count],
      JsonNode{.name = claim.name, .text = claim.text, .end = elements.node_count, .kind = JsonKind::kArray});
  if (const SoughtName* const sought = listing.note(ends, mark, claim)) {
    listing.found.add_node(sought->number, run.node_count);
  }
  run.token = elements.token + 1;
  run.node_count = elements.node_count;
  run.marks |= bit;
  --run.values_max;
  ++run.claim;
  return true;
}

// Takes strings and dates.
ASSAY_NOINLINE bool list_members(const char* text, PlainRun& run, const Listing& listing) noexcept {
  Claim* claim = run.claim;
  const bool is_behind = take_members(
      text, run, claim,
      [&](std::uint64_t ends, std::uint8_t mark) { static_cast<void>(listing.note(ends, mark, *claim)); },
      [&] { ++claim; });
  run.claim = claim;
  return is_behind;
}

}  // namespace

bool list_plain_members(const char* text, PlainRun& run, const Listing& listing, std::span<JsonNode> nodes) noexcept {
  for (;;) {
    const bool is_behind = list_members(text, run, listing);
    if (is_behind || !list_plain_array(text, run, listing, nodes)) return is_behind;
    if (run.token == run.tokens_end || text[*run.token] != ',') return true;
    ++run.token;
  }
}

bool take_plain_members(const char* text, PlainRun& run, std::span<JsonNode> nodes) noexcept {
  JsonNode* node = nodes.data() + run.node_count;
  return take_members(
      text, run, node, [](std::uint64_t /*ends*/, std::uint8_t /*mark*/) {},
      [&] {
        ++run.node_count;
        node->end = run.node_count;
        ++node;
      });
}

bool take_plain_elements(const char* text, PlainRun& run, std::span<JsonNode> nodes) noexcept {
  const std::uint32_t elements_max = std::min(run.values_max, tokens_left(run) / kTokensOfElement);
  const std::uint32_t* token = run.token;
  const std::uint32_t* const token_max = token + elements_max * kTokensOfElement;
  std::uint32_t next = run.node_count;
  bool is_behind = false;
  std::string_view string;
  while (token != token_max && text[*token] == '"' && take_plain_string(text, token, string)) {
    std::construct_at(&nodes[next], JsonNode{.name = {}, .text = string, .end = next + 1, .kind = JsonKind::kString});
    ++next;
    is_behind = text[token[1]] != ',';
    token += is_behind ? kTokensOfElement - 1 : kTokensOfElement;
    if (is_behind) break;
  }
  run.values_max -= next - run.node_count;
  run.token = token;
  run.node_count = next;
  return is_behind;
}

}  // namespace assay::jose

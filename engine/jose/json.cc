// The structure is found by simdjson or a kernel, the grammar is checked here.
//
// simdjson's stage 1 checks UTF-8, refuses raw control characters in strings, pairs the quotes, and lists the tokens
// (json_walk.h). Nearly all that tokens carry is plain ASCII without escapes: there the kernel lists the same, faster.
// simdjson's own readers do not serve: on-demand does not validate what a token spells, and DOM refuses numbers that no
// double holds.
#include "jose/json.h"

#include <algorithm>
#include <array>

#include <simdjson.h>

#include "assay/limits.h"
#include "base/attributes.h"
#include "base/check.h"
#include "jose/json_walk.h"
#include "jose/name_table.h"

namespace assay::jose {

class JsonReader::Impl {
 public:
  Impl(std::size_t document_bytes_max, const kernel::JsonVariant& variant);
  // Lists and seeks no members where `sought` is null.
  Expected<JsonDocument> read(std::string_view text, base::Arena& arena, const SoughtNames* sought) noexcept;

 private:
  // A value takes two bytes at least, its separator or closing bracket included; open containers lack the latter.
  static constexpr std::size_t node_count_max(std::size_t document_bytes) noexcept {
    return document_bytes / 2 + 1 + kJsonDepthMax;
  }
  // What the kernel needs.
  static constexpr std::size_t offset_count_max(std::size_t document_bytes,
                                                const kernel::JsonVariant& variant) noexcept {
    return variant.run == nullptr ? 0 : document_bytes + kernel::kJsonTokenSlack;
  }
  // A member takes four tokens, and six bytes but for one without a name, both with its separator or closing bracket.
  static constexpr std::size_t member_count_max(std::size_t document_bytes, std::size_t tokens) noexcept {
    return std::min(document_bytes / 6, tokens / 4) + 1;
  }

  // Finds the tokens of a document; none where it is no JSON.
  Tokens find_tokens(std::string_view text) noexcept;

  std::size_t document_bytes_max_;
  kernel::JsonVariant variant_;
  std::unique_ptr<simdjson::internal::dom_parser_implementation> stage1_;
  base::Arena memory_;  // what the spans below are of: touched only as far as documents need
  std::span<JsonNode> nodes_;
  NameTable names_;
  std::span<Claim> members_;          // of a document with escapes, while it is read
  std::span<std::uint32_t> offsets_;  // what the kernel finds
  std::array<OpenContainer, kJsonDepthMax> open_;
  FoundMembers found_;
};

JsonReader::Impl::Impl(std::size_t document_bytes_max, const kernel::JsonVariant& variant)
    : document_bytes_max_(document_bytes_max),
      variant_(variant),
      memory_(node_count_max(document_bytes_max) * sizeof(JsonNode) +
              NameTable::slot_count(document_bytes_max) * sizeof(NameTable::Slot) +
              member_count_max(document_bytes_max, document_bytes_max) * sizeof(Claim) +
              offset_count_max(document_bytes_max, variant) * sizeof(std::uint32_t)),
      nodes_(memory_.take<JsonNode>(node_count_max(document_bytes_max))),
      names_(memory_.take<NameTable::Slot>(NameTable::slot_count(document_bytes_max))),
      members_(memory_.take<Claim>(member_count_max(document_bytes_max, document_bytes_max))),
      offsets_(memory_.take<std::uint32_t>(offset_count_max(document_bytes_max, variant))) {
  ASSAY_CHECK(document_bytes_max <= simdjson::SIMDJSON_MAXSIZE_BYTES / 2);
  const simdjson::error_code failed = simdjson::get_active_implementation()->create_dom_parser_implementation(
      document_bytes_max, kJsonDepthMax, stage1_);
  ASSAY_CHECK(failed == simdjson::SUCCESS && !nodes_.empty());
}

ASSAY_ALWAYS_INLINE Tokens JsonReader::Impl::find_tokens(std::string_view text) noexcept {
  if (variant_.run != nullptr) {
    const std::size_t count = variant_.run(text.data(), text.size(), offsets_.data());
    if (count != 0) {
      offsets_[count] = static_cast<std::uint32_t>(text.size());
      return {.offsets = offsets_.first(count + 1), .has_escapes = false};
    }
  }
  const auto* bytes = reinterpret_cast<const std::uint8_t*>(text.data());
  if (stage1_->stage1(bytes, text.size(), simdjson::stage1_mode::regular) != simdjson::SUCCESS) return {};
  // It finds one token at least, and ends its list with the size of the text.
  return {.offsets = {stage1_->structural_indexes.get(), stage1_->n_structural_indexes + std::size_t{1}},
          .has_escapes = text.find('\\') != std::string_view::npos};
}

Expected<JsonDocument> JsonReader::Impl::read(std::string_view text, base::Arena& arena,
                                              const SoughtNames* sought) noexcept {
  if (text.empty() || text.size() > document_bytes_max_) return fail(ErrorCode::kBadJson);
  const Tokens tokens = find_tokens(text);
  if (tokens.offsets.empty()) return fail(ErrorCode::kBadJson);
  names_.begin_document(text.size());
  std::span<Claim> members;
  if (sought != nullptr) {
    const std::size_t members_max = member_count_max(text.size(), tokens.offsets.size() - 1);
    if (tokens.has_escapes) {
      // What is unescaped goes to the arena meanwhile, and they follow.
      members = members_.first(members_max);
    } else {
      const std::span<Claim> rest = arena.take_rest<Claim>();
      members = arena.shrink(rest, std::min(rest.size(), members_max));
    }
    if (members.empty()) return fail(ErrorCode::kOverloaded);
    found_.clear();
  }
  const Listing listing{.room = members, .sought = sought != nullptr ? *sought : kNoSoughtNames, .found = found_};
  const WalkParts parts{.text = text,
                        .tokens = tokens,
                        .arena = arena,
                        .nodes = nodes_,
                        .listing = listing,
                        .names = names_,
                        .open = open_};
  const Walked walked = walk_json(parts);
  if (walked.code != ErrorCode::kNone) return fail(walked.code, walked.offset);
  if (sought != nullptr && tokens.has_escapes) {
    const std::span<Claim> copies = arena.take<Claim>(walked.member_count);
    if (copies.size() != walked.member_count) return fail(ErrorCode::kOverloaded);
    std::copy_n(members.begin(), copies.size(), copies.begin());
    found_.rebase(members.data(), copies.data());
    members = copies;
  } else {
    members = arena.shrink(members, walked.member_count);
  }
  const std::span<const JsonNode> nodes = nodes_.first(walked.node_count);
  return JsonDocument{.text = nodes[0].text, .members = members, .found = found_, .nodes = nodes};
}

JsonReader::JsonReader(std::size_t document_bytes_max, const kernel::JsonVariant& variant)
    : impl_(std::make_unique<Impl>(document_bytes_max, variant)) {}
JsonReader::JsonReader(JsonReader&&) noexcept = default;
JsonReader& JsonReader::operator=(JsonReader&&) noexcept = default;
JsonReader::~JsonReader() = default;

Expected<JsonValue> JsonReader::read(std::string_view text, base::Arena& arena) noexcept {
  const Expected<JsonDocument> document = impl_->read(text, arena, nullptr);
  if (!document) return Unexpected(document.error());
  return JsonValue(document->nodes, 0);
}

Expected<JsonDocument> JsonReader::read_document(std::string_view text, base::Arena& arena,
                                                 const SoughtNames& sought) noexcept {
  return impl_->read(text, arena, &sought);
}

}  // namespace assay::jose

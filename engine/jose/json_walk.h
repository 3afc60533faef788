// The grammar of JSON, token by token. RFC 8259 sec 2.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

#include "assay/expected.h"
#include "assay/limits.h"
#include "base/arena.h"
#include "jose/json.h"
#include "jose/json_plain.h"
#include "jose/name_table.h"

namespace assay::jose {

// The tokens of a document: the offset of every brace, bracket, comma, colon, opening quote and first byte of a scalar.
//
//   {"a":[1, true ]}     offsets 0 1 4 5 6 7 9 14 15
//
// A token reaches from its offset to the next one, and what stands between is either part of it or blank.
struct Tokens {
  std::span<const std::uint32_t> offsets;  // and behind the last one the size of the text; empty: no JSON
  bool has_escapes = false;
};

// A container that is not closed yet.
struct OpenContainer {
  std::uint32_t node;
  std::uint32_t member_count;
  std::uint64_t marks;  // of the names so far, a bit for each mark, while they are compared
};

// What a walk reads and writes; all must outlive it.
struct WalkParts {
  std::string_view text;  // of the document
  Tokens tokens;          // of it, one at least
  base::Arena& arena;
  std::span<JsonNode> nodes;
  const Listing& listing;
  NameTable& names;
  std::array<OpenContainer, kJsonDepthMax>& open;
};

struct Walked {
  ErrorCode code = ErrorCode::kNone;
  std::size_t offset = 0;        // where it stopped
  std::uint32_t node_count = 0;  // of the document
  std::size_t member_count = 0;  // of the root, where they are listed
};

// Takes all tokens, which are one object.
//   errors   as JsonReader::read
[[nodiscard]] Walked walk_json(const WalkParts& parts) noexcept;

}  // namespace assay::jose

// The fleet's stream: what its entries say. Nothing here talks to Redis.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "store/log_row.h"

namespace assay::store {

// The id of a stream's entry, MILLISECONDS-ORDER, is the stamp of what it brings.
[[nodiscard]] std::string stamp_text(const FleetStamp& stamp);

// Nothing where `text` is no id of an entry.
[[nodiscard]] std::optional<FleetStamp> parse_stamp(std::string_view text);

// Where a node is in the stream, as it is kept beside its records:
//
//   READ HIGHEST [offer]    ids; "0-0 0-0" stands at the stream's beginning
struct FleetPosition {
  FleetStamp read;          // everything up to here is in the log
  FleetStamp highest;       // of all stamps that this node has seen, in this stream or in one that is gone
  bool owes_offer = false;  // after a gap, until the node has offered what it holds

  friend bool operator==(const FleetPosition&, const FleetPosition&) = default;
};

[[nodiscard]] std::string position_text(const FleetPosition& position);

// Nothing where `text` is not what position_text() wrote.
[[nodiscard]] std::optional<FleetPosition> parse_position(std::string_view text);

// The name of a node in the stream: 16 hexadecimal digits of its log's store_id.
[[nodiscard]] std::string node_name(std::uint64_t store_id);

// An entry of the stream. Its fields are `n` (the node that wrote it) and
//
//   kRecord   r: a row (log_row.h) without a stamp: the entry's id is its stamp
//   kOffer    r: a row with a stamp: written before, offered again after a gap
//   kAsk      k = ask: the node lacks entries that the stream has forgotten; others offer what they hold
//   kOffered  k = offered: the node has offered all that it holds
//   kMark     k = mark: nothing; raises the ids of the entries after it
struct FleetEntry {
  enum class Kind : std::uint8_t { kRecord, kOffer, kAsk, kOffered, kMark };
  Kind kind = Kind::kMark;
  FleetStamp id;
  std::string node;
  LoggedRecord record;  // kRecord, kOffer: with its stamp; its sequence is that of `node`
};

inline constexpr std::string_view kAskWord = "ask";
inline constexpr std::string_view kOfferedWord = "offered";
inline constexpr std::string_view kMarkWord = "mark";

// Nothing where no node of ours can have written such an entry.
[[nodiscard]] std::optional<FleetEntry> parse_entry(
    std::string_view id, std::span<const std::pair<std::string_view, std::string_view>> fields);

}  // namespace assay::store

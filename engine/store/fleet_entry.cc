#include "store/fleet_entry.h"

#include <charconv>

#include "base/hex.h"
#include "store/big_endian.h"

namespace assay::store {
namespace {

constexpr std::string_view kOwesOffer = " offer";
constexpr std::size_t kNodeNameBytes = 16;

std::optional<std::uint64_t> number_of(std::string_view text) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (text.empty() || error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

std::optional<FleetEntry::Kind> kind_of(std::string_view word) {
  if (word == kAskWord) return FleetEntry::Kind::kAsk;
  if (word == kOfferedWord) return FleetEntry::Kind::kOffered;
  if (word == kMarkWord) return FleetEntry::Kind::kMark;
  return std::nullopt;
}

}  // namespace

std::string stamp_text(const FleetStamp& stamp) {
  return std::to_string(stamp.time_ms) + "-" + std::to_string(stamp.order);
}

std::optional<FleetStamp> parse_stamp(std::string_view text) {
  const std::size_t dash = text.find('-');
  if (dash == std::string_view::npos) return std::nullopt;
  const std::optional<std::uint64_t> time_ms = number_of(text.substr(0, dash));
  const std::optional<std::uint64_t> order = number_of(text.substr(dash + 1));
  if (!time_ms || !order) return std::nullopt;
  return FleetStamp{*time_ms, *order};
}

std::string position_text(const FleetPosition& position) {
  std::string text = stamp_text(position.read) + " " + stamp_text(position.highest);
  if (position.owes_offer) text += kOwesOffer;
  return text;
}

std::optional<FleetPosition> parse_position(std::string_view text) {
  FleetPosition position;
  position.owes_offer = text.ends_with(kOwesOffer);
  if (position.owes_offer) text.remove_suffix(kOwesOffer.size());
  const std::size_t blank = text.find(' ');
  if (blank == std::string_view::npos) return std::nullopt;
  const std::optional<FleetStamp> read = parse_stamp(text.substr(0, blank));
  const std::optional<FleetStamp> highest = parse_stamp(text.substr(blank + 1));
  if (!read || !highest) return std::nullopt;
  position.read = *read;
  position.highest = *highest;
  return position;
}

std::string node_name(std::uint64_t store_id) { return base::hex_text(store_id); }

std::optional<FleetEntry> parse_entry(std::string_view id,
                                      std::span<const std::pair<std::string_view, std::string_view>> fields) {
  FleetEntry entry;
  const std::optional<FleetStamp> stamp = parse_stamp(id);
  if (!stamp || fields.size() != 2 || fields[0].first != "n") return std::nullopt;
  entry.id = *stamp;
  entry.node = fields[0].second;
  if (entry.node.size() != kNodeNameBytes) return std::nullopt;
  if (fields[1].first == "k") {
    const std::optional<FleetEntry::Kind> kind = kind_of(fields[1].second);
    if (!kind) return std::nullopt;
    entry.kind = *kind;
    return entry;
  }
  const std::optional<LoggedRecord> row = decode_row(bytes_of(fields[1].second));
  if (fields[1].first != "r" || !row) return std::nullopt;
  entry.kind = row->stamp.is_zero() ? FleetEntry::Kind::kRecord : FleetEntry::Kind::kOffer;
  entry.record = *row;
  entry.record.origin = RecordOrigin::kFleet;
  if (row->stamp.is_zero()) entry.record.stamp = entry.id;
  return entry;
}

}  // namespace assay::store

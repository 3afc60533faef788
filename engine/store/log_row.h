// What the durable log writes: one row per record, one state for all of them, and the checksums that find a flipped bit
// in either. Nothing here reads or writes a file.
//
// SQLite's own pages carry no checksum. So each row carries one, and the state carries the count of the rows and the
// sum of their checksums: a row that is changed, lost, doubled or comes back from an older page is noticed.
#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "assay/revocation_log.h"

namespace assay::store {

// Where a record came from. The numbers are part of files.
enum class RecordOrigin : std::uint8_t {
  kHere = 1,   // appended on this node
  kFleet = 2,  // read from the fleet
};

// The place of a record in the fleet's order: of two records of one id the one with the higher stamp counts, on every
// node. Zero: the fleet has yet to see the record, so it comes after all that it has seen.
struct FleetStamp {
  std::uint64_t time_ms = 0;  // since 1970, by the fleet's clock
  std::uint64_t order = 0;    // among those of the same millisecond

  [[nodiscard]] bool is_zero() const noexcept { return time_ms == 0 && order == 0; }

  // The linter of version 14 takes what the compiler makes of <=> for a null.
  friend auto operator<=>(const FleetStamp&, const FleetStamp&) = default;  // NOLINT(modernize-use-nullptr)
};

struct LoggedRecord {
  RevocationRecord record;
  RecordOrigin origin = RecordOrigin::kHere;
  FleetStamp stamp = {};

  friend bool operator==(const LoggedRecord&, const LoggedRecord&) = default;
};

// FNV-1a, 64 bits. A change of a single byte is always seen, anything else misses with 2^-64. Against accidents, not
// against people: who may write the file may write anything.
//
//   cost  about 1 ns per byte
[[nodiscard]] std::uint64_t checksum64(std::span<const std::uint8_t> bytes) noexcept;

// A row; numbers are big-endian:
//
//   0      4      5           6        7   8          16   48          56                 64
//   +------+------+-----------+--------+---+----------+----+-----------+------------------+---
//   | Arow | kind | operation | origin | 0 | sequence | id | issuer_id | issued_before_us | ...
//   +------+------+-----------+--------+---+----------+----+-----------+------------------+---
//   64             72              80            88         96
//   +--------------+---------------+-------------+----------+
//   | forget_at_us | stamp.time_ms | stamp.order | checksum |
//   +--------------+---------------+-------------+----------+
inline constexpr std::size_t kRowBytes = 96;
inline constexpr std::array<std::uint8_t, 4> kRowMark = {'A', 'r', 'o', 'w'};
using RowBytes = std::array<std::uint8_t, kRowBytes>;

[[nodiscard]] RowBytes encode_row(const LoggedRecord& entry) noexcept;

// The record of a row, or nothing where any byte of it is not what encode_row() wrote.
[[nodiscard]] std::optional<LoggedRecord> decode_row(std::span<const std::uint8_t> bytes) noexcept;

// A text that is kept beside the rows, with a checksum behind it; or nothing where any byte is not what was encoded.
[[nodiscard]] std::string encode_checked(std::string_view text);
[[nodiscard]] std::optional<std::string> decode_checked(std::span<const std::uint8_t> bytes);

// What a row adds to LogState::row_digest. The sum does not depend on the order of the rows, so a row that is deleted
// is subtracted.
[[nodiscard]] std::uint64_t row_digest(const RowBytes& row) noexcept;

// Everything that is true of the log as a whole. It changes in the transaction that makes it so.
struct LogState {
  std::uint64_t store_id = 0;       // random, from the file's creation
  std::uint64_t commit_number = 0;  // transactions so far
  std::uint64_t last_sequence = 0;
  std::uint64_t row_count = 0;
  std::uint64_t row_digest = 0;      // sum of row_digest(), modulo 2^64
  std::uint64_t pushed_through = 0;  // every row up to this sequence has a stamp
  std::string fleet_position;        // in the fleet's notation; empty: none

  friend bool operator==(const LogState&, const LogState&) = default;
};

inline constexpr std::size_t kFleetPositionBytesMax = 4096;

// Bytes of a state. Precondition: fleet_position has at most kFleetPositionBytesMax bytes.
[[nodiscard]] std::string encode_state(const LogState& state);

// The state of such bytes, or nothing where any byte is not what encode_state() wrote.
[[nodiscard]] std::optional<LogState> decode_state(std::span<const std::uint8_t> bytes);

}  // namespace assay::store

// What the durable log wrote, found among the bytes of its files: where SQLite cannot reach it, or may not because a
// running process owns the log. A file that cannot be read holds nothing.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>

#include "store/log_row.h"

namespace assay::store {

// Where `needle` begins in the file, or nothing.
[[nodiscard]] std::optional<std::uint64_t> offset_in_file(const std::string& path,
                                                          std::span<const std::uint8_t> needle);

// Hands over every row of the file with the right checksum, in the order of the bytes: outdated ones among them, and
// those that the write-ahead log has twice.
void carve_rows(const std::string& path, const std::function<void(const LoggedRecord&)>& sink);

// The fingerprint of the id key that the file keeps, whole by its checksum; or nothing. A log keeps one for its life,
// so the first that is found is the one. SQLite writes the row of id_key as
//
//   0   1   2        3
//   +---+---+--------+----------------------------------+
//   | 3 | 0 | serial | encode_checked(fingerprint)      |     serial = 12 + 2 * size, one byte: up to 57 bytes
//   +---+---+--------+----------------------------------+
[[nodiscard]] std::optional<std::string> carve_fingerprint(const std::string& path);

}  // namespace assay::store
